// Circuit breakers: the sums over all workers of what each counts for itself, against the cluster's thresholds. Two workers
// that look at the same moment may overshoot by one each; in return nothing is shared and nothing leaks when a worker dies.
// Priorities are 0 DEFAULT and 1 HIGH, each with limits and counts of its own.
import {
  CLUSTER_STATE_ACTIVE,
  CLUSTER_STATE_CONNECTIONS,
  CLUSTER_STATE_HIGH,
  CLUSTER_STATE_PENDING,
  CLUSTER_STATE_RETRIES,
} from '../abi';
import {
  CLUSTER_STATE_SIZE,
  GLOBAL_BASE,
  GLOBAL_WORKERS,
  GLOBAL_WORKER_SIZE,
  W_CLUSTER_STATE,
  W_ENDPOINT_STATE,
  ENDPOINT_STATE_SIZE,
  WORKER_BASE,
} from '../memory/map';
import { Cluster } from './cluster';

// The words at `offset` of every worker's block, added up.
function sumOverWorkers(offset: usize): u32 {
  const size: usize = load<u32>(GLOBAL_BASE + GLOBAL_WORKER_SIZE);
  let sum: u32 = 0;
  let p = WORKER_BASE + offset;
  for (let n = load<u32>(GLOBAL_BASE + GLOBAL_WORKERS); n; n--, p += size) sum += load<u32>(p);
  return sum;
}

/** The sum over workers of the word at `field` (CLUSTER_STATE_*) of a cluster's state. */
export function clusterSum(index: u32, field: u32): u32 {
  return sumOverWorkers(W_CLUSTER_STATE + <usize>index * CLUSTER_STATE_SIZE + field);
}

/** The sum over workers of the word at `field` (ENDPOINT_STATE_*) of an endpoint's state. */
export function endpointSum(id: u32, field: u32): u32 {
  return sumOverWorkers(W_ENDPOINT_STATE + <usize>id * ENDPOINT_STATE_SIZE + field);
}

/** max_requests is reached. */
export function requestsOpen(c: Cluster, priority: u8): bool {
  if (priority) return clusterSum(c.index, CLUSTER_STATE_HIGH + CLUSTER_STATE_ACTIVE) >= c.highMaxRequests;
  return clusterSum(c.index, CLUSTER_STATE_ACTIVE) >= c.maxRequests;
}

/** max_pending_requests is reached. */
export function pendingOpen(c: Cluster, priority: u8): bool {
  if (priority) return clusterSum(c.index, CLUSTER_STATE_HIGH + CLUSTER_STATE_PENDING) >= c.highMaxPendingRequests;
  return clusterSum(c.index, CLUSTER_STATE_PENDING) >= c.maxPendingRequests;
}

/** max_connections is reached. (A pool without any connection may open its first all the same, as in Envoy.) */
export function connectionsOpen(c: Cluster, priority: u8): bool {
  if (priority) return clusterSum(c.index, CLUSTER_STATE_HIGH + CLUSTER_STATE_CONNECTIONS) >= c.highMaxConnections;
  return clusterSum(c.index, CLUSTER_STATE_CONNECTIONS) >= c.maxConnections;
}

/** max_retries is reached. */
export function retriesOpen(c: Cluster, priority: u8): bool {
  if (priority) return clusterSum(c.index, CLUSTER_STATE_HIGH + CLUSTER_STATE_RETRIES) >= c.highMaxRetries;
  return clusterSum(c.index, CLUSTER_STATE_RETRIES) >= c.maxRetries;
}
