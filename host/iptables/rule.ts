// Packet-filter rules as data. Renderers write them for a program, the parsers read them back from it, `trace.ts` follows a
// connection through them: all three know these shapes and nothing of each other.

export type Family = 'ipv4' | 'ipv6';
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** In the order in which a restore is fed: sorted by name, as Istio's golden files are. */
export const TABLES = ['filter', 'mangle', 'nat', 'raw'] as const;
export type Table = (typeof TABLES)[number];

/** A condition; `not` stands for the `!` in front of it. The order of a rule's conditions is the order of its text. */
export type Match =
  | { readonly kind: 'in' | 'out'; readonly interface: string }
  | { readonly kind: 'source' | 'destination'; readonly cidr: string; readonly not?: boolean }
  | { readonly kind: 'protocol'; readonly protocol: 'tcp' | 'udp' }
  | { readonly kind: 'destination_port' | 'source_port'; readonly port: number; readonly not?: boolean }
  | { readonly kind: 'destination_ports'; readonly ports: readonly number[]; readonly not?: boolean }
  /** A number, or a group's name. */
  | { readonly kind: 'uid' | 'gid'; readonly id: string; readonly not?: boolean }
  | { readonly kind: 'mark' | 'connection_mark'; readonly mark: number; readonly not?: boolean }
  | { readonly kind: 'state'; readonly states: readonly string[] };

export type Target =
  | { readonly kind: 'return' | 'accept' | 'drop' | 'save_mark' | 'restore_mark' }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'redirect'; readonly port: number }
  | { readonly kind: 'tproxy'; readonly port: number; readonly mark: number }
  | { readonly kind: 'set_mark'; readonly mark: number }
  | { readonly kind: 'zone'; readonly zone: number };

export interface Rule {
  readonly table: Table;
  readonly chain: string;
  readonly matches: readonly Match[];
  readonly target: Target;
  /** Inserted at this place (from 1) instead of appended. */
  readonly position?: number;
  /** Why the rule stands there; `--explain` and `trace` say it. */
  readonly reason: string;
}

/** A policy-routing rule and its route: packets with the mark are delivered locally. */
export interface MarkRoute {
  readonly family: Family;
  readonly mark: number;
  readonly table: number;
}

export interface RuleSet {
  /** Rules in the order in which they are made; a family without rules is left alone. */
  readonly rules: Readonly<Record<Family, readonly Rule[]>>;
  readonly routes: readonly MarkRoute[];
  /** `::6` on `lo`: the source of what the proxy sends to its own application over IPv6. */
  readonly hasIpv6Source: boolean;
}

/** The chains of each table that are ours, whatever the options. */
export const OWN_CHAINS: Readonly<Record<Table, readonly string[]>> = {
  filter: ['ISTIO_GUARD'],
  mangle: ['ISTIO_DIVERT', 'ISTIO_TPROXY', 'ISTIO_INBOUND', 'ISTIO_DROP'],
  nat: ['ISTIO_INBOUND', 'ISTIO_REDIRECT', 'ISTIO_IN_REDIRECT', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS'],
  raw: ['ISTIO_OUTPUT_DNS', 'ISTIO_INBOUND'],
};

export function isOwnChain(table: Table, chain: string): boolean {
  return OWN_CHAINS[table].includes(chain);
}

/** The chains that the rules fill, in the order of first use. */
export function chainsOf(rules: readonly Rule[]): string[] {
  return [...new Set(rules.map(({ chain }) => chain))];
}

/** The rules of a chain in the order in which a packet meets them. */
export function inOrder(rules: readonly Rule[]): Rule[] {
  const ordered: Rule[] = [];
  for (const rule of rules) {
    if (rule.position === undefined) ordered.push(rule);
    else ordered.splice(rule.position - 1, 0, rule);
  }
  return ordered;
}
