// What the static resources of a bootstrap come to: models of clusters and listeners, and objects of route configurations.
import { AccessLogs, type PlanForCore } from '../access_log/access_logs.js';
import type { AccessLogMessage } from '../access_log/messages.js';
import { compileRouteConfig } from '../compile/route_config.js';
import { readClusters, type ClusterSpec } from '../compile/cluster.js';
import { checkGeneralBind } from '../compile/cluster_bind.js';
import { readAddress, readListener, type ListenerModel, type NetworkModel } from '../compile/listener.js';
import type { Bootstrap } from '../config/bootstrap.js';
import type { Finding } from '../config/finding.js';
import { indexPath } from '../config/path.js';
import { compileCore, createMemory, loadCore, type Core } from '../core/load.js';
import { HTTP_FILTERS } from '../filter/http/registry.js';

/** The index of a cluster, undefined where there is none of that name. */
export type ClusterIndex = (name: string) => number | undefined;

export interface CompiledListener {
  readonly model: ListenerModel;
  /** What the core keeps of a connection for the listener's own access logs; undefined without any. */
  readonly accessLog: PlanForCore | undefined;
  /** Of each of the model's chains. */
  readonly chains: readonly CompiledChain[];
}

export interface CompiledChain {
  /** What the core keeps of a stream for the access logs; undefined without any. */
  readonly accessLog: PlanForCore | undefined;
  /** The RouteConfig object, not yet published; 0 for a TCP proxy. */
  readonly routeConfig: number;
}

const CLUSTERS_PATH = 'static_resources.clusters';
const LISTENERS_PATH = 'static_resources.listeners';

export function compileClusters(bootstrap: Bootstrap, findings: Finding[]): ClusterSpec[] {
  const bind = bootstrap.cluster_manager?.upstream_bind_config;
  checkGeneralBind(bind, 'cluster_manager.upstream_bind_config', findings);
  return readClusters(bootstrap.static_resources?.clusters ?? [], CLUSTERS_PATH, findings, { bind });
}

export interface ListenerParts {
  readonly core: Core;
  readonly clusterIndex: ClusterIndex;
  readonly accessLogs: AccessLogs;
  /** Files of access logs are not opened. */
  readonly dry: boolean;
}

/** The listeners; route configurations are left in `core`, to be published or freed. */
export function compileListeners(bootstrap: Bootstrap, parts: ListenerParts, findings: Finding[]): CompiledListener[] {
  const compiled: CompiledListener[] = [];
  const context = { clusterOf: parts.clusterIndex, httpFilters: HTTP_FILTERS };
  for (const [i, listener] of (bootstrap.static_resources?.listeners ?? []).entries()) {
    const model = readListener(listener, indexPath(LISTENERS_PATH, i), context, findings);
    if (model) compiled.push(compileParts(model, parts, findings));
  }
  return compiled;
}

function compileParts(model: ListenerModel, parts: ListenerParts, findings: Finding[]): CompiledListener {
  const accessLog = compileLogs(model, parts, findings);
  return { model, accessLog, chains: model.chains.map(({ network }) => compileChain(network, parts, findings)) };
}

function compileChain(network: NetworkModel, parts: ListenerParts, findings: Finding[]): CompiledChain {
  if (network.kind === 'none') return { accessLog: undefined, routeConfig: 0 };
  const accessLog = compileLogs(network.kind === 'tcp_proxy' ? network.tcpProxy : network.hcm, parts, findings);
  return { accessLog, routeConfig: compileRoutes(network, parts, findings) };
}

function compileLogs(
  { accessLogs, accessLogsPath }: Pick<ListenerModel, 'accessLogs' | 'accessLogsPath'>,
  parts: ListenerParts,
  findings: Finding[],
): PlanForCore | undefined {
  const logs = accessLogs as readonly unknown[] as readonly AccessLogMessage[];
  const { plan, findings: found } = parts.accessLogs.add(logs, accessLogsPath, parts.dry);
  findings.push(...found);
  return plan;
}

function compileRoutes(network: NetworkModel, parts: ListenerParts, findings: Finding[]): number {
  if (network.kind !== 'http_connection_manager' || !network.hcm.routeConfig) return 0;
  const { routeConfig, routeConfigPath: path } = network.hcm;
  const { clusterIndex } = parts;
  const { object, findings: found } = compileRouteConfig(parts.core, routeConfig, { clusterIndex, path });
  findings.push(...found);
  return object;
}

/** What is logged of requests to the admin listener; undefined where nothing is. */
export function compileAdminLog(
  bootstrap: Bootstrap,
  accessLogs: AccessLogs,
  dry: boolean,
  findings: Finding[],
): PlanForCore | undefined {
  const messages = (bootstrap.admin?.access_log ?? []) as readonly unknown[] as readonly AccessLogMessage[];
  const { plan, findings: found } = accessLogs.add(messages, 'admin.access_log', dry);
  findings.push(...found);
  return plan;
}

/** Compiles a bootstrap and throws the result away: what `weft validate` does. Many files can share one core. */
export function checkConfiguration(
  bootstrap: Bootstrap,
  core: Core = loadCore(createMemory(), compileCore()),
): readonly Finding[] {
  const findings: Finding[] = [];
  if (bootstrap.admin?.address) readAddress(bootstrap.admin.address, 'admin.address', findings);
  const clusters = compileClusters(bootstrap, findings);
  const indices = new Map(clusters.map(({ model }, i) => [model.name, i]));
  const clusterIndex = (name: string): number | undefined => indices.get(name);
  const accessLogs = new AccessLogs();
  compileAdminLog(bootstrap, accessLogs, true, findings);
  compileListeners(bootstrap, { core, clusterIndex, accessLogs, dry: true }, findings);
  return findings;
}
