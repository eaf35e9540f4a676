// Scopes: the blocks that share a name, and what their words add up to. One function per kind of scope, as Envoy names them.
import { STAT_CLASSES } from '../../assembly/abi.js';
import { binCount, mergeBins, subtractBins, type Bins } from './bins.js';
import type { CircuitBreakers } from './circuit_breakers.js';
import { circuitBreakerStats } from './circuit_breakers.js';
import {
  CLUSTER_LAYOUT,
  HTTP_LAYOUT,
  LISTENER_LAYOUT,
  PROXY_PROTOCOL_LAYOUT,
  TCP_LAYOUT,
  type Layout,
  type PlacedMember,
} from './layout.js';
import { CLUSTER_CONSTANTS, HTTP_CONSTANTS, LISTENER_CONSTANTS, type Member } from './names.js';
import { classStat, codeStat, numberStat, statName, type Prefix, type Stat } from './stat.js';
import type { WorkerWords } from './worker_words.js';

/** What several blocks of one layout add up to. */
export class BlockReader {
  constructor(
    private readonly words: WorkerWords,
    private readonly layout: Layout,
    readonly blocks: readonly number[],
  ) {}

  number(name: string): number {
    return this.sum(this.layout.at(name));
  }

  sum(index: number): number {
    return this.blocks.reduce((sum, block) => sum + this.words.read(block + index), 0);
  }

  worker(worker: number, name: string): number {
    const index = this.layout.at(name);
    return this.blocks.reduce((sum, block) => sum + this.words.readWorker(worker, block + index), 0);
  }

  histogram(index: number): Bins {
    return mergeBins(...this.blocks.map((block) => this.words.histogram(block + index)));
  }

  codes(name: string): Bins {
    return mergeBins(...this.blocks.map((block) => this.words.codes(block + this.layout.at(name))));
  }

  /** Counts by class: [others, 1xx, …, 5xx]. */
  classes(name: string): number[] {
    const first = this.layout.at(name);
    return Array.from({ length: STAT_CLASSES }, (_, group) => this.sum(first + group));
  }

  /** Counters, gauges and histograms as they stand. */
  *plain(prefix: Prefix, skip: (member: PlacedMember) => boolean = () => false): Iterable<Stat> {
    for (const member of this.layout.members) {
      const { name, kind, index } = member;
      if (kind === 'by_class' || skip(member)) continue;
      if (kind === 'histogram') yield histogramStat(prefix, name, this.histogram(index));
      else yield numberStat(prefix, name, kind, this.sum(index));
    }
  }
}

export function histogramStat(prefix: Prefix, name: string, bins: Bins): Stat {
  return { name: prefix.name + name, metric: prefix.metric + name, tags: prefix.tags, kind: 'histogram', bins };
}

function* constants(prefix: Prefix, members: readonly Member[]): Iterable<Stat> {
  for (const [name, kind] of members) yield numberStat(prefix, name, kind as 'counter' | 'gauge', 0);
}

export function* listenerStats(words: WorkerWords, name: string, blocks: readonly number[]): Iterable<Stat> {
  const reader = new BlockReader(words, LISTENER_LAYOUT, blocks);
  const address = statName(name);
  const prefix: Prefix = {
    name: `listener.${address}.`,
    metric: 'listener.',
    tags: [['envoy_listener_address', address]],
  };
  yield* reader.plain(prefix);
  yield* constants(prefix, LISTENER_CONSTANTS);
  for (let w = 0; w < words.count; w++) {
    const worker: Prefix = {
      name: `${prefix.name}worker_${w}.`,
      metric: 'listener.worker.',
      tags: [['envoy_worker_id', String(w)], ...prefix.tags],
    };
    yield numberStat(worker, 'downstream_cx_total', 'counter', reader.worker(w, 'downstream_cx_total'));
    yield numberStat(worker, 'downstream_cx_active', 'gauge', reader.worker(w, 'downstream_cx_active'));
  }
}

/** Requests by class, and their sum `NAME_completed`. */
function* classStats(prefix: Prefix, name: string, counts: readonly number[]): Iterable<Stat> {
  for (let group = 1; group <= 5; group++) yield classStat(prefix, name, group, counts[group]);
  const completed = counts.reduce((sum, n) => sum + n, 0);
  yield numberStat(prefix, `${name}_completed`, 'counter', completed);
}

export function* httpStats(words: WorkerWords, name: string, blocks: readonly number[]): Iterable<Stat> {
  const reader = new BlockReader(words, HTTP_LAYOUT, blocks);
  const stat = statName(name);
  const prefix: Prefix = { name: `http.${stat}.`, metric: 'http.', tags: [['envoy_http_conn_manager_prefix', stat]] };
  yield* reader.plain(prefix);
  yield numberStat(prefix, 'downstream_rq_total', 'counter', reader.number('downstream_rq_http1_total'));
  yield* classStats(prefix, 'downstream_rq', reader.classes('downstream_rq'));
  yield* constants(prefix, HTTP_CONSTANTS);
}

