// The tcp_proxy network filter: a connection downstream, one upstream, bytes both ways, half-close passed on.
import {
  CMD_CONNECT,
  CLUSTER_STAT_UPSTREAM_CX_CONNECT_ATTEMPTS_EXCEEDED,
  CLUSTER_STAT_UPSTREAM_CX_CONNECT_FAIL,
  CLUSTER_STAT_UPSTREAM_CX_CONNECT_TIMEOUT,
  CLUSTER_STAT_UPSTREAM_CX_NONE_HEALTHY,
  ERRNO_CONNECTION_RESET,
  FLAG_DT,
  FLAG_NC,
  FLAG_UF,
  FLAG_UH,
  FLAG_UO,
  FLAG_UR,
  FLAG_URX,
  IO_CONNECTING,
  IO_READ,
  KIND_DOWNSTREAM_TCP,
  KIND_UPSTREAM_TCP,
  LB_ORIGINAL_DST,
  RESET_LOCAL_CONNECTION_FAILURE,
  TCP_STAT_DOWNSTREAM_CX_NO_ROUTE,
  TCP_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL,
  TCP_STAT_DOWNSTREAM_CX_TOTAL,
  TCP_STAT_DOWNSTREAM_CX_TX_BYTES_TOTAL,
  TCP_STAT_IDLE_TIMEOUT,
  TCP_STAT_MAX_DOWNSTREAM_CONNECTION_DURATION,
} from '../abi';
import { logConnection } from '../access_log/record';
import { FilterChain, TcpProxyConfig } from '../listener/listener';
import { pickOriginalDst } from '../load_balancer/original_dst';
import { pickEndpoint } from '../load_balancer/pick';
import { command, random64, W, WorkerState } from '../memory/worker_block';
import { statAdd, statInc } from '../stats/counters';
import { connectionsOpen } from '../upstream/circuit_breaker';
import { Cluster, clusterAt, Endpoint, endpointState, resources } from '../upstream/cluster';
import { slotClose, whenFlushed } from './connection';
import { before, deadlineAt } from './deadline';
import { downstreamClose } from './finish';
import { transmit } from './out_chain';
import { proxyHeaderSend } from './proxied_endpoint';
import {
  SF_CLOSE_AFTER_FLUSH,
  SF_READ_EOF,
  SF_WRITE_EOF,
  Slot,
  SLOT_FACTS,
  slotAt,
  slotIndex,
  slotNew,
  slotRead,
  US_CONNECTING,
  US_TUNNEL,
} from './slot';
import * as up from './upstream_stats';
import { halfClose } from './tunnel';

function configOf(d: Slot): TcpProxyConfig {
  return changetype<TcpProxyConfig>(<usize>changetype<FilterChain>(<usize>d.chain).tcpProxy);
}

/** A connection was accepted: choose a cluster and an endpoint, and connect. Nothing is read before that has succeeded. */
export function tcpAccepted(d: Slot): void {
  const t = configOf(d);
  statInc(t.stats + TCP_STAT_DOWNSTREAM_CX_TOTAL);
  slotRead(d, false);
  if (connectUpstream(d, t) && t.maxDownstreamConnectionDuration)
    deadlineAt(d, d.opened + t.maxDownstreamConnectionDuration);
}

// One attempt; false: the connection downstream has been closed.
function connectUpstream(d: Slot, t: TcpProxyConfig): bool {
  const c = clusterAt(chooseCluster(t));
  if (!changetype<usize>(c)) {
    statInc(t.stats + TCP_STAT_DOWNSTREAM_CX_NO_ROUTE);
    return refuse(d, c, FLAG_NC);
  }
  if (connectionsOpen(c, 0)) {
    up.connectionOverflow(c);
    return refuse(d, c, FLAG_UO);
  }
  let picked = pickEndpoint(c);
  if (!picked && c.lbPolicy == LB_ORIGINAL_DST) picked = pickOriginalDst(c, changetype<usize>(d) + SLOT_FACTS, 0);
  if (!picked) {
    statInc(c.stats + CLUSTER_STAT_UPSTREAM_CX_NONE_HEALTHY);
    return refuse(d, c, FLAG_UH);
  }
  return tcpConnect(d, c, changetype<Endpoint>(picked)) || refuse(d, c, FLAG_UO);
}

