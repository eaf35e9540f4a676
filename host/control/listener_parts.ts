// A listener message -> everything that its object needs: the model, the access log plans, the routes of its own, the names it refers
// to. All of it is given back when the object is freed, or when it is never made.
import type { envoy } from '../../proto/generated/api.js';
import { LISTENER_DIR, STEP_HTTP_INSPECTOR, STEP_PROXY_PROTOCOL, STEP_TLS_INSPECTOR } from '../../assembly/abi.js';
import type { AccessLogs, PlanForCore } from '../access_log/access_logs.js';
import type { AccessLogMessage } from '../access_log/messages.js';
import type { ListenerFilterModel } from '../compile/listener_filters.js';
import { readListener, type ListenerModel, type NetworkModel } from '../compile/listener.js';
import {
  buildListener,
  type FilterChainPlace,
  type ListenerObject,
  type LocalInfo,
} from '../compile/listener_object.js';
import { releaseNames, type RouteDirectory, type RouteObject } from '../compile/route_directory.js';
import { hasErrors, type Finding } from '../config/finding.js';
import type { Core } from '../core/load.js';
import { References, type NameIndices } from '../core/name_indices.js';
import type { ListenerAskers } from '../asking/listener_askers.js';
import type { AskerSpec } from '../filter/asker_spec.js';
import { HTTP_FILTERS } from '../filter/http/registry.js';
import type { StatsRegistry } from '../stats/registry.js';
import type { RdsModel } from '../compile/http_connection_manager.js';
import { compileRoutes, RouteDiscovery, type RouteNames } from './routes.js';

type Listener = envoy.config.listener.v3.Listener;

const ALL_TEXTS = 0xffff_ffff; // of an access log record (LOG_TEXT_*)

/** What is needed to say whether a listener can be built. */
export interface PrepareContext extends RouteNames {
  readonly core: Core;
  readonly routeIndices: NameIndices;
  readonly accessLogs: AccessLogs;
  /** Files of access logs are not opened. */
  readonly dry: boolean;
  readonly checkRds: (rds: RdsModel) => readonly Finding[];
  readonly askers: ListenerAskers;
}

export interface ListenerContext extends PrepareContext {
  readonly directory: RouteDirectory;
  readonly routes: RouteDiscovery;
  readonly stats: StatsRegistry;
  readonly localInfo: LocalInfo;
}

interface ChainParts {
  readonly accessLog: PlanForCore | undefined;
  /** Inline routes. */
  readonly routes: RouteObject | undefined;
  readonly rds: RdsModel | undefined;
}

export interface ListenerParts {
  readonly model: ListenerModel;
  /** The listener's own. */
  readonly accessLog: PlanForCore | undefined;
  readonly chains: readonly ChainParts[];
  readonly clusters: References;
  readonly routeNames: References;
  /** Of its filters. */
  readonly askers: readonly number[];
}

export interface PartsOptions {
  readonly path: string;
  /** Clusters must be there: in a static configuration nothing else will bring them. */
  readonly mustHaveClusters: boolean;
}

/** Undefined with an error among the findings; nothing is left behind then. */
export function prepareListener(
  context: PrepareContext,
  message: Listener,
  { path, mustHaveClusters }: PartsOptions,
  findings: Finding[],
): ListenerParts | undefined {
  const clusters = new References(context.clusters.indices);
  const clusterOf = (name: string): number | undefined =>
    mustHaveClusters && context.clusters.indexOf(name) === undefined ? undefined : clusters.indexOf(name);
  const own: Finding[] = [];
  const askers: number[] = [];
  const asker = (spec: AskerSpec, into: Finding[]): number => addAsker(context, spec, askers, into);
  const model = readListener(message, path, { clusterOf, httpFilters: HTTP_FILTERS, asker }, own);
  const chains = model?.chains.map(({ network }) => prepareChain(context, network, own)) ?? [];
  const accessLog = model && addLogs(context, model, own);
  findings.push(...own);
  const routeNames = new References(context.routeIndices);
  if (model && !hasErrors(own)) return { model, accessLog, chains, clusters, routeNames, askers };
  dropParts(context, { accessLog, chains, clusters, askers });
  return undefined;
}

/** What was prepared is not to be built. */
export function dropParts(
  context: PrepareContext,
  { accessLog, chains, clusters, askers }: Pick<ListenerParts, 'accessLog' | 'chains' | 'clusters' | 'askers'>,
): void {
  if (accessLog) context.accessLogs.remove(accessLog.id);
  for (const chain of chains) dropChain(context, chain);
  for (const asker of askers) context.askers.remove(asker);
  clusters.release();
}

// Nothing is asked in a dry run.
function addAsker({ askers, dry }: PrepareContext, spec: AskerSpec, into: number[], findings: Finding[]): number {
  findings.push(...askers.check(spec));
  if (dry) return 0;
  const number = askers.add(spec);
  into.push(number);
  return number;
}

