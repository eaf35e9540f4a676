// weighted_clusters: the part whose share of the total holds random % total.
import { W, WorkerState } from '../memory/worker_block';
import { ABSENT, headerValue, valueAddress, valueLength } from './header_values';
import { WeightedClusters, WeightedPart } from './route';

// An unsigned decimal below 2^64 - 1, else NONE.
const NONE: u64 = u64.MAX_VALUE;
function parseUnsigned(p: usize, n: u32): u64 {
  if (n == 0) return NONE;
  let value: u64 = 0;
  for (const end = p + n; p < end; p++) {
    const digit = <u64>load<u8>(p) - 0x30;
    if (digit > 9 || value > (u64.MAX_VALUE - digit) / 10) return NONE;
    value = value * 10 + digit;
  }
  return value;
}

// `header_name`: the request brings its own random value.
function headerRandom(wc: WeightedClusters, head: usize, random: u64): u64 {
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const value = headerValue(head, wc.headerId, wc.header, wc.headerLength);
  if (value != ABSENT) {
    const given = parseUnsigned(valueAddress(value), valueLength(value));
    if (given != NONE) random = given;
  }
  w.scratch = mark;
  return random;
}

/** The Route of the part chosen by `random`. */
export function weightedPart(weighted: usize, head: usize, random: u64): usize {
  const wc = changetype<WeightedClusters>(weighted);
  if (wc.header) random = headerRandom(wc, head, random);
  const selected = <u32>(random % wc.total);
  let low: u32 = 0;
  let high = wc.count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (selected < changetype<WeightedPart>(<usize>wc.parts + (middle << 3)).end) high = middle;
    else low = middle + 1;
  }
  return changetype<WeightedPart>(<usize>wc.parts + (low << 3)).route;
}
