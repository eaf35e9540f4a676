// What the agent of a sidecar gets to see of the process.
import type { AgentProcess } from '../agent/agent.js';
import type { ServerState } from '../admin/context.js';
import { prometheusPage } from '../admin/stats.js';
import { LOG_ERROR, LOG_INFO, LOG_WARNING } from '../process/log_level.js';
import type { ControlContext } from '../process/start_proxy.js';
import type { StatsRegistry } from '../stats/registry.js';

export interface AgentFacts {
  readonly context: ControlContext;
  readonly stats: StatsRegistry;
  readonly state: () => ServerState;
}

const REASONS: Readonly<Record<ServerState, string | undefined>> = {
  LIVE: undefined,
  DRAINING: 'it is draining',
  PRE_INITIALIZING: 'the first configuration is being read',
  INITIALIZING: 'the first configuration does not serve yet: its clusters are warming',
};

export function agentProcess({ context, stats, state }: AgentFacts): AgentProcess {
  const { logger, supervisor, drain } = context;
  const log = (level: number) => (text: string) => logger.log(level, 'agent', text);
  return {
    notReady: () => REASONS[state()] ?? (supervisor.running === 0 ? 'none of its workers runs' : undefined),
    metrics: (query) => prometheusPage(stats, query),
    drain: () => drain.inbound('/drain'),
    quit: () => drain.quit('/quitquitquit'),
    warn: log(LOG_WARNING),
    info: log(LOG_INFO),
    error: (error) => log(LOG_ERROR)(String((error as Error)?.stack ?? error)),
    count: (name) => stats.control.count(name),
  };
}
