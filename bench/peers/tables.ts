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

/** The same for proxies in the way of a path that works without them too: CPU and memory of all of them together, and what they add to the time. */
export function interceptedTable(results: Results, reference: string, without: string): string {
  const of = (name: string, key: keyof Sample): number =>
    median((results.get(name) ?? []).map((sample) => sample[key]));
  const lines = [
    `| both sidecars | req/s | req per CPU-s | user µs/req | kernel µs/req | p50 µs | p99 µs | added p50 | added p99 | RSS MB | ${reference} is |`,
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const name of results.keys()) {
    const isBare = name === without;
    const added = (key: 'p50Micros' | 'p99Micros'): string => (isBare ? '' : whole(of(name, key) - of(without, key)));
    const cells = [
      name,
      whole(of(name, 'requestsPerSecond')),
      isBare ? '' : whole(of(name, 'requestsPerCpuSecond')),
      isBare ? '' : of(name, 'userMicros').toFixed(2),
      isBare ? '' : of(name, 'kernelMicros').toFixed(2),
      whole(of(name, 'p50Micros')),
      whole(of(name, 'p99Micros')),
      added('p50Micros'),
      added('p99Micros'),
      isBare ? '' : (of(name, 'residentBytes') / 1e6).toFixed(0),
      isBare || !results.has(reference)
        ? ''
        : `${(of(reference, 'requestsPerCpuSecond') / of(name, 'requestsPerCpuSecond')).toFixed(2)}x`,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}
