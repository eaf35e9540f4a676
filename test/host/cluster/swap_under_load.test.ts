// Read-copy-update with real threads: control swaps a cluster 100,000 times while workers read it, and never sees its memory again
// before they have all let go.
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import {
  CLUSTER_DIR,
  GLOBAL_BASE,
  GLOBAL_STOP,
  GLOBAL_WORKER_SIZE,
  GLOBAL_WORKERS,
  WORKER_MIN_SIZE,
} from '../../../assembly/abi.js';
import { compileCore, createMemory, loadCore } from '../../../host/core/load.js';
import { endpoint, publishCluster } from '../../support/cluster.js';

const SWAPS = 100_000;
const WORKERS = 2;
const INDEX = 3;

// A worker's loop: every endpoint of the object that it sees carries the same weight, the number of the swap. An object that was freed
// too early is soon another one, whose endpoints differ. Every eighth turn an object is pinned over the end of the turn.
const READER = `
const { workerData, parentPort } = require('node:worker_threads');
const { memory, module, index, directory, stop } = workerData;
const x = new WebAssembly.Instance(module, { env: { memory } }).exports;
const u32 = new Uint32Array(memory.buffer);
const i32 = new Int32Array(memory.buffer);
const pause = new Int32Array(new SharedArrayBuffer(4));
x.workerAttach(index);
let turns = 0, torn = 0, swaps = 0, last = 0, pinned = 0;
function look(object) {
  const picked = x.pickEndpoint(object) >>> 2;
  const weight = u32[picked + 4];
  for (let i = 0; i < 8; i++) if (u32[(x.pickEndpoint(object) >>> 2) + 4] !== weight) torn++;
  return weight;
}
parentPort.postMessage('ready');
while (Atomics.load(i32, stop) === 0) {
  x.online();
  if (pinned) { look(pinned); x.unpin(pinned); pinned = 0; }
  const object = Atomics.load(u32, directory);
  const seen = look(object);
  if (seen !== last) swaps++;
  last = seen;
  if (++turns % 8 === 0) x.pin(pinned = object);
  x.offline();
  if (turns % 64 === 0) Atomics.wait(pause, 0, 0, 0.2);
}
x.online();
if (pinned) x.unpin(pinned);
x.offline();
parentPort.postMessage({ turns, torn, swaps });
`;

interface Report {
  turns: number;
  torn: number;
  swaps: number;
}

test('100,000 swaps under load end with the memory they began with', { timeout: 120_000 }, async () => {
  const memory = createMemory();
  const module = compileCore();
  const control = loadCore(memory, module);
  control.u32[(GLOBAL_BASE + GLOBAL_WORKERS) >> 2] = WORKERS;
  control.u32[(GLOBAL_BASE + GLOBAL_WORKER_SIZE) >> 2] = WORKER_MIN_SIZE;
  const before = control.exports.tableBytes();
  const swap = (weight: number) => {
    const endpoints = Array.from({ length: 1 + (weight % 5) }, (_, i) => endpoint(i, { weight }));
    publishCluster(control, endpoints, {}, INDEX);
    control.exports.reclaim();
  };
  swap(1);
  const stop = (GLOBAL_BASE + GLOBAL_STOP) >> 2;
  const readers = Array.from({ length: WORKERS }, (_, index) => {
    const workerData = { memory, module, index, directory: (CLUSTER_DIR >> 2) + INDEX, stop };
    return new Worker(READER, { eval: true, workerData });
  });
  await Promise.all(readers.map((reader) => new Promise((resolve) => reader.once('message', resolve))));
  const reports = readers.map((reader) => new Promise<Report>((resolve) => reader.once('message', resolve)));
  let most = 0;
  for (let n = 2; n <= SWAPS; n++) {
    swap(n);
    if (n % 1000 === 0) most = Math.max(most, control.exports.tableBytes());
  }
  Atomics.store(control.i32, stop, 1);
  for (const { turns, torn, swaps } of await Promise.all(reports)) {
    expect(torn).toBe(0);
    expect(turns).toBeGreaterThan(1000);
    expect(swaps).toBeGreaterThan(100);
  }
  control.exports.clusterPublish(INDEX, 0);
  expect(control.exports.reclaim()).toBe(0);
  expect(control.exports.tableBytes()).toBe(before);
  expect(most).toBeLessThan(64 * 1024 * 1024);
});
