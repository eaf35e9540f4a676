// Rules → one transaction for `nft -f -`. The tables are of the inet family: what is the same for IPv4 and IPv6 stands once.
import { ruleKey } from './compare.js';
import { chainsOf, inOrder, TABLES } from './rule.js';
import type { Family, Match, Rule, RuleSet, Table } from './rule.js';

export type NftTable = Exclude<Table, 'filter'>;
export const NFT_TABLES = TABLES.filter((table): table is NftTable => table !== 'filter');

export const tableName = (table: NftTable): string => `istio-proxy-${table}`;
const chainName = (chain: string): string => chain.toLowerCase().replaceAll('_', '-');

/** A rule as its expressions in nft's own words, a counter between the last two. */
export interface NftRule {
  readonly chain: string;
  readonly expressions: readonly string[];
  readonly rule: Rule;
}

export interface NftChain {
  readonly name: string;
  /** `type nat hook output priority -100`, of the chains that packets enter by. */
  readonly hook: string | undefined;
}

export interface NftTableText {
  readonly table: NftTable;
  readonly chains: readonly NftChain[];
  readonly rules: readonly NftRule[];
}

const PRIORITY: Readonly<Record<NftTable, number>> = { raw: -300, mangle: -150, nat: -100 };

function hook(table: NftTable, chain: string): string | undefined {
  if (chain !== 'PREROUTING' && chain !== 'OUTPUT') return undefined;
  // Only a chain of type route looks for the way again after it has changed a mark, as iptables' mangle does.
  const other = table === 'mangle' && chain === 'OUTPUT' ? 'route' : 'filter';
  return `type ${table === 'nat' ? 'nat' : other} hook ${chainName(chain)} priority ${PRIORITY[table]}`;
}

/** The tables that have rules. */
export function nftTables({ rules }: RuleSet): NftTableText[] {
  return NFT_TABLES.map((table): NftTableText => {
    const of = (family: Family): Rule[] => rules[family].filter((rule) => rule.table === table);
    const all = [...of('ipv4'), ...of('ipv6')];
    const hasBoth = rules.ipv4.length > 0 && rules.ipv6.length > 0;
    const chains = chainsOf(all);
    return {
      table,
      chains: chains.map((chain) => ({ name: chainName(chain), hook: hook(table, chain) })),
      rules: chains.flatMap((chain) => {
        const ordered = (family: Family): Rule[] => inOrder(of(family).filter((rule) => rule.chain === chain));
        return merge(ordered('ipv4'), ordered('ipv6'), hasBoth).flatMap(nftRules);
      }),
    };
  }).filter(({ chains }) => chains.length > 0);
}

interface Scoped {
  readonly rule: Rule;
  /** Undefined: for both. */
  readonly family: Family | undefined;
}

/** Both lists in their orders, what is equal once. A lone family's rules need a condition only where packets enter. */
function merge(ipv4: readonly Rule[], ipv6: readonly Rule[], hasBoth: boolean): Scoped[] {
  if (!hasBoth) {
    const family = ipv4.length > 0 ? 'ipv4' : 'ipv6';
    return [...ipv4, ...ipv6].map((rule) => ({ rule, family: isEntry(rule) ? family : undefined }));
  }
  const keys = ipv6.map((rule) => ruleKey(rule));
  const merged: Scoped[] = [];
  let next = 0;
  for (const rule of ipv4) {
    const at = keys.indexOf(ruleKey(rule), next);
    if (at < 0) {
      merged.push({ rule, family: 'ipv4' });
      continue;
    }
    merged.push(...ipv6.slice(next, at).map((other): Scoped => ({ rule: other, family: 'ipv6' })));
    merged.push({ rule, family: undefined });
    next = at + 1;
  }
  return [...merged, ...ipv6.slice(next).map((rule): Scoped => ({ rule, family: 'ipv6' }))];
}

const isEntry = ({ chain }: Rule): boolean => chain === 'PREROUTING' || chain === 'OUTPUT';

/** Where nobody listens, nft's tproxy lets a packet pass on; iptables' drops it, and so must this. */
function nftRules({ rule, family }: Scoped): NftRule[] {
  const first = nftRule(rule, family);
  if (rule.target.kind !== 'tproxy') return [first];
  const drop: Rule = {
    ...rule,
    target: { kind: 'drop' },
    reason: 'what the proxy does not listen for is not let past it',
  };
  return [first, nftRule(drop, family)];
}

