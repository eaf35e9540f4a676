import { expect, test } from 'vitest';
import { hostSets } from '../../../host/cluster/host_sets.js';
import type { EndpointHealth } from '../../../host/cluster/endpoint.js';
import { endpoint } from '../../support/cluster.js';

const HEALTH: Record<string, EndpointHealth> = { h: 'healthy', d: 'degraded', u: 'unhealthy', x: 'draining' };

// "hhu/h" is a priority 0 of two healthy hosts and an unhealthy one, and a priority 1 of one healthy host.
function sets(text: string, options: { panic?: number; byWeight?: boolean; weights?: number[] } = {}): string {
  const letters = text
    .split('/')
    .flatMap((level, priority) => [...level].map((c) => ({ priority, health: HEALTH[c] })));
  const endpoints = letters.map((changes, i) => endpoint(i, { ...changes, weight: options.weights?.[i] ?? 1 }));
  return hostSets(endpoints, {
    panicThreshold: options.panic ?? 50,
    overprovisioningFactor: 140,
    weightedPriorityHealth: options.byWeight ?? false,
  })
    .map((set) => `${set.load}%${set.panic ? ' panic' : ''} ${set.hosts.join()}`)
    .join('; ');
}

// Expected values follow from Envoy's documentation of priority levels, degraded endpoints and panic (and were seen in Envoy:
// test/differential/envoy/load_balancer.test.ts).
test.each([
  ['', ''],
  ['hhh', '100% 0,1,2'],
  ['hhu', '100% 0,1'], // two thirds healthy: no panic
  ['huu', '100% panic 0,1,2'], // 33 % are under the threshold of 50 %
  ['hu', '100% 0'], // 50 % are not under it
  ['uu', '100% panic 0,1'],
  ['hx', '100% 0'], // a draining host does not count
  ['hxxx', '100% 0'],
  ['xx', '100% panic 0,1'],
  ['hd', '70% 0; 30% 1'],
  ['dd', '100% 0,1'],
  ['hhhhd', '100% 0,1,2,3'],
  ['hu/h', '70% 0; 30% 2'],
  ['uu/hh', '100% 2,3'],
  ['huuu/huuu', '50% panic 0,1,2,3; 50% panic 4,5,6,7'],
  ['huuuuu/hhuuuu', '50% panic 0,1,2,3,4,5; 50% panic 6,7,8,9,10,11'],
  ['/h', '100% 0'],
])('%j gives %j', (text, expected) => expect(sets(text)).toBe(expected));

test('a threshold of 0 turns panic off', () => {
  expect(sets('huu', { panic: 0 })).toBe('100% 0');
  expect(sets('uu', { panic: 0 })).toBe('');
});

test('weighted_priority_health counts weights instead of hosts', () => {
  expect(sets('hu/h', { weights: [3, 1, 1], byWeight: true })).toBe('100% 0');
  expect(sets('hu/h', { weights: [1, 3, 1], byWeight: true })).toBe('35% 0; 65% 2');
});
