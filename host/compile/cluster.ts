// envoy.config.cluster.v3.Cluster -> ClusterSpec: the settings of the cluster, its endpoints, and where they come from.
// Findings are added, never thrown; what is returned beside an error is not to be used.
import type { envoy } from '../../proto/generated/api.js';
import type { ClusterModel, ThresholdModel } from '../cluster/model.js';
import { finding, type Finding } from '../config/finding.js';
import { durationMs, wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import { readDiscovery, type DiscoveryModel } from './cluster_discovery.js';
import { readBind, type BindConfig } from './cluster_bind.js';
import { EndpointReader, type EndpointModel } from './cluster_endpoints.js';
import { readLoadBalancer } from './cluster_load_balancer.js';
import { readClusterProvided, readOriginalDst } from './cluster_original_dst.js';
import { readKeepalive, readProtocolOptions, speaksHttp2 } from './cluster_protocol_options.js';
import { readTransportSocket } from './cluster_transport_socket.js';

type Cluster = envoy.config.cluster.v3.Cluster;
type Thresholds = envoy.config.cluster.v3.CircuitBreakers.Thresholds;

export interface ClusterSpec {
  readonly model: ClusterModel;
  readonly discovery: DiscoveryModel;
  readonly endpoints: readonly EndpointModel[];
  /** Prefix of the statistics: alt_stat_name, else the name. */
  readonly statName: string;
  /** wait_for_warm_on_init: start-up waits for the first resolution. */
  readonly waitForWarm: boolean;
  /** It leads to a control plane by HTTP/2: workers, which do not speak it, never see the cluster. */
  readonly isControlOnly: boolean;
}

const CONNECT_TIMEOUT_MS = 5000;
const BUFFER_LIMIT = 1024 * 1024; // per_connection_buffer_limit_bytes
const NO_BUFFER_LIMIT = 0x7fff_ffff; // what 0 means
const DEFAULT_PRIORITY = 0; // core.v3.RoutingPriority
const HIGH_PRIORITY = 1;
const PANIC_THRESHOLD = 50; // percent
const OVERPROVISIONING = 140; // percent

function readThresholds(thresholds: Thresholds | undefined): ThresholdModel {
  return {
    maxConnections: wrapped(thresholds?.max_connections, 1024),
    maxPendingRequests: wrapped(thresholds?.max_pending_requests, 1024),
    maxRequests: wrapped(thresholds?.max_requests, 1024),
    maxRetries: wrapped(thresholds?.max_retries, 3),
  };
}

/** What of a bootstrap concerns its clusters. */
export interface ClusterSurroundings {
  /** cluster_manager.upstream_bind_config */
  readonly bind?: BindConfig | null | undefined;
  /** Names of clusters that gRPC to a control plane goes to. */
  readonly controlPlanes?: ReadonlySet<string>;
}

function readModel(
  cluster: Cluster,
  kind: DiscoveryModel['kind'],
  around: ClusterSurroundings,
  path: string,
  findings: Finding[],
): ClusterModel {
  const policy = cluster.load_assignment?.policy;
  const thresholds = cluster.circuit_breakers?.thresholds ?? [];
  // The first entry of a priority counts, as in Envoy.
  const of = (priority: number) => readThresholds(thresholds.find((t) => t.priority === priority));
  return {
    name: cluster.name,
    loadBalancer: (kind === 'original_dst' ? readClusterProvided : readLoadBalancer)(cluster, path, findings),
    thresholds: [of(DEFAULT_PRIORITY), of(HIGH_PRIORITY)],
    connectTimeout: durationMs(cluster.connect_timeout, CONNECT_TIMEOUT_MS),
    bufferLimit: wrapped(cluster.per_connection_buffer_limit_bytes, BUFFER_LIMIT) || NO_BUFFER_LIMIT,
    keepalive: readKeepalive(cluster),
    bind: readBind(cluster.upstream_bind_config, around.bind, fieldPath(path, 'upstream_bind_config'), findings),
    proxyProtocol: readTransportSocket(cluster, path, findings),
    originalDst: kind === 'original_dst' ? readOriginalDst(cluster, path, findings) : undefined,
    panicThreshold: cluster.common_lb_config?.healthy_panic_threshold?.value ?? PANIC_THRESHOLD,
    overprovisioningFactor: wrapped(policy?.overprovisioning_factor, OVERPROVISIONING),
    weightedPriorityHealth: policy?.weighted_priority_health ?? false,
    ...readProtocolOptions(cluster, around.controlPlanes?.has(cluster.name) ?? false, path, findings),
  };
}

function readEndpoints(
  cluster: Cluster,
  kind: DiscoveryModel['kind'],
  path: string,
  findings: Finding[],
): readonly EndpointModel[] {
  const reader = new EndpointReader(kind !== 'static' && kind !== 'eds', findings);
  if (kind === 'original_dst') return [];
  const at = fieldPath(path, 'load_assignment');
  if (cluster.load_assignment) reader.readAssignment(cluster.load_assignment, at);
  if (kind === 'eds' && cluster.load_assignment) {
    findings.push(finding('WEFT1410', at, 'a cluster of type EDS has no load_assignment of its own'));
  }
  const groups = cluster.load_assignment?.endpoints ?? [];
  const single = groups.length === 1 && reader.endpoints.length === 1;
  if (kind === 'logical_dns' && !single && findings.length === 0) {
    findings.push(finding('WEFT1410', at, 'a LOGICAL_DNS cluster has one locality with one endpoint'));
  }
  return reader.endpoints;
}

export function readCluster(
  cluster: Cluster,
  path: string,
  findings: Finding[],
  around: ClusterSurroundings = {},
): ClusterSpec {
  const discovery = readDiscovery(cluster, path, findings);
  return {
    model: readModel(cluster, discovery.kind, around, path, findings),
    discovery,
    endpoints: readEndpoints(cluster, discovery.kind, path, findings),
    statName: cluster.alt_stat_name || cluster.name,
    waitForWarm: wrapped(cluster.wait_for_warm_on_init, true),
    isControlOnly: speaksHttp2(cluster),
  };
}

/** Reads static_resources.clusters (or the resources of another source at `path`). Names are unique. */
export function readClusters(
  clusters: readonly Cluster[],
  path: string,
  findings: Finding[],
  around: ClusterSurroundings = {},
): ClusterSpec[] {
  const seen = new Set<string>();
  return clusters.map((cluster, i) => {
    const at = indexPath(path, i);
    if (seen.has(cluster.name)) {
      findings.push(
        finding('WEFT1402', fieldPath(at, 'name'), 'another cluster has this name', { value: cluster.name }),
      );
    }
    seen.add(cluster.name);
    return readCluster(cluster, at, findings, around);
  });
}
