// What a worker is given to work with. `runWorker(context)` in host/data/ loops on it until GLOBAL_STOP says STOP_NOW.
import type { Core } from '../core/load.js';
import type { ControlMessage, WorkerMessage } from './messages.js';

export interface WorkerContext {
  readonly index: number;
  /** This worker's instance, attached to its block, its random state seeded. */
  readonly core: Core;
  /** Base of the worker's block in linear memory. */
  readonly W: number;
  /** Address of the first byte of linear memory: what system calls are given is `base + offset`. */
  readonly base: number;
  /** The worker's epoll set; control has created it, so that it can close it when the worker has died. */
  readonly epollFd: number;
  /** Of openAio, from control likewise; not positive where there is none. */
  readonly aioContext: number;
  /** The eventfd by which control wakes the worker: a message waits, or GLOBAL_STOP has changed. Not yet in the set. */
  readonly wakeFd: number;
  /** The next message of control, undefined when there is none. Call it until then at the start and after each wake. */
  receive(): ControlMessage | undefined;
  /** Posts to control, which is woken by it. */
  post(message: WorkerMessage): void;
  /** Logs through the worker's ring; `level` is a LOG_* number, and lines below the threshold cost nothing. */
  log(level: number, component: string, text: string): void;
}
