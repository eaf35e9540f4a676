// Writes access log records (layout and ring: abi.ts LOG_*) when a stream, or a connection under tcp_proxy, ends. Control reads and
// formats them.
import * as abi from '../abi';
import { ConnFacts, FACT_RESTORED, putAddressPort } from '../http/conn_facts';
import { HcmConfig } from '../http/hcm_config';
import { Found, foundProxied, foundServerName, foundServerNameLength } from '../listener/found';
import { FilterChain, Listener } from '../listener/listener';
import { W_LOG_RING } from '../memory/map';
import { W, WorkerState } from '../memory/worker_block';
import { Route } from '../route/route';
import { statInc } from '../stats/counters';
import { Slot, SLOT_FACTS, US_TUNNEL } from '../stream/slot';
import { ST_LOCAL, ST_REQUEST_ENDED, ST_RESPONSE_STARTED, Stream } from '../stream/stream';
import { Cluster, clusterAt, Endpoint } from '../upstream/cluster';
import { DynamicEndpoint, isDynamic } from '../upstream/dynamic_endpoint';
import { endpointById } from '../upstream/endpoint';
import { putOriginalSource } from '../upstream/original_source';
import { SourceAddress, upstreamSource } from '../upstream/upstream_socket';
import {
  captureHeaders,
  captureParsed,
  captureRemote,
  captureRemoteLength,
  captureRequestBytes,
  captureResponseBytes,
} from './capture';
import { AccessLogPlan } from './plan';

const RING_SIZE: u32 = abi.LOG_RING_SIZE;
const RING_MASK: u32 = RING_SIZE - 1;
const ABSENT: u32 = abi.LOG_ABSENT;
/** Room for the addresses of a connection. */
const ADDRESSES: u32 = 4 * 64;

/** Logs the end of a stream whose connection manager has access logs; `d` is its connection. */
export function logStream(st: Stream, d: Slot): void {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  if (!hcm.accessLog) return;
  const plan = changetype<AccessLogPlan>(<usize>hcm.accessLog);
  const cluster = st.cluster ? clusterAt(st.cluster - 1) : changetype<Cluster>(0);
  const endpoint = endpointOf(st, cluster);
  const p = reserve(recordSize(st, d, plan, cluster, endpoint));
  if (!p) return statInc(abi.SERVER_STATS + abi.SERVER_STAT_WEFT_ACCESS_LOG_DROPPED);
  putFixed(p, st, d, plan);
  const end = putHeaders(putTexts(p + abi.LOG_FIXED_SIZE, st, d, plan.need, cluster, endpoint), st, plan);
  commit(p, <u32>(((end - p + 7) >> 3) << 3));
}

/**
 * Logs the end of a connection under tcp_proxy to its filter's access logs and to those of its listener. `cluster`: 0 = none was found;
 * `u`: the last connection upstream, 0 = none was begun.
 */
export function logConnection(d: Slot, accessLog: u32, cluster: Cluster, u: Slot): void {
  if (accessLog) logTo(accessLog, abi.LOG_TYPE_TCP_CONNECTION_END, d, cluster, u);
  const own = changetype<Listener>(<usize>d.listener).accessLog;
  if (own) logTo(own, abi.LOG_TYPE_NOT_SET, d, cluster, u);
}

/** Logs the end of any other connection to the access logs of its listener. */
export function logListener(d: Slot): void {
  const own = changetype<Listener>(<usize>d.listener).accessLog;
  if (own) logTo(own, abi.LOG_TYPE_NOT_SET, d, changetype<Cluster>(0), changetype<Slot>(0));
}