function refuse(d: Slot, c: Cluster, flag: u32): bool {
  d.responseFlags |= flag;
  logConnection(d, configOf(d).accessLog, c, changetype<Slot>(0));
  downstreamClose(d, false);
  return false;
}

function chooseCluster(t: TcpProxyConfig): u32 {
  if (!t.clusterCount) return t.cluster;
  const r = <u32>(random64() % <u64>t.totalWeight);
  for (let i: u32 = 0; i + 1 < t.clusterCount; i++) {
    const entry = <usize>t.clusters + ((<usize>i) << 3);
    if (r < load<u32>(entry, 4)) return load<u32>(entry);
  }
  return load<u32>(<usize>t.clusters + ((<usize>(t.clusterCount - 1)) << 3));
}

function tcpConnect(d: Slot, c: Cluster, e: Endpoint): bool {
  const fresh = slotNew(<u8>KIND_UPSTREAM_TCP);
  if (!fresh) return false;
  const u = <Slot>fresh;
  const w = changetype<WorkerState>(W);
  u.state = US_CONNECTING;
  u.io = <u8>(IO_READ | IO_CONNECTING);
  u.cluster = c.index;
  u.endpoint = e.id;
  u.opened = w.now;
  u.activity = w.now;
  u.id = ++w.connectionIds;
  u.peer = slotIndex(d) + 1;
  d.peer = slotIndex(u) + 1;
  d.requests++;
  resources(c.index, 0).connections++;
  endpointState(e.id).connections++;
  endpointState(e.id).active++;
  up.tcpConnectionOpened(c);
  up.requestStarted(c.index);
  deadlineAt(u, w.now + c.connectTimeout);
  command(CMD_CONNECT, slotIndex(u), e.sockaddr, e.sockaddrLength);
  return true;
}

/** The upstream connection stands: bytes may flow. */
export function tcpConnected(u: Slot): void {
  const w = changetype<WorkerState>(W);
  const d = slotAt(u.peer - 1);
  u.state = US_TUNNEL;
  u.io &= ~(<u8>IO_CONNECTING);
  d.activity = w.now;
  up.connected(u, w.now - u.opened);
  const c = clusterAt(u.cluster);
  if (changetype<usize>(c) && c.proxyProtocol) proxyHeaderSend(u, c.proxyProtocol, changetype<usize>(d) + SLOT_FACTS);
  const t = configOf(d);
  if (t.idleTimeout) deadlineAt(d, w.now + t.idleTimeout);
  slotRead(d, true);
}

export function tcpData(s: Slot, p: usize, n: u32): void {
  if (!s.peer) return; // the other side has gone; what still comes is discarded
  const other = slotAt(s.peer - 1);
  if (s.kind == KIND_DOWNSTREAM_TCP) return tcpForward(s, other, configOf(s), p, n);
  up.received(s, n);
  tcpForward(s, other, configOf(other), p, n);
}

function tcpForward(from: Slot, to: Slot, t: TcpProxyConfig, p: usize, n: u32): void {
  const w = changetype<WorkerState>(W);
  from.activity = w.now;
  to.activity = w.now;
  from.rxBytes += n;
  const member =
    from.kind == KIND_DOWNSTREAM_TCP ? TCP_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL : TCP_STAT_DOWNSTREAM_CX_TX_BYTES_TOTAL;
  statAdd(t.stats + member, n);
  transmit(to, p, n);
}

/** One side has ended; when both have, the pair closes. */
export function tcpEof(s: Slot): void {
  s.flags |= SF_READ_EOF;
  if (!s.peer) return s.kind == KIND_DOWNSTREAM_TCP ? downstreamClose(s, false) : tcpUpstreamClose(s, false);
  const other = slotAt(s.peer - 1);
  if (s.kind == KIND_UPSTREAM_TCP && s.state == US_CONNECTING) return tcpFailed(s, false);
  halfClose(s, other);
  if (other.flags & SF_READ_EOF) tcpFinish(s, other);
}

// Both sides have ended: each closes once it has everything.
function tcpFinish(a: Slot, b: Slot): void {
  part(a, b);
  whenFlushed(a, SF_CLOSE_AFTER_FLUSH);
  whenFlushed(b, SF_CLOSE_AFTER_FLUSH);
}

