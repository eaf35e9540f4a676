// Options → rules. Pure: what depends on the machine (addresses, resolvers, users) is an option by the time it gets here.
// Text and order are those of istio-iptables, so that tools that compare rules find the same.
import { addDnsRules } from './dns_rules.js';
import type { Cidr, CidrList } from './grammar.js';
import type { Options } from './options.js';
import type { Family, MarkRoute, Match, Rule, RuleSet } from './rule.js';
import {
  DNS_PORT,
  from,
  IN_REDIRECT,
  INBOUND,
  jump,
  notOwnedBy,
  notTo,
  notToPort,
  OUTPUT,
  over,
  ownedBy,
  REDIRECT,
  RETURN,
  RuleList,
  TCP,
  to,
  toPort,
  UDP,
} from './rule_list.js';
import type { Owner } from './rule_list.js';
import { addTproxyInbound, addTproxyMarks } from './tproxy_rules.js';

const DROP = 'ISTIO_DROP';

/** All that has to be in place for these options. */
export function ruleSet(options: Options): RuleSet {
  const ipv6 = options.enableIpv6;
  return {
    rules: { ipv4: rulesOf('ipv4', options), ipv6: ipv6 ? rulesOf('ipv6', options) : [] },
    routes: options.mode === 'TPROXY' && options.inboundPorts !== undefined ? markRoutes(options) : [],
    hasIpv6Source: ipv6,
  };
}

function markRoutes({ enableIpv6, tproxyMark, tproxyRouteTable }: Options): MarkRoute[] {
  const families: Family[] = enableIpv6 ? ['ipv4', 'ipv6'] : ['ipv4'];
  return families.map((family) => ({ family, mark: tproxyMark, table: tproxyRouteTable }));
}

function rulesOf(family: Family, options: Options): readonly Rule[] {
  const list = new RuleList(family, options);
  addInterfaces(list);
  if (options.dropInvalid) addDropInvalid(list);
  addRedirects(list);
  if (list.isTproxy) addTproxyInbound(list);
  else addInbound(list);
  addOutbound(list);
  if (list.isTproxy) addTproxyMarks(list);
  return list.rules;
}

// === interfaces ===

function addInterfaces(list: RuleList): void {
  const { excludeInterfaces, virtualInterfaces } = list.options;
  for (const table of list.isTproxy ? (['nat', 'mangle'] as const) : (['nat'] as const)) {
    for (const name of excludeInterfaces) {
      list.add(table, 'PREROUTING', [over('in', name)], RETURN, `-c: what comes in over ${name} is not captured`);
      list.add(table, 'OUTPUT', [over('out', name)], RETURN, `-c: what goes out over ${name} is not captured`);
    }
  }
  for (const name of virtualInterfaces) {
    const reason = `-k: what a virtual machine sends over ${name} is not inbound traffic`;
    list.insert('nat', 'PREROUTING', 1, [over('in', name)], RETURN, reason);
  }
}

function addDropInvalid(list: RuleList): void {
  const invalid: Match = { kind: 'state', states: ['INVALID'] };
  const reason =
    '--drop-invalid: a packet outside the window is dropped, so that the kernel does not reset its connection';
  list.add('mangle', 'PREROUTING', [invalid], jump(DROP), reason);
  list.add('mangle', DROP, [], { kind: 'drop' }, reason);
}

// === inbound ===

function addRedirects(list: RuleList): void {
  const { tunnelPort, proxyPort, inboundCapturePort } = list.options;
  const tunnel = `the proxy serves its tunnel port ${tunnelPort} itself`;
  list.add('nat', INBOUND, [TCP, toPort(tunnelPort)], RETURN, tunnel);
  const out = `what leaves the Pod goes to the proxy's outbound listener, ${proxyPort}`;
  list.add('nat', REDIRECT, [TCP], { kind: 'redirect', port: proxyPort }, out);
  const inbound = `what enters the Pod goes to the proxy's inbound listener, ${inboundCapturePort}`;
  list.add('nat', IN_REDIRECT, [TCP], { kind: 'redirect', port: inboundCapturePort }, inbound);
}

function addInbound(list: RuleList): void {
  const { inboundPorts, inboundExcludePorts } = list.options;
  if (inboundPorts === undefined) return;
  list.add('nat', 'PREROUTING', [TCP], jump(INBOUND), 'every TCP connection into the Pod is looked at');
  if (inboundPorts === '*') {
    for (const port of inboundExcludePorts)
      list.add('nat', INBOUND, [TCP, toPort(port)], RETURN, `-d: port ${port} is reached without the proxy`);
    list.add('nat', INBOUND, [TCP], jump(IN_REDIRECT), '-b *: every other port is captured');
    return;
  }
  for (const port of inboundPorts)
    list.add('nat', INBOUND, [TCP, toPort(port)], jump(IN_REDIRECT), `-b: port ${port} is captured`);
}

