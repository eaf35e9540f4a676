// The webhook over real HTTPS: what the API server sees for what it sends, and what a stranger gets.
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { applyPatch, type Operation } from 'rfc6902';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PodDecision, PodQuestion } from '../../../../host/injector/webhook/decision.js';
import { POD, reviewOfPod, startWebhook, type TestWebhook } from '../../../support/webhook.js';

let webhook: TestWebhook;
let asked: PodQuestion[];
let next: (question: PodQuestion) => PodDecision;

beforeEach(async () => {
  asked = [];
  next = injected;
  webhook = await startWebhook((question) => {
    asked.push(question);
    return next(question);
  });
});
afterEach(() => webhook.close());

function injected({ pod }: PodQuestion): PodDecision {
  const spec = pod.spec as { containers: unknown[] };
  const containers = [...spec.containers, { name: 'istio-proxy', image: 'weft' }];
  return {
    kind: 'injected',
    pod: { ...pod, spec: { ...spec, containers } },
    sentence: 'injected: asked',
    warnings: [],
  };
}

async function reviewed(body: string, path = '/inject') {
  const answer = await webhook.post(path, body);
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  return JSON.parse(answer.body) as { response: Record<string, unknown> };
}

function patched(response: Record<string, unknown>, pod: unknown): unknown {
  const copy = structuredClone(pod);
  const patch = JSON.parse(Buffer.from(String(response.patch), 'base64').toString()) as Operation[];
  expect(applyPatch(copy, patch).every((error) => error === null)).toBe(true);
  return copy;
}

test('a Pod is answered with a JSON Patch that makes it the injected one', async () => {
  const review = await reviewed(reviewOfPod(POD));
  expect(review).toMatchObject({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    response: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      allowed: true,
      patchType: 'JSONPatch',
      auditAnnotations: { decision: 'injected', message: 'injected: asked' },
    },
  });
  expect(review.response.warnings).toBeUndefined();
  const containers = [...POD.spec.containers, { name: 'istio-proxy', image: 'weft' }];
  expect(patched(review.response, POD)).toEqual({ ...POD, spec: { containers } });
});

test('the decision sees the namespace of the request and no managedFields, and the patch touches neither', async () => {
  const { response } = await reviewed(reviewOfPod(POD));
  expect(asked[0]).toMatchObject({ namespace: 'shop', pod: { metadata: { namespace: 'shop' } } });
  expect(asked[0].pod.metadata).not.toHaveProperty('managedFields');
  const patch = JSON.parse(Buffer.from(String(response.patch), 'base64').toString()) as Operation[];
  expect(patch).toEqual([{ op: 'add', path: '/spec/containers/1', value: { name: 'istio-proxy', image: 'weft' } }]);
});

test('a Pod that is left alone is allowed without a patch, with the reason in a warning, the audit log and the metrics', async () => {
  const sentence = 'not injected: the Pod uses the network of its host';
  next = () => ({ kind: 'skipped', reason: 'host_network', sentence, warnings: ['and another thing'] });
  const { response } = await reviewed(reviewOfPod(POD));
  expect(response).toEqual({
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    allowed: true,
    warnings: [sentence, 'and another thing'],
    auditAnnotations: { decision: 'skipped', reason: 'host_network', message: sentence },
  });
  expect(webhook.metrics.render()).toContain('sidecar_injection_skip_total{reason="host_network"} 1');
});

test('a Pod that cannot be injected is refused in status 200 with a message', async () => {
  next = () => ({ kind: 'refused', sentence: 'annotation status.sidecar.istio.io/port: "x" is no port' });
  const { response } = await reviewed(reviewOfPod(POD));
  expect(response).toMatchObject({
    allowed: false,
    status: { code: 422, reason: 'Invalid', message: 'annotation status.sidecar.istio.io/port: "x" is no port' },
  });
  expect(webhook.metrics.value('sidecar_injection_failure_total')).toBe(1);
});

test('a fault of the injector refuses the Pod without telling what it was; the log knows it by its number', async () => {
  next = () => {
    throw new Error('secret detail');
  };
  const { response } = await reviewed(reviewOfPod(POD));
  expect(response.allowed).toBe(false);
  const [{ id, error }] = webhook.faults;
  expect((response.status as { message: string }).message).toContain(id);
  expect(JSON.stringify(response)).not.toContain('secret detail');
  expect((error as Error).message).toBe('secret detail');
});

test.each([
  ['a Deployment', { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }, 'not_a_pod'],
  ['a Pod of another group', { kind: { group: 'example.com', version: 'v1', kind: 'Pod' } }, 'not_a_pod'],
  ['an update', { operation: 'UPDATE' }, 'not_create'],
  ['a subresource', { subResource: 'ephemeralcontainers' }, 'subresource'],
])('%s, sent by a webhook configuration that asks for too much, is allowed untouched', async (_, changes, reason) => {
  const { response } = await reviewed(reviewOfPod(POD, changes));
  expect(response).toMatchObject({ allowed: true, auditAnnotations: { decision: 'skipped', reason } });
  expect(response.patch).toBeUndefined();
  expect(asked).toEqual([]);
});

test.each([
  ['no object', { object: null }],
  ['an object without a spec', { object: { metadata: {} } }],
  ['a list', { object: [] }],
])('a review with %s is refused in the form of a review', async (_, changes) => {
  const { response } = await reviewed(reviewOfPod(POD, changes));
  expect(response).toMatchObject({ allowed: false, status: { message: 'request.object is not a Pod' } });
});

test('pairs of the path become environment', async () => {
  await reviewed(reviewOfPod(POD), '/inject/cluster/east/net/vpc--slash--1?timeout=10s');
  expect([...asked[0].environment]).toEqual([
    ['ISTIO_META_CLUSTER_ID', 'east'],
    ['ISTIO_META_NETWORK', 'vpc/1'],
  ]);
});

