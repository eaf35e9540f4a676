// Events: who they are about, how many there may be.
import { expect, test } from 'vitest';
import { ApiError } from '../../../../host/injector/kubernetes/api.js';
import { parseReview } from '../../../../host/injector/webhook/admission_review.js';
import type { PodDecision } from '../../../../host/injector/webhook/decision.js';
import { EventQueue } from '../../../../host/injector/webhook/event_queue.js';
import type { JsonObject } from '../../../../host/injector/webhook/json.js';
import { InjectorMetrics } from '../../../../host/injector/webhook/metrics.js';
import { FakeKubernetes } from '../../../support/fake_kubernetes.js';
import { POD, reviewOfPod } from '../../../support/webhook.js';

const SKIPPED: PodDecision = { kind: 'skipped', reason: 'x', sentence: 'not injected: x', warnings: [] };
const named = (name: string): JsonObject => ({ ...POD, metadata: { name } });
const request = (pod: JsonObject, changes = {}) => parseReview(reviewOfPod(pod, changes));

function queue() {
  const metrics = new InjectorMetrics();
  const events = new EventQueue(metrics, 'sidecar-injector-0');
  const api = new FakeKubernetes();
  const bodies = (): JsonObject[] => api.calls.map(({ body }) => body as JsonObject);
  return { metrics, events, api, bodies };
}

test('an Event is about the controller, or else about the named Pod, and has what the API asks for', async () => {
  const { events, api, bodies, metrics } = queue();
  const end = new AbortController();
  void events.run(api, end.signal);
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly', uid: 'u', controller: true };
  const owned = { ...POD, metadata: { ownerReferences: [{ ...owner, controller: false, name: 'no' }, owner] } };
  events.add(request(owned), owned, { kind: 'refused', sentence: 'not injected: bad' });
  events.add(request(named('a')), named('a'), SKIPPED);
  events.add(request(POD), POD, SKIPPED); // only generateName: there is nobody to tell it of
  await expect.poll(() => metrics.value('sidecar_injection_events_total')).toBe(2);
  end.abort();
  expect(bodies()[0]).toMatchObject({
    type: 'Warning',
    reason: 'SidecarInjectionRefused',
    message: 'not injected: bad',
    involvedObject: { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly', uid: 'u', namespace: 'shop' },
    source: { component: 'sidecar-injector' },
  });
  expect(bodies()[1]).toMatchObject({ type: 'Normal', involvedObject: { kind: 'Pod', name: 'a' } });
  expect(api.calls[0].path).toBe('/api/v1/namespaces/shop/events');
});

test('a dry run makes none', () => {
  const { events, metrics } = queue();
  for (let i = 0; i < 1000; i++) events.add(request(named(`p${i}`), { dryRun: true }), named(`p${i}`), SKIPPED);
  expect(metrics.value('sidecar_injection_events_dropped_total')).toBe(0);
});

test('the same thing said again is not said, and more than the queue holds is dropped and counted', () => {
  const { events, metrics } = queue();
  for (let i = 0; i < 600; i++) events.add(request(named('same')), named('same'), SKIPPED);
  expect(metrics.value('sidecar_injection_events_dropped_total')).toBe(0);
  for (let i = 0; i < 600; i++) events.add(request(named(`p${i}`)), named(`p${i}`), SKIPPED);
  expect(metrics.value('sidecar_injection_events_dropped_total')).toBe(101);
});

test('an API that takes none costs an Event, not the queue', async () => {
  const { events, api, metrics } = queue();
  const end = new AbortController();
  void events.run(api, end.signal);
  api.failure = new ApiError(403, 'forbidden');
  events.add(request(named('a')), named('a'), SKIPPED);
  await expect.poll(() => metrics.value('sidecar_injection_events_dropped_total')).toBe(1);
  api.failure = undefined;
  events.add(request(named('b')), named('b'), SKIPPED);
  await expect.poll(() => metrics.value('sidecar_injection_events_total'), { timeout: 5000 }).toBe(1);
  end.abort();
});