// === outbound ===

function addOutbound(list: RuleList): void {
  const { options } = list;
  list.add('nat', 'OUTPUT', [], jump(OUTPUT), 'everything that the Pod sends is looked at (UDP for its DNS)');
  for (const port of options.outboundExcludePorts)
    for (const protocol of [TCP, UDP])
      list.add('nat', OUTPUT, [protocol, toPort(port)], RETURN, `-o: what goes to port ${port} is not captured`);
  const source = 'the proxy hands inbound connections to the application from this address';
  list.add('nat', OUTPUT, [over('out', 'lo'), from(list.passthroughSource)], RETURN, source);
  for (const [kind, id] of list.owners()) addOwner(list, kind, id);
  addOwnerGroups(list);
  if (list.capturesDns) addDnsRules(list);
  list.add('nat', OUTPUT, [to(list.loopback)], RETURN, 'containers of the Pod reach each other by loopback as before');
  for (const { text } of options.excludeCidrs[list.family])
    list.add('nat', OUTPUT, [to(text)], RETURN, `-x: what goes to ${text} is not captured`);
  for (const port of options.outboundPorts)
    list.add('nat', OUTPUT, [TCP, toPort(port)], jump(REDIRECT), `-q: what goes to port ${port} is captured`);
  addIncludedRanges(list, options.includeCidrs);
}

function addOwner(list: RuleList, kind: Owner, id: string): void {
  const { tunnelPort, includeCidrs } = list.options;
  const lo = over('out', 'lo');
  const dns = list.capturesDns;
  // As in Istio, only the rules of users leave port 53 out.
  const ports: Match =
    dns && kind === 'uid'
      ? { kind: 'destination_ports', ports: [DNS_PORT, tunnelPort], not: true }
      : notToPort(tunnelPort);
  list.add(
    'nat',
    OUTPUT,
    [lo, notTo(list.loopback), TCP, ports, ownedBy(kind, id)],
    jump(IN_REDIRECT),
    'the application calls its own service: what the proxy then sends to its own Pod enters as inbound',
  );
  if (!holdsLoopback(includeCidrs)) {
    const matches = dns ? [lo, TCP, notToPort(DNS_PORT), notOwnedBy(kind, id)] : [lo, notOwnedBy(kind, id)];
    list.add('nat', OUTPUT, matches, RETURN, 'the application talks to itself by its own address');
  }
  list.add('nat', OUTPUT, [ownedBy(kind, id)], RETURN, 'what the proxy itself sends is never captured again');
}

function holdsLoopback(ranges: CidrList): boolean {
  return ranges !== '*' && [...ranges.ipv4, ...ranges.ipv6].some((cidr: Cidr) => cidr.isLoopback);
}

function addOwnerGroups(list: RuleList): void {
  const { ownerGroups, ownerGroupsExclude } = list.options;
  if (ownerGroups === '*') {
    for (const group of ownerGroupsExclude)
      list.add('nat', OUTPUT, [ownedBy('gid', group)], RETURN, `what group ${group} sends is not captured`);
    return;
  }
  const outsiders = ownerGroups.map((group) => notOwnedBy('gid', group));
  list.add('nat', OUTPUT, outsiders, RETURN, `only what these groups send is captured: ${ownerGroups.join(', ')}`);
}

function addIncludedRanges(list: RuleList, ranges: CidrList): void {
  const { virtualInterfaces } = list.options;
  if (ranges === '*') {
    list.add('nat', OUTPUT, [], jump(REDIRECT), '-i *: everything else that is sent is captured');
    for (const name of virtualInterfaces) {
      const reason = `-k: what the virtual machine behind ${name} sends is captured as outbound`;
      list.insert('nat', 'PREROUTING', 1, [over('in', name)], jump(REDIRECT), reason);
    }
    return;
  }
  for (const { text } of ranges[list.family]) {
    for (const name of virtualInterfaces) {
      const reason = `-k: what the virtual machine behind ${name} sends to ${text} is captured as outbound`;
      list.insert('nat', 'PREROUTING', 1, [over('in', name), to(text)], jump(REDIRECT), reason);
    }
    list.add('nat', OUTPUT, [to(text)], jump(REDIRECT), `-i: what goes to ${text} is captured`);
  }
}
