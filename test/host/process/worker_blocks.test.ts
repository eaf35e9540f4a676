import { expect, test } from 'vitest';
import {
  KIND_CLOSED,
  KIND_DOWNSTREAM_HTTP,
  KIND_LISTENER,
  MAX_SLOTS,
  MAX_WORKERS,
  MEMORY_PAGES,
  PAGE,
  SLOT_FD,
  SLOT_KIND,
  SLOT_SIZE,
  W_CLUSTER_STATE,
  W_PINS,
  W_SLOTS,
  W_STATS,
  WORKER_MIN_SIZE,
  WORKER_SLOT_COUNT,
} from '../../../assembly/abi.js';
import { createMemory } from '../../../host/core/load.js';
import { DescriptorTable } from '../../../host/process/descriptor_table.js';
import { WorkerBlocks } from '../../../host/process/worker_blocks.js';

test('any number of workers gets blocks that fit into the memory', () => {
  const memory = createMemory();
  for (let count = 1; count <= MAX_WORKERS; count++) {
    const blocks = new WorkerBlocks(memory, count);
    expect(blocks.size).toBeGreaterThanOrEqual(WORKER_MIN_SIZE);
    expect(blocks.base(count - 1) + blocks.size).toBeLessThanOrEqual(MEMORY_PAGES * PAGE);
    expect(blocks.base(0) % PAGE).toBe(0);
  }
});

test('a reset block is zero but for the statistics, and its neighbours are untouched', () => {
  const memory = createMemory();
  const blocks = new WorkerBlocks(memory, 4);
  const u8 = new Uint8Array(memory.buffer);
  const offsets = [0, W_PINS, W_STATS - 1, W_CLUSTER_STATE, W_SLOTS, blocks.size - 1];
  for (const worker of [0, 1, 2, 3]) {
    for (const offset of [...offsets, W_STATS, W_CLUSTER_STATE - 1]) u8[blocks.base(worker) + offset] = 7;
  }
  blocks.reset(1);
  const at = (worker: number, offset: number): number => u8[blocks.base(worker) + offset];
  expect(offsets.map((offset) => at(1, offset))).toEqual(offsets.map(() => 0));
  expect([at(1, W_STATS), at(1, W_CLUSTER_STATE - 1)]).toEqual([7, 7]);
  for (const worker of [0, 2, 3]) expect(offsets.map((offset) => at(worker, offset))).toEqual(offsets.map(() => 7));
  expect(blocks.online(1)).toBe(false);
});

test('the descriptors of a worker are those of its connections and its table, whatever a trap left in the rest', () => {
  const memory = createMemory();
  const blocks = new WorkerBlocks(memory, 2);
  const i32 = new Int32Array(memory.buffer);
  const u8 = new Uint8Array(memory.buffer);
  const W = blocks.base(1);
  const setSlot = (slot: number, kind: number, fd: number): void => {
    u8[W + W_SLOTS + slot * SLOT_SIZE + SLOT_KIND] = kind;
    i32[(W + W_SLOTS + slot * SLOT_SIZE + SLOT_FD) >> 2] = fd;
  };
  setSlot(0, KIND_DOWNSTREAM_HTTP, 0); // standard input is never a connection
  setSlot(1, KIND_DOWNSTREAM_HTTP, 100);
  setSlot(2, 0, 101); // free
  setSlot(3, KIND_CLOSED, 102);
  setSlot(4, KIND_LISTENER, 103);
  setSlot(5, KIND_DOWNSTREAM_HTTP, -1);
  i32[(W + WORKER_SLOT_COUNT) >> 2] = 6;
  const table = new DescriptorTable(i32, W);
  expect(table.add(200)).toBe(true);
  expect(table.add(201)).toBe(true);
  table.setCurrent(202);
  table.delete(200);
  expect(blocks.descriptors(1).sort()).toEqual([100, 102, 201, 202]);
  expect(blocks.descriptors(0)).toEqual([]);
  table.setCurrent(-1);
  i32[(W + WORKER_SLOT_COUNT) >> 2] = -1; // nonsense
  expect(blocks.descriptors(1).sort()).toEqual([100, 102, 201]);
  expect(MAX_SLOTS * SLOT_SIZE + W_SLOTS).toBeLessThan(blocks.size);
});

test('a full table says so', () => {
  const memory = createMemory();
  const table = new DescriptorTable(new Int32Array(memory.buffer), new WorkerBlocks(memory, 1).base(0));
  const added = Array.from({ length: 300 }, (_, i) => table.add(1000 + i));
  expect(added.indexOf(false)).toBe(255);
  table.delete(1000);
  expect(table.add(5000)).toBe(true);
});
