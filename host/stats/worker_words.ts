// Reads the words that the workers count in: sums over workers, and over the blocks of scopes that have one name.
import {
  CODE_TABLE_SIZE,
  HISTOGRAM_HIGH,
  HISTOGRAM_LOW,
  HISTOGRAM_MIDDLE,
  MAX_STATS,
  W_STATS,
} from '../../assembly/abi.js';
import { mergeBins, type Bins } from './bins.js';

const RANGES: readonly { size: number; first: number }[] = [
  { size: HISTOGRAM_LOW, first: 0 },
  { size: HISTOGRAM_MIDDLE, first: HISTOGRAM_LOW },
  { size: HISTOGRAM_HIGH, first: HISTOGRAM_LOW + HISTOGRAM_MIDDLE },
];

export class WorkerWords {
  private readonly workers: readonly BigInt64Array[];

  /** `blocks`: where the worker blocks begin in the shared memory. */
  constructor(buffer: ArrayBufferLike, blocks: readonly number[]) {
    this.workers = blocks.map((W) => new BigInt64Array(buffer, W + W_STATS, MAX_STATS));
  }

  get count(): number {
    return this.workers.length;
  }

  /** The sum over workers. Signed: a worker's own part of a gauge may be negative. */
  read(index: number): number {
    let sum = 0;
    for (const words of this.workers) sum += Number(words[index]);
    return sum;
  }

  readWorker(worker: number, index: number): number {
    return Number(this.workers[worker][index]);
  }

  /** The histogram member at `index`. */
  histogram(index: number): Bins {
    const found: Bins[] = [];
    for (const words of this.workers) {
      RANGES.forEach(({ size, first }, range) => found.push(tableOf(words, index + range, size, first)));
    }
    return mergeBins(...found);
  }

  /** Whether the histogram member at `index` ever got a value since its block was new. */
  hasHistogram(index: number): boolean {
    return this.workers.some((words) => RANGES.some((_, range) => words[index + range] !== 0n));
  }

  /** Status codes and their counts of the by-class member at `index` of a cluster; code 0 is what has no class. */
  codes(index: number): Bins {
    const found: Bins[] = [[[0, this.read(index)]]];
    for (const words of this.workers) {
      for (let group = 1; group <= 5; group++) {
        found.push(tableOf(words, index + group, CODE_TABLE_SIZE, group * 100));
      }
    }
    return mergeBins(...found);
  }

  /** Makes a block zero. Only where no worker counts in it any more. `tables`: histogram and code words, with their sizes. */
  clear(first: number, size: number, tables: readonly { word: number; size: number }[]): void {
    for (const words of this.workers) {
      const kept = tables.map(({ word, size: tableSize }) => {
        const at = Number(words[first + word]);
        if (at !== 0) words.fill(0n, at, at + tableSize);
        return words[first + word];
      });
      words.fill(0n, first, first + size);
      tables.forEach(({ word }, i) => (words[first + word] = kept[i]));
    }
  }

  /** Takes a dead worker's part out of a gauge. */
  forget(worker: number, index: number): void {
    this.workers[worker][index] = 0n;
  }
}

function tableOf(words: BigInt64Array, word: number, size: number, first: number): Bins {
  const at = Number(words[word]);
  if (at === 0) return [];
  const found: [number, number][] = [];
  for (let i = 0; i < size; i++) if (words[at + i] !== 0n) found.push([first + i, Number(words[at + i])]);
  return found;
}
