// A filter in TypeScript that takes its time: streams are parked in the core and resumed.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { RawClient } from '../../support/raw_client.js';
import { request } from './requests.js';

const FILTER = fileURLToPath(new URL('fixture_filter.mjs', import.meta.url));
const ROUTER = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' };
const STRUCT = { '@type': 'type.googleapis.com/google.protobuf.Struct', value: { delay_ms: 50 } };

let upstream: Server;
let proxy: Peer;
let port: number;
const seen: { url: string; headers: IncomingHttpHeaders }[] = [];

beforeAll(async () => {
  const [upstreamPort, adminPort, listenerPort] = await freePorts(3);
  port = listenerPort;
  upstream = createServer((incoming, response) => {
    seen.push({ url: incoming.url ?? '', headers: incoming.headers });
    incoming.resume().on('end', () => response.end('served'));
  }).listen(upstreamPort, '127.0.0.1');
  await once(upstream, 'listening');
  const http_filters = [
    { name: 'slow', typed_config: STRUCT },
    { name: 'router', typed_config: ROUTER },
  ];
  const listener = httpListener('http', { port, hcm: { http_filters } });
  proxy = await Peer.start('weft', {
    bootstrap: bootstrap(adminPort, [listener], { upstream: { endpoints: [upstreamPort] } }),
    adminPort,
    env: { NODE_OPTIONS: `--import ${FILTER}` },
  });
});
afterAll(async () => {
  await proxy.stop();
  upstream.close();
});

test('a parked stream goes on with what the filter has changed, on both ways', async () => {
  const client = await RawClient.connect(port);
  client.send('GET /parked HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await client.until(() => client.received.includes('served'), 5000)).toBe(true);
  expect(client.received).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(client.received).toContain('x-seen: 200\r\n');
  expect(seen.find(({ url }) => url === '/parked')?.headers['x-filtered']).toBe('yes');
  client.close();
});

test('a filter answers by itself, and the upstream sees nothing', async () => {
  expect(await request(port, '/denied')).toMatchObject({ status: 403, body: 'not you' });
  expect(seen.some(({ url }) => url === '/denied')).toBe(false);
});

test('a filter that fails costs its stream a 500 and nobody else anything', async () => {
  const [broken, ...fine] = await Promise.all(['/throws', '/a', '/b', '/c'].map((path) => request(port, path)));
  expect(broken.status).toBe(500);
  expect(fine.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(proxy.output).toContain('thrown by a filter');
});

test('while streams are parked others pass', async () => {
  const parked = Array.from({ length: 50 }, (_, i) => request(port, `/parked-${i}`));
  expect((await request(port, '/at-once')).status).toBe(200);
  expect((await Promise.all(parked)).every(({ status }) => status === 200)).toBe(true);
});

test('a client that leaves while its stream is parked takes nothing along', async () => {
  const client = await RawClient.connect(port);
  client.send('GET /gone HTTP/1.1\r\nhost: a\r\n\r\n');
  await sleep(10);
  client.socket.resetAndDestroy();
  await sleep(150);
  expect((await request(port, '/after')).status).toBe(200);
  expect(await proxy.stat('http.http.downstream_rq_active')).toBe(0);
  expect(proxy.output).not.toContain('died');
});

test('a request body arrives whole behind a parked head', async () => {
  const client = await RawClient.connect(port);
  client.send(`POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n${'x'.repeat(300_000)}`);
  expect(await client.until(() => client.received.includes('served'), 5000)).toBe(true);
  client.close();
});