function logTo(accessLog: u32, type: i32, d: Slot, cluster: Cluster, u: Slot): void {
  const plan = changetype<AccessLogPlan>(<usize>accessLog);
  let endpoint: usize = 0;
  if (changetype<usize>(cluster) && changetype<usize>(u))
    endpoint = changetype<usize>(endpointById(cluster, u.endpoint));
  const headers = plan.requestCount + plan.responseCount + plan.trailerCount;
  const size =
    abi.LOG_FIXED_SIZE +
    4 * (<u32>abi.LOG_TEXTS + headers) +
    ADDRESSES +
    8 +
    placeSize(cluster, endpoint) +
    connectionSize(d);
  const p = reserve(size);
  if (!p) return statInc(abi.SERVER_STATS + abi.SERVER_STAT_WEFT_ACCESS_LOG_DROPPED);
  putConnection(p, type, d, plan, u);
  let end = putConnectionTexts(p + abi.LOG_FIXED_SIZE, d, cluster, endpoint, u);
  for (let i: u32 = 0; i < headers; i++) end = putAbsent(end);
  commit(p, <u32>(((end - p + 7) >> 3) << 3));
}

function endpointOf(st: Stream, cluster: Cluster): usize {
  return changetype<usize>(cluster) && st.endpoint ? changetype<usize>(endpointById(cluster, st.endpoint - 1)) : 0;
}

// An upper bound.
function recordSize(st: Stream, d: Slot, plan: AccessLogPlan, cluster: Cluster, endpoint: usize): u32 {
  let n: u32 = abi.LOG_FIXED_SIZE + 4 * <u32>abi.LOG_TEXTS + ADDRESSES + 8;
  if (st.capture)
    n += captureRemoteLength(st.capture) + captureRequestBytes(st.capture) + captureResponseBytes(st.capture);
  n += 4 * (plan.requestCount + plan.responseCount + plan.trailerCount);
  if (st.route) n += changetype<Route>(<usize>st.route).nameLength;
  return n + placeSize(cluster, endpoint) + connectionSize(d);
}

function connectionSize(d: Slot): u32 {
  const chain = changetype<FilterChain>(<usize>d.chain);
  return (d.chain ? chain.nameLength : 0) + foundServerNameLength(d);
}

function placeSize(cluster: Cluster, endpoint: usize): u32 {
  let n: u32 = 0;
  if (changetype<usize>(cluster)) n += 2 * cluster.nameLength;
  if (endpoint) n += 2 * changetype<Endpoint>(endpoint).addressLength + changetype<Endpoint>(endpoint).hostnameLength;
  return n;
}

// === ring ===

// Contiguous room for `n` bytes, 0 when the reader is behind. A record never wraps: LOG_SKIP sends the reader to the start.
function reserve(n: u32): usize {
  const ring = W + W_LOG_RING;
  const written = load<u32>(ring, abi.LOG_RING_WRITTEN);
  const free = RING_SIZE - (written - atomic.load<u32>(ring, abi.LOG_RING_READ));
  const at = written & RING_MASK;
  const tail = RING_SIZE - at;
  if (n <= tail) return n <= free ? ring + abi.LOG_RING_BYTES + at : 0;
  if (tail + n > free) return 0;
  store<u32>(ring + abi.LOG_RING_BYTES + at, abi.LOG_SKIP);
  atomic.store<u32>(ring, written + tail, abi.LOG_RING_WRITTEN);
  return ring + abi.LOG_RING_BYTES;
}

function commit(p: usize, n: u32): void {
  const ring = W + W_LOG_RING;
  store<u32>(p, n, abi.LOG_SIZE);
  const written = load<u32>(ring, abi.LOG_RING_WRITTEN) + n;
  atomic.store<u32>(ring, written, abi.LOG_RING_WRITTEN);
  if (written - atomic.load<u32>(ring, abi.LOG_RING_READ) < RING_SIZE / 2) return;
  if (atomic.load<u32>(ring, abi.LOG_RING_SIGNAL)) return;
  atomic.store<u32>(ring, 1, abi.LOG_RING_SIGNAL);
  atomic.notify(ring + abi.LOG_RING_SIGNAL, 1);
}

// === record ===

