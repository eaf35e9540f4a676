import { expect, test } from 'vitest';
import { CLUSTER_DIR } from '../../../assembly/abi.js';
import { testCore } from '../../support/core.js';

test('a freed block serves the next request of its size', () => {
  const { tableAlloc, tableFree, tableBytes } = testCore().control.exports;
  const before = tableBytes();
  for (const size of [1, 15, 16, 17, 127, 128, 129, 1000, 4096, 65535, 65536, 65537, 1_000_000]) {
    const p = tableAlloc(size);
    expect(p % 16).toBe(0);
    tableFree(p);
    expect(tableAlloc(size)).toBe(p);
    tableFree(p);
  }
  expect(tableBytes()).toBe(before);
});

test('blocks never overlap', () => {
  const { tableAlloc } = testCore().control.exports;
  const blocks = Array.from({ length: 500 }, (_, i) => ({ size: i * 37 + 1, p: tableAlloc(i * 37 + 1) }));
  blocks.sort((a, b) => a.p - b.p);
  for (let i = 1; i < blocks.length; i++) expect(blocks[i - 1].p + blocks[i - 1].size).toBeLessThanOrEqual(blocks[i].p);
});

test('a retired object is freed only when no online worker can read it and none pins it', () => {
  const { control, worker } = testCore();
  const x = control.exports;
  const before = x.tableBytes();
  worker.exports.offline();
  const first = x.objectNew(100);
  x.publish(CLUSTER_DIR, first);
  worker.exports.online();
  x.publish(CLUSTER_DIR, x.objectNew(100));
  expect(x.reclaim()).toBe(1); // the worker may still read `first`
  worker.exports.pin(first);
  worker.exports.offline();
  expect(x.reclaim()).toBe(1); // pinned
  worker.exports.online();
  worker.exports.unpin(first);
  worker.exports.offline();
  expect(x.reclaim()).toBe(0);
  x.publish(CLUSTER_DIR, 0);
  expect(x.reclaim()).toBe(0);
  expect(x.tableBytes()).toBe(before);
});
