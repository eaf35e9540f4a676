// routeCluster: the cluster a route leads to.
import { W, WorkerState } from '../memory/worker_block';
import { clusterIndexOf } from './cluster_names';
import { ABSENT, headerValue, valueAddress, valueLength } from './header_values';
import { ACTION_CLUSTER, ACTION_CLUSTER_HEADER, Route } from './route';

function clusterOfHeader(r: Route, head: usize): i32 {
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const value = headerValue(head, r.clusterHeaderId, r.clusterHeader, r.clusterHeaderLength);
  const index = value == ABSENT ? -1 : clusterIndexOf(valueAddress(value), valueLength(value));
  w.scratch = mark;
  return index;
}

/** Cluster index, or -1: no such cluster, answer with clusterNotFoundStatus. (`random` was spent by routeMatch.) */
export function routeCluster(route: usize, head: usize, random: u64 = 0): i32 {
  const r = changetype<Route>(route);
  if (r.action == ACTION_CLUSTER) return <i32>r.cluster;
  return r.action == ACTION_CLUSTER_HEADER ? clusterOfHeader(r, head) : -1;
}

/** routeCluster for the host and for tests. */
export function routeClusterFor(route: usize, head: usize): i32 {
  return routeCluster(route, head);
}