function putFixed(p: usize, st: Stream, d: Slot, plan: AccessLogPlan): void {
  memory.fill(p, 0, abi.LOG_FIXED_SIZE);
  store<u32>(p, plan.id, abi.LOG_PLAN);
  store<u64>(p, st.wall, abi.LOG_START);
  store<u64>(p, st.bytesReceived, abi.LOG_BYTES_RECEIVED);
  store<u64>(p, st.bytesSent, abi.LOG_BYTES_SENT);
  store<u32>(p, st.responseFlags, abi.LOG_RESPONSE_FLAGS);
  store<u32>(p, st.details, abi.LOG_DETAILS);
  store<u16>(p, st.status, abi.LOG_STATUS);
  store<u8>(
    p,
    st.minor || !captureParsed(st.capture) ? abi.LOG_PROTOCOL_HTTP_11 : abi.LOG_PROTOCOL_HTTP_10,
    abi.LOG_PROTOCOL,
  );
  store<u8>(p, abi.LOG_TYPE_DOWNSTREAM_END, abi.LOG_TYPE);
  store<u16>(p, st.attempts, abi.LOG_ATTEMPTS);
  store<u16>(p, st.errno, abi.LOG_ERRNO);
  store<u32>(p, d.id, abi.LOG_CONNECTION_ID);
  store<u32>(p, st.upstreamId, abi.LOG_UPSTREAM_CONNECTION_ID);
  putTimes(p, st);
}

function putTimes(p: usize, st: Stream): void {
  const t0 = st.started;
  const duration = changetype<WorkerState>(W).now - t0;
  const ended = (st.flags & ST_REQUEST_ENDED) != 0;
  const sent = st.attempts != 0 && st.upstreamStarted != 0;
  const started = (st.flags & ST_RESPONSE_STARTED) != 0;
  const upstream = started && !(st.flags & ST_LOCAL);
  const code = st.details & 0xffff;
  // What was cut off has no last byte.
  const whole = upstream ? code == abi.DETAILS_VIA_UPSTREAM : code != abi.DETAILS_DOWNSTREAM_REMOTE_DISCONNECT;
  let sentEnd = ABSENT;
  if (sent && ended)
    sentEnd = <i32>(st.requestEnded - st.upstreamStarted) > 0 ? st.requestEnded - t0 : st.upstreamStarted - t0;
  store<u32>(p, duration, abi.LOG_DURATION);
  store<u32>(p, ended ? st.requestEnded - t0 : ABSENT, abi.LOG_DOWNSTREAM_RX_END);
  store<u32>(p, sent ? st.upstreamStarted - t0 : ABSENT, abi.LOG_UPSTREAM_TX_BEGIN);
  store<u32>(p, sentEnd, abi.LOG_UPSTREAM_TX_END);
  store<u32>(p, upstream ? st.responseStarted - t0 : ABSENT, abi.LOG_UPSTREAM_RX_BEGIN);
  store<u32>(p, upstream && whole ? duration : ABSENT, abi.LOG_UPSTREAM_RX_END);
  store<u32>(p, started ? st.responseStarted - t0 : ABSENT, abi.LOG_DOWNSTREAM_TX_BEGIN);
  store<u32>(p, started && whole ? duration : ABSENT, abi.LOG_DOWNSTREAM_TX_END);
}

function putConnection(p: usize, type: i32, d: Slot, plan: AccessLogPlan, u: Slot): void {
  const w = changetype<WorkerState>(W);
  const duration = w.now - d.accepted;
  memory.fill(p, 0, abi.LOG_FIXED_SIZE);
  store<u32>(p, plan.id, abi.LOG_PLAN);
  store<u64>(p, w.wallMillis - <u64>duration, abi.LOG_START);
  store<u64>(p, d.rxBytes, abi.LOG_BYTES_RECEIVED);
  store<u64>(p, d.txBytes, abi.LOG_BYTES_SENT);
  store<u32>(p, d.responseFlags, abi.LOG_RESPONSE_FLAGS);
  store<u32>(p, (<u32>d.reset) << 16, abi.LOG_DETAILS); // no words, but how a connect failed
  store<u8>(p, <u8>type, abi.LOG_TYPE);
  if (d.hcm && d.rxBytes) store<u8>(p, abi.LOG_PROTOCOL_HTTP_11, abi.LOG_PROTOCOL);
  if (d.responseFlags & abi.FLAG_NR) store<u32>(p, abi.DETAILS_FILTER_CHAIN_NOT_FOUND, abi.LOG_DETAILS);
  if (!d.hcm) store<u16>(p, <u16>d.requests, abi.LOG_ATTEMPTS);
  store<u16>(p, d.errno, abi.LOG_ERRNO);
  store<u32>(p, d.id, abi.LOG_CONNECTION_ID);
  if (changetype<usize>(u) && u.state == US_TUNNEL) store<u32>(p, u.id, abi.LOG_UPSTREAM_CONNECTION_ID);
  // Of the times a connection has only its duration.
  for (let at: usize = abi.LOG_DOWNSTREAM_RX_END; at <= <usize>abi.LOG_DOWNSTREAM_TX_END; at += 4) {
    store<u32>(p + at, ABSENT);
  }
  store<u32>(p, duration, abi.LOG_DURATION);
}

