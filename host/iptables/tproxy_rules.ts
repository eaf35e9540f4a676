// TPROXY: inbound connections reach the proxy with their addresses unchanged. Marks tell who is on the way where: the TPROXY
// mark (1337) is routed to `lo`, the outbound mark (1338) stands for what the proxy sends to its own Pod.
import type { Match, Target } from './rule.js';
import { from, INBOUND, jump, notTo, over, ownedBy, RETURN, TCP, toPort } from './rule_list.js';
import type { RuleList } from './rule_list.js';

const DIVERT = 'ISTIO_DIVERT';
const TPROXY = 'ISTIO_TPROXY';
export const OUTBOUND_MARK = 1338;

const mark = (value: number): Match => ({ kind: 'mark', mark: value });
const ESTABLISHED: Match = { kind: 'state', states: ['RELATED', 'ESTABLISHED'] };

export function addTproxyInbound(list: RuleList): void {
  const { inboundPorts, inboundExcludePorts, inboundCapturePort, tproxyMark } = list.options;
  if (inboundPorts === undefined) return;
  const add = (chain: string, matches: Match[], target: Target, reason: string): void =>
    list.add('mangle', chain, matches, target, reason);
  add(DIVERT, [], { kind: 'set_mark', mark: tproxyMark }, 'packets of known connections are routed to the proxy');
  add(DIVERT, [], { kind: 'accept' }, 'nothing else looks at them');
  const tproxy: Target = { kind: 'tproxy', port: inboundCapturePort, mark: tproxyMark };
  const reason = `what enters the Pod goes to the proxy's inbound listener, ${inboundCapturePort}, as it is`;
  add(TPROXY, [notTo(list.loopback), TCP], tproxy, reason);
  add('PREROUTING', [TCP], jump(INBOUND), 'every TCP connection into the Pod is looked at');
  if (inboundPorts === '*') {
    for (const port of inboundExcludePorts)
      add(INBOUND, [TCP, toPort(port)], RETURN, `-d: port ${port} is reached without the proxy`);
    addCaptured(list, [TCP], 'every other port');
    return;
  }
  for (const port of inboundPorts) addCaptured(list, [TCP, toPort(port)], `port ${port}`);
}

function addCaptured(list: RuleList, matches: Match[], what: string): void {
  list.add('mangle', INBOUND, [...matches, ESTABLISHED], jump(DIVERT), `-b: ${what}, a connection that is known`);
  list.add('mangle', INBOUND, matches, jump(TPROXY), `-b: ${what}, a new connection`);
}

/** The marks that keep the proxy's own connections apart. */
export function addTproxyMarks(list: RuleList): void {
  const { tproxyMark } = list.options;
  const lo = over('out', 'lo');
  const save = 'a connection that the proxy makes with the client’s address keeps its mark';
  list.add('mangle', 'PREROUTING', [TCP, mark(tproxyMark)], { kind: 'save_mark' }, save);
  const marked = 'what the proxy sends to the application is marked already';
  list.add('mangle', 'OUTPUT', [TCP, lo, mark(tproxyMark)], RETURN, marked);
  for (const [kind, id] of list.owners()) {
    const matches = [notTo(list.loopback), TCP, lo, ownedBy(kind, id)];
    const reason = 'the application calls its own service: the proxy’s second half takes it as inbound';
    list.add('mangle', 'OUTPUT', matches, { kind: 'set_mark', mark: OUTBOUND_MARK }, reason);
  }
  const restore = 'the application’s answers find back to the proxy';
  const connectionMark: Match = { kind: 'connection_mark', mark: tproxyMark };
  list.add('mangle', 'OUTPUT', [TCP, connectionMark], { kind: 'restore_mark' }, restore);
  addTproxyReturns(list);
}

function addTproxyReturns(list: RuleList): void {
  const lo = over('in', 'lo');
  const insert = (position: number, matches: Match[], reason: string): void =>
    list.insert('mangle', INBOUND, position, matches, RETURN, reason);
  insert(1, [TCP, mark(list.options.tproxyMark)], 'what is marked has been captured before');
  const source = 'the proxy hands inbound connections to the application from this address';
  insert(2, [TCP, from(list.passthroughSource), lo], source);
  const own: Match = { kind: 'mark', mark: OUTBOUND_MARK, not: true };
  insert(3, [TCP, lo, own], 'the application talks to itself by its own address');
}
