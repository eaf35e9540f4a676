// The arguments of `weft iptables`: Istio's flags, each value as text.
import { Command, Option } from 'commander';
import { FLAGS, IGNORED_FLAGS } from '../iptables/flags.js';
import type { FlagName } from '../iptables/flags.js';
import type { Given } from '../iptables/options.js';
import { iptablesHelp } from './iptables_help.js';
import { UsageError } from './usage_error.js';

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
  /** `HOST:PORT` of `trace`. */
  readonly trace: string | undefined;
  readonly isInbound: boolean;
  readonly isLive: boolean;
  /** `UID[:GID]` of the traced connection's sender. */
  readonly as: string;
}

/** Throws what commander finds wrong; `write` gets the help where it is asked for. */
export function parseArguments(
  argv: readonly string[],
  write: (text: string) => void = () => {},
  help = iptablesHelp,
): IptablesArguments {
  const command = new Command('iptables');
  command.helpInformation = help;
  command
    .exitOverride()
    .argument('[words...]')
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
  command.option('--explain').option('--inbound').option('--live').option('--as <uid>');
  command.parse(switches(argv), { from: 'user' });
  const values: Record<string, unknown> = command.opts();
  return {
    given: given(values),
    explains: values.explain === true,
    trace: traced(command.args),
    isInbound: values.inbound === true,
    isLive: values.live === true,
    as: (values.as as string | undefined) ?? APPLICATION,
  };
}

/** Who the traced connection is of, unless said otherwise: anybody but the proxy. */
const APPLICATION = '1000';

function traced(words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  if (words[0] === 'trace' && words.length === 2) return words[1];
  const wrong =
    words[0] === 'trace' ? 'trace takes one HOST:PORT' : `there is nothing called ${JSON.stringify(words[0])} to do`;
  throw new UsageError('WEFT1603', `${wrong}; see the examples`, 'iptables');
}

function given(values: Record<string, unknown>): Given {
  const entries = Object.keys(FLAGS).map((name) => {
    const key = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return [name, values[key]] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<Record<FlagName, string>>;
}