test.each([
  ['an empty body', '', 400, 'the body is empty'],
  ['text', 'hello', 400, 'not JSON'],
  ['a JSON list', '[]', 400, 'not a JSON object'],
  ['another kind', '{"kind":"Pod"}', 400, 'kind is "Pod"'],
  ['an old version', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1"}', 400, 'v1beta1'],
  ['no request', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', 400, 'request is missing'],
  ['no uid', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}', 400, 'uid'],
  ['a kind nested without end', `{"kind":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400, 'a list'],
])('%s is a bad request with a reason', async (_, body, status, message) => {
  const answer = await webhook.post('/inject', body);
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(message);
  expect(asked).toEqual([]);
});

test('content types other than JSON and compressed bodies are not supported', async () => {
  const body = reviewOfPod(POD);
  expect((await webhook.post('/inject', body, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await webhook.post('/inject', body, { 'content-type': 'application/json-patch+json' })).status).toBe(415);
  expect((await webhook.post('/inject', body, { 'content-encoding': 'gzip' })).status).toBe(415);
  expect((await webhook.post('/inject', body, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
});

test('other paths and methods are refused', async () => {
  const body = reviewOfPod(POD);
  expect((await webhook.post('/', body)).status).toBe(404);
  expect((await webhook.post('/injected', body)).status).toBe(404);
  expect((await webhook.post('/inject', '', {}, { method: 'GET' })).status).toBe(405);
  expect((await webhook.post('/inject/cluster', body)).status).toBe(400);
  expect((await webhook.post('/inject/cluster/a%0Ab', body)).status).toBe(400);
  expect((await webhook.post('/inject/cluster/%', body)).status).toBe(400);
  expect((await webhook.post('/inject/LD_PRELOAD=/x', body)).status).toBe(400);
});

test('a Pod nested too deep for a stack is refused, and the next one is answered', async () => {
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  const spec = `{"containers":[{"name":"a","x":${deep}}]}`;
  next = ({ pod }) => ({
    kind: 'injected',
    pod: { ...pod, spec: JSON.parse(spec) as object },
    sentence: '',
    warnings: [],
  });
  const { response } = await reviewed(reviewOfPod(null).replace('"object":null', `"object":{"spec":${spec}}`));
  expect(response).toMatchObject({ allowed: false });
  next = injected;
  expect((await reviewed(reviewOfPod(POD))).response.allowed).toBe(true);
});

test('class 71: a body of 100 MB is not read: refused by its length, and cut at the limit where it tells none', async () => {
  const told = await webhook.post('/inject', '', { 'content-length': String(100 * 2 ** 20) }).catch((e: Error) => e);
  expect(told).toMatchObject({ status: 413 });

  const socket = connect({ port: webhook.port, host: '127.0.0.1', servername: 'localhost', ca: webhook.ca });
  socket.write(
    'POST /inject HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 32), Buffer.from('\r\n')]);
  let sent = 0;
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.on('close', resolve));
  const pump = (): void => {
    while (!socket.destroyed && sent < 100) {
      sent++;
      if (!socket.write(chunk)) return void socket.once('drain', pump);
    }
  };
  pump();
  await closed;
  // The reset that follows may overtake the answer (RFC 9112 section 9.6).
  expect(['', 'HTTP/1.1 413']).toContain(text.slice(0, 12));
  expect(sent).toBeLessThan(40);
});

test('class 71: a slow head, a slow body and a silent handshake end in time, and others are answered meanwhile', async () => {
  const slow = await startWebhook(injected, { handshakeMs: 400, headMs: 400, requestMs: 800 });
  try {
    const tls = { port: slow.port, host: '127.0.0.1', servername: 'localhost', ca: slow.ca };
    const head = 'POST /inject HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{';
    const sockets = [connect(tls), connect(tls), connectTcp(slow.port, '127.0.0.1')];
    sockets[0].write(head.slice(0, 30));
    sockets[1].write(head);
    const answers = sockets.map(() => '');
    const closed = sockets.map(
      (socket, i) =>
        new Promise((resolve) => {
          socket.on('data', (data: Buffer) => (answers[i] += data.toString('latin1')));
          socket.on('error', () => {}).on('close', resolve);
        }),
    );
    expect((await slow.post('/inject', reviewOfPod(POD))).status).toBe(200);
    await Promise.all(closed);
    expect(answers.map((text) => text.slice(0, 12))).toEqual(['HTTP/1.1 408', 'HTTP/1.1 408', '']);
    expect(slow.faults).toEqual([]);
  } finally {
    await slow.close();
  }
});

test('a new certificate serves new connections, and the open one goes on', async () => {
  const { createAuthority, issueServingCertificate } =
    await import('../../../../host/injector/certificates/authority.js');
  const { Agent } = await import('node:https');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const old = { agent };
  expect((await webhook.post('/inject', reviewOfPod(POD), {}, old)).status).toBe(200);
  const authority = await createAuthority(new Date(), 86_400_000);
  const { certificate, key } = await issueServingCertificate(authority, ['localhost'], new Date(), 86_400_000);
  webhook.server.useCertificate({ cert: certificate, key });

  expect((await webhook.post('/inject', reviewOfPod(POD), {}, old)).status).toBe(200); // on the open connection
  await expect(webhook.post('/inject', reviewOfPod(POD), {}, { agent: false })).rejects.toThrow(
    /certificate|signature/,
  );
  const fresh = await webhook.post('/inject', reviewOfPod(POD), {}, { agent: false, ca: authority.certificate });
  expect(fresh.status).toBe(200);
  agent.destroy();
});
