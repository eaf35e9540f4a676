// The runtime of a whole proxy: layers, /runtime_modify, disk, RTDS, and those who read keys. WEFT_E2E_PEER=envoy gives the same to Envoy.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bootstrap, fileAccessLog, httpListener } from '../support/bootstrap.js';
import { ControlPlane, controlPlaneProgram } from '../support/control_plane.js';
import { PEER } from '../support/fixture.js';
import { Peer } from '../support/peer.js';
import { freePorts } from '../support/ports.js';
import { adsBootstrap } from '../support/xds_resources.js';

type Json = Record<string, unknown>;

let upstream: Server;
let folder: string;
let proxy: Peer;
let adminPort: number;
let port: number;

beforeAll(async () => {
  upstream = createServer((_, response) => void response.end('up'));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  folder = mkdtempSync(join(tmpdir(), 'weft-runtime-'));
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => proxy?.kill());

function ask(path: string, headers: Record<string, string> = {}, to = port, method = 'GET'): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port: to, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
    outgoing.end();
  });
}

async function becomes(path: string, wanted: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if ((await ask(path)) === wanted) return;
    await sleep(20);
  }
  expect(await ask(path)).toBe(wanted);
}

async function modify(values: Record<string, string>): Promise<void> {
  const query = Object.entries(values).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  expect(await ask(`/runtime_modify?${query.join('&')}`, {}, adminPort, 'POST')).toBe('200 OK\n');
}

const direct = (match: Json, text: string): Json => ({
  match: { prefix: '/', ...match },
  direct_response: { status: 200, body: { inline_string: text } },
});
const fraction = (runtime_key: string, numerator: number): Json => ({
  runtime_fraction: { runtime_key, default_value: { numerator, denominator: 'HUNDRED' } },
});

const part = (name: string, weight: number): Json => ({ name, weight, request_headers_to_add: [] });
const id = (first: string): Record<string, string> => ({ 'x-request-id': `${first}-0000-4000-8000-000000000000` });
const resource = (layer: Json): Json => ({
  '@type': 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
  name: 'r',
  layer,
});
/** How many of five requests each cluster gets, or how many go on to the next route. */
const used = async (): Promise<string> => {
  const before = [await proxy.stat('cluster.one.upstream_rq_total'), await proxy.stat('cluster.two.upstream_rq_total')];
  const answers = await Promise.all([0, 10, 49, 50, 99].map((n) => ask('/', { 'x-random': String(n) })));
  if (answers.includes('200 next')) return `next ${answers.filter((a) => a === '200 next').length}`;
  const after = [await proxy.stat('cluster.one.upstream_rq_total'), await proxy.stat('cluster.two.upstream_rq_total')];
  return after.map((n, i) => n - before[i]).join();
};

const split = (more: Json = {}): Json => ({
  match: { prefix: '/' },
  route: {
    weighted_clusters: {
      runtime_key_prefix: 'w',
      header_name: 'x-random',
      clusters: [part('one', 50), part('two', 50)],
      ...more,
    },
  },
});

const LOG = (): string => join(folder, 'access.log');

async function start(layers: Json[], options: { routes?: Json[]; hcm?: Json; node?: Json } = {}): Promise<void> {
  [adminPort, port] = await freePorts(2);
  const routes = options.routes ?? [direct(fraction('share', 0), 'in'), direct({}, 'out')];
  const virtual_hosts = [{ name: 'all', domains: ['*'], routes }];
  const listener = httpListener('main', { port, virtual_hosts, hcm: options.hcm });
  const up = { endpoints: [(upstream.address() as AddressInfo).port] };
  const json = {
    ...bootstrap(adminPort, [listener], { one: up, two: up }),
    layered_runtime: { layers },
    node: { id: 'n', cluster: 'c', ...options.node },
  };
  proxy = await Peer.start(PEER, { bootstrap: json, adminPort });
}

const admin: Json = { name: 'admin', admin_layer: {} };

