// What the runtime changes of a cluster.
import { expect, test } from 'vitest';
import type { ClusterModel } from '../../../host/cluster/model.js';
import { runtimeModel } from '../../../host/cluster/runtime_model.js';
import { snapshot } from '../../support/runtime.js';

const limits = { maxConnections: 1, maxPendingRequests: 2, maxRequests: 3, maxRetries: 4 };
const model = {
  name: 'c.d',
  thresholds: [limits, limits],
  panicThreshold: 50,
  loadBalancer: { policy: 1, choiceCount: 2, activeRequestBias: 0.5, activeRequestBiasKey: 'bias' },
} as unknown as ClusterModel;

test('limits by priority, panic threshold and request bias come from their keys, within what they may be', () => {
  const runtime = snapshot({
    'circuit_breakers.c.d.default.max_requests': 0,
    'circuit_breakers.c.d.high.max_connections': '99999999999',
    'circuit_breakers.c.d.high.max_retries': 'none',
    'circuit_breakers.c.default.max_connections': 7,
    upstream: { healthy_panic_threshold: 1000 },
    bias: '1.5',
  });
  const changed = runtimeModel(model, runtime);
  expect(changed.thresholds).toEqual([
    { ...limits, maxRequests: 0 },
    { ...limits, maxConnections: 0xffff_ffff },
  ]);
  expect(changed.panicThreshold).toBe(100);
  expect(changed.loadBalancer.activeRequestBias).toBe(1.5);
  expect(runtimeModel(model, snapshot({ bias: -3 })).loadBalancer.activeRequestBias).toBe(1);
  expect(runtimeModel(model, snapshot({}))).toEqual(model);
});
