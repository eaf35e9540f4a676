// The agent's endpoints: which port has which, who may use them, and what they answer.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isFromThisPod } from '../../../host/agent/agent_server.js';
import { ask, startAgent, type TestAgent } from '../../support/agent.js';

let it: TestAgent;
beforeAll(async () => {
  it = await startAgent({ '/app-health/app/livez': { tcpSocket: { port: 1 } } });
});
afterAll(() => it.agent.close());
beforeEach(() => it.events.splice(0));

describe('/healthz/ready', () => {
  test.each(['status', 'ready'] as const)(
    'is 200 on the %s port while the proxy serves, and 503 with the reason else',
    async (port) => {
      it.process.notReady = () => 'clusters are warming';
      const before = await ask(it.ports[port], '/healthz/ready');
      it.process.notReady = () => undefined;
      const after = await ask(it.ports[port], '/healthz/ready');
      expect([before.status, before.body]).toEqual([503, 'not ready: clusters are warming\n']);
      expect([after.status, after.body]).toEqual([200, 'ready\n']);
      expect(it.events).toEqual(['warn the proxy is not ready: clusters are warming', 'info the proxy is ready']);
    },
  );

  test('HEAD has the status only', async () => {
    expect(await ask(it.ports.ready, '/healthz/ready', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });
});

test.each([
  ['ready', '/stats/prometheus', 404],
  ['ready', '/drain', 404],
  ['ready', '/app-health/app/livez', 404],
  ['metrics', '/healthz/ready', 404],
  ['metrics', '/quitquitquit', 404],
  ['metrics', '/app-health/app/livez', 404],
  ['metrics', '/stats/prometheus', 200],
  ['status', '/stats/prometheus', 200],
  ['status', '/metrics', 200],
  ['status', '/app-health/app/readyz', 400],
  ['status', '/app-health/__proto__/livez', 400],
  ['status', '/app-health/../quitquitquit', 400],
  ['status', '/', 404],
  ['status', '/constructor', 404],
  ['status', `/${'x'.repeat(9000)}`, 414],
] as const)('on the %s port, %s is %i', async (port, path, status) => {
  expect(await ask(it.ports[port], path)).toMatchObject({ status });
});

describe.each(['/drain', '/quitquitquit'])('%s', (path) => {
  const event = path === '/drain' ? 'drain' : 'quit';

  test('acts on POST from the Pod itself', async () => {
    expect(await ask(it.ports.status, path, { method: 'POST' })).toMatchObject({ status: 200, body: 'OK' });
    expect(it.events).toEqual([event]);
  });

  test.each([
    ['GET', { method: 'GET' }, 405],
    ['HEAD', { method: 'HEAD' }, 405],
    ["the inbound side's own source address", { method: 'POST', localAddress: '127.0.0.6' }, 403],
    ['a page of another site', { method: 'POST', headers: { origin: 'http://evil.example' } }, 403],
    ['a rebound name', { method: 'POST', headers: { host: 'evil.example' } }, 403],
  ])('has no effect by %s', async (_claim, options, status) => {
    expect(await ask(it.ports.status, path, options)).toMatchObject({ status });
    expect(it.events).toEqual([]);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.0.0.2', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['127.0.0.6', false],
  ['::ffff:127.0.0.6', false],
  ['::6', false],
  ['10.0.0.7', false],
  ['::ffff:10.0.0.7', false],
  ['1270.0.0.1', false],
  [undefined, false],
])('a caller from %s is of this Pod: %s', (address, expected) => {
  expect(isFromThisPod(address)).toBe(expected);
});

test('an endpoint that throws is 500 and is reported', async () => {
  it.process.notReady = () => {
    throw new Error('broken');
  };
  expect(await ask(it.ports.ready, '/healthz/ready')).toMatchObject({ status: 500, body: 'internal error\n' });
  it.process.notReady = () => undefined;
  expect(it.events).toEqual(['error Error: broken']);
});

test('a port in use is said, and nothing is left listening', async () => {
  await expect(startAgent({}, { statusPort: it.ports.status, readyPort: 0, metricsPort: 0 })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${it.ports.status}: the port is in use`,
  );
});
