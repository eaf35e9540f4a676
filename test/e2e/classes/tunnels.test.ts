// Upgrades and CONNECT: nothing of a client reaches an upstream as a tunnel's payload before the upstream has agreed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../../support/fixture.js';
import { splitRequests } from '../../support/http_message.js';
import { freePort } from '../../support/ports.js';
import type { RawClient } from '../../support/raw_client.js';
import { TcpUpstream, type UpstreamStep } from '../../support/tcp_upstream.js';
import { ends, exchange, get, head, MOMENT, statuses } from './exchange.js';

const SMUGGLED = head('GET /smuggled HTTP/1.1', 'host: victim.example');
const UPGRADE = get('/chat', 'connection: upgrade', 'upgrade: websocket');
const CONNECT = head('CONNECT b.example:443 HTTP/1.1', 'host: b.example:443');
const SWITCHED = head('HTTP/1.1 101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket');

let upstream: TcpUpstream;
let proxy: Fixture;
let client: RawClient | undefined;
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  const connect = { cluster: 'upstream', upgrade_configs: [{ upgrade_type: 'CONNECT' }] };
  const routes = [
    { match: { connect_matcher: {} }, route: connect },
    { match: { prefix: '/' }, route: { cluster: 'upstream' } },
  ];
  proxy = await startProxy({
    upstreamPort: upstream.port,
    listener: {
      hcm: { upgrade_configs: [{ upgrade_type: 'websocket' }, { upgrade_type: 'CONNECT' }] },
      virtual_hosts: [{ name: 'all', domains: ['*'], routes }],
    },
  });
});
afterAll(async () => {
  expect(proxy.peer.output).not.toMatch(/died|replaced|uncaught/);
  await proxy?.peer.stop();
  await upstream.stop();
});
beforeEach(() => upstream.dropAll());
afterEach(() => client?.close());

function answerAfter(wait: number, ...steps: UpstreamStep[]): void {
  upstream.reset({ on: 'request', steps: [[{ wait }, ...steps]] });
}

/** What upstreams read behind the head that asked for a tunnel. */
function behindTheHead(): string {
  return upstream.connections.map(({ received }) => splitRequests(received).rest).join('');
}

/** Paths of everything that an upstream may have read as a request, on any connection. */
function requestLines(): string[] {
  return upstream.connections.flatMap(({ received }) => received.match(/^[A-Z]+ \S+ HTTP\/1\.1/gm) ?? []);
}

// CVE-2024-23326, CVE-2026-2833
test.each([
  ['200', head('HTTP/1.1 200 OK', 'content-length: 2') + 'ok', 200],
  ['204', head('HTTP/1.1 204 No Content'), 204],
  ['403', head('HTTP/1.1 403 Forbidden', 'content-length: 0'), 403],
  [
    '200 with the words of an upgrade',
    head('HTTP/1.1 200 OK', 'connection: upgrade', 'upgrade: websocket', 'content-length: 0'),
    200,
  ],
])(
  'class 14: an upgrade that is answered with %s is no tunnel, and both connections end',
  async (_name, answer, status) => {
    answerAfter(50, answer);
    client = await exchange(proxy.port, [UPGRADE + SMUGGLED]);
    expect(statuses(client)[0]).toBe(status);
    expect(await ends(client)).toBe(true);
    await expect.poll(() => upstream.connections.every(({ ending }) => ending !== 'open')).toBe(true);
    expect(requestLines()).toEqual(['GET /chat HTTP/1.1']);
  },
);

test('class 14: bytes behind an upgrade wait for the 101, and then pass unread', async () => {
  answerAfter(MOMENT * 2, SWITCHED);
  client = await exchange(proxy.port, [UPGRADE + SMUGGLED, { wait: MOMENT }], () => true);
  expect(behindTheHead()).toBe('');
  await expect.poll(behindTheHead).toBe(SMUGGLED);
  expect(statuses(client)).toEqual([101]);
});

test('class 14: a 101 that nobody asked for is an error of the upstream', async () => {
  answerAfter(0, `${SWITCHED}payload`);
  client = await exchange(proxy.port, [get()]);
  expect(statuses(client)[0]).toBeGreaterThanOrEqual(500);
  expect(client.received).not.toContain('payload');
  await expect.poll(() => upstream.connections.every(({ ending }) => ending !== 'open')).toBe(true);
});

test('class 14: an upgrade that is not configured is refused, and nothing behind it is served', async () => {
  client = await exchange(proxy.port, [get('/', 'connection: upgrade', 'upgrade: strange') + SMUGGLED]);
  expect(statuses(client)).toEqual([403]);
  expect(await ends(client)).toBe(true);
  expect(requestLines()).toEqual([]);
});

// CVE-2026-58055
test('class 14: an upgrade with a body never leaves that body, or what follows it, as a request', async () => {
  for (const body of [`content-length: ${SMUGGLED.length}`, 'transfer-encoding: chunked']) {
    answerAfter(50, head('HTTP/1.1 200 OK', 'content-length: 0'));
    const framed = body.startsWith('content')
      ? SMUGGLED
      : `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;
    client = await exchange(proxy.port, [
      get('/chat', 'connection: upgrade', 'upgrade: websocket', body) + framed + SMUGGLED,
    ]);
    await ends(client);
    for (const { received } of upstream.connections) {
      const { messages } = splitRequests(received.replace(/^upgrade: .*\r\n/m, ''));
      expect(messages.map(({ start }) => start).filter((start) => start.includes('smuggled'))).toEqual([]);
    }
    client.close();
    upstream.dropAll();
  }
});

// CVE-2025-64763
test('class 15: bytes behind a CONNECT that is refused never reach the upstream, and both connections end', async () => {
  answerAfter(MOMENT, head('HTTP/1.1 403 Forbidden', 'content-length: 0'));
  client = await exchange(proxy.port, [CONNECT + SMUGGLED]);
  expect(client.received).toMatch(/^HTTP\/1\.1 403 /);
  expect(await ends(client)).toBe(true);
  expect(requestLines()).toEqual(['CONNECT b.example:443 HTTP/1.1']);
  await expect.poll(() => upstream.connections.every(({ ending }) => ending !== 'open')).toBe(true);
});

test('class 15: bytes behind a CONNECT wait for the 200, and then pass unread', async () => {
  answerAfter(MOMENT * 2, head('HTTP/1.1 200 OK'));
  client = await exchange(proxy.port, [CONNECT + SMUGGLED, { wait: MOMENT }], () => true);
  expect(behindTheHead()).toBe('');
  await expect.poll(behindTheHead).toBe(SMUGGLED);
});

test('class 15: a CONNECT that the proxy itself refuses closes, and nothing behind it is served', async () => {
  await upstream.stop();
  client = await exchange(proxy.port, [CONNECT + SMUGGLED]);
  expect(client.received).toMatch(/^HTTP\/1\.1 503 /);
  expect(await ends(client)).toBe(true);
  await sleep(MOMENT);
  expect(client.received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  upstream = await TcpUpstream.start(upstream.port);
});
