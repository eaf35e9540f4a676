// The statistics of the process: scopes with their blocks, what control keeps itself, and what readers get to see.
import { SERVER_STATS } from '../../assembly/abi.js';
import type { ClusterCounter, ClusterGauge, ClusterScope } from '../cluster/stats.js';
import { subtractBins, type Bins } from './bins.js';
import { Blocks } from './blocks.js';
import type { CircuitBreakers } from './circuit_breakers.js';
import { ControlStats } from './control_stats.js';
import {
  CLUSTER_LAYOUT,
  HTTP_INSPECTOR_LAYOUT,
  HTTP_LAYOUT,
  LISTENER_LAYOUT,
  PROXY_PROTOCOL_LAYOUT,
  SERVER_LAYOUT,
  TCP_LAYOUT,
  TLS_INSPECTOR_LAYOUT,
  type Layout,
} from './layout.js';
import {
  BlockReader,
  clusterStats,
  httpStats,
  inspectorStats,
  listenerHttpStats,
  listenerStats,
  proxyErrorStat,
  proxyProtocolStats,
  tcpStats,
} from './scope.js';
import type { Stat } from './stat.js';
import { WorkerWords } from './worker_words.js';

const FLUSH_MS = 5000; // Envoy's stats_flush_interval

type Control = Map<string, { kind: 'counter' | 'gauge'; value: number }>;
interface ClusterEntry {
  readonly blocks: number[];
  readonly control: Control;
  breakers: (() => CircuitBreakers) | undefined;
  members: (() => number) | undefined;
}
interface HttpBlock {
  readonly block: number;
  readonly prefix: string;
  readonly listener: string;
}

/** A cluster's scope, with its limits for the circuit breakers' gauges. */
export interface ClusterStatScope extends ClusterScope {
  /** The limits are asked for when somebody looks. */
  setCircuitBreakers(breakers: () => CircuitBreakers): void;
  /** membership_total and _healthy of a cluster whose endpoints the workers make: asked when somebody looks. */
  setMembers(count: (() => number) | undefined): void;
}

const CLUSTER_COUNTERS: readonly ClusterCounter[] = [
  'membership_change',
  'update_attempt',
  'update_success',
  'update_failure',
  'update_empty',
  'update_no_rebuild',
];
const CLUSTER_GAUGES: readonly ClusterGauge[] = [
  'membership_total',
  'membership_healthy',
  'membership_degraded',
  'membership_excluded',
];

const LIVING_MEMBERS: readonly ClusterGauge[] = ['membership_total', 'membership_healthy'];

const CLUSTER_HISTOGRAMS = CLUSTER_LAYOUT.members.filter(({ kind }) => kind === 'histogram');

export class StatsRegistry {
  /** What is no scope's: `server.*`, `weft.*`, … */
  readonly control = new ControlStats();
  private readonly words: WorkerWords;
  private readonly blocks: Blocks;
  private readonly clusters = new Map<string, ClusterEntry>();
  private readonly listeners = new Map<string, number[]>();
  private readonly tcpProxies = new Map<string, number[]>();
  private readonly https: HttpBlock[] = [];
  private readonly inspectors = new Map<string, { layout: Layout; block: number }>();
  private readonly proxyProtocols = new Map<string, number>();
  private readonly flushed = new Map<string, { bins: Bins; interval: Bins }>();
  private readonly resetValues = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  /** `blocks`: where the worker blocks begin in the shared memory. */
  constructor(buffer: ArrayBufferLike, blocks: readonly number[]) {
    this.words = new WorkerWords(buffer, blocks);
    this.blocks = new Blocks(this.words);
  }

  readonly cluster = (statName: string): ClusterStatScope => {
    const entry = entryOf(this.clusters, statName, newCluster);
    const block = this.blocks.take(CLUSTER_LAYOUT);
    entry.blocks.push(block);
    const add = (name: string, n: number): void => {
      const member = entry.control.get(name);
      if (member !== undefined) member.value += n;
    };
    return {
      block,
      count: (name) => add(name, 1),
      set(name, value) {
        const member = entry.control.get(name);
        if (member !== undefined) member.value = value;
      },
      setCircuitBreakers: (breakers) => (entry.breakers = breakers),
      setMembers: (count) => (entry.members = count),
      release: () => {
        this.giveBack(this.clusters, statName, entry.blocks, block, CLUSTER_LAYOUT);
      },
    };
  };

