// Medians of the rounds, as Markdown.
import type { Sample } from './load.js';

export type Results = Map<string, Sample[]>;

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One row for each contender; the last column is the first contender's requests per CPU-second as a multiple of its. */
export function table(results: Results, reference: string): string {
  const lines = [
    `| proxy | req/s | req per CPU-s | user µs/req | kernel µs/req | p50 µs | p99 µs | RSS MB | ${reference} is |`,
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  const base = results.get(reference);
  for (const [name, samples] of results) lines.push(row(name, samples, base));
  return `${lines.join('\n')}\n`;
}

function row(name: string, samples: Sample[], base: Sample[] | undefined): string {
  const of = (key: keyof Sample) => median(samples.map((sample) => sample[key]));
  const ratio = base && median(base.map((sample) => sample.requestsPerCpuSecond)) / of('requestsPerCpuSecond');
  const cells = [
    name,
    whole(of('requestsPerSecond')),
    whole(of('requestsPerCpuSecond')),
    of('userMicros').toFixed(2),
    of('kernelMicros').toFixed(2),
    whole(of('p50Micros')),
    whole(of('p99Micros')),
    (of('residentBytes') / 1e6).toFixed(0),
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
