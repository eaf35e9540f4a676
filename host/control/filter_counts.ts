// What filters on the workers have counted becomes statistics.
import type { ClusterManager } from '../cluster/manager.js';
import type { FilterCount } from '../process/messages.js';
import type { StatsRegistry } from '../stats/registry.js';
import { statName, type Prefix } from '../stats/stat.js';

export function countForFilters(
  stats: StatsRegistry,
  clusters: Pick<ClusterManager, 'get'>,
  counts: readonly FilterCount[],
): void {
  for (const { scope, name, member, n } of counts) {
    stats.control.countIn(prefixOf(scope, statNameOf(clusters, scope, name)), member, n);
  }
}

// Workers know a name as bytes.
function statNameOf(clusters: Pick<ClusterManager, 'get'>, scope: FilterCount['scope'], name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8');
  return scope === 'cluster' ? (clusters.get(text)?.spec.statName ?? text) : text;
}

function prefixOf(scope: FilterCount['scope'], name: string): Prefix {
  const stat = statName(name);
  if (scope === 'plain') return { name: '', metric: '', tags: [] };
  const tag = scope === 'cluster' ? 'envoy_cluster_name' : 'envoy_http_conn_manager_prefix';
  return { name: `${scope}.${stat}.`, metric: `${scope}.`, tags: [[tag, stat]] };
}