/** `listener.ADDRESS.http.PREFIX.downstream_rq_*`. */
export function* listenerHttpStats(
  words: WorkerWords,
  listener: string,
  name: string,
  blocks: readonly number[],
): Iterable<Stat> {
  const reader = new BlockReader(words, HTTP_LAYOUT, blocks);
  const [address, stat] = [statName(listener), statName(name)];
  const prefix: Prefix = {
    name: `listener.${address}.http.${stat}.`,
    metric: 'listener.http.',
    tags: [
      ['envoy_http_conn_manager_prefix', stat],
      ['envoy_listener_address', address],
    ],
  };
  yield* classStats(prefix, 'downstream_rq', reader.classes('downstream_rq'));
}

export function* tcpStats(words: WorkerWords, name: string, blocks: readonly number[]): Iterable<Stat> {
  const stat = statName(name);
  const prefix: Prefix = { name: `tcp.${stat}.`, metric: 'tcp.', tags: [['envoy_tcp_prefix', stat]] };
  yield* new BlockReader(words, TCP_LAYOUT, blocks).plain(prefix);
}

/** `tls_inspector.`, `http_inspector.`: one block for all listeners. */
export function inspectorStats(words: WorkerWords, layout: Layout, name: string, block: number): Iterable<Stat> {
  return new BlockReader(words, layout, [block]).plain({ name, metric: name, tags: [] });
}

const PROXY_ERROR = 'downstream_cx_proxy_proto_error';

/** `proxy_proto.PREFIX.*`. */
export function proxyProtocolStats(words: WorkerWords, statPrefix: string, block: number): Iterable<Stat> {
  const name = statPrefix ? `proxy_proto.${statPrefix}.` : 'proxy_proto.';
  const reader = new BlockReader(words, PROXY_PROTOCOL_LAYOUT, [block]);
  return reader.plain({ name, metric: name, tags: [] }, (member) => member.name === PROXY_ERROR);
}

/** `downstream_cx_proxy_proto_error`: of all proxy_protocol filters. */
export function proxyErrorStat(words: WorkerWords, blocks: readonly number[]): Stat {
  const value = new BlockReader(words, PROXY_PROTOCOL_LAYOUT, blocks).number(PROXY_ERROR);
  return numberStat({ name: '', metric: '', tags: [] }, PROXY_ERROR, 'counter', value);
}

const INTERNAL = 'internal.';

/** `breakers`: undefined where the cluster's limits are not known. */
export function* clusterStats(
  words: WorkerWords,
  name: string,
  blocks: readonly number[],
  control: ReadonlyMap<string, { kind: 'counter' | 'gauge'; value: number }>,
  breakers: CircuitBreakers | undefined,
): Iterable<Stat> {
  const reader = new BlockReader(words, CLUSTER_LAYOUT, blocks);
  const stat = statName(name);
  const prefix: Prefix = { name: `cluster.${stat}.`, metric: 'cluster.', tags: [['envoy_cluster_name', stat]] };
  yield* reader.plain(prefix, ({ name: member }) => member.endsWith('upstream_rq_time') || control.has(member));
  yield* constants(prefix, CLUSTER_CONSTANTS);
  for (const [member, { kind, value }] of control)
    yield numberStat(prefix, member, kind, value + workersPart(reader, member));
  yield* requestStats(reader, prefix);
  if (breakers !== undefined) yield* circuitBreakerStats(reader, prefix, breakers);
}

// Workers count members of their own making (ORIGINAL_DST) beside control.
function workersPart(reader: BlockReader, member: string): number {
  return member === 'membership_change' ? reader.number(member) : 0;
}

// Envoy counts each response under its plain name and again under `internal.` or `external.`: here, external is what is not internal.
function* requestStats(reader: BlockReader, prefix: Prefix): Iterable<Stat> {
  const all = reader.codes('upstream_rq');
  const internal = reader.codes(`${INTERNAL}upstream_rq`);
  yield* codeStats(prefix, 'upstream_rq', all);
  if (binCount(all) === 0) yield numberStat(prefix, 'upstream_rq_completed', 'counter', 0);
  yield* codeStats(prefix, `${INTERNAL}upstream_rq`, internal);
  yield* codeStats(prefix, 'external.upstream_rq', subtractBins(all, internal));
  const time = reader.histogram(CLUSTER_LAYOUT.at('upstream_rq_time'));
  const internalTime = reader.histogram(CLUSTER_LAYOUT.at(`${INTERNAL}upstream_rq_time`));
  const parts: [string, Bins][] = [
    ['upstream_rq_time', time],
    [`${INTERNAL}upstream_rq_time`, internalTime],
    ['external.upstream_rq_time', subtractBins(time, internalTime)],
  ];
  for (const [name, bins] of parts) if (bins.length > 0) yield histogramStat(prefix, name, bins);
}

/** Only what has been seen, as in Envoy: upstream_rq_200, upstream_rq_2xx, upstream_rq_completed. */
function* codeStats(prefix: Prefix, name: string, codes: Bins): Iterable<Stat> {
  const groups = Array<number>(STAT_CLASSES).fill(0);
  for (const [code, count] of codes) {
    if (code !== 0) yield codeStat(prefix, name, code, count);
    groups[Math.floor(code / 100)] += count;
  }
  for (let group = 1; group <= 5; group++) if (groups[group] > 0) yield classStat(prefix, name, group, groups[group]);
  const completed = binCount(codes);
  if (completed > 0) yield numberStat(prefix, `${name}_completed`, 'counter', completed);
}
