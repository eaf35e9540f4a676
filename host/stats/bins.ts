// Histogram bins: Envoy's own (its circllhist keeps two significant decimal digits). For whole numbers: one bin for each of 0 to 99, then 90
// for each power of ten. The core counts in the same order (assembly/stats/histogram.ts).
import { HISTOGRAM_LOW } from '../../assembly/abi.js';

/** Bins in use and their counts, in ascending order of the bin. */
export type Bins = readonly (readonly [bin: number, count: number])[];

/** Envoy's quantiles of /stats. */
export const QUANTILES: readonly number[] = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100];
/** Envoy's default buckets for Prometheus. */
export const BUCKETS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000,
];

const PER_DECADE = 90;

/** The bin of a whole number. */
export function binOf(value: number): number {
  if (value < HISTOGRAM_LOW) return value;
  let decade = 0;
  let rest = Math.floor(value / 10);
  while (rest >= 100) {
    rest = Math.floor(rest / 10);
    decade++;
  }
  return HISTOGRAM_LOW + decade * PER_DECADE + rest - 10;
}

/** Smallest value of a bin. */
export function binLow(bin: number): number {
  if (bin < HISTOGRAM_LOW) return bin;
  const above = bin - HISTOGRAM_LOW;
  return ((above % PER_DECADE) + 10) * 10 ** (Math.floor(above / PER_DECADE) + 1);
}

/** Width of a bin: its numbers from 1 to 9 are a tenth wide, as circllhist has them, and 0 has no width. */
export function binWidth(bin: number): number {
  if (bin === 0) return 0;
  if (bin < 10) return 0.1;
  if (bin < HISTOGRAM_LOW) return 1;
  return 10 ** (Math.floor((bin - HISTOGRAM_LOW) / PER_DECADE) + 1);
}

export function binCount(bins: Bins): number {
  return bins.reduce((sum, [, count]) => sum + count, 0);
}

/** The sum of the values as Envoy estimates it: a bin's values stand at the harmonic mean of its ends. */
export function binSum(bins: Bins): number {
  return bins.reduce((sum, [bin, count]) => sum + middle(bin) * count, 0);
}

function middle(bin: number): number {
  const low = binLow(bin);
  const high = low + binWidth(bin);
  return low === 0 ? 0 : (2 * low * high) / (low + high);
}

/** The values at `quantiles` (percent): the n values of a bin are taken to lie at 1/(n+1), 2/(n+1), … of its width. NaN without values. */
export function quantiles(bins: Bins, wanted: readonly number[] = QUANTILES): number[] {
  const total = binCount(bins);
  return wanted.map((percent) => {
    const rank = Math.max(1, Math.ceil((percent / 100) * total));
    let before = 0;
    for (const [bin, count] of bins) {
      if (rank <= before + count) return binLow(bin) + (binWidth(bin) * (rank - before)) / (count + 1);
      before += count;
    }
    return Number.NaN;
  });
}

/** How many values are at or below each of `bounds`. */
export function bucketCounts(bins: Bins, bounds: readonly number[] = BUCKETS): number[] {
  return bounds.map((bound) => bins.reduce((sum, [bin, count]) => (binLow(bin) <= bound ? sum + count : sum), 0));
}

/** Adds counts up; the result is in order. */
export function mergeBins(...all: readonly Bins[]): Bins {
  const sums = new Map<number, number>();
  for (const bins of all) for (const [bin, count] of bins) sums.set(bin, (sums.get(bin) ?? 0) + count);
  return [...sums].filter(([, count]) => count !== 0).toSorted(([a], [b]) => a - b);
}

/** What `now` has more than `then`. */
export function subtractBins(now: Bins, then: Bins): Bins {
  return mergeBins(
    now,
    then.map(([bin, count]) => [bin, -count] as const),
  );
}
