import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { header, splitResponses } from '../support/http_message.js';
import { freePort } from '../support/ports.js';
import { RawClient } from '../support/raw_client.js';
import { TcpUpstream, type UpstreamStep } from '../support/tcp_upstream.js';

let upstream: TcpUpstream;
let proxy: Fixture;
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  proxy = await startProxy({ upstreamPort: upstream.port });
});
afterAll(async () => {
  await proxy.peer.stop();
  await upstream.stop();
});
beforeEach(() => upstream.dropAll());

async function exchange(steps: UpstreamStep[]): Promise<RawClient> {
  upstream.reset({ on: 'request', steps: [steps] });
  const client = await RawClient.connect(proxy.port);
  client.send('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
  return client;
}

const ENDINGS: [string, UpstreamStep][] = [
  ['closes', { close: true }],
  ['resets', { reset: true }],
];

test.each(ENDINGS)('an upstream that %s in the middle of its body cuts the answer off', async (_how, ending) => {
  const client = await exchange(['HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', { wait: 50 }, ending]);
  expect(await client.until(() => client.ending !== 'open', 5000)).toBe(true);
  expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(client.received.endsWith('half')).toBe(true);
});

test.each(ENDINGS)('an upstream that %s in the middle of a chunk leaves no terminator', async (_how, ending) => {
  const client = await exchange([
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\nhalf',
    { wait: 50 },
    ending,
  ]);
  expect(await client.until(() => client.ending !== 'open', 5000)).toBe(true);
  expect(client.received).not.toContain('0\r\n\r\n');
});

test.each(ENDINGS)('an upstream that %s in the middle of its head is a 503', async (_how, ending) => {
  const client = await exchange(['HTTP/1.1 200 OK\r\ncontent-le', { wait: 20 }, ending]);
  expect(await client.until(() => client.received.includes('\r\n\r\n'), 5000)).toBe(true);
  expect(client.received).toMatch(/^HTTP\/1\.1 50[23] /);
  client.close();
});

test('the next request after a death is answered', async () => {
  const dead = await exchange(['HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', { wait: 20 }, { reset: true }]);
  await dead.until(() => dead.ending !== 'open', 5000);
  const client = await exchange(['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nalive']);
  await client.until(() => client.received.endsWith('alive'), 5000);
  const [answer] = splitResponses(client.received).messages;
  expect(answer.body).toBe('alive');
  expect(header(answer, 'content-length')).toBe('5');
  client.close();
});