test('the last layer that has a key decides, an override counts at once and can be taken back', async () => {
  await start([
    { name: 'a', static_layer: { share: 0, x: { y: 1, z: 'text' } } },
    { name: 'b', static_layer: { share: 100 } },
    admin,
  ]);
  expect(await ask('/')).toBe('200 in');
  await modify({ share: '{numerator: 0, denominator: MILLION}', 'x.y': 'true' });
  await becomes('/', '200 out');
  const { layers, entries } = JSON.parse((await proxy.admin('/runtime'))!.body) as { layers: string[]; entries: Json };
  expect(layers).toEqual(['a', 'b', 'admin']);
  expect(entries).toEqual({
    share: {
      final_value: '{numerator: 0, denominator: MILLION}',
      layer_values: ['0', '100', '{numerator: 0, denominator: MILLION}'],
    },
    'x.y': { final_value: 'true', layer_values: ['1', '', 'true'] },
    'x.z': { final_value: 'text', layer_values: ['text', '', ''] },
  });
  expect(await proxy.stat('runtime.admin_overrides_active')).toBe(1);
  expect(await proxy.stat('runtime.num_keys')).toBe(3);
  expect(await proxy.stat('runtime.num_layers')).toBe(3);
  expect(await proxy.stat('runtime.load_success')).toBe(3);
  await modify({ share: '', 'x.y': '' });
  await becomes('/', '200 in');
  expect(await proxy.stat('runtime.admin_overrides_active')).toBe(0);
});

test('a share of the requests is about as large as the runtime says', async () => {
  await start([{ name: 'a', static_layer: { share: 30 } }]);
  let taken = 0;
  for (let i = 0; i < 600; i++) if ((await ask('/')) === '200 in') taken++;
  // Eight standard deviations around 180.
  expect(taken).toBeGreaterThan(90);
  expect(taken).toBeLessThan(270);
});

test('without an admin layer nothing can be modified', async () => {
  await start([{ name: 'a', static_layer: {} }]);
  expect(await ask('/runtime_modify?a=1', {}, adminPort, 'POST')).toBe('503 No admin layer specified');
});

test('a disk layer is read again when its link is replaced, and left out when it cannot be read', async () => {
  const version = (name: string, share: string, more: Record<string, string> = {}): void => {
    mkdirSync(join(folder, name, 'envoy/c/dir'), { recursive: true });
    writeFileSync(join(folder, name, 'envoy/c/share'), share);
    for (const [file, text] of Object.entries(more)) writeFileSync(join(folder, name, 'envoy/c', file), text);
    symlinkSync(join(folder, name), join(folder, 'fresh'));
    renameSync(join(folder, 'fresh'), join(folder, 'current'));
  };
  version('v1', '# all of them\n100\n', { 'dir/text': 'two\nlines  \n' });
  const disk_layer = { symlink_root: join(folder, 'current'), subdirectory: 'envoy', append_service_cluster: true };
  await start([{ name: 'disk', disk_layer }]);
  expect(await ask('/')).toBe('200 in');
  const { entries } = JSON.parse((await proxy.admin('/runtime'))!.body) as { entries: Json };
  expect(entries['dir.text']).toEqual({ final_value: 'two\nlines', layer_values: ['two\nlines'] });
  version('v2', '0');
  await becomes('/', '200 out');
  version('v3', '100');
  await becomes('/', '200 in');
  version('v4', '100', { bad: '{a: ' });
  await becomes('/', '200 out');
  expect(await proxy.stat('runtime.load_error')).toBe(1);
});

