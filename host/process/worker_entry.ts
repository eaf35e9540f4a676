// Where a worker thread begins.
import { randomFillSync } from 'node:crypto';
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { GLOBAL_BASE, GLOBAL_LOG_LEVEL, WORKER_RANDOM } from '../../assembly/abi.js';
import { loadCore, type Core } from '../core/load.js';
import { addressOf } from '../io/syscalls.js';
import { LogRing } from './log_ring.js';
import type { ControlMessage } from './messages.js';
import type { WorkerContext } from './worker_context.js';

export interface WorkerData {
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  index: number;
  epollFd: number;
  aioContext: number;
  wakeFd: number;
  port: MessagePort;
  /** The module that exports `runWorker`, as a URL: the data plane, or a test's own loop. */
  program: string;
}

/** A module that can be a worker's program. */
export interface WorkerProgram {
  /** Loops until GLOBAL_STOP says STOP_NOW. */
  runWorker(context: WorkerContext): void | Promise<void>;
}

function attach(data: WorkerData): { core: Core; W: number } {
  const core = loadCore(data.memory, data.module);
  const W = core.exports.workerAttach(data.index) >>> 0;
  // An all-zero state would stay zero for ever; 16 random bytes are that once in 2^128 starts.
  core.u8.set(randomFillSync(new Uint8Array(16)), W + WORKER_RANDOM);
  return { core, W };
}

function createContext(data: WorkerData): WorkerContext {
  const { core, W } = attach(data);
  const logLevel = (GLOBAL_BASE + GLOBAL_LOG_LEVEL) >> 2; // control may change it
  const ring = new LogRing(data.memory.buffer, W);
  return {
    index: data.index,
    core,
    W,
    base: addressOf(core.u8),
    epollFd: data.epollFd,
    aioContext: data.aioContext,
    wakeFd: data.wakeFd,
    receive: () => receiveMessageOnPort(data.port)?.message as ControlMessage | undefined,
    post: (message) => data.port.postMessage(message),
    log(level, component, text) {
      if (level >= core.u32[logLevel] && ring.write(level, component, text)) data.port.postMessage({ type: 'lines' });
    },
  };
}

const data = workerData as WorkerData;
const { runWorker } = (await import(data.program)) as WorkerProgram;
const context = createContext(data);
context.post({ type: 'started' });
await runWorker(context);
data.port.close();
