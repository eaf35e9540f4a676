import { expect, test } from 'vitest';
import {
  ENDPOINT_STATE_ACTIVE,
  ENDPOINT_STATE_SIZE,
  LB_LEAST_REQUEST,
  LB_RANDOM,
  LB_ROUND_ROBIN,
  W_ENDPOINT_STATE,
} from '../../../assembly/abi.js';
import { edfSchedule } from '../../../host/cluster/schedule.js';
import {
  chiSquare,
  clusterModel,
  endpoint,
  pickCounts,
  picker,
  publishCluster,
  seedRandom,
} from '../../support/cluster.js';
import { testCore as coreWithoutSeed, type TestCore } from '../../support/core.js';

const hosts = (weights: number[]) => weights.map((weight, i) => endpoint(i, { weight }));
const policy = (policy: number, choiceCount = 2, activeRequestBias = 1) => ({
  loadBalancer: { ...clusterModel().loadBalancer, policy, choiceCount, activeRequestBias },
});

// 0.999 quantiles of the chi-square distribution, by degrees of freedom: fixed seeds make each test's answer constant.
const CHI_SQUARE = [0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88];

function testCore(): TestCore {
  const core = coreWithoutSeed();
  seedRandom(core, 42n);
  return core;
}

function setActive({ worker, W }: TestCore, id: number, active: number): void {
  worker.u32[(W + W_ENDPOINT_STATE + id * ENDPOINT_STATE_SIZE + ENDPOINT_STATE_ACTIVE) >> 2] = active;
}

test('round robin takes equal hosts in turn', () => {
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts([1, 1, 1])));
  const first = pick();
  for (let i = 1; i < 30; i++) expect(pick()).toBe((first + i) % 3);
});

test('round robin starts at a random host', () => {
  const core = testCore();
  const starts = new Set<number>();
  for (let index = 0; index < 64; index++) {
    starts.add(picker(core, publishCluster(core.control, hosts([1, 1, 1, 1]), {}, index))());
  }
  expect(starts.size).toBe(4);
});

test.each([[[3, 1]], [[5, 1, 1]], [[1, 2, 3, 4]], [[100, 1]], [[20, 50, 30]]])(
  'weighted round robin %j gives each host its exact share of every period',
  (weights) => {
    const core = testCore();
    const pick = picker(core, publishCluster(core.control, hosts(weights)));
    const period = edfSchedule(weights).length;
    const total = weights.reduce((a, b) => a + b, 0);
    for (let n = 0; n < 3; n++) {
      expect(pickCounts(pick, weights.length, period)).toEqual(weights.map((w) => (w * period) / total));
    }
  },
);

test('weighted round robin is smooth: no host waits longer than its weight makes it', () => {
  const weights = [1, 2, 3, 4, 10];
  const total = weights.reduce((a, b) => a + b, 0);
  const turns = edfSchedule(weights);
  weights.forEach((weight, host) => {
    let last = -1;
    [...turns, ...turns].forEach((turn, i) => {
      if (turn !== host) return;
      if (last >= 0) expect(i - last).toBeLessThanOrEqual(Math.ceil(total / weight) + weights.length);
      last = i;
    });
  });
});

test('weights too uneven for a schedule still get their shares, in any stretch of picks', () => {
  const weights = [100_003, 50_021, 7, 999_983];
  expect(edfSchedule(weights)).toEqual([]);
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts(weights)));
  const total = weights.reduce((a, b) => a + b, 0);
  for (const picks of [1000, 10_000, 100_000]) {
    const counts = pickCounts(pick, 4, picks);
    counts.forEach((n, i) => expect(Math.abs(n - (picks * weights[i]) / total)).toBeLessThan(8));
  }
});

test('a total weight of 2^32 - 1 does not overflow', () => {
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts([2 ** 31, 2 ** 31 - 1])));
  const counts = pickCounts(pick, 2, 10_000);
  expect(Math.abs(counts[0] - counts[1])).toBeLessThan(10);
});