// The texts in the order of LOG_TEXT_*.
function putConnectionTexts(out: usize, d: Slot, cluster: Cluster, endpoint: usize, u: Slot): usize {
  const facts = changetype<usize>(d) + SLOT_FACTS;
  const f = changetype<ConnFacts>(facts);
  let o = putAddress(out, facts + offsetof<ConnFacts>('peer0'), f.peerFamily, f.peerPort);
  o = putDirectPeer(o, d, facts);
  o = putAddress(o, facts + offsetof<ConnFacts>('local0'), f.localFamily, f.localPort);
  o = putEndpoint(o, cluster, endpoint);
  const upstream = changetype<usize>(u) + SLOT_FACTS;
  const uf = changetype<ConnFacts>(upstream);
  if (!changetype<usize>(u)) o = putAbsent(o);
  else o = putAddress(o, upstream + offsetof<ConnFacts>('local0'), uf.localFamily, uf.localPort);
  o = changetype<usize>(cluster) ? putText(o, cluster.name, cluster.nameLength) : putAbsent(o);
  o = putAbsent(putAbsent(o)); // route, virtual cluster
  o = putSource(o, d, cluster, endpoint, d.reset);
  return putConnectionTail(o, d, facts);
}

function putDirectPeer(out: usize, d: Slot, facts: usize): usize {
  const f = changetype<ConnFacts>(facts);
  if (!foundProxied(d)) return putAddress(out, facts + offsetof<ConnFacts>('peer0'), f.peerFamily, f.peerPort);
  const found = changetype<Found>(<usize>d.found);
  return putAddress(out, d.found, found.directFamily, found.directPort);
}

// The texts behind LOG_TEXT_DETAILS.
function putConnectionTail(out: usize, d: Slot, facts: usize): usize {
  let o = out;
  for (let i = abi.LOG_TEXT_TERMINATION_DETAILS; i < abi.LOG_TEXT_REQUESTED_SERVER_NAME; i++) o = putAbsent(o);
  const nameLength = foundServerNameLength(d);
  o = nameLength ? putText(o, foundServerName(d), nameLength) : putAbsent(o);
  const chain = changetype<FilterChain>(<usize>d.chain);
  o = d.chain && chain.nameLength ? putText(o, chain.name, chain.nameLength) : putAbsent(o);
  const f = changetype<ConnFacts>(facts);
  if (!(f.flags & FACT_RESTORED)) return putAbsent(o);
  return putAddress(o, facts + offsetof<ConnFacts>('socket0'), f.socketFamily, f.socketPort);
}

function putEndpoint(out: usize, cluster: Cluster, endpoint: usize): usize {
  if (!endpoint) return putAbsent(putAbsent(out));
  const e = changetype<Endpoint>(endpoint);
  const o = putText(out, e.address, e.addressLength);
  if (isOriginalDst(e)) return putOriginalDstName(o, cluster, e);
  return e.hostnameLength ? putText(o, e.hostname, e.hostnameLength) : putAbsent(o);
}

// What stands for another is what that one is.
function isOriginalDst(e: Endpoint): bool {
  if (!isDynamic(e.id)) return false;
  const base = changetype<DynamicEndpoint>(e).base;
  return !base || isDynamic(base - 1);
}

