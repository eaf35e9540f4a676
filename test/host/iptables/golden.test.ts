// Options → the exact text for iptables-restore, ip6tables-restore and nft. WEFT_WRITE_GOLDEN=1 writes the files anew.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../../host/iptables/options.js';
import type { Options } from '../../../host/iptables/options.js';
import { parseArguments } from '../../../host/cli/iptables_arguments.js';
import { renderRestore } from '../../../host/iptables/render_iptables.js';
import { ruleSet } from '../../../host/iptables/rules.js';
import { goldenCases } from '../../support/golden.js';
import type { GoldenCase } from '../../support/golden.js';

const folder = new URL('../../golden/iptables/', import.meta.url);
const cases = goldenCases(folder);

function words(text: string): string[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => (word === "''" ? '' : word));
}

function lines(block: string | undefined): string[] {
  return (block ?? '').split('\n').filter((line) => line !== '');
}

/** `addresses ipv4 ipv6`, `resolver 10.96.0.10`, `user envoy 101`. */
function machine(block: string | undefined): Map<string, string[]> {
  const facts = lines(block).map((line) => line.split(' '));
  return new Map([['addresses', ['ipv4']], ...facts.map(([key, ...rest]) => [key, rest] as [string, string[]])]);
}

function optionsOf({ blocks }: GoldenCase): Options {
  const facts = machine(blocks.get('machine'));
  const env = Object.fromEntries(
    lines(blocks.get('env')).map((line) => [line.split('=')[0], line.replace(/^[^=]*=/, '')]),
  );
  const resolvers = facts.get('resolvers') ?? [];
  const checked = checkOptions(parseArguments(words(blocks.get('run')!).slice(2)).given, env, () => ({
    userId: (name) => (facts.get('user')?.[0] === name ? facts.get('user')![1] : undefined),
    hasIpv4: facts.get('addresses')!.includes('ipv4'),
    hasIpv6: facts.get('addresses')!.includes('ipv6'),
    resolvers: () => ({
      ipv4: resolvers.filter((address) => !address.includes(':')),
      ipv6: resolvers.filter((address) => address.includes(':')),
    }),
  }));
  if (!('options' in checked)) throw new Error(JSON.stringify(checked));
  return checked.options;
}

function answers(golden: GoldenCase): Map<string, string> {
  const { rules } = ruleSet(optionsOf(golden));
  const found = new Map([
    ['ipv4', renderRestore(rules.ipv4)],
    ['ipv6', renderRestore(rules.ipv6)],
  ]);
  return new Map([...found].filter(([, text]) => text !== '').map(([kind, text]) => [kind, text.trimEnd()]));
}

const INPUTS = ['run', 'env', 'machine'];

function write(golden: GoldenCase): void {
  const kept = INPUTS.filter((kind) => golden.blocks.has(kind)).map((kind) => [kind, golden.blocks.get(kind)!]);
  const blocks = [...kept, ...answers(golden)].map(([kind, text]) => `\n\`\`\`${kind}\n${text}\n\`\`\`\n`);
  writeFileSync(new URL(golden.file, folder), `## ${golden.claim}\n${blocks.join('')}`);
}

if (process.env.WEFT_WRITE_GOLDEN === '1') cases.forEach(write);

describe('options give exactly these rules', () => {
  test.each(goldenCases(folder).map((each) => [each.file, each.claim, each] as const))(
    '%s: %s',
    (_file, _claim, golden) => {
      const expected = [...golden.blocks].filter(([kind]) => !INPUTS.includes(kind));
      expect([...answers(golden)]).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    },
  );
});
