// Builds Listener objects: called by control through host/compile/listener.ts. 0 means "out of memory".
import { LISTENER_DIR } from '../memory/map';
import { objectAlloc, objectNew, publish } from '../memory/object';
import {
  FilterChain,
  Listener,
  ListenerFilter,
  listenerFilterAt,
  NETWORK_HCM,
  NETWORK_NONE,
  NETWORK_TCP_PROXY,
  TcpProxyConfig,
} from './listener';

export function listenerNew(index: u32, stats: u32, bufferLimit: u32): usize {
  const p = objectNew(<u32>offsetof<Listener>());
  if (!p) return 0;
  const l = changetype<Listener>(p);
  l.index = index;
  l.stats = stats;
  l.bufferLimit = bufferLimit;
  return p;
}

/** A FilterChain whose terminal filter is an HttpConnectionManager (`hcm`), a TcpProxy (`tcpProxy`), or none. */
export function filterChainNew(object: usize, hcm: u32, tcpProxy: u32, name: u32, nameLength: u32, serial: u32): usize {
  const p = objectAlloc(object, <u32>offsetof<FilterChain>());
  if (!p) return 0;
  const c = changetype<FilterChain>(p);
  c.network = hcm ? NETWORK_HCM : tcpProxy ? NETWORK_TCP_PROXY : NETWORK_NONE;
  c.hcm = hcm;
  c.tcpProxy = tcpProxy;
  c.name = name;
  c.nameLength = nameLength;
  c.serial = serial;
  return p;
}

/**
 * How a connection finds its chain: `match` is the root of the choice, `fallback` the chain for whatever finds none. `straight`: nothing
 * is to be found out first, and `match` is the chain of every connection.
 */
export function listenerSetChains(object: usize, match: u32, fallback: u32, straight: bool): void {
  const l = changetype<Listener>(object);
  l.only = straight ? match : 0;
  l.match = match;
  l.fallback = fallback;
}

/** `flags`: LISTENER_*; `timeout`: ms for all filters together, 0 = none. False when memory is exhausted. */
export function listenerSetFilters(object: usize, count: u32, flags: u32, timeout: u32): bool {
  const l = changetype<Listener>(object);
  l.flags = <u16>flags;
  l.filtersTimeout = timeout;
  if (!count) return true;
  l.filters = <u32>objectAlloc(object, count * <u32>offsetof<ListenerFilter>());
  l.filterCount = l.filters ? <u16>count : 0;
  return l.filters != 0;
}

/** The i-th filter: STEP_*, flags and limit of its kind, first index of its statistics, a Predicate or 0. */
export function listenerSetFilter(
  object: usize,
  i: u32,
  kind: u8,
  flags: u8,
  limit: u32,
  stats: u32,
  disabled: u32,
): void {
  const f = listenerFilterAt(changetype<Listener>(object), i);
  f.kind = kind;
  f.flags = flags;
  f.stats = stats;
  f.disabled = disabled;
  f.limit = limit;
}

/** The listener's own access logs: address of an AccessLogPlan. */
export function listenerSetAccessLog(object: usize, plan: u32): void {
  changetype<Listener>(object).accessLog = plan;
}

/** Room for the addresses of all chains, to be written in ascending order of their serials; 0 when memory is exhausted. */
export function listenerSetChainList(object: usize, count: u32): usize {
  const p = objectAlloc(object, count << 2);
  const l = changetype<Listener>(object);
  l.chains = <u32>p;
  l.chainCount = p ? count : 0;
  return p;
}

/** The connections of a chain are to end: `number` names this retirement to `retire` and `closeRetired`. */
export function chainRetire(chain: usize, number: u32): void {
  atomic.store<u32>(chain + offsetof<FilterChain>('retired'), number);
}

/** The same for connections of the listener that have no chain yet. */
export function listenerRetire(object: usize, number: u32): void {
  atomic.store<u32>(object + offsetof<Listener>('retired'), number);
}

/** Replaces the listener of this index for new connections; object 0: there is none any more. */
export function listenerPublish(index: u32, object: usize): void {
  publish(LISTENER_DIR + ((<usize>index) << 2), object);
}

/** Times in ms, 0 = none. */
export function tcpProxyNew(
  object: usize,
  stats: u32,
  idleTimeout: u32,
  maxConnectAttempts: u32,
  maxDownstreamConnectionDuration: u32,
  accessLog: u32,
): usize {
  const p = objectAlloc(object, <u32>offsetof<TcpProxyConfig>());
  if (!p) return 0;
  const t = changetype<TcpProxyConfig>(p);
  t.stats = stats;
  t.idleTimeout = idleTimeout;
  t.maxConnectAttempts = maxConnectAttempts;
  t.maxDownstreamConnectionDuration = maxDownstreamConnectionDuration;
  t.accessLog = accessLog;
  return p;
}

export function tcpProxySetCluster(address: usize, cluster: u32): void {
  const t = changetype<TcpProxyConfig>(address);
  t.cluster = cluster;
}

/** Makes room for `count` weighted clusters; false when memory is exhausted. */
export function tcpProxySetWeights(object: usize, address: usize, count: u32, totalWeight: u32): bool {
  const t = changetype<TcpProxyConfig>(address);
  const p = objectAlloc(object, count << 3);
  t.clusters = <u32>p;
  t.clusterCount = p ? count : 0;
  t.totalWeight = totalWeight;
  return p != 0;
}

/** `upTo`: sum of the weights up to this cluster's. */
export function tcpProxySetWeight(address: usize, i: u32, cluster: u32, upTo: u32): void {
  const t = changetype<TcpProxyConfig>(address);
  const p = <usize>t.clusters + ((<usize>i) << 3);
  store<u32>(p, cluster);
  store<u32>(p, upTo, 4);
}
