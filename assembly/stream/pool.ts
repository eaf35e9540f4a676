// The connection pool of one endpoint in one worker: idle connections (newest first), connections being opened, and the
// streams that wait for one. A stream takes an idle connection, or waits while a connection is opened for it; whichever
// connection is ready first serves the stream that has waited longest (as Envoy's pools do).
import { CMD_CONNECT, IO_CONNECTING, IO_READ, KIND_UPSTREAM_HTTP } from '../abi';
import { connectionsOpen, pendingOpen, requestsOpen } from '../upstream/circuit_breaker';
import { Cluster, clusterAt, Endpoint, EndpointState, endpointState, Resources, resources } from '../upstream/cluster';
import { dynamicConnectionClosed, dynamicEndpoint, isDynamic } from '../upstream/dynamic_endpoint';
import { pin, unpin, command, W, WorkerState } from '../memory/worker_block';
import { deadlineAt } from './deadline';
import { slotClose } from './connection';
import { ConnFacts } from '../http/conn_facts';
import { HcmConfig } from '../http/hcm_config';
import {
  SF_REUSED,
  SF_RX_STARTED,
  Slot,
  SLOT_FACTS,
  slotAt,
  slotIndex,
  slotNew,
  US_CONNECTING,
  US_HEAD,
  US_IDLE,
} from './slot';
import { ST_ACTIVE_UPSTREAM, ST_PENDING, ST_TERMINATE_CONNECT, Stream, streamAt, streamIndex } from './stream';
import * as stat from './upstream_stats';

export const POOL_READY: i32 = 0; // the stream has a connection
export const POOL_PENDING: i32 = 1; // it waits for one
export const POOL_OVERFLOW: i32 = 2; // a circuit breaker is open
export const POOL_FAILED: i32 = 3; // no slot for a connection

/** Gives `st` a connection to `e`, or a place in its queue. */
export function poolRequest(st: Stream, c: Cluster, e: Endpoint): i32 {
  const es = endpointState(e.id);
  if (requestsOpen(c, st.priority)) {
    stat.activeOverflow(c);
    return POOL_OVERFLOW;
  }
  if (es.idle) {
    const u = slotAt(es.idle - 1);
    idleRemove(es, u);
    poolAttach(u, st);
    return POOL_READY;
  }
  if (pendingOpen(c, st.priority)) {
    stat.pendingOverflow(c);
    st.endpoint = 0; // Envoy logs no host for this one
    return POOL_OVERFLOW;
  }
  if (es.connecting <= es.pending && !connect(c, e, es, st.priority) && !es.connections) return POOL_FAILED;
  enqueue(es, resources(c.index, st.priority), st);
  stat.pendingStarted(c);
  return POOL_PENDING;
}

// Opens one connection unless the circuit breaker forbids it; a pool without any may always open its first.
function connect(c: Cluster, e: Endpoint, es: EndpointState, priority: u8): bool {
  if (connectionsOpen(c, priority)) {
    stat.connectionOverflow(c);
    if (es.connections) return false;
  }
  const fresh = slotNew(<u8>KIND_UPSTREAM_HTTP);
  if (!fresh) return false;
  const u = <Slot>fresh;
  const w = changetype<WorkerState>(W);
  u.state = US_CONNECTING;
  u.io = <u8>(IO_READ | IO_CONNECTING);
  u.cluster = c.index;
  u.endpoint = e.id;
  u.priority = priority;
  u.opened = w.now;
  u.activity = w.now;
  u.id = ++w.connectionIds;
  es.cluster = c.index;
  es.removed = 0;
  es.connections++;
  if (es.base) endpointState(es.base - 1).connections++;
  es.connecting++;
  resources(c.index, priority).connections++;
  stat.http1ConnectionOpened(c);
  deadlineAt(u, w.now + c.connectTimeout);
  command(CMD_CONNECT, slotIndex(u), e.sockaddr, e.sockaddrLength);
  return true;
}

function enqueue(es: EndpointState, r: Resources, st: Stream): void {
  const me = streamIndex(st) + 1;
  st.flags |= ST_PENDING;
  st.next = 0;
  st.previous = es.pendingTail;
  if (es.pendingTail) streamAt(es.pendingTail - 1).next = me;
  else es.pendingHead = me;
  es.pendingTail = me;
  es.pending++;
  r.pending++;
}

/** Takes a waiting stream out of its endpoint's queue. */
export function poolDequeue(st: Stream): void {
  const es = endpointState(st.endpoint - 1);
  if (st.previous) streamAt(st.previous - 1).next = st.next;
  else es.pendingHead = st.next;
  if (st.next) streamAt(st.next - 1).previous = st.previous;
  else es.pendingTail = st.previous;
  st.flags &= ~ST_PENDING;
  es.pending--;
  resources(st.cluster - 1, st.priority).pending--;
  stat.pendingEnded(st.cluster - 1);
}

// What the access log wants to know of the connection after it may have gone.
function noteUpstream(st: Stream, u: Slot): void {
  if (!changetype<HcmConfig>(<usize>st.hcm).accessLog) return;
  const facts = changetype<ConnFacts>(changetype<usize>(u) + SLOT_FACTS);
  st.upstreamId = u.id;
  st.upstreamLocal0 = facts.local0;
  st.upstreamLocal1 = facts.local1;
  st.upstreamLocalPort = facts.localPort;
  st.upstreamLocalFamily = facts.localFamily;
}

