// Random clusters through the core and through the plain JavaScript: with the same random numbers, the same picks.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ENDPOINT_STATE_ACTIVE,
  ENDPOINT_STATE_SIZE,
  LB_LEAST_REQUEST,
  LB_RANDOM,
  LB_ROUND_ROBIN,
  W_CLUSTER_STATE,
  W_ENDPOINT_STATE,
  CLUSTER_STATE_SIZE,
} from '../../assembly/abi.js';
import { LoadBalancer, type Random } from '../../bench/reference/load_balancer.js';
import { clusterModel, endpoint, picker, publishCluster, randomStart, seedRandom } from '../support/cluster.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { testCore } from '../support/core.js';

const MASK = 2n ** 64n - 1n;
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK;

/** The core's generator (xoroshiro128+), from the start that `seedRandom` gives it. */
function sameRandom(seed: bigint): Random {
  let [a, b] = randomStart(seed);
  const next = () => {
    const result = (a + b) & MASK;
    b ^= a;
    a = (rotate(a, 24n) ^ b ^ (b << 16n)) & MASK;
    b = rotate(b, 37n);
    return result;
  };
  return {
    below: (n) => Number(((next() >> 32n) * BigInt(n)) >> 32n),
    fraction: () => Number(next() >> 12n) / 2 ** 52,
  };
}

const host = fc.record({
  weight: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4_000_000 })),
  health: fc.constantFrom(
    'healthy' as const,
    'healthy' as const,
    'degraded' as const,
    'unhealthy' as const,
    'draining' as const,
  ),
  priority: fc.constantFrom(0, 0, 0, 1),
});
const cluster = fc.record({
  hosts: fc.array(host, { maxLength: 8 }),
  panicThreshold: fc.constantFrom(0, 50, 50, 100),
  loadBalancer: fc.record({
    policy: fc.constantFrom(LB_ROUND_ROBIN, LB_LEAST_REQUEST, LB_RANDOM),
    choiceCount: fc.constantFrom(0, 2, 3),
    activeRequestBias: fc.constantFrom(0, 1, 1, 2),
  }),
  seed: fc.nat(),
  steps: fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
});

test('the core picks what the plain JavaScript picks', () => {
  const core = testCore();
  const { worker, control, W } = core;
  const property = fc.property(cluster, ({ hosts, seed, steps, ...model }) => {
    worker.u8.fill(0, W + W_CLUSTER_STATE, W + W_CLUSTER_STATE + CLUSTER_STATE_SIZE);
    worker.u8.fill(0, W + W_ENDPOINT_STATE, W + W_ENDPOINT_STATE + 8 * ENDPOINT_STATE_SIZE);
    seedRandom(core, BigInt(seed));
    const endpoints = hosts.map((each, i) => endpoint(i, each));
    const pick = picker(core, publishCluster(control, endpoints, model));
    const reference = new LoadBalancer(clusterModel(model), endpoints, sameRandom(BigInt(seed)));
    for (const step of steps) {
      const picked = pick();
      expect(picked).toBe(reference.pick());
      if (picked < 0) continue;
      // Some requests end, some go on: the active ones are what least_request looks at.
      const change = step % 3 === 0 ? -reference.hosts[picked].active : 1;
      reference.hosts[picked].active += change;
      worker.u32[(W + W_ENDPOINT_STATE + picked * ENDPOINT_STATE_SIZE + ENDPOINT_STATE_ACTIVE) >> 2] += change;
    }
    worker.exports.offline();
    control.exports.reclaim();
  });
  fc.assert(property, { numRuns: Number(process.env['WEFT_FUZZ_RUNS'] ?? 4000), seed: FUZZ_SEED });
});