function nftRule(rule: Rule, family: Family | undefined): NftRule {
  const conditions = rule.matches.flatMap((match) => condition(match, rule.matches));
  const isScoped = rule.matches.some(({ kind }) => kind === 'source' || kind === 'destination');
  const scope = family === undefined || isScoped ? [] : [`meta nfproto ${family}`];
  return { chain: chainName(rule.chain), expressions: [...scope, ...conditions, ...verdict(rule)], rule };
}

const PORTS: ReadonlySet<string> = new Set(['destination_port', 'source_port', 'destination_ports']);

function condition(match: Match, all: readonly Match[]): string[] {
  const not = 'not' in match && match.not === true ? '!= ' : '';
  const protocol = (): string => all.map((each) => (each.kind === 'protocol' ? each.protocol : '')).join('');
  switch (match.kind) {
    case 'in':
    case 'out':
      return [`${match.kind === 'in' ? 'iifname' : 'oifname'} "${match.interface.replace(/\+$/, '*')}"`];
    case 'source':
    case 'destination':
      return [
        `${match.cidr.includes(':') ? 'ip6' : 'ip'} ${match.kind === 'source' ? 'saddr' : 'daddr'} ${not}${match.cidr}`,
      ];
    case 'protocol':
      return all.some(({ kind }) => PORTS.has(kind)) ? [] : [`meta l4proto ${match.protocol}`];
    case 'destination_port':
      return [`${protocol()} dport ${not}${match.port}`];
    case 'source_port':
      return [`${protocol()} sport ${not}${match.port}`];
    case 'destination_ports':
      return [`${protocol()} dport ${not}{ ${match.ports.toSorted((a, b) => a - b).join(', ')} }`];
    case 'uid':
      return [`meta skuid ${not}${match.id}`];
    case 'gid':
      return [`meta skgid ${not}${match.id}`];
    case 'mark':
      return [`meta mark ${not}${match.mark}`];
    case 'connection_mark':
      return [`ct mark ${not}${match.mark}`];
    case 'state':
      return [`ct state ${match.states.map((state) => state.toLowerCase()).join(',')}`];
  }
}

function verdict({ target, matches }: Rule): string[] {
  switch (target.kind) {
    case 'jump':
      return [`jump ${chainName(target.chain)}`];
    case 'redirect':
      return [`redirect to :${target.port}`];
    case 'tproxy': {
      const isV6 = matches.some((match) => match.kind === 'destination' && match.cidr.includes(':'));
      return [`tproxy ${isV6 ? 'ip6' : 'ip'} to :${target.port}`, `meta mark set ${target.mark}`, 'accept'];
    }
    case 'set_mark':
      return [`meta mark set ${target.mark}`];
    case 'save_mark':
      return ['ct mark set meta mark'];
    case 'restore_mark':
      return ['meta mark set ct mark'];
    case 'zone':
      return [`ct zone set ${target.zone}`];
    default:
      return [target.kind];
  }
}

/** Words of a rule that says what it does; the counter stands in front of them. */
const ACTION = /^(jump|redirect|tproxy|meta mark set|ct mark set|ct zone set|return|accept|drop)\b/;

export function nftRuleText(table: NftTable, { chain, expressions }: NftRule): string {
  const at = expressions.findIndex((each) => ACTION.test(each));
  const words = [...expressions.slice(0, at), 'counter', ...expressions.slice(at)].join(' ');
  return `add rule inet ${tableName(table)} ${chain} ${words}`;
}

/** A table is made anew: `add` so that `delete` finds it. */
export function renderNftTable(
  text: NftTableText,
  line: (table: NftTable, rule: NftRule) => string = nftRuleText,
): string {
  const name = tableName(text.table);
  const chains = text.chains.map(({ name: chain, hook }) => {
    const more = hook === undefined ? '' : ` { ${hook} ; policy accept ; }`;
    return `add chain inet ${name} ${chain}${more}`;
  });
  const rules = text.rules.map((rule) => line(text.table, rule));
  return [
    `add table inet ${name}`,
    `delete table inet ${name}`,
    `add table inet ${name}`,
    ...chains,
    ...rules,
    '',
  ].join('\n');
}

/** The whole transaction. */
export function renderNft(wanted: RuleSet, line: (table: NftTable, rule: NftRule) => string = nftRuleText): string {
  return nftTables(wanted)
    .map((text) => renderNftTable(text, line))
    .join('');
}
