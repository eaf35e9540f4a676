// A statistic as readers see it.
import type { Bins } from './bins.js';

export type Tag = readonly [name: string, value: string];

interface Named {
  /** Envoy's full name: `cluster.a.upstream_rq_200`. */
  readonly name: string;
  /** The name without its tags: `cluster.upstream_rq`. */
  readonly metric: string;
  readonly tags: readonly Tag[];
}
export interface NumberStat extends Named {
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
}
export interface HistogramStat extends Named {
  readonly kind: 'histogram';
  readonly bins: Bins;
}
export type Stat = NumberStat | HistogramStat;

/** The beginning of a group's names. */
export interface Prefix {
  /** `cluster.a.` */
  readonly name: string;
  /** `cluster.` */
  readonly metric: string;
  readonly tags: readonly Tag[];
}

/** In a name, colons become underscores, as in Envoy: `listener.127.0.0.1_80.`. */
export function statName(text: string): string {
  return text.replaceAll(':', '_');
}

export function numberStat(prefix: Prefix, name: string, kind: 'counter' | 'gauge', value: number): NumberStat {
  return { name: prefix.name + name, metric: prefix.metric + name, tags: prefix.tags, kind, value };
}

/** `upstream_rq` and 200 → upstream_rq_200, tagged with the code. */
export function codeStat(prefix: Prefix, name: string, code: number, value: number): NumberStat {
  const tags: Tag[] = [['envoy_response_code', String(code)], ...prefix.tags];
  return { name: `${prefix.name}${name}_${code}`, metric: prefix.metric + name, tags, kind: 'counter', value };
}

/** `upstream_rq` and 2 → upstream_rq_2xx, tagged with the class. */
export function classStat(prefix: Prefix, name: string, group: number, value: number): NumberStat {
  const tags: Tag[] = [['envoy_response_code_class', String(group)], ...prefix.tags];
  return {
    name: `${prefix.name}${name}_${group}xx`,
    metric: `${prefix.metric}${name}_xx`,
    tags,
    kind: 'counter',
    value,
  };
}
