// The arguments of `weft iptables`: Istio's flags, each value as text.
import { Command, Option } from 'commander';
import { FLAGS, IGNORED_FLAGS } from '../iptables/flags.js';
import type { FlagName } from '../iptables/flags.js';
import type { Given } from '../iptables/options.js';
import { iptablesHelp } from './iptables_help.js';

const SWITCHES: ReadonlySet<string> = new Set(
  Object.entries(FLAGS).flatMap(([name, { value }]) => (value === undefined ? [name] : [])),
);

/** Go's switches: `--x` is `--x=true`; `--x=false` is said against a variable. */
function switches(argv: readonly string[]): string[] {
  return argv.map((word) => {
    if (word === '-n') return '--dry-run=true';
    return word.startsWith('--') && SWITCHES.has(word.slice(2)) ? `${word}=true` : word;
  });
}

export interface IptablesArguments {
  readonly given: Given;
  readonly explains: boolean;
}

/** Throws what commander finds wrong; `write` gets the help where it is asked for. */
export function parseArguments(argv: readonly string[], write: (text: string) => void = () => {}): IptablesArguments {
  const command = new Command('iptables');
  command.helpInformation = iptablesHelp;
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      outputError: () => {},
    });
  for (const [name, { short, value }] of Object.entries(FLAGS)) {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name} <${value ?? 'bool'}>`;
    command.addOption(new Option(flags).argParser((text: string) => text));
  }
  for (const name of IGNORED_FLAGS) command.addOption(new Option(`--${name} <value>`));
  command.option('--explain').parse(switches(argv), { from: 'user' });
  const values: Record<string, unknown> = command.opts();
  return { given: given(values), explains: values.explain === true };
}

function given(values: Record<string, unknown>): Given {
  const entries = Object.keys(FLAGS).map((name) => {
    const key = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return [name, values[key]] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<Record<FlagName, string>>;
}
