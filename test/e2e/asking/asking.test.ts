// A filter that asks somebody outside: worker → control → gRPC service → worker, and everything that can go wrong on the way.
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { GrpcService } from '../../support/grpc_service.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { RawClient } from '../../support/raw_client.js';
import { until } from '../../support/until.js';
import { request } from '../process/requests.js';

type Json = Record<string, unknown>;

const FILTER = fileURLToPath(new URL('fixture_asking.mjs', import.meta.url));
const SABOTEUR = fileURLToPath(new URL('../../host/process/fixture/saboteur.mjs', import.meta.url));
const STRUCT = 'type.googleapis.com/google.protobuf.Struct';
const ROUTER = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' };
const LISTENER = { '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener' };

const folder = mkdtempSync(join(tmpdir(), 'weft-asking-'));
const order = join(folder, 'order');
const resources = join(folder, 'lds.json');
const echo = ({ bytes }: { bytes: Uint8Array }): Uint8Array => bytes;
const service = new GrpcService('/test.Echo/Ask', echo);
let upstream: Server;
let proxy: Peer;
let ports: { service: number; fixed: number; moving: number; admin: number };
let seen: { url: string; headers: IncomingHttpHeaders }[] = [];

const asks = (name: string, cluster: string, timeout_ms: number, more: Json = {}): Json => ({
  name,
  typed_config: { '@type': STRUCT, value: { cluster, timeout_ms } },
  ...more,
});
const says = (filter: string, word: string): Json => ({ [filter]: { '@type': STRUCT, value: { word } } });
const switches = (filter: string, fields: Json): Json => ({
  [filter]: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', ...fields },
});

const to = (path: string, more: Json): Json => ({ match: { path }, route: { cluster: 'upstream' }, ...more });

function virtualHost(): Json {
  const weighted = { clusters: [{ name: 'upstream', weight: 1, typed_per_filter_config: says('asks', 'part') }] };
  return {
    name: 'all',
    domains: ['*'],
    typed_per_filter_config: says('asks', 'host'),
    routes: [
      to('/hasty', {
        typed_per_filter_config: { ...switches('hasty', { config: {} }), ...switches('asks', { disabled: true }) },
      }),
      to('/off', { typed_per_filter_config: switches('asks', { disabled: true }) }),
      to('/on', { typed_per_filter_config: switches('late', { config: {} }) }),
      to('/said', { typed_per_filter_config: says('asks', 'route') }),
      { match: { path: '/part' }, route: { weighted_clusters: weighted } },
      { match: { path: '/direct' }, direct_response: { status: 201 } },
      { match: { prefix: '/' }, route: { cluster: 'upstream' } },
    ],
  };
}

function moving(stat_prefix: string): Json {
  const hcm = { stat_prefix, http_filters: [asks('asks', 'service', 0), { name: 'r', typed_config: ROUTER }] };
  return { ...LISTENER, ...httpListener('moving', { port: ports.moving, hcm }) };
}

function publish(listeners: Json[], version: string): void {
  writeFileSync(`${resources}.new`, JSON.stringify({ version_info: version, resources: listeners }));
  renameSync(`${resources}.new`, resources);
}

beforeAll(async () => {
  const [upstreamPort, servicePort, nobody, fixed, movingPort, admin] = await freePorts(6);
  ports = { service: servicePort, fixed, moving: movingPort, admin };
  upstream = createServer((incoming, response) => {
    seen.push({ url: incoming.url ?? '', headers: incoming.headers });
    incoming.resume().on('end', () => response.end('served'));
  }).listen(upstreamPort, '127.0.0.1');
  await once(upstream, 'listening');
  await service.start(servicePort);
  const http_filters = [
    asks('asks', 'service', 0),
    asks('hasty', 'service', 150, { disabled: true }),
    asks('late', 'nobody', 0, { disabled: true }),
    { name: 'router', typed_config: ROUTER },
  ];
  const listener = httpListener('http', { port: fixed, hcm: { http_filters }, virtual_hosts: [virtualHost()] });
  publish([moving('first')], '1');
  proxy = await Peer.start('weft', {
    bootstrap: {
      ...bootstrap(admin, [listener], {
        upstream: { endpoints: [upstreamPort] },
        service: { endpoints: [servicePort] },
        nobody: { endpoints: [nobody] },
      }),
      node: { id: 'n', cluster: 'c' },
      dynamic_resources: { lds_config: { path_config_source: { path: resources } } },
    },
    adminPort: admin,
    env: { NODE_OPTIONS: `--import ${FILTER} --import ${SABOTEUR}`, WEFT_SABOTAGE: order },
  });
});
afterAll(async () => {
  await proxy?.stop();
  service.stop();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  seen = [];
  service.asked.length = 0;
  service.cancelled = 0;
  service.answer = echo;
});

const ask = (path: string) => request(ports.fixed, path);
const headersOf = (url: string): IncomingHttpHeaders | undefined => seen.find((each) => each.url === url)?.headers;
const open = (): Promise<number> => proxy.stat('weft.open_questions');

