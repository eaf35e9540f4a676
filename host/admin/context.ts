// What the admin listener needs of the rest of the process.
import type { Locality } from '../cluster/endpoint.js';
import type { Layer } from '../runtime/layer.js';
import type { CircuitBreakerLimits } from '../stats/circuit_breakers.js';
import type { StatsRegistry } from '../stats/registry.js';

/** envoy.admin.v3.ServerInfo.State */
export type ServerState = 'PRE_INITIALIZING' | 'INITIALIZING' | 'LIVE' | 'DRAINING';

export interface HostView {
  /** "127.0.0.1:80", "[::1]:80" or a UNIX path. */
  readonly address: string;
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly health: 'healthy' | 'degraded' | 'unhealthy' | 'draining';
  readonly locality?: Locality;
  /** Sums over the workers. */
  readonly connections: number;
  readonly activeRequests: number;
}

export interface ClusterView {
  readonly name: string;
  /** alt_stat_name, or the name. */
  readonly observabilityName: string;
  readonly addedViaApi: boolean;
  readonly limits: { readonly default: CircuitBreakerLimits; readonly high: CircuitBreakerLimits };
  readonly hosts: readonly HostView[];
}

export interface ListenerView {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** One resource of a list of /config_dump. */
export interface ConfigEntry {
  readonly name: string;
  readonly json: Record<string, unknown>;
}

/** envoy.admin.v3.ClustersConfigDump and its like. */
export interface ConfigSection {
  readonly type: string;
  readonly version: string;
  readonly lists: readonly (readonly [name: string, entries: readonly ConfigEntry[]])[];
}

export interface ConfigView {
  readonly bootstrap: Record<string, unknown>;
  readonly lastUpdated: string;
  readonly sections: readonly ConfigSection[];
}

/** The loggers of the process, by component. */
export interface LogLevels {
  /** Component and the name of its level. */
  list(): Iterable<readonly [component: string, level: string]>;
  /** Names of levels, from the most to the least talkative. */
  readonly levels: readonly string[];
  setAll(level: string): void;
  /** False when there is no such component. */
  set(component: string, level: string): boolean;
}

/** The runtime layers, the one that decides last. */
export interface RuntimeView {
  layers(): readonly Layer[];
  /** Sets keys of the admin layer, or takes them away (''); returns why nothing was changed. */
  modify(values: ReadonlyMap<string, string>): string | undefined;
}

export interface AdminContext {
  readonly version: string;
  readonly stats: StatsRegistry;
  readonly logLevels: LogLevels;
  /** envoy.admin.v3.CommandLineOptions, as far as weft has them. */
  readonly commandLineOptions: Readonly<Record<string, unknown>>;
  /** envoy.config.core.v3.Node as JSON. */
  readonly node: Readonly<Record<string, unknown>>;
  readonly runtime: RuntimeView;
  state(): ServerState;
  clusters(): Iterable<ClusterView>;
  listeners(): Iterable<ListenerView>;
  config(): ConfigView;
  /** Ends the process as SIGTERM does. Called after the answer has gone out. */
  quit(): void;
  /** Accepts no more connections; the process goes on. */
  drainListeners(): void;
  /** POST /healthcheck/fail and /healthcheck/ok. */
  failHealthCheck(failed: boolean): void;
}
