// Golden cases of `weft iptables`, as options.
import { parseArguments } from '../../host/cli/iptables_arguments.js';
import { checkOptions, completeOptions } from '../../host/iptables/options.js';
import type { Options } from '../../host/iptables/options.js';
import type { GoldenCase } from './golden.js';

export const GOLDEN_FOLDER = new URL('../golden/iptables/', import.meta.url);

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

/** The options of a case: its `run`, `env` and `machine` blocks. */
export function optionsOf({ blocks }: GoldenCase): Options {
  const facts = machine(blocks.get('machine'));
  const env = Object.fromEntries(
    lines(blocks.get('env')).map((line) => [line.split('=')[0], line.replace(/^[^=]*=/, '')]),
  );
  const resolvers = facts.get('resolvers') ?? [];
  const checked = checkOptions(parseArguments(words(blocks.get('run')!).slice(2)).given, env);
  if (!('given' in checked)) throw new Error(JSON.stringify(checked));
  return completeOptions(checked.given, {
    userId: (name) => (facts.get('user')?.[0] === name ? facts.get('user')![1] : undefined),
    hasIpv4: facts.get('addresses')!.includes('ipv4'),
    hasIpv6: facts.get('addresses')!.includes('ipv6'),
    resolvers: () => ({
      ipv4: resolvers.filter((address) => !address.includes(':')),
      ipv6: resolvers.filter((address) => address.includes(':')),
    }),
  });
}