  /** First index of LISTENER_STAT_*. `name`: the listener's stat_prefix or its address. */
  readonly listener = (name: string): number => this.takeBlock(this.listeners, name, LISTENER_LAYOUT);

  /** First index of TCP_STAT_*. */
  readonly tcp = (prefix: string): number => this.takeBlock(this.tcpProxies, prefix, TCP_LAYOUT);

  /** First index of HCM_STAT_*: one block for each (listener, connection manager). */
  readonly http = (prefix: string, listener: string): number => {
    const block = this.blocks.take(HTTP_LAYOUT);
    this.https.push({ block, prefix, listener });
    return block;
  };

  /** First index of TLS_INSPECTOR_STAT_*: all filters of the kind share it, as they do in Envoy. */
  readonly tlsInspector = (): number => this.inspector('tls_inspector.', TLS_INSPECTOR_LAYOUT);

  /** First index of HTTP_INSPECTOR_STAT_*. */
  readonly httpInspector = (): number => this.inspector('http_inspector.', HTTP_INSPECTOR_LAYOUT);

  /** First index of PROXY_PROTOCOL_STAT_*, one block for each stat_prefix. */
  readonly proxyProtocol = (prefix: string): number =>
    entryOf(this.proxyProtocols, prefix, () => this.blocks.take(PROXY_PROTOCOL_LAYOUT));

  private inspector(name: string, layout: Layout): number {
    return entryOf(this.inspectors, name, () => ({ layout, block: this.blocks.take(layout) })).block;
  }

  /** A listener is gone and no worker counts in its blocks any more. */
  releaseListener(name: string, block: number): void {
    this.giveBack(this.listeners, name, this.listeners.get(name) ?? [], block, LISTENER_LAYOUT);
  }

  releaseTcp(prefix: string, block: number): void {
    this.giveBack(this.tcpProxies, prefix, this.tcpProxies.get(prefix) ?? [], block, TCP_LAYOUT);
  }

  releaseHttp(block: number): void {
    const i = this.https.findIndex((each) => each.block === block);
    if (i < 0) return;
    this.https.splice(i, 1);
    this.blocks.give(HTTP_LAYOUT, block);
  }

  /** Takes a dead worker's connections and requests out of the gauges; what it has counted stays. */
  workerDied(worker: number): void {
    const forget = (layout: Layout, blocks: readonly number[]): void => {
      for (const { kind, index } of layout.members) {
        if (kind === 'gauge') for (const block of blocks) this.words.forget(worker, block + index);
      }
    };
    for (const { blocks } of this.clusters.values()) forget(CLUSTER_LAYOUT, blocks);
    for (const blocks of this.listeners.values()) forget(LISTENER_LAYOUT, blocks);
    for (const blocks of this.tcpProxies.values()) forget(TCP_LAYOUT, blocks);
    forget(
      HTTP_LAYOUT,
      this.https.map(({ block }) => block),
    );
  }

  /** Every statistic as it is now, in no order. */
  *stats(): Iterable<Stat> {
    this.countMembers();
    for (const stat of this.raw()) {
      if (stat.kind !== 'counter' || this.resetValues.size === 0) yield stat;
      else yield { ...stat, value: stat.value - (this.resetValues.get(stat.name) ?? 0) };
    }
  }

  /** One statistic, for the parts of the admin page that show a few. */
  readCluster(statName: string, member: string): number {
    return this.clusterReader(statName).number(member);
  }

  /** Open downstream connections. */
  totalConnections(): number {
    let sum = 0;
    for (const blocks of this.listeners.values()) {
      sum += new BlockReader(this.words, LISTENER_LAYOUT, blocks).number('downstream_cx_active');
    }
    return sum;
  }

  // Endpoints that the workers make are counted when somebody looks: it is a walk through all of them.
  private countMembers(): void {
    for (const { control, members } of this.clusters.values()) {
      const count = members?.();
      if (count !== undefined) for (const gauge of LIVING_MEMBERS) control.get(gauge)!.value = count;
    }
  }

