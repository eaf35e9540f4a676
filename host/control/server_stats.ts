// Statistics of the process itself, under Envoy's names where Envoy has them.
import type { Askers } from '../asking/askers.js';
import type { AccessLogs } from '../access_log/access_logs.js';
import type { ManagedCluster } from '../cluster/managed_cluster.js';
import type { ClusterManager } from '../cluster/manager.js';
import type { XdsClient } from '../xds/config_sources.js';
import type { ServerState } from '../admin/context.js';
import type { ControlContext } from '../process/start_proxy.js';
import type { GrpcAccessLogs } from '../reports/grpc_access_logs.js';
import type { StatsRegistry } from '../stats/registry.js';
import type { ClusterSet } from './clusters.js';
import type { ListenerSet } from './listeners.js';

const STATES: readonly ServerState[] = ['LIVE', 'DRAINING', 'PRE_INITIALIZING', 'INITIALIZING'];

export interface ServerFacts {
  readonly context: ControlContext;
  readonly accessLogs: AccessLogs;
  readonly grpcLogs: GrpcAccessLogs;
  readonly clusters: ClusterSet;
  readonly manager: ClusterManager;
  readonly listeners: ListenerSet;
  readonly xds: XdsClient;
  readonly askers: Pick<Askers, 'size' | 'openQuestions'>;
  readonly state: () => ServerState;
  readonly leftOut: { readonly unsupported: number; readonly unknown: number };
}

export function defineServerStats(stats: StatsRegistry, facts: ServerFacts): void {
  const { context, accessLogs, state } = facts;
  const { supervisor, concurrency, core, logger } = context;
  const gauge = (name: string, read: () => number): void => stats.control.define(name, 'gauge', read);
  const counter = (name: string, read: () => number): void => stats.control.define(name, 'counter', read);
  gauge('server.uptime', () => Math.floor(process.uptime()));
  gauge('server.live', () => Number(state() === 'LIVE'));
  gauge('server.state', () => STATES.indexOf(state()));
  gauge('server.concurrency', () => concurrency);
  gauge('server.total_connections', () => stats.totalConnections());
  gauge('server.hot_restart_epoch', () => 0);
  gauge('server.parent_connections', () => 0);
  gauge('server.memory_allocated', () => process.memoryUsage().heapUsed);
  gauge('server.memory_heap_size', () => process.memoryUsage().heapTotal);
  gauge('server.memory_physical_size', () => process.memoryUsage.rss());
  const { clusters, manager, listeners, xds } = facts;
  const known = (): ManagedCluster[] => [...manager.all()];
  gauge('cluster_manager.active_clusters', () => known().filter(({ isSeen }) => isSeen).length);
  gauge('cluster_manager.warming_clusters', () => known().filter(({ isSeen }) => !isSeen).length);
  counter('cluster_manager.cluster_added', () => clusters.counters.added);
  counter('cluster_manager.cluster_modified', () => clusters.counters.modified);
  counter('cluster_manager.cluster_removed', () => clusters.counters.removed);
  gauge('listener_manager.total_listeners_active', () => listeners.count('active'));
  gauge('listener_manager.total_listeners_warming', () => listeners.count('warming'));
  gauge('listener_manager.total_listeners_draining', () =>
    context.drain.active ? listeners.count('active') : listeners.drains.listeners,
  );
  gauge('listener_manager.workers_started', () => Number(supervisor.running === concurrency));
  counter('listener_manager.listener_added', () => listeners.counters.added);
  counter('listener_manager.listener_modified', () => listeners.counters.modified);
  counter('listener_manager.listener_in_place_updated', () => listeners.counters.updatedInPlace);
  gauge('listener_manager.total_filter_chains_draining', () => listeners.drains.chains);
  counter('listener_manager.listener_removed', () => listeners.counters.removed);
  counter('listener_manager.listener_create_failure', () => listeners.counters.createFailure);
  counter('listener_manager.listener_create_success', () => listeners.count('active') * concurrency);
  gauge('control_plane.connected_state', () => Number(xds.connected > 0));
  for (const name of [
    'write_buffered',
    'write_completed',
    'write_failed',
    'flushed_by_timer',
    'reopen_failed',
  ] as const) {
    counter(`filesystem.${name}`, () => accessLogs.stats[name]);
  }
  for (const name of ['logs_written', 'logs_dropped', 'grpc_entries_flushed'] as const)
    counter(`access_logs.grpc_access_log.${name}`, () => facts.grpcLogs.stats[name]);
  gauge('filesystem.write_total_buffered', () => accessLogs.stats.write_total_buffered);
  counter('server.static_unknown_fields', () => facts.leftOut.unknown);
  counter('weft.unsupported_fields', () => facts.leftOut.unsupported);
  counter('weft.worker_crashes', () => supervisor.crashes);
  counter('weft.worker_stalls', () => supervisor.stalls);
  counter('weft.log_lines_dropped', () => logger.lost);
  counter('weft.access_log_lines_dropped', () => accessLogs.dropped);
  gauge('weft.table_bytes', () => core.exports.tableBytes());
  gauge('weft.askers', () => facts.askers.size);
  gauge('weft.open_questions', () => facts.askers.openQuestions);
}
