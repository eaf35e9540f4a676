// envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy -> TcpProxyModel. Findings are added, never thrown.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { durationMs, wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';

type TcpProxy = envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
type AccessLog = envoy.config.accesslog.v3.AccessLog;

/** The index of a cluster by its name, undefined where there is none. */
export type ClusterLookup = (name: string) => number | undefined;

export interface WeightedClusterModel {
  readonly cluster: number; // cluster index
  readonly weight: number;
}

/** Times are ms, 0 = none. */
export interface TcpProxyModel {
  readonly statPrefix: string;
  /** One: `cluster`; several: `weighted_clusters`. */
  readonly clusters: readonly WeightedClusterModel[];
  readonly idleTimeout: number;
  readonly maxConnectAttempts: number;
  readonly maxDownstreamConnectionDuration: number;
  readonly accessLogs: readonly AccessLog[];
  readonly accessLogsPath: string;
}

const HOUR_MS = 3_600_000;
const MAX_TOTAL_WEIGHT = 0xffff_ffff;

export function readTcpProxy(
  tcp: TcpProxy,
  path: string,
  clusterOf: ClusterLookup,
  findings: Finding[],
): TcpProxyModel {
  return {
    statPrefix: tcp.stat_prefix,
    clusters: readClusters(tcp, path, clusterOf, findings),
    idleTimeout: durationMs(tcp.idle_timeout, HOUR_MS),
    maxConnectAttempts: wrapped(tcp.max_connect_attempts, 1),
    maxDownstreamConnectionDuration: durationMs(tcp.max_downstream_connection_duration, 0),
    accessLogs: tcp.access_log,
    accessLogsPath: fieldPath(path, 'access_log'),
  };
}

function readClusters(
  tcp: TcpProxy,
  path: string,
  clusterOf: ClusterLookup,
  findings: Finding[],
): WeightedClusterModel[] {
  if (!tcp.weighted_clusters) {
    const cluster = resolve(tcp.cluster, fieldPath(path, 'cluster'), clusterOf, findings);
    return cluster === undefined ? [] : [{ cluster, weight: 1 }];
  }
  const at = fieldPath(fieldPath(path, 'weighted_clusters'), 'clusters');
  const clusters = tcp.weighted_clusters.clusters.flatMap(({ name, weight }, i) => {
    const cluster = resolve(name, fieldPath(indexPath(at, i), 'name'), clusterOf, findings);
    return cluster === undefined ? [] : [{ cluster, weight }];
  });
  if (clusters.reduce((sum, { weight }) => sum + weight, 0) > MAX_TOTAL_WEIGHT) {
    findings.push(finding('WEFT1410', at, 'the sum of the weights is too large', { allowed: `${MAX_TOTAL_WEIGHT}` }));
  }
  return clusters;
}

function resolve(name: string, path: string, clusterOf: ClusterLookup, findings: Finding[]): number | undefined {
  const index = clusterOf(name);
  if (index === undefined) findings.push(finding('WEFT1401', path, 'there is no such cluster', { value: name }));
  return index;
}
