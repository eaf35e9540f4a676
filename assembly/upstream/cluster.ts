// Cluster and Endpoint: published by control (one object per cluster; an endpoint update replaces that object alone),
// and each worker's own state beside them, found by index so that it outlives a replacement.
import {
  CLUSTER_STATE_ACTIVE,
  CLUSTER_STATE_CONNECTIONS,
  CLUSTER_STATE_HIGH,
  CLUSTER_STATE_PENDING,
  CLUSTER_STATE_RETRIES,
  ENDPOINT_STATE_ACTIVE,
  ENDPOINT_STATE_CONNECTIONS,
  ENDPOINT_STATE_PENDING,
} from '../abi';
import { CLUSTER_DIR, CLUSTER_STATE_SIZE, ENDPOINT_STATE_SIZE, W_CLUSTER_STATE, W_ENDPOINT_STATE } from '../memory/map';
import { ObjectHeader } from '../memory/object';
import { W } from '../memory/worker_block';

@unmanaged
export class Cluster extends ObjectHeader {
  index: u32; // cluster index, stable over replacements
  stats: u32; // first index of its CLUSTER_STAT_* block
  lbPolicy: u8; // LB_*
  proxyProtocol: u8; // PROXY_*
  trailers: bool; // http_protocol_options.enable_trailers: of requests and of responses
  pad: u8;
  endpointCount: u32; // all endpoints, healthy or not
  endpoints: u32; // address of Endpoint[endpointCount]
  hostSets: u32; // address of HostSet[hostSetCount]: what may be picked
  hostSetCount: u32;
  connectTimeout: u32; // ms
  idleTimeout: u32; // ms, 0 = none; upstream connections
  maxConnectionDuration: u32; // ms, 0 = none
  maxRequestsPerConnection: u32; // 0 = no limit
  bufferLimit: u32; // per_connection_buffer_limit_bytes
  maxConnections: u32; // circuit_breakers, DEFAULT priority
  maxPendingRequests: u32;
  maxRequests: u32;
  maxRetries: u32;
  highMaxConnections: u32; // HIGH priority
  highMaxPendingRequests: u32;
  highMaxRequests: u32;
  highMaxRetries: u32;
  name: u32;
  nameLength: u32;
  choiceCount: u32; // least_request: hosts that are looked at, 0 = all (FULL_SCAN)
  activeRequestBias: f64; // least_request with unequal weights
  maxResponseHeaders: u32; // max_response_headers_kb in bytes, 0 = default
  maxResponseHeadersCount: u32;
  socket: u32; // address of an UpstreamSocket, 0 = none
  cleanupInterval: u32; // ORIGINAL_DST, ms
  dstHeader: u32; // ORIGINAL_DST: lower-case name of the header that names the destination
  dstHeaderLength: u32; // 0 = no header does
  dstHeaderId: u32;
  dstPort: u32; // upstream_port_override + 1, 0 = none
}

/**
 * Hosts of one priority level that share a part of the load: the healthy ones, the degraded ones, or all of them in panic.
 * Part of its Cluster object; addresses of Endpoints stand in `hosts`.
 */
@unmanaged
export class HostSet {
  load: u32; // percent of the requests that go to this set or to one before it, 1 to LOAD_TOTAL
  flags: u32; // HOST_SET_*
  count: u32;
  hosts: u32; // address of u32[count]
  schedule: u32; // round robin: address of u32[scheduleLength], Endpoint addresses in the order of picking
  scheduleLength: u32; // 0 where the weights need more than a schedule may have: cumulative serves then
  cumulative: u32; // unequal weights: address of u32[count], the running sum of the weights; 0 when they are equal
  totalWeight: u32;
}

/** Part of its Cluster object. */
@unmanaged
export class Endpoint {
  id: u32; // endpoint id: stable for (cluster, address) over updates
  cluster: u32; // cluster index
  sockaddr: u32; // struct sockaddr, as connect() takes it
  sockaddrLength: u32;
  weight: u32;
  address: u32; // text "127.0.0.1:9000" for logs
  addressLength: u32;
  hostname: u32;
  hostnameLength: u32;
  flags: u32;
}

