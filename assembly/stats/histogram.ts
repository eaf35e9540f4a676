// Histograms with Envoy's own bins (two significant decimal digits, as its circllhist makes of whole numbers), so that
// the quantiles of /stats and Prometheus's buckets come out as Envoy's: no more error than Envoy has, 10 % of a value
// at the most. One store per record; the bins of each of three ranges are made when the first value falls into it.
import { HISTOGRAM_HIGH, HISTOGRAM_LOW, HISTOGRAM_MIDDLE } from '../abi';
import { statTable } from './tables';

/** Records `value` (ms, or a count) in the histogram member at `index`. */
export function histogramRecord(index: u32, value: u32): void {
  let bins: usize;
  let bin: u32;
  if (value < 100) {
    bins = statTable(index, HISTOGRAM_LOW);
    bin = value;
  } else if (value < 10000) {
    bins = statTable(index + 1, HISTOGRAM_MIDDLE);
    bin = value < 1000 ? value / 10 - 10 : value / 100 + 80;
  } else {
    bins = statTable(index + 2, HISTOGRAM_HIGH);
    bin = highBin(value);
  }
  if (!bins) return;
  const p = bins + ((<usize>bin) << 3);
  store<u64>(p, load<u64>(p) + 1);
}

// 90 bins for each power of ten from 10,000 on.
function highBin(value: u32): u32 {
  let decade: u32 = 0;
  let rest = value / 1000;
  while (rest >= 100) {
    rest /= 10;
    decade++;
  }
  return decade * 90 + rest - 10;
}