test('random ignores weights', () => {
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts([9, 1, 1, 1]), policy(LB_RANDOM)));
  expect(chiSquare(pickCounts(pick, 4, 40_000), [1, 1, 1, 1])).toBeLessThan(CHI_SQUARE[3]);
});

test('least request takes the less busy of its choices', () => {
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts([1, 1, 1, 1]), policy(LB_LEAST_REQUEST)));
  setActive(core, 0, 5);
  // Two choices with replacement: host 0 only when it is drawn twice.
  expect(chiSquare(pickCounts(pick, 4, 40_000), [1 / 16, 5 / 16, 5 / 16, 5 / 16])).toBeLessThan(CHI_SQUARE[3]);
});

test('least request counts the active requests of all workers', () => {
  const core = testCore();
  const object = publishCluster(core.control, hosts([1, 1]), policy(LB_LEAST_REQUEST, 0));
  setActive(core, 1, 1);
  expect(pickCounts(picker(core, object), 2, 100)).toEqual([100, 0]);
});

test('a full scan gives hosts that tie for the fewest the same chance', () => {
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts([1, 1, 1, 1, 1]), policy(LB_LEAST_REQUEST, 0)));
  for (const [id, active] of [3, 1, 1, 2, 1].entries()) setActive(core, id, active);
  const counts = pickCounts(pick, 5, 30_000);
  expect([counts[0], counts[3]]).toEqual([0, 0]);
  expect(chiSquare([counts[1], counts[2], counts[4]], [1, 1, 1])).toBeLessThan(CHI_SQUARE[2]);
});

test.each([
  [1, [4, 1, 2], [0, 0, 0], [4, 1, 2]],
  [1, [4, 1, 2], [3, 0, 1], [1, 1, 1]],
  [2, [4, 1, 2], [1, 0, 0], [1, 1, 2]],
  [0, [4, 1, 2], [9, 0, 0], [4, 1, 2]],
  [0.5, [4, 2, 2], [3, 0, 0], [2, 2, 2]],
])('weighted least request: bias %d, weights %j, active %j pick as %j', (bias, weights, active, shares) => {
  const core = testCore();
  const pick = picker(core, publishCluster(core.control, hosts(weights), policy(LB_LEAST_REQUEST, 2, bias)));
  active.forEach((n, id) => setActive(core, id, n));
  const total = shares.reduce((a, b) => a + b, 0);
  const picks = total * 1000;
  pickCounts(pick, 3, picks).forEach((n, i) => expect(Math.abs(n - shares[i] * 1000)).toBeLessThanOrEqual(3));
});

test('weighted least request takes a host that comes back without a burst and without starving it', () => {
  const core = testCore();
  const both = hosts([2, 1]);
  const pick = (object: number, picks: number) => pickCounts(picker(core, object), 2, picks);
  pick(publishCluster(core.control, both, policy(LB_LEAST_REQUEST)), 3000);
  pick(publishCluster(core.control, [both[0]], policy(LB_LEAST_REQUEST)), 3000);
  const counts = pick(publishCluster(core.control, both, policy(LB_LEAST_REQUEST)), 300);
  expect(Math.abs(counts[1] - 100)).toBeLessThanOrEqual(3);
});

test('a cluster without hosts has none to give', () => {
  const core = testCore();
  for (const p of [LB_ROUND_ROBIN, LB_LEAST_REQUEST, LB_RANDOM]) {
    expect(picker(core, publishCluster(core.control, [], policy(p)))()).toBe(-1);
  }
});

test('healthy and degraded hosts share the load as their availability says', () => {
  const core = testCore();
  const endpoints = [endpoint(0), endpoint(1, { health: 'degraded' })];
  const pick = picker(core, publishCluster(core.control, endpoints)); // 1 of 2 healthy: 50 % * 1.4 = 70 %
  expect(chiSquare(pickCounts(pick, 2, 20_000), [70, 30])).toBeLessThan(CHI_SQUARE[1]);
});
