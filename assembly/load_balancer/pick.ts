// One pick: first the host set that the request's share of the load falls to, then a host of it by the cluster's policy.
import {
  CLUSTER_STAT_LB_HEALTHY_PANIC,
  HOST_SET_PANIC,
  LB_LEAST_REQUEST,
  LB_RANDOM,
  LB_ROUND_ROBIN,
  LOAD_TOTAL,
} from '../abi';
import { statInc } from '../stats/counters';
import { Cluster, ClusterState, clusterState, HostSet } from '../upstream/cluster';
import { pickLeastRequest } from './least_request';
import { pickRandom, randomBelow } from './random';
import { pickRoundRobin } from './round_robin';

// As Envoy's LoadBalancerBase::choosePriority: the loads are percents that add up to 100.
function chooseHostSet(c: Cluster): HostSet {
  let set: usize = c.hostSets;
  if (c.hostSetCount > 1) {
    const share = randomBelow(LOAD_TOTAL) + 1;
    while (changetype<HostSet>(set).load < share) set += offsetof<HostSet>();
  }
  return changetype<HostSet>(set);
}

function pickFrom(c: Cluster, set: HostSet, state: ClusterState): usize {
  switch (<i32>c.lbPolicy) {
    case LB_ROUND_ROBIN:
      return pickRoundRobin(set, state);
    case LB_LEAST_REQUEST:
      return pickLeastRequest(set, state, c);
    case LB_RANDOM:
      return pickRandom(set);
    default:
      return 0;
  }
}

/** The address of the Endpoint that the next request of `c` goes to; 0 when no host may be picked. */
export function pickEndpoint(c: Cluster): usize {
  if (!c.hostSetCount) return 0;
  const set = chooseHostSet(c);
  if (set.flags & HOST_SET_PANIC) statInc(c.stats + CLUSTER_STAT_LB_HEALTHY_PANIC);
  return set.count ? pickFrom(c, set, clusterState(c.index)) : 0;
}