test('an answer reaches the filter, and what it makes of it the upstream and the client', async () => {
  const client = await RawClient.connect(ports.fixed);
  client.send('GET /question HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await client.until(() => client.received.endsWith('served'), 5000)).toBe(true);
  expect(client.received).toContain('x-asked: yes\r\n');
  expect(headersOf('/question')).toMatchObject({ 'x-answer': '/question', 'x-said': 'host' });
  client.close();
});

test('what a filter leaves for the response stands in a reply of this proxy too', async () => {
  const client = await RawClient.connect(ports.fixed);
  client.send('GET /direct HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await client.until(() => client.received.includes('\r\n\r\n'), 5000)).toBe(true);
  expect(client.received).toMatch(/^HTTP\/1.1 201 Created\r\n[^]*x-asked: yes\r\n/);
  client.close();
});

test('a hundred questions at once get each its own answer', async () => {
  const paths = Array.from({ length: 100 }, (_, i) => `/many-${i}`);
  const outcomes = await Promise.all(paths.map(ask));
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([200]));
  for (const path of paths) expect(headersOf(path)?.['x-answer']).toBe(path);
});

test('what a route says reaches the filter, the most specific last; a route switches filters off and on', async () => {
  await Promise.all(['/off', '/said', '/part'].map(ask));
  expect(headersOf('/off')).not.toHaveProperty('x-answer');
  expect(headersOf('/said')?.['x-said']).toBe('host route');
  expect(headersOf('/part')?.['x-said']).toBe('host part');
  expect(await ask('/on')).toMatchObject({ status: 503, body: 'code 14' });
});

test('a service that is not there, or says no, is an error for the filter and nothing more', async () => {
  service.answer = () => ({ code: 7, details: 'no' });
  expect(await ask('/refused')).toMatchObject({ status: 503, body: 'code 7' });
  service.answer = echo;
  expect(await ask('/again')).toMatchObject({ status: 200 });
});

test('an answer that does not come in time is DEADLINE_EXCEEDED, and the service hears of it', async () => {
  service.answer = () => 'never';
  expect(await ask('/hasty')).toMatchObject({ status: 503, body: 'code 4' });
  await until('the call is over at the service', () => service.cancelled === 1);
  expect(await open()).toBe(0);
});

test('a client that leaves withdraws its question', async () => {
  service.answer = () => 'never';
  const client = await RawClient.connect(ports.fixed);
  client.send('GET /gone HTTP/1.1\r\nhost: a\r\n\r\n');
  await until('the service is asked', () => service.asked.length === 1);
  expect(await open()).toBe(1);
  client.socket.resetAndDestroy();
  await until('the call is cancelled', () => service.cancelled === 1);
  await until('no question is open', async () => (await open()) === 0);
  expect(proxy.output).not.toContain('withdrawn');
});

test('a service that goes while it is asked is an error, and asked again when it is back', async () => {
  service.answer = () => 'never';
  const cut = ask('/cut');
  await until('the service is asked', () => service.asked.length === 1);
  service.stop();
  const { status, body } = await cut;
  expect([status, body]).toEqual([503, expect.stringMatching(/^code (?:1|14)$/) as string]); // as it resets the stream, or the connection
  service.answer = echo;
  await service.start(ports.service);
  await until('the service is reached again', async () => (await ask('/back')).status === 200);
});

test('a listener that is replaced while its filter asks lets the question be answered, and then gives up its asker', async () => {
  const before = await proxy.stat('weft.askers');
  let answer!: (bytes: Uint8Array) => void;
  service.answer = () => new Promise<Uint8Array>((resolve) => (answer = resolve));
  const asked = request(ports.moving, '/replaced');
  await until('the service is asked', () => service.asked.length === 1);
  publish([moving('second')], '2');
  await until('the new one serves', async () => (await proxy.stat('listener_manager.listener_modified')) === 1);
  expect(await proxy.stat('weft.askers')).toBe(before + 1);
  answer(Buffer.from('late'));
  expect(await asked).toMatchObject({ status: 200, connection: 'close' });
  expect(headersOf('/replaced')?.['x-answer']).toBe('late');
  await until('the old one is freed', async () => (await proxy.stat('weft.askers')) === before);
  service.answer = echo;
  expect((await request(ports.moving, '/after')).status).toBe(200);
});

test('a listener that is refused, or removed, leaves no asker behind', async () => {
  const before = await proxy.stat('weft.askers');
  publish(
    [{ ...moving('third'), address: { socket_address: { address: '127.0.0.1', port_value: ports.fixed } } }],
    '3',
  );
  await until('it is refused', async () => (await proxy.stat('listener_manager.listener_create_failure')) === 1);
  expect(await proxy.stat('weft.askers')).toBe(before);
  publish([], '4');
  await until('it is gone', async () => (await proxy.stat('weft.askers')) === before - 1);
});

test('when a worker dies its questions are withdrawn, and the next worker asks anew', async () => {
  service.answer = () => 'never';
  const lost = ask('/lost');
  await until('the service is asked', () => service.asked.length === 1);
  writeFileSync(order, '0 throw');
  void ask('/wakes');
  await until('the order is carried out', () => !existsSync(order));
  expect((await lost).error).toBe('ECONNRESET');
  await until('no question is open', async () => (await open()) === 0);
  expect(service.cancelled).toBeGreaterThan(0);
  service.answer = echo;
  await until('the next worker asks', async () => (await ask('/next')).status === 200);
  expect(headersOf('/next')).toMatchObject({ 'x-answer': '/next', 'x-said': 'host' });
});
