// Starts the workers, notices when one dies, cleans up behind it and puts another in its place.
//
// A worker that is inside epoll_wait cannot be ended from outside (terminate() would hang for ever), so it is asked:
// GLOBAL_STOP and a write to its eventfd.
import { MessageChannel, receiveMessageOnPort, SHARE_ENV, Worker, type MessagePort } from 'node:worker_threads';
import { BATCH_MAX, STOP_NOW, STOP_RUN } from '../../assembly/abi.js';
import { closeAio, openAio } from '../io/aio.js';
import { openEpoll } from '../io/epoll.js';
import { setReset } from '../io/socket.js';
import { close, errorText } from '../io/syscalls.js';
import { openWake, wake } from '../io/wake.js';
import type { BoundListener, ListenerSpec } from './listening_sockets.js';
import { ListeningSockets } from './listening_sockets.js';
import type { Logger } from './log.js';
import { LOG_CRITICAL, LOG_INFO, LOG_WARNING } from './log_level.js';
import { LogRing } from './log_ring.js';
import type { AnswerMessage, ControlMessage, FilterMessage, WorkerMessage } from './messages.js';
import { WorkerBlocks } from './worker_blocks.js';
import type { WorkerData } from './worker_entry.js';

export const BACK_OFF_MIN_MS = 100;
export const BACK_OFF_MAX_MS = 10_000;
const STALL_MS = 2000;
const UNLISTEN_MS = 1000; // by then every worker has emptied its queues
// A worker's JavaScript heap holds code and a few objects: what grows beyond this is a leak, and the worker is replaced.
const WORKER_HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2 };

export interface SupervisorOptions {
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  /** Workers to run. */
  concurrency: number;
  /** URL of the module whose `runWorker` they run. */
  program: string;
  logger: Logger;
  /** A worker's filters ask, withdraw and count; `answer` reaches that worker, if it still runs. */
  onFilterMessage?(worker: number, message: FilterMessage, answer: (message: AnswerMessage) => void): void;
  /** A worker has died: save what its block still holds and take back its gauges. The block is zeroed afterwards. */
  onDeath?(index: number): void;
}

interface Seat {
  readonly index: number;
  readonly ring: LogRing;
  worker?: Worker;
  port?: MessagePort;
  epollFd: number;
  aioContext: number;
  wakeFd: number;
  started: boolean;
  startedAt: number;
  backOffMs: number;
  retry?: NodeJS.Timeout;
  /** Of the watchdog: the clock it last saw, when that moved, and whether the stall has been logged. */
  clock: number;
  movedAt: number;
  stalled: boolean;
}

export class Supervisor {
  readonly blocks: WorkerBlocks;
  readonly sockets: ListeningSockets;
  /** Workers that died, and loops that stood still for more than two seconds. */
  crashes = 0;
  stalls = 0;
  private readonly seats: Seat[];
  private readonly preparations: ControlMessage[] = [];
  private readonly watchdog: NodeJS.Timeout;
  private onStarted: (() => void) | undefined;
  private onStartFailed: ((error: Error) => void) | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(private readonly options: SupervisorOptions) {
    this.blocks = new WorkerBlocks(options.memory, options.concurrency);
    this.sockets = new ListeningSockets(options.concurrency);
    this.seats = Array.from({ length: options.concurrency }, (_, index) => ({
      index,
      ring: new LogRing(options.memory.buffer, this.blocks.base(index)),
      epollFd: -1,
      aioContext: 0,
      wakeFd: -1,
      started: false,
      startedAt: 0,
      backOffMs: BACK_OFF_MIN_MS,
      clock: 0,
      movedAt: 0,
      stalled: false,
    }));
    this.blocks.logLevel = options.logger.lowestLevel;
    this.watchdog = setInterval(() => this.watch(), 500).unref();
  }

