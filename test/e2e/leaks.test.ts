import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';
import { openDescriptors, residentBytes } from '../support/proc.js';
import { RawClient } from '../support/raw_client.js';
import { TcpUpstream } from '../support/tcp_upstream.js';

const ROUNDS = 5;
const REQUESTS = 2000;
const GROWTH_ALLOWED = 8 * 1024 * 1024; // of the last rounds together, after the first ones have warmed everything up

let upstream: TcpUpstream;
let proxy: Fixture;
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  const cluster = { common_http_protocol_options: { idle_timeout: '1s' } };
  const clusters = { upstream: { endpoints: [upstream.port], cluster } };
  proxy = await startProxy({ clusters });
});
afterAll(async () => {
  await proxy.peer.stop();
  await upstream.stop();
});

function post(agent: Agent, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port: proxy.port, method: 'POST' }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Good requests, requests broken off in every state, and bad ones. */
async function round(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const statuses = await Promise.all(Array.from({ length: REQUESTS }, (_, i) => post(agent, 'b'.repeat(i))));
  expect(statuses.every((status) => status === 200)).toBe(true);
  agent.destroy();
  const broken = ['GET / HT', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf', 'nonsense\r\n\r\n', ''];
  for (let i = 0; i < 200; i++) {
    const client = await RawClient.connect(proxy.port);
    client.send(broken[i % broken.length]);
    if (i % 8 < 4) client.close();
    else client.socket.resetAndDestroy();
  }
  for (const connection of upstream.connections) connection.received = '';
}

test('load leaves neither descriptors nor memory behind', { timeout: 120_000 }, async () => {
  const { pid } = proxy.peer;
  const descriptors = openDescriptors(pid);
  const resident: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    await round();
    upstream.dropAll();
    await expect.poll(() => openDescriptors(pid), { timeout: 10_000 }).toBeLessThanOrEqual(descriptors);
    resident.push(residentBytes([pid]));
  }
  expect(resident[ROUNDS - 1] - resident[1]).toBeLessThan(GROWTH_ALLOWED);
});
