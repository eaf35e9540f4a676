// DNS capture: queries to port 53 go to the agent's resolver, 15053. Two conntrack zones keep the application's queries and
// the agent's own apart, because UDP has no connections to tell them by.
import type { Match, Target } from './rule.js';
import { DNS_PORT, from, INBOUND, jump, OUTPUT, OUTPUT_DNS, ownedBy, TCP, to, toPort, UDP } from './rule_list.js';
import type { RuleList } from './rule_list.js';

export const AGENT_DNS_PORT = 15053;
/** Agent ↔ upstream resolvers, and application ↔ agent. */
const UPSTREAM_ZONE = 1;
const CLIENT_ZONE = 2;

const fromPort = (port: number): Match => ({ kind: 'source_port', port });
const zone = (number: number): Target => ({ kind: 'zone', zone: number });

/** The resolvers' addresses as conditions: one empty one where every query is captured. */
function resolvers(list: RuleList, condition: (cidr: string) => Match): Match[][] {
  const { captureAllDns, dnsServers } = list.options;
  if (captureAllDns) return [[]];
  const length = list.family === 'ipv4' ? 32 : 128;
  return dnsServers[list.family].map((address) => [condition(`${address}/${length}`)]);
}

export function addDnsRules(list: RuleList): void {
  list.add('raw', 'OUTPUT', [], jump(OUTPUT_DNS), 'DNS queries and answers get their conntrack zones');
  const targets = resolvers(list, to);
  if (targets.length > 0) list.add('nat', OUTPUT, [], jump(OUTPUT_DNS), 'DNS queries are looked at');
  const agent: Target = { kind: 'redirect', port: AGENT_DNS_PORT };
  for (const protocol of [TCP, UDP]) {
    for (const target of targets) {
      const reason = `--redirect-dns: ${target.length > 0 ? 'queries to this resolver' : 'all queries'} go to the agent`;
      list.add('nat', OUTPUT_DNS, [protocol, toPort(DNS_PORT), ...target], agent, reason);
    }
  }
  addZones(list, targets);
}

function addZones(list: RuleList, targets: Match[][]): void {
  const add = (matches: Match[], number: number, reason: string): void =>
    list.add('raw', OUTPUT_DNS, [UDP, ...matches], zone(number), reason);
  for (const [kind, id] of list.owners()) {
    add([toPort(DNS_PORT), ownedBy(kind, id)], UPSTREAM_ZONE, 'the agent asks a resolver');
    add([fromPort(AGENT_DNS_PORT), ownedBy(kind, id)], CLIENT_ZONE, 'the agent answers the application');
  }
  if (targets.length === 0) return;
  list.add('raw', 'PREROUTING', [], jump(INBOUND), 'answers of resolvers are looked at');
  const sources = resolvers(list, from);
  targets.forEach((target, i) => {
    add([toPort(DNS_PORT), ...target], CLIENT_ZONE, 'the application asks');
    const answer = [UDP, fromPort(DNS_PORT), ...sources[i]];
    list.add('raw', INBOUND, answer, zone(UPSTREAM_ZONE), 'a resolver answers the agent');
  });
}
