// Statistics of the process itself, under Envoy's names where Envoy has them.
import type { AccessLogs } from '../access_log/access_logs.js';
import type { ServerState } from '../admin/context.js';
import type { ControlContext } from '../process/start_proxy.js';
import type { StatsRegistry } from '../stats/registry.js';

const STATES: readonly ServerState[] = ['LIVE', 'DRAINING', 'PRE_INITIALIZING', 'INITIALIZING'];

export interface ServerFacts {
  readonly context: ControlContext;
  readonly accessLogs: AccessLogs;
  readonly clusters: () => number;
  readonly listeners: () => number;
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
  gauge('cluster_manager.active_clusters', facts.clusters);
  gauge('cluster_manager.warming_clusters', () => 0);
  counter('cluster_manager.cluster_added', facts.clusters);
  gauge('listener_manager.total_listeners_active', facts.listeners);
  gauge('listener_manager.total_listeners_warming', () => 0);
  gauge('listener_manager.total_listeners_draining', () => (context.drain.active ? facts.listeners() : 0));
  gauge('listener_manager.workers_started', () => Number(supervisor.running === concurrency));
  counter('listener_manager.listener_added', facts.listeners);
  counter('listener_manager.listener_create_success', () => facts.listeners() * concurrency);
  for (const name of [
    'write_buffered',
    'write_completed',
    'write_failed',
    'flushed_by_timer',
    'reopen_failed',
  ] as const) {
    counter(`filesystem.${name}`, () => accessLogs.stats[name]);
  }
  gauge('filesystem.write_total_buffered', () => accessLogs.stats.write_total_buffered);
  counter('server.static_unknown_fields', () => facts.leftOut.unknown);
  counter('weft.unsupported_fields', () => facts.leftOut.unsupported);
  counter('weft.worker_crashes', () => supervisor.crashes);
  counter('weft.worker_stalls', () => supervisor.stalls);
  counter('weft.log_lines_dropped', () => logger.lost);
  counter('weft.access_log_lines_dropped', () => accessLogs.dropped);
  gauge('weft.table_bytes', () => core.exports.tableBytes());
}
