// How the process ends: nobody who has been accepted is cut off before his time.
import { STOP_DRAIN } from '../../assembly/abi.js';
import type { Logger } from './log.js';
import { LOG_CRITICAL, LOG_INFO, LOG_WARNING } from './log_level.js';
import type { Supervisor } from './supervisor.js';

export const DEFAULT_DRAIN_MS = 30_000;
const POLL_MS = 10;
const CHECKS_PER_WAKE = 10;
const STOP_GRACE_MS = 2000;

/** How a sidecar ends, which must not leave its application without a way out. Milliseconds. */
export interface SidecarDrain {
  /** After SIGTERM, what is still open then is cut off. */
  readonly terminationMs: number;
  /** After SIGTERM, so long everything is served on, whether or not anything is open. */
  readonly minimumMs: number;
  /** The end comes with the end of the last connection, however long that takes. */
  readonly waitForAll: boolean;
  /** How long an idle inbound connection is left open once inbound traffic is to run out. */
  readonly idleMs: number;
}

export interface DrainOptions {
  supervisor: Supervisor;
  logger: Logger;
  /** `--drain-time-s`, in milliseconds: at the latest then the process ends. */
  drainMs?: number;
  sidecar?: SidecarDrain;
  /** Lets the connections of inbound listeners run out: each response says that it is the last, what is idle closes after `idleMs`. */
  drainInbound(idleMs: number): void;
  /** Ends the process. `stuck`: a worker did not leave its loop, so only _exit will do. */
  finish(status: number, stuck: boolean): void;
}

export class Drain {
  private deadline = 0;
  private inboundRunsOut = false;
  private poll: NodeJS.Timeout | undefined;
  private ending = false;
  private checks = 0;

  constructor(private readonly options: DrainOptions) {}

  get active(): boolean {
    return this.inboundRunsOut || this.deadline > 0;
  }

  /**
   * The Pod is about to end: nothing new is to come in. The process goes on, for the application still has to be able to go out. `reason`: for
   * the log.
   */
  inbound(reason: string): void {
    if (this.active) return;
    this.inboundRunsOut = true;
    this.options.logger.log(LOG_INFO, 'main', `${reason}: inbound traffic runs out`);
    this.options.drainInbound(this.options.sidecar?.idleMs ?? DEFAULT_DRAIN_MS);
  }

  /** Starts the drain; a second call ends it. `reason`: for the log. */
  begin(reason: string): void {
    const { sidecar } = this.options;
    if (this.deadline > 0 || !sidecar) return this.quit(reason);
    // After /drain the kubelet sends SIGTERM to a native sidecar when its application has ended: there is nothing to wait for.
    if (this.inboundRunsOut) return this.quit(reason);
    this.inboundRunsOut = true;
    this.serveOn(reason, sidecar);
  }

  /** The same, but nobody needs the proxy any more. */
  quit(reason: string): void {
    const { logger } = this.options;
    if (this.deadline > 0) {
      logger.log(LOG_WARNING, 'main', `${reason} again: ending now`);
      void this.end();
      return;
    }
    this.deadline = Date.now() + this.drainMs;
    const limit = this.drainMs === Infinity ? 'until the last connection ends' : `for at most ${this.drainMs / 1000} s`;
    logger.log(LOG_INFO, 'main', `${reason}: draining ${limit}`);
    this.closeAll();
  }

  private get drainMs(): number {
    const { sidecar, drainMs } = this.options;
    if (!sidecar) return drainMs ?? DEFAULT_DRAIN_MS;
    return sidecar.waitForAll ? Infinity : sidecar.terminationMs;
  }

  // The application gets SIGTERM at the same time and may want to say goodbye to others.
  private serveOn(reason: string, { minimumMs, idleMs, waitForAll }: SidecarDrain): void {
    const { logger, supervisor, drainInbound } = this.options;
    const begun = Date.now();
    this.deadline = begun + this.drainMs;
    const limit = waitForAll ? 'until the last connection ends' : `at most ${this.drainMs / 1000} s`;
    logger.log(
      LOG_INFO,
      'main',
      `${reason}: inbound traffic runs out; draining for at least ${minimumMs / 1000} s, ${limit}`,
    );
    drainInbound(Math.min(idleMs, minimumMs));
    this.poll = setInterval(() => {
      if (Date.now() - begun < minimumMs || (waitForAll && supervisor.openDownstream > 0)) return;
      clearInterval(this.poll);
      this.closeAll();
    }, POLL_MS);
  }

  private closeAll(): void {
    this.options.supervisor.setStop(STOP_DRAIN);
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
