// Cluster and Endpoint: published by control (one object per cluster; an endpoint update replaces that object alone),
// and each worker's own state beside them, found by index so that it outlives a replacement.
import { CLUSTER_DIR, CLUSTER_STATE_SIZE, ENDPOINT_STATE_SIZE, W_CLUSTER_STATE, W_ENDPOINT_STATE } from '../memory/map';
import { ObjectHeader } from '../memory/object';
import { W } from '../memory/worker_block';

@unmanaged
export class Cluster extends ObjectHeader {
  index: u32; // cluster index, stable over replacements
  stats: u32; // first index of its CLUSTER_STAT_* block
  lbPolicy: u8; // LB_*
  flags: u8; // CLUSTER_*
  pad: u16;
  endpointCount: u32; // hosts that may be picked
  endpoints: u32; // address of Endpoint[endpointCount]
  schedule: u32; // weighted round robin: address of u32[scheduleLength], indices into endpoints
  scheduleLength: u32;
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
  choiceCount: u32; // least_request: choices
  maxResponseHeaders: u32; // max_response_headers_kb in bytes, 0 = default
  maxResponseHeadersCount: u32;
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

/** This worker's part of a cluster. */
@unmanaged
export class ClusterState {
  cursor: u32; // round robin
  active: u32; // active requests
  pending: u32; // requests that wait for a connection
  connections: u32;
  retries: u32;
  pad0: u32;
  pad1: u32;
  pad2: u32;
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
}

if (offsetof<ClusterState>() != CLUSTER_STATE_SIZE) ERROR('abi: CLUSTER_STATE_SIZE');
if (offsetof<EndpointState>() != ENDPOINT_STATE_SIZE) ERROR('abi: ENDPOINT_STATE_SIZE');

export const LB_ROUND_ROBIN: u8 = 0;
export const LB_LEAST_REQUEST: u8 = 1;
export const LB_RANDOM: u8 = 2;

/** The published object of a cluster index, or null. */
export function clusterAt(index: u32): Cluster {
  return changetype<Cluster>(<usize>atomic.load<u32>(CLUSTER_DIR + ((<usize>index) << 2)));
}

export function clusterState(index: u32): ClusterState {
  return changetype<ClusterState>(W + W_CLUSTER_STATE + <usize>index * CLUSTER_STATE_SIZE);
}

export function endpointState(id: u32): EndpointState {
  return changetype<EndpointState>(W + W_ENDPOINT_STATE + <usize>id * ENDPOINT_STATE_SIZE);
}