/** What circuit breakers limit: this worker's share of it, for one priority. */
@unmanaged
export class Resources {
  active: u32; // active requests
  pending: u32; // requests that wait for a connection
  connections: u32;
  retries: u32;
}

/** This worker's part of a cluster. Its first words are the Resources of the priority DEFAULT. */
@unmanaged
export class ClusterState extends Resources {
  highActive: u32; // Resources of the priority HIGH
  highPending: u32;
  highConnections: u32;
  highRetries: u32;
  cursor: u32; // round robin
  seeded: u32; // 1: the cursor has been given its random start
  edfTime0: f64; // weighted least_request, one for each of the first host sets: the deadline of the host picked last
  edfTime1: f64;
  edfTime2: f64;
}

/** This worker's part of an endpoint. */
@unmanaged
export class EndpointState {
  idle: u32; // newest idle connection: slot + 1
  active: u32; // active requests: what least_request compares
  connections: u32;
  cluster: u32;
  pendingHead: u32; // first stream that waits for a connection to it, index + 1
  pendingTail: u32;
  connecting: u32; // connections being opened
  pending: u32; // streams in its queue
  edfDeadline: f64; // weighted least_request
  edfSet: u32; // the host set whose time edfDeadline belongs to, + 1
  removed: u32; // 1: it has left its cluster; connections to it are not kept
  base: u32; // of one that stands for another endpoint: its id + 1, whose counts count this one's, too
  pad1: u32;
  pad2: u64;
}

if (offsetof<ClusterState>() != CLUSTER_STATE_SIZE) ERROR('abi: CLUSTER_STATE_SIZE');
if (offsetof<EndpointState>() != ENDPOINT_STATE_SIZE) ERROR('abi: ENDPOINT_STATE_SIZE');

if (offsetof<Resources>('active') != CLUSTER_STATE_ACTIVE) ERROR('abi: CLUSTER_STATE_ACTIVE');
if (offsetof<Resources>('pending') != CLUSTER_STATE_PENDING) ERROR('abi: CLUSTER_STATE_PENDING');
if (offsetof<Resources>('connections') != CLUSTER_STATE_CONNECTIONS) ERROR('abi: CLUSTER_STATE_CONNECTIONS');
if (offsetof<Resources>('retries') != CLUSTER_STATE_RETRIES) ERROR('abi: CLUSTER_STATE_RETRIES');
if (offsetof<ClusterState>('highActive') != CLUSTER_STATE_HIGH) ERROR('abi: CLUSTER_STATE_HIGH');
if (offsetof<EndpointState>('active') != ENDPOINT_STATE_ACTIVE) ERROR('abi: ENDPOINT_STATE_ACTIVE');
if (offsetof<EndpointState>('pending') != ENDPOINT_STATE_PENDING) ERROR('abi: ENDPOINT_STATE_PENDING');
if (offsetof<EndpointState>('connections') != ENDPOINT_STATE_CONNECTIONS) ERROR('abi: ENDPOINT_STATE_CONNECTIONS');

/** The published object of a cluster index, or null. */
export function clusterAt(index: u32): Cluster {
  return changetype<Cluster>(<usize>atomic.load<u32>(CLUSTER_DIR + ((<usize>index) << 2)));
}

/** Whether trailers go to its endpoints, and come from them. */
export function clusterTakesTrailers(index: u32): bool {
  const c = clusterAt(index);
  return c ? c.trailers : false;
}

export function clusterState(index: u32): ClusterState {
  return changetype<ClusterState>(W + W_CLUSTER_STATE + <usize>index * CLUSTER_STATE_SIZE);
}

/** This worker's Resources of a cluster for a priority: 0 DEFAULT, 1 HIGH. */
export function resources(index: u32, priority: u8): Resources {
  return changetype<Resources>(
    changetype<usize>(clusterState(index)) + (priority ? <usize>CLUSTER_STATE_HIGH : <usize>0),
  );
}

export function endpointState(id: u32): EndpointState {
  return changetype<EndpointState>(W + W_ENDPOINT_STATE + <usize>id * ENDPOINT_STATE_SIZE);
}
