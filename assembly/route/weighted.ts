// weighted_clusters: the part whose share of the total holds random % total.
import { W, WorkerState } from '../memory/worker_block';
import { runtimeInteger } from '../runtime/table';
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

function partEnd(wc: WeightedClusters, i: u32): u32 {
  return changetype<WeightedPart>(<usize>wc.parts + ((<usize>i) << 3)).end;
}

function weightAt(wc: WeightedClusters, i: u32, begin: u32): u64 {
  return runtimeInteger(load<u32>(<usize>wc.keys + ((<usize>i) << 2)), partEnd(wc, i) - begin);
}

// The sum of the weights as the runtime has them now; 0 where it is more than 32 bits hold.
function runtimeTotal(wc: WeightedClusters): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0, begin: u32 = 0; i < wc.count; i++) {
    const weight = weightAt(wc, i, begin);
    if (weight > <u64>u32.MAX_VALUE) return 0;
    total += weight;
    begin = partEnd(wc, i);
  }
  return total > <u64>u32.MAX_VALUE ? 0 : total;
}

/** Whether any part can be chosen: with weights from the runtime there may be none, and the route then matches nothing, as in Envoy. */
export function weightedChooses(weighted: usize): bool {
  const wc = changetype<WeightedClusters>(weighted);
  return !wc.keys || runtimeTotal(wc) != 0;
}

function partByRuntime(wc: WeightedClusters, random: u64): usize {
  const total = runtimeTotal(wc);
  if (!total) return 0; // the runtime has changed since the route was found
  let left = random % total;
  for (let i: u32 = 0, begin: u32 = 0; i < wc.count; i++) {
    const weight = weightAt(wc, i, begin);
    if (left < weight) return changetype<WeightedPart>(<usize>wc.parts + ((<usize>i) << 3)).route;
    left -= weight;
    begin = partEnd(wc, i);
  }
  return 0;
}

/** The Route of the part chosen by `random`. */
export function weightedPart(weighted: usize, head: usize, random: u64): usize {
  const wc = changetype<WeightedClusters>(weighted);
  if (wc.header) random = headerRandom(wc, head, random);
  if (wc.keys) return partByRuntime(wc, random);
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
