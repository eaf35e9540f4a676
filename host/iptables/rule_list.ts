// The words that rules are written in, and the list that they are added to.
import type { Options } from './options.js';
import type { Family, Match, Rule, Table, Target } from './rule.js';

export const INBOUND = 'ISTIO_INBOUND';
export const REDIRECT = 'ISTIO_REDIRECT';
export const IN_REDIRECT = 'ISTIO_IN_REDIRECT';
export const OUTPUT = 'ISTIO_OUTPUT';
export const OUTPUT_DNS = 'ISTIO_OUTPUT_DNS';

export const DNS_PORT = 53;

// === the words of a rule ===

export const RETURN: Target = { kind: 'return' };
export const jump = (chain: string): Target => ({ kind: 'jump', chain });
export const over = (kind: 'in' | 'out', name: string): Match => ({ kind, interface: name });
export const to = (cidr: string): Match => ({ kind: 'destination', cidr });
export const notTo = (cidr: string): Match => ({ kind: 'destination', cidr, not: true });
export const from = (cidr: string): Match => ({ kind: 'source', cidr });
export const TCP: Match = { kind: 'protocol', protocol: 'tcp' };
export const UDP: Match = { kind: 'protocol', protocol: 'udp' };
export const toPort = (port: number): Match => ({ kind: 'destination_port', port });
export const notToPort = (port: number): Match => ({ kind: 'destination_port', port, not: true });
export type Owner = 'uid' | 'gid';
export const ownedBy = (kind: Owner, id: string): Match => ({ kind, id });
export const notOwnedBy = (kind: Owner, id: string): Match => ({ kind, id, not: true });

/** The rules of one family as they are made. */
export class RuleList {
  readonly rules: Rule[] = [];

  constructor(
    readonly family: Family,
    readonly options: Options,
  ) {}

  add(table: Table, chain: string, matches: readonly Match[], target: Target, reason: string): void {
    this.rules.push({ table, chain, matches, target, reason });
  }

  insert(table: Table, chain: string, position: number, matches: Match[], target: Target, reason: string): void {
    this.rules.push({ table, chain, matches, target, position, reason });
  }

  /** The loopback range that is left alone. */
  get loopback(): string {
    return this.family === 'ipv4' ? this.options.loopbackCidr.text : '::1/128';
  }

  /** Where the proxy sends from when it hands an inbound connection to the application. */
  get passthroughSource(): string {
    return this.family === 'ipv4' ? '127.0.0.6/32' : '::6/128';
  }

  get capturesDns(): boolean {
    const { redirectDns, captureAllDns, dnsServers } = this.options;
    return redirectDns && (captureAllDns || dnsServers.ipv4.length + dnsServers.ipv6.length > 0);
  }

  get isTproxy(): boolean {
    return this.options.mode === 'TPROXY';
  }

  owners(): [Owner, string][] {
    const { proxyUids, proxyGids } = this.options;
    return [
      ...proxyUids.map((id): [Owner, string] => ['uid', id]),
      ...proxyGids.map((id): [Owner, string] => ['gid', id]),
    ];
  }
}