/** Joins a ready connection and a stream. */
export function poolAttach(u: Slot, st: Stream): void {
  const w = changetype<WorkerState>(W);
  u.stream = <u32>changetype<usize>(st);
  u.state = US_HEAD;
  u.flags = (u.flags & ~SF_RX_STARTED) | (u.requests ? SF_REUSED : 0);
  u.requests++;
  st.upstream = slotIndex(u) + 1;
  st.upstreamStarted = w.now;
  noteUpstream(st, u);
  st.flags |= ST_ACTIVE_UPSTREAM;
  resources(u.cluster, st.priority).active++;
  const es = endpointState(u.endpoint);
  es.active++;
  if (es.base) endpointState(es.base - 1).active++;
  stat.requestStarted(u.cluster);
}

/** The stream no longer counts against the cluster; its connection, if any, is the caller's business. */
export function poolDetach(st: Stream): void {
  if (!(st.flags & ST_ACTIVE_UPSTREAM)) return;
  st.flags &= ~ST_ACTIVE_UPSTREAM;
  resources(st.cluster - 1, st.priority).active--;
  const es = endpointState(st.endpoint - 1);
  es.active--;
  if (es.base) endpointState(es.base - 1).active--;
  stat.requestEnded(st.cluster - 1);
}

/** The stream that has waited longest for this endpoint, out of its queue; null when none waits. */
export function poolNextPending(u: Slot): Stream | null {
  const es = endpointState(u.endpoint);
  if (!es.pendingHead) return null;
  const st = streamAt(es.pendingHead - 1);
  poolDequeue(st);
  return st;
}

/** Whether the stream that has waited longest for the endpoint of `u` is a CONNECT that ends here: it needs a fresh connection. */
export function poolNextIsRaw(u: Slot): bool {
  const head = endpointState(u.endpoint).pendingHead;
  return head != 0 && (streamAt(head - 1).flags & ST_TERMINATE_CONNECT) != 0;
}

/** Puts a ready connection without work on its endpoint's idle list. */
export function poolIdle(u: Slot): void {
  const w = changetype<WorkerState>(W);
  const es = endpointState(u.endpoint);
  u.stream = 0;
  u.state = US_IDLE;
  u.activity = w.now;
  u.previous = 0;
  u.next = es.idle;
  if (es.idle) slotAt(es.idle - 1).previous = slotIndex(u) + 1;
  es.idle = slotIndex(u) + 1;
  const c = clusterAt(u.cluster);
  if (!changetype<usize>(c)) return;
  if (c.idleTimeout) deadlineAt(u, w.now + c.idleTimeout);
  if (c.maxConnectionDuration) deadlineAt(u, u.opened + c.maxConnectionDuration);
}

function idleRemove(es: EndpointState, u: Slot): void {
  if (u.previous) slotAt(u.previous - 1).next = u.next;
  else es.idle = u.next;
  if (u.next) slotAt(u.next - 1).previous = u.previous;
}

/** Closes an upstream connection in whatever state it is; its stream has been detached or dealt with before. */
export function poolClose(u: Slot, reset: bool): void {
  const es = endpointState(u.endpoint);
  if (u.state == US_IDLE) idleRemove(es, u);
  if (u.state == US_CONNECTING) es.connecting--;
  es.connections--;
  if (es.base) endpointState(es.base - 1).connections--;
  resources(u.cluster, u.priority).connections--;
  stat.connectionClosed(u);
  slotClose(u, reset);
  if (isDynamic(u.endpoint)) dynamicConnectionClosed(dynamicEndpoint(u.endpoint));
}

/** After a connection to `e` has gone: streams that still wait must not wait for nothing. */
export function poolReplenish(c: Cluster, e: Endpoint): void {
  const es = endpointState(e.id);
  if (es.pending && es.connecting < es.pending) connect(c, e, es, 0);
}

/** A place in the queue and a fresh connection, whatever is idle; where none more is allowed, it takes the place of an idle one. */
export function poolFresh(st: Stream, c: Cluster, e: Endpoint): i32 {
  const es = endpointState(e.id);
  if (requestsOpen(c, st.priority) || pendingOpen(c, st.priority)) return POOL_OVERFLOW;
  while (es.idle && connectionsOpen(c, st.priority)) poolClose(slotAt(es.idle - 1), false);
  if (!connect(c, e, es, st.priority) && !es.connections) return POOL_FAILED;
  enqueue(es, resources(c.index, st.priority), st);
  stat.pendingStarted(c);
  return POOL_PENDING;
}

/** The connection is established. */
export function poolConnected(u: Slot): void {
  const w = changetype<WorkerState>(W);
  endpointState(u.endpoint).connecting--;
  u.io &= ~(<u8>IO_CONNECTING);
  stat.connected(u, w.now - u.opened);
}

/** Holds the objects that a stream reads across loop turns. */
export function holdRoutes(st: Stream, routeConfig: usize): void {
  st.routeConfig = <u32>routeConfig;
  if (routeConfig) pin(routeConfig);
}

export function releaseRoutes(st: Stream): void {
  if (st.routeConfig) unpin(st.routeConfig);
  st.routeConfig = 0;
  st.route = 0;
}
