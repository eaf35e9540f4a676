import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';
import { openDescriptors, residentBytes } from '../support/proc.js';
import { RawClient } from '../support/raw_client.js';
import { TcpUpstream } from '../support/tcp_upstream.js';

const COUNT = 10_000;
const AT_ONCE = 200;
const BYTES_EACH = 40_000; // far above the target of 15 kB, far below what an unpooled buffer each would cost

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

async function inBatches(clients: RawClient[], count: number, work: () => Promise<RawClient>): Promise<void> {
  for (let i = 0; i < count; i += AT_ONCE) {
    clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, work))));
  }
}

async function request(client: RawClient): Promise<boolean> {
  client.received = '';
  client.send('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
  return client.until(() => client.received.endsWith('\r\n\r\nok'), 10_000);
}

test('10,000 connections stay open and each of them is served', { timeout: 120_000 }, async () => {
  const clients: RawClient[] = [];
  const { pid } = proxy.peer;
  const descriptors = openDescriptors(pid);
  const before = residentBytes([pid]);
  await inBatches(clients, COUNT, () => RawClient.connect(proxy.port));
  for (let i = 0; i < COUNT; i += AT_ONCE) {
    const answers = await Promise.all(clients.slice(i, i + AT_ONCE).map(request));
    expect(answers.every(Boolean)).toBe(true);
  }
  expect(clients.filter(({ ending }) => ending !== 'open')).toHaveLength(0);
  expect(openDescriptors(pid) - descriptors).toBeGreaterThanOrEqual(COUNT);
  expect((residentBytes([pid]) - before) / COUNT).toBeLessThan(BYTES_EACH);
  for (const client of clients) client.close();
  await expect.poll(() => openDescriptors(pid) - descriptors, { timeout: 10_000 }).toBeLessThan(AT_ONCE * 2);
});