  /** What a histogram got in the last whole interval of 5 s. */
  interval(name: string): Bins {
    return this.flushed.get(name)?.interval ?? [];
  }

  /** POST /reset_counters: counters count from here on. */
  resetCounters(): void {
    for (const stat of this.raw()) if (stat.kind === 'counter') this.resetValues.set(stat.name, stat.value);
  }

  /** Starts the intervals of the histograms. */
  start(): void {
    this.timer = setInterval(() => this.flush(), FLUSH_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Ends an interval. */
  flush(): void {
    for (const stat of this.histograms()) {
      if (stat.kind !== 'histogram' || stat.bins.length === 0) continue;
      const before = this.flushed.get(stat.name)?.bins ?? [];
      this.flushed.set(stat.name, { bins: stat.bins, interval: subtractBins(stat.bins, before) });
    }
  }

  // Every interval looks at all of thousands of clusters, of which few have recorded anything.
  private *histograms(): Iterable<Stat> {
    for (const [name, { blocks, control }] of this.clusters) {
      if (!blocks.some((block) => this.hasRecorded(block))) continue;
      yield* clusterStats(this.words, name, blocks, control, undefined);
    }
    yield* this.others();
  }

  private hasRecorded(block: number): boolean {
    return CLUSTER_HISTOGRAMS.some(({ index }) => this.words.hasHistogram(block + index));
  }

  private *raw(): Iterable<Stat> {
    for (const [name, { blocks, control, breakers }] of this.clusters) {
      yield* clusterStats(this.words, name, blocks, control, breakers?.());
    }
    yield* this.others();
  }

  private *others(): Iterable<Stat> {
    for (const [name, blocks] of this.listeners) yield* listenerStats(this.words, name, blocks);
    for (const [name, blocks] of this.tcpProxies) yield* tcpStats(this.words, name, blocks);
    for (const [prefix, https] of groupBy(this.https, ({ prefix }) => prefix)) {
      yield* httpStats(
        this.words,
        prefix,
        https.map(({ block }) => block),
      );
      for (const [listener, each] of groupBy(https, (http) => http.listener)) {
        yield* listenerHttpStats(
          this.words,
          listener,
          prefix,
          each.map(({ block }) => block),
        );
      }
    }
    for (const [name, { layout, block }] of this.inspectors) yield* inspectorStats(this.words, layout, name, block);
    for (const [prefix, block] of this.proxyProtocols) yield* proxyProtocolStats(this.words, prefix, block);
    if (this.proxyProtocols.size > 0) yield proxyErrorStat(this.words, [...this.proxyProtocols.values()]);
    yield* new BlockReader(this.words, SERVER_LAYOUT, [SERVER_STATS]).plain({ name: '', metric: '', tags: [] });
    yield* this.control.stats();
  }

  private clusterReader(statName: string): BlockReader {
    return new BlockReader(this.words, CLUSTER_LAYOUT, this.clusters.get(statName)?.blocks ?? []);
  }

  private takeBlock(scopes: Map<string, number[]>, name: string, layout: Layout): number {
    const block = this.blocks.take(layout);
    entryOf(scopes, name, () => []).push(block);
    return block;
  }

  private giveBack(scopes: Map<string, unknown>, name: string, blocks: number[], block: number, layout: Layout): void {
    const i = blocks.indexOf(block);
    if (i < 0) return;
    blocks.splice(i, 1);
    if (blocks.length === 0) scopes.delete(name);
    this.blocks.give(layout, block);
  }
}

function newCluster(): ClusterEntry {
  const control: Control = new Map();
  for (const name of CLUSTER_COUNTERS) control.set(name, { kind: 'counter', value: 0 });
  for (const name of CLUSTER_GAUGES) control.set(name, { kind: 'gauge', value: 0 });
  return { blocks: [], control, breakers: undefined, members: undefined };
}

function entryOf<T>(map: Map<string, T>, name: string, make: () => T): T {
  let entry = map.get(name);
  if (entry === undefined) map.set(name, (entry = make()));
  return entry;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) entryOf(groups, keyOf(item), () => []).push(item);
  return groups;
}
