// Options → the exact text for iptables-restore, ip6tables-restore and nft. WEFT_WRITE_GOLDEN=1 writes the files anew.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { previewRouting } from '../../../host/iptables/preview.js';
import { renderNft } from '../../../host/iptables/render_nft.js';
import { renderRestore } from '../../../host/iptables/render_iptables.js';
import { ruleSet } from '../../../host/iptables/rules.js';
import { goldenCases } from '../../support/golden.js';
import type { GoldenCase } from '../../support/golden.js';
import { GOLDEN_FOLDER, optionsOf } from '../../support/iptables.js';

const cases = goldenCases(GOLDEN_FOLDER);

function answers(golden: GoldenCase): Map<string, string> {
  const wanted = ruleSet(optionsOf(golden));
  const found = new Map([
    ['ipv4', renderRestore(wanted.rules.ipv4)],
    ['ipv6', renderRestore(wanted.rules.ipv6)],
    ['nft', renderNft(wanted)],
    ['routing', previewRouting(wanted)],
  ]);
  return new Map([...found].filter(([, text]) => text !== '').map(([kind, text]) => [kind, text.trimEnd()]));
}

const INPUTS = ['run', 'env', 'machine'];

function write(golden: GoldenCase): void {
  const kept = INPUTS.filter((kind) => golden.blocks.has(kind)).map((kind) => [kind, golden.blocks.get(kind)!]);
  const blocks = [...kept, ...answers(golden)].map(([kind, text]) => `\n\`\`\`${kind}\n${text}\n\`\`\`\n`);
  writeFileSync(new URL(golden.file, GOLDEN_FOLDER), `## ${golden.claim}\n${blocks.join('')}`);
}

if (process.env.WEFT_WRITE_GOLDEN === '1') cases.forEach(write);

describe('options give exactly these rules', () => {
  test.each(cases.map((each) => [each.file, each.claim, each] as const))('%s: %s', (_file, _claim, golden) => {
    const expected = [...golden.blocks].filter(([kind]) => !INPUTS.includes(kind));
    expect([...answers(golden)]).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });
});