// The pair is no more: the one place where its connection is logged.
function part(a: Slot, b: Slot): void {
  const d = a.kind == KIND_DOWNSTREAM_TCP ? a : b;
  const u = a.kind == KIND_DOWNSTREAM_TCP ? b : a;
  a.peer = 0;
  b.peer = 0;
  logConnection(d, configOf(d).accessLog, clusterAt(u.cluster), u);
}

/** The end of patience, or of memory, on one side ends both; the other side first gets what is queued for it. */
export function tcpAbort(s: Slot): void {
  if (s.peer) {
    const other = slotAt(s.peer - 1);
    part(s, other);
    if (other.outBytes && !(other.flags & SF_WRITE_EOF)) whenFlushed(other, SF_CLOSE_AFTER_FLUSH);
    else tcpClose(other, false);
  }
  tcpClose(s, false);
}

/** One side is broken. A reset is passed on, and what is queued for the other side is lost with it, as in Envoy. */
export function tcpBroken(s: Slot, errno: u32): void {
  s.flags |= SF_READ_EOF;
  if (!s.peer || errno != ERRNO_CONNECTION_RESET) return tcpAbort(s);
  const other = slotAt(s.peer - 1);
  if (s.kind == KIND_UPSTREAM_TCP) other.responseFlags |= FLAG_UR;
  part(s, other);
  tcpClose(other, true);
  tcpClose(s, false);
}

/** The connection upstream could not be made: try again as often as max_connect_attempts lets. */
export function tcpFailed(u: Slot, timeout: bool): void {
  if (timeout) up.count(u.cluster, CLUSTER_STAT_UPSTREAM_CX_CONNECT_TIMEOUT);
  up.count(u.cluster, CLUSTER_STAT_UPSTREAM_CX_CONNECT_FAIL);
  const d = slotAt(u.peer - 1);
  const t = configOf(d);
  if (u.reset != RESET_LOCAL_CONNECTION_FAILURE) d.responseFlags |= FLAG_UF;
  d.errno = u.errno;
  d.reset = u.reset;
  if (d.requests >= t.maxConnectAttempts) {
    up.count(u.cluster, CLUSTER_STAT_UPSTREAM_CX_CONNECT_ATTEMPTS_EXCEEDED);
    d.responseFlags |= FLAG_URX;
    return tcpAbort(u);
  }
  u.peer = 0;
  d.peer = 0;
  tcpUpstreamClose(u, false);
  connectUpstream(d, t);
}

export function tcpClose(s: Slot, reset: bool): void {
  if (s.kind == KIND_DOWNSTREAM_TCP) downstreamClose(s, reset);
  else tcpUpstreamClose(s, reset);
}

function tcpUpstreamClose(u: Slot, reset: bool): void {
  resources(u.cluster, 0).connections--;
  endpointState(u.endpoint).connections--;
  endpointState(u.endpoint).active--;
  up.requestEnded(u.cluster);
  up.connectionClosed(u);
  slotClose(u, reset);
}

export function tcpTimer(s: Slot): void {
  const w = changetype<WorkerState>(W);
  if (s.kind == KIND_UPSTREAM_TCP) {
    if (s.state != US_CONNECTING) return;
    const c = clusterAt(s.cluster);
    const at = s.opened + (changetype<usize>(c) ? c.connectTimeout : 5000);
    if (before(w.now, at)) return deadlineAt(s, at);
    return tcpFailed(s, true);
  }
  const t = configOf(s);
  if (t.maxDownstreamConnectionDuration && !before(w.now, s.opened + t.maxDownstreamConnectionDuration)) {
    statInc(t.stats + TCP_STAT_MAX_DOWNSTREAM_CONNECTION_DURATION);
    s.responseFlags |= FLAG_DT;
    return tcpAbort(s);
  }
  if (t.idleTimeout && !before(w.now, s.activity + t.idleTimeout)) {
    statInc(t.stats + TCP_STAT_IDLE_TIMEOUT);
    return tcpAbort(s);
  }
  if (t.maxDownstreamConnectionDuration) deadlineAt(s, s.opened + t.maxDownstreamConnectionDuration);
  if (t.idleTimeout) deadlineAt(s, s.activity + t.idleTimeout);
}