function prepareChain(context: PrepareContext, network: NetworkModel, findings: Finding[]): ChainParts {
  if (network.kind === 'none') return { accessLog: undefined, routes: undefined, rds: undefined };
  const plan = addLogs(context, network.kind === 'tcp_proxy' ? network.tcpProxy : network.hcm, findings);
  if (network.kind === 'tcp_proxy') return { accessLog: plan, routes: undefined, rds: undefined };
  const { routeConfig, routeConfigPath, rds } = network.hcm;
  if (rds) findings.push(...context.checkRds(rds));
  const place = { path: routeConfigPath, validateClusters: true };
  const routes = routeConfig && compileRoutes(context.core, context, routeConfig, place, findings);
  return { accessLog: plan, routes, rds };
}

function addLogs(
  { accessLogs, dry }: PrepareContext,
  { accessLogs: logs, accessLogsPath }: Pick<ListenerModel, 'accessLogs' | 'accessLogsPath'>,
  findings: Finding[],
): PlanForCore | undefined {
  const messages = logs as readonly unknown[] as readonly AccessLogMessage[];
  const { plan, findings: found } = accessLogs.add(messages, accessLogsPath, dry);
  findings.push(...found);
  return plan;
}

function dropChain({ accessLogs, core }: PrepareContext, { accessLog, routes }: ChainParts): void {
  if (accessLog) accessLogs.remove(accessLog.id);
  if (routes) core.exports.objectFree(routes.object);
  if (routes) releaseNames(routes);
}

/** Blocks of statistics of one listener, which stay the same over its updates, so that nothing counted is lost. */
export class ListenerStats {
  private readonly blocks = new Map<string, { readonly block: number; readonly release: () => void }>();

  constructor(private readonly stats: StatsRegistry) {}

  listener(name: string): number {
    return this.block(`listener ${name}`, () => {
      const block = this.stats.listener(name);
      return { block, release: () => this.stats.releaseListener(name, block) };
    });
  }

  network(network: NetworkModel, listener: string): number {
    if (network.kind === 'none') return 0;
    if (network.kind === 'tcp_proxy') return this.tcp(network.tcpProxy.statPrefix);
    return this.http(network.hcm.statPrefix, listener);
  }

  private tcp(prefix: string): number {
    return this.block(`tcp ${prefix}`, () => {
      const block = this.stats.tcp(prefix);
      return { block, release: () => this.stats.releaseTcp(prefix, block) };
    });
  }

  private http(prefix: string, listener: string): number {
    return this.block(`http ${prefix} ${listener}`, () => {
      const block = this.stats.http(prefix, listener);
      return { block, release: () => this.stats.releaseHttp(block) };
    });
  }

  private block(key: string, take: () => { block: number; release: () => void }): number {
    let known = this.blocks.get(key);
    if (!known) this.blocks.set(key, (known = take()));
    return known.block;
  }

  /** No worker counts in them any more. */
  release(): void {
    for (const { release } of this.blocks.values()) release();
    this.blocks.clear();
  }
}

export interface ListenerSeat {
  readonly index: number;
  readonly stats: ListenerStats;
  /** Of each chain: those of an unchanged one are those that it had. */
  readonly serials: readonly number[];
}

/** The Listener object, not yet published; the routes of its own are. Throws when the table memory is exhausted. */
export function buildParts(context: ListenerContext, parts: ListenerParts, seat: ListenerSeat): ListenerObject {
  const { model, chains } = parts;
  const place = (chain: ChainParts, i: number): FilterChainPlace => ({
    serial: seat.serials[i],
    networkStats: seat.stats.network(model.chains[i].network, model.statName),
    routeConfig: routeIndex(context, parts, chain, `chain ${seat.serials[i]}`),
    accessLog: chain.accessLog && { ...chain.accessLog, need: ALL_TEXTS },
  });
  return buildListener(context.core, model, {
    index: seat.index,
    stats: seat.stats.listener(model.statName),
    filterStats: model.filters.map((filter) => filterStats(context.stats, filter)),
    accessLog: parts.accessLog && { ...parts.accessLog, need: ALL_TEXTS },
    chains: chains.map(place),
    localInfo: context.localInfo,
  });
}

function filterStats(stats: StatsRegistry, { kind, statPrefix }: ListenerFilterModel): number {
  if (kind === STEP_TLS_INSPECTOR) return stats.tlsInspector();
  if (kind === STEP_HTTP_INSPECTOR) return stats.httpInspector();
  return kind === STEP_PROXY_PROTOCOL ? stats.proxyProtocol(statPrefix) : 0;
}

function routeIndex(context: ListenerContext, { routeNames }: ListenerParts, chain: ChainParts, own: string): number {
  if (chain.rds) return routeNames.indexOf(RouteDiscovery.keyOf(chain.rds));
  if (!chain.routes) return 0;
  const index = routeNames.indexOf(own);
  context.directory.publish(own, chain.routes);
  return index;
}

/** Gives back what the object needed, once it is freed. */
export function releaseParts({ accessLogs, askers }: ListenerContext, parts: ListenerParts): void {
  const { accessLog: own, chains, clusters, routeNames } = parts;
  for (const asker of parts.askers) askers.remove(asker);
  if (own) accessLogs.remove(own.id);
  for (const { accessLog } of chains) if (accessLog) accessLogs.remove(accessLog.id);
  clusters.release();
  routeNames.release();
}

export function publishListener({ core }: ListenerContext, index: number, object: number): void {
  core.exports.publish(LISTENER_DIR + index * 4, object);
}
