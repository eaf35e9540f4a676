// lb_policy RANDOM: every host with the same probability; weights do not count, as in Envoy.
import { random64 } from '../memory/worker_block';
import { HostSet } from '../upstream/cluster';

/** A number from 0 to `n` - 1. (The multiplication takes the high bits, the better ones of xoroshiro128+.) */
export function randomBelow(n: u32): u32 {
  return <u32>(((random64() >> 32) * n) >> 32);
}

export function pickRandom(set: HostSet): usize {
  return load<u32>(<usize>set.hosts + ((<usize>randomBelow(set.count)) << 2));
}