describe('readers', () => {
  test('the weights of clusters: by their keys, and a route without any weight matches nothing', async () => {
    await start([admin], { routes: [split(), direct({}, 'next')] });
    expect(await used()).toBe('3,2');
    await modify({ 'w.one': '0' });
    expect(await used()).toBe('0,5');
    await modify({ 'w.one': '11', 'w.two': '89' });
    expect(await used()).toBe('2,3');
    await modify({ 'w.one': '1', 'w.two': 'true' });
    expect(await used()).toBe('1,4'); // of 51: 0, and 10, 49, 50, 48
    await modify({ 'w.one': '0', 'w.two': '0' });
    expect(await used()).toBe('next 5');
    await modify({ 'w.one': '4294967295', 'w.two': '2' });
    expect(await used()).toBe('next 5');
  });

  test('the limits of circuit breakers', async () => {
    await start([admin], { routes: [{ match: { prefix: '/' }, route: { cluster: 'one' } }] });
    expect(await ask('/')).toBe('200 up');
    await modify({ 'circuit_breakers.one.default.max_requests': '0' });
    const overflow = '503 upstream connect error or disconnect/reset before headers. reset reason: overflow';
    await becomes('/', overflow);
    expect((await proxy.admin('/clusters'))!.body).toContain('one::default_priority::max_requests::0\n');
    await modify({ 'circuit_breakers.one.default.max_requests': '' });
    await becomes('/', '200 up');
  });

  test('access log filters', async () => {
    const filter = {
      or_filter: {
        filters: [
          { status_code_filter: { comparison: { op: 'GE', value: { default_value: 500, runtime_key: 'status' } } } },
          { runtime_filter: { runtime_key: 'log', percent_sampled: { numerator: 0, denominator: 'TEN_THOUSAND' } } },
        ],
      },
    };
    const access_log = [{ ...fileAccessLog(LOG(), '%REQ(:PATH)%\n'), filter }];
    await start([admin], { routes: [direct({}, 'x')], hcm: { access_log } });
    await ask('/never', id('00000000'));
    await modify({ status: '200' });
    await ask('/status', id('00000000'));
    await modify({ status: '', log: '5000' });
    await ask('/below', id('00001387')); // 4,999
    await ask('/above', id('00001388')); // 5,000
    await modify({ log: '20000' });
    await ask('/all', id('ffffffff'));
    const deadline = performance.now() + 5000;
    while (!readFileSync(LOG(), 'utf8').includes('/all') && performance.now() < deadline) await sleep(20);
    expect(readFileSync(LOG(), 'utf8')).toBe('/status\n/below\n/all\n');
  });
});

const program = controlPlaneProgram();

describe.each(['GRPC', 'DELTA_GRPC'] as const)('RTDS over %s', (api) => {
  test.skipIf(!program)(
    'the layer is there before the proxy serves, changes with the control plane, and a bad one is refused',
    async () => {
      const [xdsPort, ...rest] = await freePorts(3);
      [adminPort, port] = rest;
      const plane = await ControlPlane.start(program!, xdsPort);
      try {
        await plane.set('1', [resource({ share: 100 })]);
        const virtual_hosts = [
          { name: 'all', domains: ['*'], routes: [direct(fraction('share', 0), 'in'), direct({}, 'out')] },
        ];
        const listener = httpListener('main', { port, virtual_hosts });
        const {
          dynamic_resources: dynamic,
          static_resources: fixed,
          ...others
        } = adsBootstrap(adminPort, xdsPort, api) as Json & {
          dynamic_resources: Json;
          static_resources: Json;
        };
        const rtds_config = { ads: {}, resource_api_version: 'V3' };
        const json = {
          ...others,
          dynamic_resources: { ads_config: dynamic['ads_config'] },
          static_resources: { ...fixed, listeners: [listener] },
          layered_runtime: { layers: [{ name: 'remote', rtds_layer: { name: 'r', rtds_config } }] },
        };
        proxy = await Peer.start(PEER, { bootstrap: json, adminPort });
        expect(await ask('/')).toBe('200 in');
        await plane.set('2', [resource({ share: { numerator: 0 } })]);
        await becomes('/', '200 out');
        await plane.set('3', [resource({ share: [100] })]);
        expect((await plane.answered('Runtime', '3')).error).toContain('share');
        expect(await ask('/')).toBe('200 out');
        await plane.set('4', [resource({ share: 100, __proto__: 1, constructor: { prototype: 2 } })]);
        await becomes('/', '200 in');
      } finally {
        await plane.kill();
      }
    },
  );
});