// Envoy names a host of an ORIGINAL_DST cluster after both.
function putOriginalDstName(out: usize, cluster: Cluster, e: Endpoint): usize {
  store<u32>(out, cluster.nameLength + e.addressLength);
  memory.copy(out + 4, cluster.name, cluster.nameLength);
  memory.copy(out + 4 + cluster.nameLength, e.address, e.addressLength);
  return out + 4 + cluster.nameLength + e.addressLength;
}

// The texts in the order of LOG_TEXT_*.
function putTexts(out: usize, st: Stream, d: Slot, need: u32, cluster: Cluster, endpoint: usize): usize {
  const facts = changetype<usize>(d) + SLOT_FACTS;
  const f = changetype<ConnFacts>(facts);
  let o = out;
  if (captureParsed(st.capture)) o = putText(o, captureRemote(st.capture), captureRemoteLength(st.capture));
  else o = putAddress(o, facts + offsetof<ConnFacts>('peer0'), f.peerFamily, f.peerPort);
  o = putDirectPeer(o, d, facts);
  o = putAddress(o, facts + offsetof<ConnFacts>('local0'), f.localFamily, f.localPort);
  o = putEndpoint(o, cluster, endpoint);
  o = putAddress(
    o,
    changetype<usize>(st) + offsetof<Stream>('upstreamLocal0'),
    st.upstreamLocalFamily,
    st.upstreamLocalPort,
  );
  o = changetype<usize>(cluster) ? putText(o, cluster.name, cluster.nameLength) : putAbsent(o);
  const route = changetype<Route>(<usize>st.route);
  o = st.route && route.nameLength ? putText(o, route.name, route.nameLength) : putAbsent(o);
  o = putAbsent(o); // virtual cluster
  o = putSource(o, d, cluster, endpoint, st.details >> 16);
  return putConnectionTail(o, d, facts);
}

// LOG_TEXT_DETAILS of a connect that failed here: the source address that the socket should have had.
function putSource(out: usize, d: Slot, cluster: Cluster, endpoint: usize, reset: u32): usize {
  if (reset != abi.RESET_LOCAL_CONNECTION_FAILURE || !changetype<usize>(cluster) || !endpoint) return putAbsent(out);
  const end = putOriginalSource(out + 4, d);
  if (end != out + 4) {
    store<u32>(out, <u32>(end - out - 4));
    return end;
  }
  if (!cluster.socket) return putAbsent(out);
  const source = upstreamSource(cluster.socket, load<u16>(changetype<Endpoint>(endpoint).sockaddr));
  if (!source) return putAbsent(out);
  return putText(out, changetype<SourceAddress>(source).text, changetype<SourceAddress>(source).textLength);
}

function putHeaders(out: usize, st: Stream, plan: AccessLogPlan): usize {
  let o = out;
  let missing = plan.trailerCount;
  if (st.capture && !captureParsed(st.capture)) for (let i: u32 = 0; i < plan.requestCount; i++) o = putAbsent(o);
  if (st.capture) {
    const n = captureRequestBytes(st.capture) + captureResponseBytes(st.capture);
    memory.copy(o, captureHeaders(st.capture), n);
    o += n;
    if (!captureResponseBytes(st.capture)) missing += plan.responseCount;
  } else {
    missing += plan.requestCount + plan.responseCount;
  }
  for (let i: u32 = 0; i < missing; i++) o = putAbsent(o);
  return o;
}

function putText(out: usize, p: usize, n: u32): usize {
  store<u32>(out, n);
  memory.copy(out + 4, p, n);
  return out + 4 + n;
}

function putAbsent(out: usize): usize {
  store<u32>(out, ABSENT);
  return out + 4;
}

function putAddress(out: usize, p: usize, family: u8, port: u16): usize {
  if (!family) return putAbsent(out);
  const end = putAddressPort(out + 4, p, family, port);
  store<u32>(out, <u32>(end - out - 4));
  return end;
}
