// How the process ends: nobody who has been accepted is cut off before his time.
import { STOP_DRAIN } from '../../assembly/abi.js';
import type { Logger } from './log.js';
import { LOG_CRITICAL, LOG_INFO, LOG_WARNING } from './log_level.js';
import type { Supervisor } from './supervisor.js';

export const DEFAULT_DRAIN_MS = 30_000;
const POLL_MS = 10;
const CHECKS_PER_WAKE = 10;
const STOP_GRACE_MS = 2000;

export interface DrainOptions {
  supervisor: Supervisor;
  logger: Logger;
  /** `--drain-time-s`, in milliseconds: at the latest then the process ends. */
  drainMs?: number;
  /** Ends the process. `stuck`: a worker did not leave its loop, so only _exit will do. */
  finish(status: number, stuck: boolean): void;
}

export class Drain {
  private deadline = 0;
  private poll: NodeJS.Timeout | undefined;
  private ending = false;
  private checks = 0;

  constructor(private readonly options: DrainOptions) {}

  get active(): boolean {
    return this.deadline > 0;
  }

  /** Starts the drain; a second call ends it. `reason`: for the log. */
  begin(reason: string): void {
    const { logger, supervisor } = this.options;
    if (this.active) {
      logger.log(LOG_WARNING, 'main', `${reason} again: ending now`);
      void this.end();
      return;
    }
    const drainMs = this.options.drainMs ?? DEFAULT_DRAIN_MS;
    this.deadline = Date.now() + drainMs;
    logger.log(LOG_INFO, 'main', `${reason}: draining for at most ${drainMs / 1000} s`);
    supervisor.setStop(STOP_DRAIN);
    this.poll = setInterval(() => this.check(), POLL_MS);
  }

  private check(): void {
    const { supervisor, logger } = this.options;
    const late = Date.now() >= this.deadline;
    if (++this.checks % CHECKS_PER_WAKE === 0) supervisor.setStop(STOP_DRAIN); // connections have become idle meanwhile
    if (!late && !supervisor.draining) return;
    supervisor.sockets.closeShared();
    const open = supervisor.openDownstream;
    if (open === 0 || late) {
      if (open > 0) logger.log(LOG_WARNING, 'main', `the drain time is over: ${open} connections are cut off`);
      void this.end();
    }
  }

  private async end(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    clearInterval(this.poll);
    const { supervisor, logger } = this.options;
    const left = await supervisor.stop(STOP_GRACE_MS);
    if (!left) logger.log(LOG_CRITICAL, 'main', 'a worker does not leave its loop');
    else logger.log(LOG_INFO, 'main', 'exiting');
    supervisor.sockets.closeShared();
    this.options.finish(0, !left);
  }
}
