// `iptables-save` → rules as data, so that what is in place is compared by meaning: the kernel's own spelling differs from what
// was fed (`--mark 0x539`, `-m tcp`, another order of conditions), and between versions.
import { TABLES } from './rule.js';
import type { Match, Table, Target } from './rule.js';

export interface SavedRule {
  readonly chain: string;
  /** As it was saved, without `-A CHAIN`. */
  readonly text: string;
  /** Undefined where the rule says something that no rule of ours says. */
  readonly meaning: Meaning | undefined;
  /** The chain that the rule jumps to, whatever else it says. */
  readonly jump: string | undefined;
}

export interface Meaning {
  readonly matches: readonly Match[];
  readonly target: Target;
}

export interface SavedTable {
  readonly table: Table;
  readonly chains: readonly string[];
  readonly rules: readonly SavedRule[];
  /** Nothing in it does anything: no rules, no chains but the system's, and those accept. */
  readonly isEmpty: boolean;
}

export function parseSave(text: string): SavedTable[] {
  const tables: { table: Table; chains: string[]; rules: SavedRule[]; isEmpty: boolean }[] = [];
  let current: (typeof tables)[number] | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      const table = TABLES.find((name) => name === line.slice(1));
      // Tables that are never ours (security, or custom ones of nft) are passed over.
      current = table === undefined ? undefined : { table, chains: [], rules: [], isEmpty: true };
      if (current !== undefined) tables.push(current);
    } else if (current === undefined) continue;
    else if (line.startsWith(':')) {
      const [chain, policy] = line.slice(1).split(' ');
      current.chains.push(chain);
      if (policy !== 'ACCEPT') current.isEmpty = false;
    } else if (line.startsWith('-A ')) {
      current.rules.push(parseRule(line));
      current.isEmpty = false;
    }
  }
  return tables;
}

function parseRule(line: string): SavedRule {
  const [, chain, ...words] = line.split(' ');
  const jumpAt = words.findIndex((word) => word === '-j' || word === '-g');
  return {
    chain,
    text: words.join(' '),
    meaning: line.includes('"') ? undefined : parseWords(words),
    jump: jumpAt < 0 ? undefined : words[jumpAt + 1],
  };
}

/** What a rule has been found to say so far. */
interface Reading {
  matches: Match[];
  target: string | undefined;
  options: Map<string, string>;
  module: string;
}

function parseWords(words: readonly string[]): Meaning | undefined {
  const reading: Reading = { matches: [], target: undefined, options: new Map(), module: '' };
  for (let i = 0; i < words.length;) {
    const not = words[i] === '!';
    const at = not ? i + 1 : i;
    const read = WORDS.get(words[at]);
    if (read === undefined) return undefined;
    const taken = read(reading, words[at], words[at + 1] ?? '', not);
    if (taken < 0) return undefined;
    i = at + taken;
  }
  const target = targetOf(reading);
  return target === undefined ? undefined : { matches: reading.matches, target };
}

/** Reads a word and its value; the number of words taken, or -1. */
type Read = (reading: Reading, word: string, value: string, not: boolean) => number;

const number = (text: string): number => Number(text.split('/')[0]);
const negated = (not: boolean): { not?: true } => (not ? { not: true } : {});

function condition(build: (value: string, not: boolean, reading: Reading) => Match | undefined): Read {
  return (reading, _word, value, not) => {
    const match = build(value, not, reading);
    if (match === undefined) return -1;
    reading.matches.push(match);
    return 2;
  };
}

/** `--mark` is of two modules. */
const markMatch = condition((value, not, { module }) => {
  const isWhole = !value.includes('/') || value.endsWith('/0xffffffff');
  if (!isWhole || (module !== 'mark' && module !== 'connmark')) return undefined;
  return { kind: module === 'mark' ? 'mark' : 'connection_mark', mark: number(value), ...negated(not) };
});

const MODULES: ReadonlySet<string> = new Set(['tcp', 'udp', 'owner', 'mark', 'connmark', 'conntrack', 'multiport']);

const setting: Read = (reading, word, value, not) => {
  if (not || reading.target === undefined) return -1;
  reading.options.set(word, value);
  return 2;
};

const flagSetting: Read = (reading, word, _value, not) => {
  if (not || reading.target === undefined) return -1;
  reading.options.set(word, '');
  return 1;
};

const cidrOf = (value: string): string => (value.includes('/') ? value : `${value}/${value.includes(':') ? 128 : 32}`);

const WORDS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['-i', condition((value, not) => (not ? undefined : { kind: 'in', interface: value }))],
  ['-o', condition((value, not) => (not ? undefined : { kind: 'out', interface: value }))],
  ['-s', condition((value, not) => ({ kind: 'source', cidr: cidrOf(value), ...negated(not) }))],
  ['-d', condition((value, not) => ({ kind: 'destination', cidr: cidrOf(value), ...negated(not) }))],
  [
    '-p',
    condition((value, not) =>
      (value === 'tcp' || value === 'udp') && !not ? { kind: 'protocol', protocol: value } : undefined,
    ),
  ],
  ['--dport', condition((value, not) => portMatch('destination_port', value, not))],
  ['--sport', condition((value, not) => portMatch('source_port', value, not))],
  [
    '--dports',
    condition((value, not) => ({ kind: 'destination_ports', ports: value.split(',').map(Number), ...negated(not) })),
  ],
  ['--uid-owner', condition((id, not) => ({ kind: 'uid', id, ...negated(not) }))],
  ['--gid-owner', condition((id, not) => ({ kind: 'gid', id, ...negated(not) }))],
  ['--mark', markMatch],
  ['--ctstate', condition((value, not) => (not ? undefined : { kind: 'state', states: value.split(',') }))],
  [
    '-m',
    (reading, _word, value, not) => {
      if (not || !MODULES.has(value)) return -1;
      reading.module = value;
      return 2;
    },
  ],
  [
    '-j',
    (reading, _word, value, not) => {
      if (not) return -1;
      reading.target = value;
      return 2;
    },
  ],
  ...['--to-ports', '--set-xmark', '--on-port', '--on-ip', '--tproxy-mark', '--zone', '--nfmask', '--ctmask'].map(
    (word): [string, Read] => [word, setting],
  ),
  ['--save-mark', flagSetting],
  ['--restore-mark', flagSetting],
]);

/** Ranges of ports are never ours. */
function portMatch(kind: 'destination_port' | 'source_port', value: string, not: boolean): Match | undefined {
  return /^\d+$/.test(value) ? { kind, port: Number(value), ...negated(not) } : undefined;
}

function targetOf({ target, options }: Reading): Target | undefined {
  const value = (word: string): number => number(options.get(word) ?? '');
  switch (target) {
    case undefined:
      return undefined;
    case 'RETURN':
      return { kind: 'return' };
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
      return { kind: 'drop' };
    case 'REDIRECT':
      return { kind: 'redirect', port: value('--to-ports') };
    case 'TPROXY':
      return { kind: 'tproxy', port: value('--on-port'), mark: value('--tproxy-mark') };
    case 'MARK':
      return { kind: 'set_mark', mark: value('--set-xmark') };
    case 'CONNMARK':
      return { kind: options.has('--save-mark') ? 'save_mark' : 'restore_mark' };
    case 'CT':
      return { kind: 'zone', zone: value('--zone') };
    default:
      return options.size === 0 ? { kind: 'jump', chain: target } : undefined;
  }
}
