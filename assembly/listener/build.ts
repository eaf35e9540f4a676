// Builds Listener objects: called by control through host/compile/listener.ts. 0 means "out of memory".
import { LISTENER_DIR } from '../memory/map';
import { objectAlloc, objectNew, publish } from '../memory/object';
import { Listener, NETWORK_HCM, NETWORK_TCP_PROXY, TcpProxyConfig } from './listener';

export function listenerNew(index: u32, stats: u32, bufferLimit: u32): usize {
  const p = objectNew(<u32>offsetof<Listener>());
  if (!p) return 0;
  const l = changetype<Listener>(p);
  l.index = index;
  l.stats = stats;
  l.bufferLimit = bufferLimit;
  return p;
}

/** The bound address as text, and its port (0 for a UNIX socket). */
export function listenerSetAddress(object: usize, address: u32, length: u32, port: u32): void {
  const l = changetype<Listener>(object);
  l.address = address;
  l.addressLength = length;
  l.port = port;
}

export function listenerSetHcm(object: usize, hcm: u32): void {
  changetype<Listener>(object).network = NETWORK_HCM;
  changetype<Listener>(object).hcm = hcm;
}

export function listenerSetTcpProxy(object: usize, tcpProxy: u32): void {
  changetype<Listener>(object).network = NETWORK_TCP_PROXY;
  changetype<Listener>(object).tcpProxy = tcpProxy;
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
