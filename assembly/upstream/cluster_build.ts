// Builds a Cluster object: control only. The order of calls is clusterNew, its settings, endpoints, host sets, publish.
// Every function that allocates returns 0 when the table memory is exhausted.
import {
  CLUSTER_DIR,
  CLUSTER_STATE_SIZE,
  ENDPOINT_STATE_SIZE,
  GLOBAL_BASE,
  GLOBAL_WORKERS,
  GLOBAL_WORKER_SIZE,
  W_CLUSTER_STATE,
  W_ENDPOINT_STATE,
  WORKER_BASE,
} from '../memory/map';
import { objectAlloc, objectFree, objectNew, publish } from '../memory/object';
import { Cluster, Endpoint, HostSet } from './cluster';

function at(object: usize): Cluster {
  return changetype<Cluster>(object);
}

export function clusterNew(index: u32, stats: u32, endpointCount: u32, hostSetCount: u32): usize {
  const object = objectNew(offsetof<Cluster>());
  if (!object) return 0;
  const c = at(object);
  c.index = index;
  c.stats = stats;
  c.endpointCount = endpointCount;
  c.hostSetCount = hostSetCount;
  c.endpoints = <u32>objectAlloc(object, endpointCount * offsetof<Endpoint>());
  c.hostSets = <u32>objectAlloc(object, hostSetCount * offsetof<HostSet>());
  if (c.endpoints && c.hostSets) return object;
  objectFree(object);
  return 0;
}

export function clusterSetName(object: usize, name: usize, length: u32): void {
  at(object).name = <u32>name;
  at(object).nameLength = length;
}

/** Milliseconds; 0 = none. */
export function clusterSetTimeouts(object: usize, connect: u32, idle: u32, maxConnectionDuration: u32): void {
  at(object).connectTimeout = connect;
  at(object).idleTimeout = idle;
  at(object).maxConnectionDuration = maxConnectionDuration;
}

/** 0 = no limit (of requests), the default (of headers). */
export function clusterSetConnection(
  object: usize,
  bufferLimit: u32,
  maxRequests: u32,
  maxHeaderBytes: u32,
  maxHeaders: u32,
): void {
  at(object).bufferLimit = bufferLimit;
  at(object).maxRequestsPerConnection = maxRequests;
  at(object).maxResponseHeaders = maxHeaderBytes;
  at(object).maxResponseHeadersCount = maxHeaders;
}

/**
 * An ORIGINAL_DST cluster: after how many ms an endpoint that nobody uses goes; upstream_port_override + 1 (0 = none); and the
 * lower-case name of the header that may say where to go, its id as in the route's matchers (length 0 = no header may).
 */
export function clusterSetOriginalDst(
  object: usize,
  cleanupInterval: u32,
  port: u32,
  headerId: u32,
  header: usize,
  headerLength: u32,
): void {
  const c = at(object);
  c.cleanupInterval = cleanupInterval;
  c.dstPort = port;
  c.dstHeaderId = headerId;
  c.dstHeader = <u32>header;
  c.dstHeaderLength = headerLength;
}

/** enable_trailers of the protocol options: without it none go to the endpoints, and none that they send go on. */
export function clusterSetTrailers(object: usize, enabled: bool): void {
  at(object).trailers = enabled;
}

/** PROXY_*: what goes first over a connection to an endpoint. */
export function clusterSetProxyProtocol(object: usize, version: u32): void {
  at(object).proxyProtocol = <u8>version;
}

/** circuit_breakers.thresholds of one priority: 0 DEFAULT, 1 HIGH. */
export function clusterSetLimits(
  object: usize,
  priority: u32,
  connections: u32,
  pending: u32,
  requests: u32,
  retries: u32,
): void {
  const c = at(object);
  if (priority) {
    c.highMaxConnections = connections;
    c.highMaxPendingRequests = pending;
    c.highMaxRequests = requests;
    c.highMaxRetries = retries;
  } else {
    c.maxConnections = connections;
    c.maxPendingRequests = pending;
    c.maxRequests = requests;
    c.maxRetries = retries;
  }
}

export function clusterSetPolicy(object: usize, policy: u32, choiceCount: u32, activeRequestBias: f64): void {
  at(object).lbPolicy = <u8>policy;
  at(object).choiceCount = choiceCount;
  at(object).activeRequestBias = activeRequestBias;
}

