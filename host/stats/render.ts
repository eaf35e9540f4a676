// The forms in which /stats shows the statistics.
import { BUCKETS, QUANTILES, binCount, binSum, bucketCounts, quantiles, type Bins } from './bins.js';
import type { HistogramStat, NumberStat, Stat } from './stat.js';

/** What a histogram got in the last interval. */
export type IntervalOf = (name: string) => Bins;

const byName = (a: Stat, b: Stat): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function split(stats: Iterable<Stat>): { numbers: NumberStat[]; histograms: HistogramStat[] } {
  const numbers: NumberStat[] = [];
  const histograms: HistogramStat[] = [];
  for (const stat of stats) {
    if (stat.kind === 'histogram') histograms.push(stat);
    else numbers.push(stat);
  }
  return { numbers: numbers.sort(byName), histograms: histograms.sort(byName) };
}

/** Whole numbers in full; 2^64 is Envoy's largest gauge, 2^64 - 1. */
function numberText(n: number): string {
  if (n >= 2 ** 64) return '18446744073709551615';
  return Number.isInteger(n) && Math.abs(n) >= 1e21 ? BigInt(n).toString() : String(n);
}

/** Envoy's text: counters and gauges by name, then histograms with P0(interval,cumulative) and so on. */
export function renderText(stats: Iterable<Stat>, intervalOf: IntervalOf): string {
  const { numbers, histograms } = split(stats);
  let text = '';
  for (const { name, value } of numbers) text += `${name}: ${numberText(value)}\n`;
  for (const { name, bins } of histograms) text += `${name}: ${quantilesText(intervalOf(name), bins)}\n`;
  return text;
}

function quantilesText(interval: Bins, all: Bins): string {
  if (all.length === 0) return 'No recorded values';
  const recent = quantiles(interval);
  const total = quantiles(all);
  return QUANTILES.map((q, i) => `P${q}(${orNan(recent[i])},${orNan(total[i])})`).join(' ');
}

/** Envoy's `?format=json`. */
export function renderJson(stats: Iterable<Stat>, intervalOf: IntervalOf): string {
  const { numbers, histograms } = split(stats);
  const computed = histograms.map(({ name, bins }) => {
    const recent = quantiles(intervalOf(name));
    const total = quantiles(bins);
    return { name, values: total.map((n, i) => ({ cumulative: orNull(n), interval: orNull(recent[i]) })) };
  });
  const list: unknown[] = numbers.map(({ name, value }) => ({ name, value }));
  if (computed.length > 0) {
    list.push({ histograms: { supported_quantiles: QUANTILES, computed_quantiles: computed } });
  }
  return JSON.stringify({ stats: list });
}

/** Prometheus' text exposition format with Envoy's names: counters, gauges, then histograms, each sorted by name. */
export function renderPrometheus(stats: Iterable<Stat>): string {
  const families = new Map<string, Stat[]>();
  for (const stat of stats) {
    const key = `${KIND_ORDER.indexOf(stat.kind)} ${stat.metric}`;
    const family = families.get(key);
    if (family === undefined) families.set(key, [stat]);
    else family.push(stat);
  }
  let text = '';
  for (const key of [...families.keys()].sort()) {
    const family = (families.get(key) as Stat[]).sort(byName);
    const name = metricName(family[0].metric);
    text += `# TYPE ${name} ${family[0].kind}\n`;
    for (const stat of family) text += stat.kind === 'histogram' ? histogramLines(name, stat) : numberLine(name, stat);
  }
  return text;
}

const KIND_ORDER: readonly Stat['kind'][] = ['counter', 'gauge', 'histogram'];

function metricName(metric: string): string {
  return `envoy_${metric.replace(/[^a-zA-Z0-9_]/g, '_')}`;
}

/** `a="1",b="2"`. A value may be any text of the configuration. */
function labels(stat: Stat): string {
  return stat.tags.map(([name, value]) => `${name}="${escape(value)}"`).join(',');
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberLine(name: string, stat: NumberStat): string {
  return `${name}{${labels(stat)}} ${numberText(stat.value)}\n`;
}

function histogramLines(name: string, stat: HistogramStat): string {
  const tags = labels(stat);
  const before = tags ? `${tags},` : '';
  const count = binCount(stat.bins);
  const buckets = bucketCounts(stat.bins).map((n, i) => `${name}_bucket{${before}le="${BUCKETS[i]}"} ${n}\n`);
  return (
    `${buckets.join('')}${name}_bucket{${before}le="+Inf"} ${count}\n` +
    `${name}_sum{${tags}} ${binSum(stat.bins)}\n${name}_count{${tags}} ${count}\n`
  );
}

function orNan(n: number): string {
  return Number.isNaN(n) ? 'nan' : String(n);
}

function orNull(n: number): number | null {
  return Number.isNaN(n) ? null : n;
}
