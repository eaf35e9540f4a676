// The data plane's worker with a way to make it die: the bytes `/crash/KIND` at the start of a request.
import { W_RX } from '../../assembly/abi.js';
import type { CoreExports } from '../../host/core/load.js';
import type { WorkerContext } from '../../host/process/worker_context.js';

const MARK = Buffer.from('GET /crash/');
const WHILE_ALLOCATING = 1e6;

// The query keeps the hook, which replaces exactly this module, from replacing it here too.
const { runWorker: runReal } = (await import(
  `${'../../host/data/worker.js'}?real`
)) as typeof import('../../host/data/worker.js');

function die(kind: string, exports: CoreExports): void {
  if (kind === 'throw') throw new Error('asked to throw');
  if (kind === 'trap') exports.objectAlloc(0xfffffff0, 8); // reads outside the memory
  if (kind === 'memory') {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: WHILE_ALLOCATING }, (_, i) => i + kept.length));
  }
}

export function runWorker(context: WorkerContext): Promise<void> {
  const { core, W } = context;
  const { exports } = core;
  const rx = Buffer.from(core.memory.buffer, W + W_RX, 64);
  const onData: CoreExports['onData'] = (...args) => {
    if (rx.subarray(0, MARK.length).equals(MARK)) die(rx.toString('latin1', MARK.length).split(' ')[0], exports);
    return exports.onData(...args);
  };
  return runReal({ ...context, core: { ...core, exports: { ...exports, onData } } });
}
