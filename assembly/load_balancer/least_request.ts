// lb_policy LEAST_REQUEST. Equal weights: the one with the fewest active requests out of `choiceCount` hosts taken at random,
// or out of all of them (FULL_SCAN). Unequal weights: an earliest-deadline-first queue in which a host's weight is
// weight / (active + 1)^active_request_bias at the time of its last pick. As Envoy's LeastRequestLoadBalancer.
import { ENDPOINT_STATE_ACTIVE } from '../abi';
import { random64 } from '../memory/worker_block';
import { endpointSum } from '../upstream/circuit_breaker';
import { Cluster, ClusterState, Endpoint, EndpointState, endpointState, HostSet } from '../upstream/cluster';
import { randomBelow } from './random';

const EDF_TIMES: u32 = 3; // ClusterState.edfTime0 to edfTime2

// Active requests of a host over all workers: Envoy's rq_active is shared by its threads too.
function active(e: usize): u32 {
  return endpointSum(changetype<Endpoint>(e).id, ENDPOINT_STATE_ACTIVE);
}

function hostAt(set: HostSet, i: u32): usize {
  return load<u32>(<usize>set.hosts + ((<usize>i) << 2));
}

function pickOfChoices(set: HostSet, choices: u32): usize {
  let best = hostAt(set, randomBelow(set.count));
  let fewest = active(best);
  for (let i: u32 = 1; i < choices; i++) {
    const e = hostAt(set, randomBelow(set.count));
    const n = active(e);
    if (n >= fewest) continue;
    best = e;
    fewest = n;
  }
  return best;
}

// Each of the hosts that tie for the fewest has the same chance (reservoir sampling).
function pickOfAll(set: HostSet): usize {
  let best: usize = 0;
  let fewest: u32 = u32.MAX_VALUE;
  let tied: u32 = 0;
  for (let i: u32 = 0; i < set.count; i++) {
    const e = hostAt(set, i);
    const n = active(e);
    if (n > fewest) continue;
    tied = n < fewest ? 1 : tied + 1;
    fewest = n;
    if (tied == 1 || randomBelow(tied) == 0) best = e;
  }
  return best;
}

// How far ahead of the queue's time a host of this weight stands after a pick.
function step(e: Endpoint, bias: f64): f64 {
  const load = <f64>active(changetype<usize>(e)) + 1;
  if (bias == 1) return load / <f64>e.weight;
  return (bias == 0 ? 1 : NativeMath.pow(load, bias)) / <f64>e.weight;
}

// A host that is new to this queue, or was away from it, starts at a random point of its first step, so that not every
// worker begins with the same host.
function deadlineOf(e: Endpoint, s: EndpointState, queue: u32, now: f64): f64 {
  if (s.edfSet != queue || s.edfDeadline < now) {
    s.edfSet = queue;
    s.edfDeadline = now + <f64>(random64() >> 12) / 4503599627370496.0 / <f64>e.weight;
  }
  return s.edfDeadline;
}

function pickWeighted(set: HostSet, time: usize, queue: u32, bias: f64): usize {
  const now = load<f64>(time);
  let best: usize = 0;
  let earliest: f64 = Infinity;
  for (let i: u32 = 0; i < set.count; i++) {
    const e = changetype<Endpoint>(hostAt(set, i));
    const deadline = deadlineOf(e, endpointState(e.id), queue, now);
    if (deadline >= earliest) continue;
    earliest = deadline;
    best = changetype<usize>(e);
  }
  store<f64>(time, earliest);
  const e = changetype<Endpoint>(best);
  endpointState(e.id).edfDeadline = earliest + step(e, bias);
  return best;
}

// Each host set is a queue of its own, with its own time (sets beyond the third share one; then some picks are less even).
function pickInQueue(set: HostSet, state: ClusterState, c: Cluster): usize {
  const index = <u32>((changetype<usize>(set) - <usize>c.hostSets) / offsetof<HostSet>());
  const time = min<u32>(index, EDF_TIMES - 1) << 3;
  return pickWeighted(
    set,
    changetype<usize>(state) + offsetof<ClusterState>('edfTime0') + time,
    index + 1,
    c.activeRequestBias,
  );
}

export function pickLeastRequest(set: HostSet, state: ClusterState, c: Cluster): usize {
  if (set.cumulative) return pickInQueue(set, state, c);
  return c.choiceCount ? pickOfChoices(set, c.choiceCount) : pickOfAll(set);
}