/** Endpoint `i` of the object, to be filled by `endpointSet` and `endpointSetNames`. */
export function endpointAt(object: usize, i: u32): usize {
  return <usize>at(object).endpoints + <usize>i * offsetof<Endpoint>();
}

export function endpointSet(object: usize, i: u32, id: u32, sockaddr: usize, sockaddrLength: u32, weight: u32): void {
  const e = changetype<Endpoint>(endpointAt(object, i));
  e.id = id;
  e.cluster = at(object).index;
  e.sockaddr = <u32>sockaddr;
  e.sockaddrLength = sockaddrLength;
  e.weight = weight;
}

export function endpointSetNames(
  object: usize,
  i: u32,
  address: usize,
  addressLength: u32,
  hostname: usize,
  hostnameLength: u32,
): void {
  const e = changetype<Endpoint>(endpointAt(object, i));
  e.address = <u32>address;
  e.addressLength = addressLength;
  e.hostname = <u32>hostname;
  e.hostnameLength = hostnameLength;
}

function hostSetAt(object: usize, set: u32): HostSet {
  return changetype<HostSet>(<usize>at(object).hostSets + <usize>set * offsetof<HostSet>());
}

/** Makes host set `set`; `load` is the running sum up to and with it. Returns 0 when memory is exhausted. */
export function hostSetNew(object: usize, set: u32, load: u32, flags: u32, count: u32): usize {
  const h = hostSetAt(object, set);
  h.load = load;
  h.flags = flags;
  h.count = count;
  h.hosts = <u32>objectAlloc(object, count << 2);
  h.schedule = h.hosts; // equal weights: the hosts in their order
  h.scheduleLength = count;
  return h.hosts;
}

/** Host `i` of the set is endpoint `endpoint` of the object. */
export function hostSetHost(object: usize, set: u32, i: u32, endpoint: u32): void {
  store<u32>(<usize>hostSetAt(object, set).hosts + ((<usize>i) << 2), <u32>endpointAt(object, endpoint));
}

/** Unequal weights: call after the hosts. A schedule of `length` entries is filled by `hostSetScheduled`; 0 = none. */
export function hostSetWeighted(object: usize, set: u32, length: u32): usize {
  const h = hostSetAt(object, set);
  h.cumulative = <u32>objectAlloc(object, h.count << 2);
  h.schedule = <u32>objectAlloc(object, length << 2);
  h.scheduleLength = length;
  if (!h.cumulative || !h.schedule) return 0;
  let total: u32 = 0;
  for (let i: u32 = 0; i < h.count; i++) {
    const at = (<usize>i) << 2;
    total += changetype<Endpoint>(<usize>load<u32>(<usize>h.hosts + at)).weight;
    store<u32>(<usize>h.cumulative + at, total);
  }
  h.totalWeight = total;
  return h.schedule;
}

/** Entry `i` of the schedule is host `host` of the set. */
export function hostSetScheduled(object: usize, set: u32, i: u32, host: u32): void {
  const h = hostSetAt(object, set);
  store<u32>(<usize>h.schedule + ((<usize>i) << 2), load<u32>(<usize>h.hosts + ((<usize>host) << 2)));
}

/** Makes `object` what workers see under cluster `index`, and retires what they saw before. 0 removes the cluster. */
export function clusterPublish(index: u32, object: usize): void {
  publish(CLUSTER_DIR + ((<usize>index) << 2), object);
}

function zeroInWorkers(offset: usize, size: usize): void {
  const block: usize = load<u32>(GLOBAL_BASE + GLOBAL_WORKER_SIZE);
  for (let w: u32 = 0; w < load<u32>(GLOBAL_BASE + GLOBAL_WORKERS); w++) {
    memory.fill(WORKER_BASE + <usize>w * block + offset, 0, size);
  }
}

/** Before a cluster index is used again: no worker may still see the old cluster. */
export function clusterStateReset(index: u32): void {
  zeroInWorkers(W_CLUSTER_STATE + <usize>index * CLUSTER_STATE_SIZE, CLUSTER_STATE_SIZE);
}

/** Before an endpoint id is used again: no worker may still see the old endpoint. */
export function endpointStateReset(id: u32): void {
  zeroInWorkers(W_ENDPOINT_STATE + <usize>id * ENDPOINT_STATE_SIZE, ENDPOINT_STATE_SIZE);
}
