// A core for unit tests: one control instance and one worker instance over one memory, with no sockets.
import { compileCore, createMemory, loadCore, type Core } from '../../host/core/load.js';
import {
  GLOBAL_BASE,
  GLOBAL_WORKER_SIZE,
  GLOBAL_WORKERS,
  MEMORY_PAGES,
  PAGE,
  WORKER_BASE,
} from '../../assembly/abi.js';

export interface TestCore {
  control: Core;
  worker: Core;
  /** Base address of the worker block. */
  W: number;
}

let module: WebAssembly.Module | undefined;

export function testCore(): TestCore {
  module ??= compileCore();
  const memory = createMemory();
  const control = loadCore(memory, module);
  control.u32[(GLOBAL_BASE + GLOBAL_WORKERS) >> 2] = 1;
  control.u32[(GLOBAL_BASE + GLOBAL_WORKER_SIZE) >> 2] = MEMORY_PAGES * PAGE - WORKER_BASE;
  const worker = loadCore(memory, module);
  const W = worker.exports.workerAttach(0);
  return { control, worker, W };
}
