// A bootstrap held to everything that the compilers know, and thrown away: what `weft validate` does.
import { MAX_CLUSTERS, MAX_ROUTE_CONFIGS } from '../../assembly/abi.js';
import { AccessLogs, type PlanForCore } from '../access_log/access_logs.js';
import type { AccessLogMessage } from '../access_log/messages.js';
import { readClusters, type ClusterSpec, type ClusterSurroundings } from '../compile/cluster.js';
import { checkGeneralBind } from '../compile/cluster_bind.js';
import { readAddress } from '../compile/listener.js';
import type { Bootstrap } from '../config/bootstrap.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import { suggest } from '../config/suggest.js';
import { fieldPath, indexPath } from '../config/path.js';
import { compileCore, createMemory, loadCore, type Core } from '../core/load.js';
import { NameIndices } from '../core/name_indices.js';
import { checkRuntime } from '../runtime/check_runtime.js';
import { RuntimeKeys } from '../runtime/keys.js';
import { checkSource } from '../xds/check_source.js';
import { CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION } from '../xds/kinds.js';
import { ownAddresses } from './bound_addresses.js';
import { SecretStore } from './secrets.js';
import { createRuntime } from './runtime.js';
import { CHECKED_ONLY } from '../asking/listener_askers.js';
import { grpcClusters } from './grpc_clusters.js';
import { dropParts, prepareListener, type ListenerParts, type PrepareContext } from './listener_parts.js';

const CLUSTERS_PATH = 'static_resources.clusters';
export const SECRETS_PATH = 'static_resources.secrets';
const LISTENERS_PATH = 'static_resources.listeners';

export function compileClusters(bootstrap: Bootstrap, findings: Finding[]): ClusterSpec[] {
  const around = clusterSurroundings(bootstrap);
  checkGeneralBind(around.bind, 'cluster_manager.upstream_bind_config', findings);
  return readClusters(bootstrap.static_resources?.clusters ?? [], CLUSTERS_PATH, findings, around);
}

/** What of the bootstrap concerns every cluster, wherever it comes from. */
export function clusterSurroundings(bootstrap: Bootstrap): ClusterSurroundings {
  return { bind: bootstrap.cluster_manager?.upstream_bind_config, controlPlanes: controlPlanes(bootstrap) };
}

// Clusters that gRPC goes to: to a control plane, or to a service that a filter asks, or an access log tells.
function controlPlanes({ admin, dynamic_resources: dynamic, static_resources: fixed }: Bootstrap): ReadonlySet<string> {
  const sources = [
    dynamic?.ads_config,
    dynamic?.cds_config?.api_config_source,
    dynamic?.lds_config?.api_config_source,
    ...(fixed?.clusters ?? []).map((cluster) => cluster.eds_cluster_config?.eds_config?.api_config_source),
  ];
  const names = sources.flatMap((api) => api?.grpc_services.map((each) => each.envoy_grpc?.cluster_name ?? '') ?? []);
  return new Set([...names, ...grpcClusters([fixed?.listeners, admin?.access_log])]);
}

/** One for each listener that can be built. */
export function prepareListeners(bootstrap: Bootstrap, context: PrepareContext, findings: Finding[]): ListenerParts[] {
  const mustHaveClusters = !bootstrap.dynamic_resources?.cds_config;
  const found: Finding[] = [];
  const made = (bootstrap.static_resources?.listeners ?? []).flatMap((message, i) => {
    const path = indexPath(LISTENERS_PATH, i);
    const parts = prepareListener(context, message, { path, mustHaveClusters }, found);
    return parts ? [{ parts, path }] : [];
  });
  checkUnique(made, found);
  const clusters = (bootstrap.static_resources?.clusters ?? []).map(({ name }) => name);
  findings.push(...found.map((each) => withNearest(each, clusters)));
  return made.map(({ parts }) => parts);
}

