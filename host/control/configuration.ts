// What the static resources of a bootstrap come to: models of clusters and listeners, and objects of route configurations.
import { compileRouteConfig } from '../compile/route_config.js';
import { readClusters, type ClusterSpec } from '../compile/cluster.js';
import { readListener, type ListenerModel } from '../compile/listener.js';
import type { Bootstrap } from '../config/bootstrap.js';
import type { Finding } from '../config/finding.js';
import { indexPath } from '../config/path.js';
import { compileCore, createMemory, loadCore, type Core } from '../core/load.js';
import { HTTP_FILTERS } from '../filter/http/registry.js';

/** The index of a cluster, undefined where there is none of that name. */
export type ClusterIndex = (name: string) => number | undefined;

export interface CompiledListener {
  readonly model: ListenerModel;
  /** The RouteConfig object, not yet published; 0 for a TCP proxy. */
  readonly routeConfig: number;
}

const CLUSTERS_PATH = 'static_resources.clusters';
const LISTENERS_PATH = 'static_resources.listeners';

export function compileClusters(bootstrap: Bootstrap, findings: Finding[]): ClusterSpec[] {
  return readClusters(bootstrap.static_resources?.clusters ?? [], CLUSTERS_PATH, findings);
}

/** The listeners; route configurations are left in `core`, to be published or freed. */
export function compileListeners(
  core: Core,
  bootstrap: Bootstrap,
  clusterIndex: ClusterIndex,
  findings: Finding[],
): CompiledListener[] {
  const compiled: CompiledListener[] = [];
  const context = { clusterOf: clusterIndex, httpFilters: HTTP_FILTERS };
  for (const [i, listener] of (bootstrap.static_resources?.listeners ?? []).entries()) {
    const model = readListener(listener, indexPath(LISTENERS_PATH, i), context, findings);
    if (model) compiled.push({ model, routeConfig: compileRoutes(core, model, clusterIndex, findings) });
  }
  return compiled;
}

function compileRoutes(core: Core, model: ListenerModel, clusterIndex: ClusterIndex, findings: Finding[]): number {
  if (model.network.kind !== 'http_connection_manager') return 0;
  const { routeConfig, routeConfigPath } = model.network.hcm;
  if (!routeConfig) return 0;
  const { object, findings: found } = compileRouteConfig(core, routeConfig, { clusterIndex, path: routeConfigPath });
  findings.push(...found);
  return object;
}

/** Compiles a bootstrap and throws the result away: what `weft validate` does. Many files can share one core. */
export function checkConfiguration(
  bootstrap: Bootstrap,
  core: Core = loadCore(createMemory(), compileCore()),
): readonly Finding[] {
  const findings: Finding[] = [];
  const clusters = compileClusters(bootstrap, findings);
  const indices = new Map(clusters.map(({ model }, i) => [model.name, i]));
  compileListeners(core, bootstrap, (name) => indices.get(name), findings);
  return findings;
}
