// lb_policy ROUND_ROBIN: the hosts in turn, from a random start in each worker. With unequal weights the turn is the order
// in which an earliest-deadline-first queue would give them (the schedule: host/cluster/schedule.ts), as in Envoy.
import { random64 } from '../memory/worker_block';
import { ClusterState, HostSet } from '../upstream/cluster';

// 2^32 / golden ratio: multiples of it, taken modulo 2^32, are spread as evenly as any sequence can be.
const GOLDEN: u32 = 0x9e3779b9;

function nextTurn(state: ClusterState): u32 {
  if (!state.seeded) {
    state.cursor = <u32>(random64() >> 32);
    state.seeded = 1;
  }
  return state.cursor++;
}

// Weights whose schedule would be too long: an even sequence over the running sums. Each host gets its share of any
// stretch of picks up to a logarithmic error, and exactly over all 2^32.
function pickByWeight(set: HostSet, turn: u32): usize {
  const target = <u32>((<u64>(turn * GOLDEN) * set.totalWeight) >> 32);
  let low: u32 = 0;
  let high = set.count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(<usize>set.cumulative + ((<usize>middle) << 2)) > target) high = middle;
    else low = middle + 1;
  }
  return load<u32>(<usize>set.hosts + ((<usize>low) << 2));
}

export function pickRoundRobin(set: HostSet, state: ClusterState): usize {
  const turn = nextTurn(state);
  if (!set.scheduleLength) return pickByWeight(set, turn);
  return load<u32>(<usize>set.schedule + ((<usize>(turn % set.scheduleLength)) << 2));
}
