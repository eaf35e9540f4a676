// What each signal does: as in Envoy, but that SIGTERM and SIGINT drain first.
import type { Logger } from './log.js';
import { LOG_CRITICAL, LOG_INFO, LOG_WARNING } from './log_level.js';

export interface SignalActions {
  /** SIGTERM and SIGINT: drain, and the second time end now. */
  terminate(signal: string): void;
  /** SIGUSR1: log files were renamed. */
  reopenLogs(): void;
}

export function handleSignals(logger: Logger, actions: SignalActions): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => actions.terminate(signal));
  process.on('SIGUSR1', () => {
    logger.log(LOG_INFO, 'main', 'SIGUSR1: reopening the log files');
    actions.reopenLogs();
  });
  process.on('SIGHUP', () => logger.log(LOG_WARNING, 'main', 'SIGHUP is ignored'));
}

/**
 * What nobody caught on the control thread. The workers do not need control to serve, and tables are published whole or
 * not at all, so the process lives on; `count` is called for each.
 */
export function surviveUncaught(logger: Logger, count: () => void): void {
  process.on('uncaughtException', (error: unknown) => {
    count();
    const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
    logger.log(LOG_CRITICAL, 'main', `uncaught on the control thread: ${text}`);
  });
}
