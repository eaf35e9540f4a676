import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';
import { RawClient } from '../support/raw_client.js';
import { TcpUpstream } from '../support/tcp_upstream.js';

const BETWEEN_BYTES_MS = 20; // stands for the second of a real slow client

let upstream: TcpUpstream;
let proxy: Fixture;
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  const hcm = { request_headers_timeout: '1s', stream_idle_timeout: '1s' };
  proxy = await startProxy({ upstreamPort: upstream.port, listener: { hcm } });
});
afterAll(async () => {
  await proxy.peer.stop();
  await upstream.stop();
});

async function drip(client: RawClient, text: string): Promise<void> {
  for (const byte of text) {
    if (client.ending !== 'open' || client.received !== '') return;
    client.send(byte);
    await sleep(BETWEEN_BYTES_MS);
  }
}

test('a client that sends a byte at a time is served when it ends within its timeout', async () => {
  const client = await RawClient.connect(proxy.port);
  await drip(client, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await client.until(() => client.received.endsWith('ok'), 2000)).toBe(true);
  client.close();
});

test('a client that never ends its head is answered 408 and closed, and others are served meanwhile', async () => {
  const slow = await RawClient.connect(proxy.port);
  const dripping = drip(slow, `GET / HTTP/1.1\r\nx-a: ${'a'.repeat(400)}`);
  const quick = await RawClient.connect(proxy.port);
  quick.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await quick.until(() => quick.received.endsWith('ok'), 1000)).toBe(true);
  await dripping;
  expect(await slow.until(() => slow.ending !== 'open', 5000)).toBe(true);
  expect(slow.received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  quick.close();
});

test('a body that comes byte by byte passes byte by byte', async () => {
  upstream.reset();
  const client = await RawClient.connect(proxy.port);
  client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20\r\n\r\n');
  await drip(client, '01234567890123456789');
  expect(await client.until(() => client.received.endsWith('ok'), 2000)).toBe(true);
  expect(upstream.connections.some(({ received }) => received.endsWith('01234567890123456789'))).toBe(true);
  client.close();
});
