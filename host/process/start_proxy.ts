// The life of `weft proxy`: control side, workers, warm-up, sockets, the start line, and the end. What the control side consists of is
// composed in host/main.ts.
import type { SocketAddress } from '../io/address.js';
import { MAX_WORKERS, STOP_NOW } from '../../assembly/abi.js';
import { compileCore, createMemory, loadCore, type Core } from '../core/load.js';
import { exitNow } from '../io/syscalls.js';
import { defaultConcurrency } from './concurrency.js';
import { Drain, type SidecarDrain } from './drain.js';
import { raiseDescriptorLimit } from './limits.js';
import type { ListenerSpec } from './listening_sockets.js';
import { Logger, type LogOptions } from './log.js';
import { LOG_DEBUG, LOG_INFO, LOG_WARNING } from './log_level.js';
import type { AnswerMessage, FilterMessage } from './messages.js';
import { handleSignals, surviveUncaught } from './signals.js';
import { startLine } from './start_line.js';
import { Supervisor } from './supervisor.js';
import { trimMemory } from './trim.js';

const TRIM_AFTER_MS = 1000;
const STOP_GRACE_MS = 2000;

export interface ProcessOptions {
  version: string;
  /** Where the configuration came from, for the start line. */
  configuration: string;
  /** Workers, at most MAX_WORKERS; 0 or undefined: what the machine offers. */
  concurrency?: number;
  log: LogOptions;
  /** `--mode init_only`: everything but to listen, then the end. */
  initOnly: boolean;
  /** `--drain-time-s` in milliseconds, undefined where it was not given. */
  drainMs?: number;
  sidecarDrain?: SidecarDrain;
}

/** What the control side is built with. */
export interface ControlContext {
  core: Core;
  logger: Logger;
  supervisor: Supervisor;
  concurrency: number;
  drain: Drain;
}

export interface NamedListener extends ListenerSpec {
  name: string;
}

/** The control side: everything that is configured. */
export interface Control {
  /** The listeners to bind, once `warm` has resolved. */
  readonly listeners: readonly NamedListener[];
  /** Bound before the warm-up, so that /ready can say that it goes on. */
  readonly admin: SocketAddress | undefined;
  /** Resolves when every cluster is ready to serve, or as ready as it will be. */
  warm(): Promise<void>;
  /** The proxy serves from now on; the addresses are those of `listeners`, as they are bound. */
  live(bound: readonly SocketAddress[]): void;
  /** A filter on a worker asks, withdraws or counts. */
  filterMessage(worker: number, message: FilterMessage, answer: (message: AnswerMessage) => void): void;
  /** A worker has died: take its log records, and its gauges out of the sums. */
  workerDied(index: number): void;
  /** Lets the connections of inbound listeners run out; new ones get one answer. */
  drainInbound(idleMs: number): void;
  /** SIGUSR1. */
  reopenLogs(): void;
  /** An exception on the control thread that nobody caught. */
  countUncaught(): void;
  /** The last thing before `close`: what is to be told to others goes out. Resolves within a second or so; never rejects. */
  finish(): Promise<void>;
  /** The end: writes out what is buffered. Must not wait. */
  close(): void;
}

export interface PreparedProcess {
  /**
   * Runs until a signal ends the process. `notices` are sentences to log at the start: flags without effect, warnings of the
   * configuration. Rejects where the control side cannot be built, a worker does not start or a listener cannot be bound.
   */
  run(notices: readonly string[], createControl: (context: ControlContext) => Control): Promise<void>;
  /** Where it is not to be run, or could not be: ends the threads. To leave while one still starts may abort the process (koffi). */
  abandon(): Promise<void>;
}

/** Everything that needs no configuration: the worker threads start while it is still being read. */
export function prepareProxy(options: ProcessOptions): PreparedProcess {
  const logger = new Logger(options.log);
  const concurrency = Math.min(options.concurrency || defaultConcurrency(), MAX_WORKERS);
  const memory = createMemory();
  const module = compileCore();
  let control: Control | undefined;
  const supervisor = new Supervisor({
    memory,
    module,
    concurrency,
    program: new URL('../data/worker.js', import.meta.url).href,
    logger,
    onFilterMessage: (worker, message, answer) => control?.filterMessage(worker, message, answer),
    onDeath: (index) => control?.workerDied(index),
  });
  process.on('exit', () => supervisor.setStop(STOP_NOW));
  const finish = async (status: number, stuck: boolean): Promise<void> => {
    await control?.finish();
    control?.close();
    if (stuck) exitNow(status);
    process.exit(status);
  };
  const drain = new Drain({
    supervisor,
    logger,
    drainMs: options.drainMs,
    sidecar: options.sidecarDrain,
    drainInbound: (idleMs) => control?.drainInbound(idleMs),
    finish: (status, stuck) => void finish(status, stuck),
  });
  handleSignals(logger, {
    terminate: (signal) => drain.begin(signal),
    reopenLogs() {
      logger.reopen();
      control?.reopenLogs();
    },
  });
  const core = loadCore(memory, module);
  logger.log(LOG_DEBUG, 'main', `${raiseDescriptorLimit()} descriptors may be open`);

  const workers = supervisor.start();
  workers.catch(() => {}); // awaited below
  const run: PreparedProcess['run'] = async (notices, createControl) => {
    for (const notice of notices) logger.log(LOG_WARNING, 'config', notice);
    const made = createControl({ core, logger, supervisor, concurrency, drain });
    control = made;
    await Promise.all([workers, made.warm()]);
    if (options.initOnly) return finish(0, !(await supervisor.stop(STOP_GRACE_MS)));
    const bound = supervisor.listen(made.listeners).map(({ address }) => address);
    made.live(bound);
    surviveUncaught(logger, () => made.countUncaught());
    trimWhenQuiet(logger);
    announce(options, made, bound, concurrency);
    logger.log(LOG_INFO, 'main', 'all clusters are warm; serving');
  };
  return {
    run,
    async abandon() {
      await workers.catch(() => {});
      await supervisor.stop(STOP_GRACE_MS);
    },
  };
}

/** The start has ended by then, and nothing of it is referred to any more. */
function trimWhenQuiet(logger: Logger): void {
  setTimeout(() => {
    trimMemory().catch((error: unknown) => logger.log(LOG_DEBUG, 'main', `memory is not trimmed: ${String(error)}`));
  }, TRIM_AFTER_MS).unref();
}

function announce(
  options: ProcessOptions,
  control: Control,
  addresses: readonly SocketAddress[],
  workers: number,
): void {
  const line = startLine(
    {
      version: options.version,
      configuration: options.configuration,
      listeners: control.listeners.map(({ name }, i) => ({ name, address: addresses[i] })),
      admin: control.admin,
      workers,
      readyMs: performance.now(),
    },
    process.stdout.isTTY,
  );
  process.stdout.write(`${line}\n`);
}
