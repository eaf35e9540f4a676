import { expect, test } from 'vitest';
import {
  CLUSTER_STATE_ACTIVE,
  CLUSTER_STATE_CONNECTIONS,
  CLUSTER_STATE_HIGH,
  CLUSTER_STATE_PENDING,
  CLUSTER_STATE_RETRIES,
  CLUSTER_STATE_SIZE,
  GLOBAL_BASE,
  GLOBAL_WORKER_SIZE,
  GLOBAL_WORKERS,
  W_CLUSTER_STATE,
  WORKER_BASE,
  WORKER_MIN_SIZE,
} from '../../../assembly/abi.js';
import { publishCluster } from '../../support/cluster.js';
import { testCore } from '../../support/core.js';

const DEFAULT = 0;
const HIGH = 1;
const threshold = (n: number) => ({ maxConnections: n, maxPendingRequests: n, maxRequests: n, maxRetries: n });

/** Three workers; `add` lets one of them count. */
function threeWorkers() {
  const { control } = testCore();
  control.u32[(GLOBAL_BASE + GLOBAL_WORKERS) >> 2] = 3;
  control.u32[(GLOBAL_BASE + GLOBAL_WORKER_SIZE) >> 2] = WORKER_MIN_SIZE;
  const cluster = publishCluster(control, [], { thresholds: [threshold(3), threshold(2)] }, 5) as never;
  const add = (worker: number, field: number, n: number) => {
    const state = WORKER_BASE + worker * WORKER_MIN_SIZE + W_CLUSTER_STATE + 5 * CLUSTER_STATE_SIZE;
    control.u32[(state + field) >> 2] += n;
  };
  return { x: control.exports, cluster, add };
}

test.each([
  ['requestsOpen', CLUSTER_STATE_ACTIVE],
  ['pendingOpen', CLUSTER_STATE_PENDING],
  ['connectionsOpen', CLUSTER_STATE_CONNECTIONS],
  ['retriesOpen', CLUSTER_STATE_RETRIES],
] as const)('%s counts over all workers, each priority for itself', (name, field) => {
  const { x, cluster, add } = threeWorkers();
  const open = () => [x[name](cluster, DEFAULT), x[name](cluster, HIGH)].map(Boolean);
  expect(open()).toEqual([false, false]);
  add(0, field, 1);
  add(2, field, 1);
  expect(open()).toEqual([false, false]);
  add(1, field, 1);
  expect(open()).toEqual([true, false]);
  add(1, CLUSTER_STATE_HIGH + field, 2);
  add(0, field, -1);
  expect(open()).toEqual([false, true]);
});

test('a threshold of 0 is always reached, one of 2^32 - 1 never', () => {
  const { control } = testCore();
  const limits = [threshold(0), threshold(0xffff_ffff)] as const;
  const cluster = publishCluster(control, [], { thresholds: limits }) as never;
  expect(Boolean(control.exports.requestsOpen(cluster, DEFAULT))).toBe(true);
  expect(Boolean(control.exports.requestsOpen(cluster, HIGH))).toBe(false);
});