/** "Did you mean" for a cluster that is not there. */
function withNearest(found: Finding, clusters: readonly string[]): Finding {
  const { code, value } = found;
  if (code !== 'WEFT1401' || value === undefined) return found;
  const suggestion = suggest(value.replace(/^"|"$/g, ''), clusters); // a value is shown in quotes
  return suggestion === undefined ? found : { ...found, suggestion };
}

// Names and addresses: the kernel would give each of two listeners at one address a part of the connections.
function checkUnique(made: readonly { parts: ListenerParts; path: string }[], findings: Finding[]): void {
  const owners = { name: new Map<string, string>(), address: new Map<string, string>() };
  for (const { parts, path } of made) {
    const { name } = parts.model;
    const own = { name: [name], address: new Set(ownAddresses(parts.model)) };
    for (const field of ['name', 'address'] as const) {
      for (const value of own[field]) {
        const owner = owners[field].get(value);
        owners[field].set(value, name);
        if (owner === undefined) continue;
        findings.push(
          finding('WEFT1402', fieldPath(path, field), `the listener ${owner} has this ${field}`, { value }),
        );
      }
    }
  }
}

/** Where the configuration is to come from: what is wrong with it. `clusters` are those of the bootstrap. */
export function checkDynamic(bootstrap: Bootstrap, clusters: readonly ClusterSpec[], findings: Finding[]): void {
  const hasCluster = (name: string): boolean => clusters.some(({ model }) => model.name === name);
  const place = { hasCluster, hasAds: bootstrap.dynamic_resources?.ads_config !== null };
  const { ads_config: ads, cds_config: cds, lds_config: lds } = bootstrap.dynamic_resources ?? {};
  const path = 'dynamic_resources';
  if (ads) findings.push(...checkSource.api(ads, place, `${path}.ads_config`));
  if (cds) findings.push(...checkSource.any(CLUSTER, cds, place, `${path}.cds_config`));
  if (lds) findings.push(...checkSource.any(LISTENER, lds, place, `${path}.lds_config`));
  findings.push(...checkRuntime(bootstrap.layered_runtime, place));
  for (const { discovery } of clusters) {
    if (discovery.kind !== 'eds') continue;
    findings.push(...checkSource.any(CLUSTER_LOAD_ASSIGNMENT, discovery.eds.source, place, discovery.eds.path));
  }
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

function checkSecrets({ static_resources: fixed }: Bootstrap, findings: Finding[]): void {
  const store = new SecretStore({ warn: () => undefined });
  store.addStatic(fixed?.secrets ?? [], SECRETS_PATH, findings);
  store.close();
}

/** Many files can share one core. */
export function checkConfiguration(
  bootstrap: Bootstrap,
  core: Core = loadCore(createMemory(), compileCore()),
): readonly Finding[] {
  const findings: Finding[] = [];
  if (bootstrap.admin?.address) readAddress(bootstrap.admin.address, 'admin.address', findings);
  const clusters = compileClusters(bootstrap, findings);
  checkDynamic(bootstrap, clusters, findings);
  const names = new Set(clusters.map(({ model }) => model.name));
  const hasAds = bootstrap.dynamic_resources?.ads_config !== null;
  const place = { hasCluster: (name: string): boolean => names.has(name), hasAds };
  const indices = new NameIndices(MAX_CLUSTERS, 'clusters');
  const runtimeKeys = new RuntimeKeys(core);
  if (!hasErrors(findings)) runtimeKeys.apply(createRuntime(bootstrap).snapshot);
  const accessLogs = new AccessLogs();
  compileAdminLog(bootstrap, accessLogs, true, findings);
  checkSecrets(bootstrap, findings);
  const context: PrepareContext = {
    core,
    clusters: { indices, indexOf: (name) => (names.has(name) ? 0 : undefined) },
    runtimeKeys,
    routeIndices: new NameIndices(MAX_ROUTE_CONFIGS, 'route configurations'),
    accessLogs,
    dry: true,
    checkRds: ({ source, path }) => checkSource.any(ROUTE_CONFIGURATION, source, place, path),
    askers: CHECKED_ONLY,
  };
  for (const parts of prepareListeners(bootstrap, context, findings)) dropParts(context, parts);
  return findings;
}