  /** Resolves when every worker runs; rejects where one fails before it does. */
  async start(): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.onStarted = resolve;
      this.onStartFailed = reject;
    });
    for (const seat of this.seats) this.startWorker(seat);
    await started;
    this.onStartFailed = undefined;
  }

  /** Binds the listeners (all or, with a ListenError, none) and tells the workers. */
  listen(specs: readonly ListenerSpec[]): BoundListener[] {
    const bound = this.sockets.open(specs);
    this.adopt(bound);
    return bound;
  }

  /** Lets the workers accept from sockets that `sockets.open` has bound. */
  adopt(bound: readonly BoundListener[]): void {
    for (const each of bound) this.sockets.adopt(each);
    const wanted = new Set(bound.flatMap(({ fds }) => fds));
    for (const seat of this.seats) {
      for (const message of this.sockets.messagesFor(seat.index)) {
        if (wanted.has(message.fd)) this.post(seat, message);
      }
      wakeSeat(seat);
    }
  }

  /** These sockets of one listener take no more connections; what waits in their queues is still accepted. */
  unlistenOne(gone: readonly BoundListener[]): void {
    if (gone.length === 0) return;
    this.sockets.release(gone);
    for (const seat of this.seats) {
      for (const { fds, shared } of gone) this.post(seat, { type: 'unlisten', fd: fds[shared ? 0 : seat.index] });
      wakeSeat(seat);
    }
    setTimeout(() => gone.forEach((bound) => this.sockets.closeReleased(bound)), UNLISTEN_MS).unref();
  }

  /** Tells every worker, and those that replace them, before they hear of a listener. */
  prepare(message: ControlMessage): void {
    this.preparations.push(message);
    this.broadcast(message);
  }

  /** Tells every worker that runs; whoever starts later finds the new state in the tables. */
  broadcast(message: ControlMessage): void {
    for (const seat of this.seats) {
      this.post(seat, message);
      wakeSeat(seat);
    }
  }

  /** Accepts no more connections; those that are open go on. */
  unlisten(): void {
    for (const seat of this.seats) {
      for (const { fd } of this.sockets.messagesFor(seat.index)) this.post(seat, { type: 'unlisten', fd });
      wakeSeat(seat);
    }
    setTimeout(() => this.sockets.closeShared(), UNLISTEN_MS).unref();
  }

  /** The listener's connections are to run out; it accepts on. */
  drainListener(listener: number, idleMs: number): void {
    this.prepare({ type: 'drain_listener', listener, idleMs });
  }

  /** Sets GLOBAL_STOP and takes every worker out of its sleep. Also safe in an 'exit' handler. */
  setStop(stop: number): void {
    if (this.blocks.stop < stop) this.blocks.stop = stop;
    for (const seat of this.seats) wakeSeat(seat);
  }

  /** Workers that run. */
  get running(): number {
    return this.seats.filter(({ worker }) => worker).length;
  }

  /** Downstream connections that are open, over all workers. */
  get openDownstream(): number {
    return this.seats.reduce((sum, { index }) => sum + this.blocks.openDownstream(index), 0);
  }

  /** True once no running worker takes new connections any more. */
  get draining(): boolean {
    return this.seats.every(({ index, worker }) => !worker || this.blocks.draining(index));
  }

  /** Asks every worker to leave its loop; resolves when all have, or after `graceMs` with false. */
  async stop(graceMs: number): Promise<boolean> {
    clearInterval(this.watchdog);
    for (const seat of this.seats) clearTimeout(seat.retry);
    const empty = new Promise<boolean>((resolve) => {
      this.onEmpty = () => resolve(true);
      setTimeout(() => resolve(false), graceMs).unref();
    });
    this.setStop(STOP_NOW);
    return this.running === 0 || empty;
  }

  private startWorker(seat: Seat): void {
    const { memory, module, program } = this.options;
    const { port1, port2 } = new MessageChannel();
    seat.epollFd = openEpoll();
    seat.aioContext = openAio(BATCH_MAX);
    if (seat.aioContext < 0) this.logWithoutAio(seat.aioContext);
    seat.wakeFd = openWake();
    seat.started = false;
    seat.startedAt = Date.now();
    seat.port = port1;
    const workerData: WorkerData = {
      memory,
      module,
      program,
      index: seat.index,
      epollFd: seat.epollFd,
      aioContext: seat.aioContext,
      wakeFd: seat.wakeFd,
      port: port2,
    };
    const worker = new Worker(new URL('worker_entry.js', import.meta.url), {
      workerData,
      transferList: [port2],
      env: SHARE_ENV,
      trackUnmanagedFds: false,
      resourceLimits: WORKER_HEAP,
      name: `weft-worker-${seat.index}`,
    });
    seat.worker = worker;
    port1.on('message', (message: WorkerMessage) => this.receive(seat, message));
    for (const message of [...this.preparations, ...this.sockets.messagesFor(seat.index)]) this.post(seat, message);
    let failure: Error | undefined;
    worker.on('error', (error) => (failure = error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (status) => this.exited(seat, status, failure));
  }

  private logWithoutAio(error: number): void {
    const text = `io_setup: ${errorText(error)}; every receive and send of the workers is a system call of its own`;
    this.options.logger.log(LOG_INFO, 'main', text);
  }

  private post(seat: Seat, message: ControlMessage): void {
    seat.port?.postMessage(message);
  }

  private receive(seat: Seat, message: WorkerMessage): void {
    switch (message.type) {
      case 'started':
        seat.started = true;
        if (this.seats.every(({ started }) => started)) this.onStarted?.();
        break;
      case 'lines':
        this.writeLines(seat);
        break;
      case 'closed':
        this.sockets.markClosed(message.fd);
        break;
      default:
        this.filterMessage(seat, message);
    }
  }

  private filterMessage(seat: Seat, message: FilterMessage): void {
    const { port } = seat;
    this.options.onFilterMessage?.(seat.index, message, (answer) => {
      if (seat.port !== port) return; // the worker that asked has died
      this.post(seat, answer);
      wakeSeat(seat);
    });
  }

  private writeLines(seat: Seat): void {
    const { lines, dropped } = seat.ring.read();
    const thread = seat.index + 1;
    for (const { level, component, text } of lines) this.options.logger.log(level, component, text, thread);
    if (dropped > 0) this.options.logger.log(LOG_WARNING, 'main', `${dropped} log lines of a worker dropped`, thread);
  }

  private exited(seat: Seat, status: number, failure: Error | undefined): void {
    this.writeLines(seat);
    this.clean(seat);
    if (failure === undefined && this.blocks.stop !== STOP_RUN) {
      if (this.running === 0) this.onEmpty?.();
      return;
    }
    this.crashes++;
    const reason = failure?.stack ?? `it ended by itself with status ${status}`;
    this.options.logger.log(LOG_CRITICAL, 'main', `worker ${seat.index} died: ${reason}`);
    if (this.onStartFailed) this.onStartFailed(failure ?? new Error(reason));
    else if (this.blocks.stop === STOP_RUN) this.replaceLater(seat);
    else if (this.running === 0) this.onEmpty?.();
  }

  // The peers of the dead worker's connections get a reset, and its block is as new.
  private clean(seat: Seat): void {
    seat.worker = undefined;
    this.readLastWords(seat);
    if (this.blocks.stop !== STOP_RUN) this.sockets.closeOwn(seat.index);
    const mine = this.blocks.descriptors(seat.index);
    if (mine.length > 0) {
      const foreign = this.descriptorsOfOthers(seat);
      for (const fd of new Set(mine)) {
        if (foreign.has(fd)) continue;
        setReset(fd);
        close(fd);
      }
    }
    close(seat.epollFd);
    close(seat.wakeFd);
    closeAio(seat.aioContext);
    seat.aioContext = 0;
    seat.epollFd = -1;
    seat.wakeFd = -1;
    if (this.blocks.stop === STOP_NOW) return;
    this.options.onDeath?.(seat.index);
    this.blocks.reset(seat.index);
  }

  // What it has closed itself must not be closed again: the numbers may be somebody else's by now.
  private readLastWords(seat: Seat): void {
    if (!seat.port) return;
    for (let m = receiveMessageOnPort(seat.port); m; m = receiveMessageOnPort(seat.port)) {
      this.receive(seat, m.message as WorkerMessage);
    }
    seat.port.close();
  }

  // A worker that has trapped may have left any number in its table: what is known to be another's is not closed.
  private descriptorsOfOthers(seat: Seat): Set<number> {
    const others = this.seats.filter((other) => other !== seat);
    return new Set([
      ...this.sockets.all().flatMap(({ fds }) => fds),
      ...this.seats.flatMap(({ epollFd, wakeFd }) => [epollFd, wakeFd]),
      ...others.flatMap(({ index }) => this.blocks.descriptors(index)),
    ]);
  }

  private replaceLater(seat: Seat): void {
    if (Date.now() - seat.startedAt > BACK_OFF_MAX_MS) seat.backOffMs = BACK_OFF_MIN_MS;
    const delay = seat.backOffMs;
    seat.backOffMs = Math.min(delay * 2, BACK_OFF_MAX_MS);
    seat.retry = setTimeout(() => {
      if (this.blocks.stop !== STOP_RUN) return;
      try {
        this.startWorker(seat);
        this.options.logger.log(LOG_INFO, 'main', `worker ${seat.index} replaced after ${delay} ms`);
      } catch (error) {
        this.options.logger.log(LOG_CRITICAL, 'main', `worker ${seat.index} cannot be replaced: ${String(error)}`);
        this.replaceLater(seat);
      }
    }, delay);
  }

  // A worker that is not asleep turns its loop many times a second.
  private watch(): void {
    const now = Date.now();
    for (const seat of this.seats) {
      const clock = this.blocks.now(seat.index);
      if (!seat.worker || clock !== seat.clock || !this.blocks.online(seat.index)) {
        if (seat.stalled) this.options.logger.log(LOG_WARNING, 'main', `worker ${seat.index} turns its loop again`);
        seat.clock = clock;
        seat.movedAt = now;
        seat.stalled = false;
      } else if (!seat.stalled && now - seat.movedAt > STALL_MS) {
        seat.stalled = true;
        this.stalls++;
        const text = `worker ${seat.index} has not turned its loop for ${now - seat.movedAt} ms`;
        this.options.logger.log(LOG_CRITICAL, 'main', text);
      }
    }
  }
}

function wakeSeat(seat: Seat): void {
  if (seat.wakeFd >= 0) wake(seat.wakeFd);
}
