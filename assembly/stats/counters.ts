// Counters, gauges and histograms of this worker: plain u64 words, summed over workers by whoever reads them.
import { W_STATS } from '../memory/map';
import { W } from '../memory/worker_block';

export function statInc(index: u32): void {
  const p = W + W_STATS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) + 1);
}

export function statAdd(index: u32, n: u64): void {
  const p = W + W_STATS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) + n);
}

/** Gauges are sums over workers of plain words, so a worker's own word may be negative. */
export function statDec(index: u32): void {
  const p = W + W_STATS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) - 1);
}

/** `statAdd` for callers outside the core (no u64 crosses the boundary). */
export function statAdd32(index: u32, n: u32): void {
  statAdd(index, n);
}
