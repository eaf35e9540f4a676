// What is in place against what should be, table by table and in order.
import { chainsOf, inOrder, isOwnChain, TABLES } from './rule.js';
import type { Family, Match, Rule, Table, Target } from './rule.js';
import { specification } from './render_iptables.js';
import type { Meaning, SavedRule, SavedTable } from './parse_save.js';

/** `absent`: nothing of ours is there. A table is one transaction, so there is no half of one. */
export type TableState = 'absent' | 'equal' | 'different';

export interface Difference {
  readonly family: Family | 'inet';
  readonly table: Table;
  readonly kind: 'missing' | 'unexpected' | 'out of order';
  readonly rule: string;
}

export interface TableComparison {
  /** `inet` is nft's family for both. */
  readonly family: Family | 'inet';
  readonly table: Table;
  readonly state: TableState;
  readonly differences: readonly Difference[];
}

/** The id of a group by its name. */
export type ResolveGroup = (name: string) => string;

/** Equal keys mean the same, whatever the order of the conditions. */
export function ruleKey({ matches, target }: Meaning, group: ResolveGroup = (name) => name): string {
  const parts = matches.map((match) => JSON.stringify(matchKey(match, group)));
  return [...parts.sort(), JSON.stringify(targetKey(target))].join(' ');
}

function matchKey(match: Match, group: ResolveGroup): unknown[] {
  const { kind } = match;
  const not = 'not' in match && match.not === true;
  switch (kind) {
    case 'in':
    case 'out':
      return [kind, match.interface];
    case 'source':
    case 'destination':
      return [kind, not, match.cidr];
    case 'protocol':
      return [kind, match.protocol];
    case 'destination_port':
    case 'source_port':
      return [kind, not, match.port];
    case 'destination_ports':
      return [kind, not, [...match.ports].sort()];
    case 'uid':
      return [kind, not, match.id];
    case 'gid':
      return [kind, not, group(match.id)];
    case 'mark':
    case 'connection_mark':
      return [kind, not, match.mark];
    case 'state':
      return [kind, [...match.states].sort()];
  }
}

function targetKey(target: Target): unknown[] {
  return Object.values(target);
}

/** What a rule looks like without its values: by that, leavings of other options are recognized. */
function shape({ matches, target }: Meaning): string {
  const parts = matches.map((match) => `${match.kind}${'not' in match && match.not === true ? '!' : ''}`);
  return [...parts.sort(), target.kind].join(' ');
}

/** The rules that we put into the system's chains without a jump to our own, as shapes by table and chain. */
const LOOSE_SHAPES: ReadonlySet<string> = new Set([
  'nat PREROUTING in return',
  'nat OUTPUT out return',
  'mangle PREROUTING in return',
  'mangle OUTPUT out return',
  'mangle PREROUTING mark protocol save_mark',
  'mangle OUTPUT mark out protocol return',
  'mangle OUTPUT destination! out protocol uid set_mark',
  'mangle OUTPUT destination! gid out protocol set_mark',
  'mangle OUTPUT connection_mark protocol restore_mark',
]);

/** The rules of a saved table that are ours: those of our chains, jumps to them, and in their company the loose ones. */
export function ownRules({ table, chains, rules }: SavedTable): SavedRule[] {
  if (!chains.some((chain) => isOwnChain(table, chain))) return [];
  return rules.filter(
    ({ chain, jump, meaning }) =>
      isOwnChain(table, chain) ||
      (jump !== undefined && isOwnChain(table, jump)) ||
      (meaning !== undefined && LOOSE_SHAPES.has(`${table} ${chain} ${shape(meaning)}`)),
  );
}

/** Every table with rules that are wanted or ours, but `filter`, which holds our guard only. */
export function compare(
  family: Family,
  wanted: readonly Rule[],
  saved: readonly SavedTable[],
  group: ResolveGroup,
): TableComparison[] {
  return TABLES.filter((table) => table !== 'filter').flatMap((table) => {
    const rules = wanted.filter((rule) => rule.table === table);
    const there = saved.find((each) => each.table === table) ?? { table, chains: [], rules: [], isEmpty: true };
    const comparison = compareTable(family, table, rules, there, group);
    return rules.length === 0 && comparison.state === 'absent' ? [] : [comparison];
  });
}

function compareTable(
  family: Family,
  table: Table,
  wanted: readonly Rule[],
  saved: SavedTable,
  group: ResolveGroup,
): TableComparison {
  const own = ownRules(saved);
  const ownChains = saved.chains.filter((chain) => isOwnChain(table, chain));
  if (ownChains.length === 0) return { family, table, state: 'absent', differences: [] };
  const chains = new Set([...chainsOf(wanted), ...ownChains, ...own.map(({ chain }) => chain)]);
  const differences = [...chains].flatMap((chain) => {
    const before = own.filter((rule) => rule.chain === chain);
    const after = inOrder(wanted.filter((rule) => rule.chain === chain));
    return compareChain(chain, after, before, group).map((each) => ({ family, table, ...each }));
  });
  const strays = ownChains
    .filter((chain) => !chainsOf(wanted).includes(chain) && !own.some((rule) => rule.chain === chain))
    .map((chain): Difference => ({ family, table, kind: 'unexpected', rule: `-N ${chain}` }));
  const all = [...differences, ...strays];
  return { family, table, state: all.length === 0 ? 'equal' : 'different', differences: all };
}

function compareChain(
  chain: string,
  wanted: readonly Rule[],
  saved: readonly SavedRule[],
  group: ResolveGroup,
): Pick<Difference, 'kind' | 'rule'>[] {
  const wantedKeys = wanted.map((rule) => ruleKey(rule, group));
  const savedKeys = saved.map(({ meaning, text }) => (meaning === undefined ? text : ruleKey(meaning, group)));
  const missing = surplus(wanted, wantedKeys, savedKeys);
  const unexpected = surplus(saved, savedKeys, wantedKeys);
  const found = [
    ...missing.map((rule) => ({ kind: 'missing' as const, rule: `-A ${chain} ${specification(rule)}` })),
    ...unexpected.map(({ text }) => ({ kind: 'unexpected' as const, rule: `-A ${chain} ${text}` })),
  ];
  if (found.length > 0) return found;
  const at = wantedKeys.findIndex((key, i) => key !== savedKeys[i]);
  return at < 0 ? [] : [{ kind: 'out of order', rule: `-A ${chain} ${saved[at].text}` }];
}

/** The items that `others` has no equal of: the nth of equal keys where there are fewer than n. One key each. */
function surplus<T>(items: readonly T[], keys: readonly string[], others: readonly string[]): T[] {
  const left = new Map<string, number>();
  for (const key of others) left.set(key, (left.get(key) ?? 0) + 1);
  return items.filter((_, i) => {
    const count = left.get(keys[i]) ?? 0;
    left.set(keys[i], count - 1);
    return count <= 0;
  });
}
