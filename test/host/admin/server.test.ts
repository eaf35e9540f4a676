import { request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import type { AdminContext, ServerState } from '../../../host/admin/context.js';
import { refusal } from '../../../host/admin/guard.js';
import { HANDLERS } from '../../../host/admin/handlers.js';
import { nameFilter } from '../../../host/admin/name_filter.js';
import { AdminServer } from '../../../host/admin/server.js';
import { structLayer, type Layer } from '../../../host/runtime/layer.js';
import { StatsRegistry } from '../../../host/stats/registry.js';
import { testCore } from '../../support/core.js';
import { struct } from '../../support/runtime.js';

const { control, worker, W } = testCore();
const stats = new StatsRegistry(control.memory.buffer, [W]);
const levels = new Map([
  ['upstream', 'info'],
  ['http', 'info'],
]);
const limits = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
  trackRemaining: false,
};
let state: ServerState = 'LIVE';
let done: string[] = [];
const layers = [
  structLayer('first', struct({ a: 5, b: { c: 'text', d: true }, share: { numerator: 3, denominator: 'MILLION' } })),
  structLayer('second', struct({ a: '', 'b.c': 'more', __proto__x: 1 })),
] as Layer[];
const modify = (values: ReadonlyMap<string, string>): string | undefined => {
  if (values.has('bad')) return 'refused';
  done.push(JSON.stringify([...values]));
  return undefined;
};

const context: AdminContext = {
  version: '0/0.0.0/test',
  stats,
  logLevels: {
    list: () => levels,
    levels: ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'],
    setAll: (level) => levels.forEach((_, name) => levels.set(name, level)),
    set: (name, level) => levels.has(name) && Boolean(levels.set(name, level)),
  },
  commandLineOptions: { concurrency: 1 },
  node: { id: 'n1', cluster: 'c1' },
  runtime: { layers: () => layers, modify },
  state: () => state,
  clusters: () => [
    {
      name: 'up',
      observabilityName: 'up',
      addedViaApi: false,
      limits: { default: limits, high: limits },
      hosts: [
        {
          address: '127.0.0.1:21503',
          hostname: '127.0.0.1',
          weight: 1,
          priority: 0,
          health: 'healthy',
          connections: 2,
          activeRequests: 1,
        },
      ],
    },
  ],
  listeners: () => [
    { name: 'main', addresses: ['127.0.0.1:21501', '[::1]:21501'] },
    { name: 'unix', addresses: ['/tmp/weft.sock'] },
  ],
  config: () => ({
    bootstrap: { node: { id: 'n1' } },
    lastUpdated: '2026-01-02T03:04:05.678Z',
    sections: [
      {
        type: 'ClustersConfigDump',
        version: '7',
        lists: [
          ['static_clusters', ['up', 'down'].map((name) => ({ name, json: { cluster: { name } } }))],
          ['dynamic_active_clusters', []],
        ],
      },
    ],
  }),
  quit: () => done.push('quit'),
  drainListeners: () => done.push('drain'),
  failHealthCheck: (failed) => done.push(`health ${failed ? 'fail' : 'ok'}`),
};

const errors: unknown[] = [];
const server = new AdminServer(context, (error) => errors.push(error));
let port = 0;

beforeAll(async () => {
  const { block } = stats.cluster('up');
  worker.exports.statCode(block + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, 200);
  stats.control.define('server.live', 'gauge', () => 1);
  port = Number((await server.listen({ host: '127.0.0.1', port: 0 })).split(':')[1]);
});
beforeEach(() => {
  state = 'LIVE';
  done = [];
});
afterAll(() => server.close());

interface Answer {
  status: number;
  type: string;
  body: string;
}

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  socketPath?: string,
  sent = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
    const r = request({ ...target, method, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }),
      );
    });
    r.on('error', reject);
    r.end(sent);
  });
}

const SHARE =
  'fields {\n  key: "denominator"\n  value {\n    string_value: "MILLION"\n  }\n}\n' +
  'fields {\n  key: "numerator"\n  value {\n    number_value: 3\n  }\n}\n';
const TEXT = 'text/plain; charset=UTF-8';
const NOT_GET = 'Method GET not allowed, POST required.';

// Status, content type and body as Envoy 1.40 answered the same requests.
test.each([
  ['GET', '/ready', 200, TEXT, 'LIVE\n'],
  ['POST', '/ready', 200, TEXT, 'LIVE\n'],
  ['GET', '/listeners', 200, TEXT, 'main::127.0.0.1:21501\nmain::[::1]:21501\nunix::/tmp/weft.sock\n'],
  ['GET', '/certs', 200, 'application/json', '{\n "certificates": []\n}\n'],
  ['GET', '/stats?filter=^server.live', 200, TEXT, 'server.live: 1\n'],
  ['GET', '/stats?filter=r.live&type=Gauges', 200, TEXT, 'server.live: 1\n'],
  ['GET', '/stats?filter=server.live&type=Counters', 200, TEXT, ''],
  ['GET', '/stats?type=bogus', 400, TEXT, 'invalid &type= param'],
  ['GET', '/quitquitquit', 405, TEXT, NOT_GET],
  ['GET', '/healthcheck/fail', 405, TEXT, NOT_GET],
  ['GET', '/reset_counters', 405, TEXT, NOT_GET],
  ['GET', '/logging', 405, TEXT, NOT_GET],
  ['GET', '/drain_listeners', 405, TEXT, NOT_GET],
  ['POST', '/healthcheck/fail', 200, TEXT, 'OK\n'],
  ['POST', '/healthcheck/ok', 200, TEXT, 'OK\n'],
  ['POST', '/drain_listeners?graceful', 200, TEXT, 'OK\n'],
  ['POST', '/quitquitquit', 200, TEXT, 'OK\n'],
])('%s %s', async (method, path, status, type, body) => {
  expect(await ask(method, path)).toEqual({ status, type, body });
});

test('an unknown path is 404 with the list of commands', async () => {
  const { status, body } = await ask('GET', '/nope');
  expect(status).toBe(404);
  expect(body).toMatch(/^invalid path\. admin commands are:\n {2}\/: Admin home page\n/);
});

test.each(['PRE_INITIALIZING', 'INITIALIZING', 'DRAINING'] as const)('/ready says %s with 503', async (now) => {
  state = now;
  expect(await ask('GET', '/ready')).toEqual({ status: 503, type: TEXT, body: `${now}\n` });
});

test('what is asked for is done, once', async () => {
  await ask('POST', '/healthcheck/fail');
  await ask('POST', '/healthcheck/ok');
  await ask('POST', '/drain_listeners');
  await ask('POST', '/quitquitquit');
  expect(done).toEqual(['health fail', 'health ok', 'drain', 'quit']);
});

test("/clusters has Envoy's lines and JSON", async () => {
  const { body } = await ask('GET', '/clusters');
  expect(body.split('\n').slice(0, 2)).toEqual([
    'up::observability_name::up',
    'up::default_priority::max_connections::1024',
  ]);
  expect(body).toContain('up::127.0.0.1:21503::cx_active::2\n');
  expect(body).toContain('up::127.0.0.1:21503::health_flags::healthy\n');
  const json = JSON.parse((await ask('GET', '/clusters?format=json')).body) as {
    cluster_statuses: { host_statuses: { address: object; health_status: object }[] }[];
  };
  const [host] = json.cluster_statuses[0].host_statuses;
  expect(host.address).toEqual({ socket_address: { address: '127.0.0.1', port_value: 21503 } });
  expect(host.health_status).toEqual({ eds_health_status: 'HEALTHY' });
});

test('/listeners?format=json has addresses as Envoy has them', async () => {
  expect(JSON.parse((await ask('GET', '/listeners?format=json')).body)).toEqual({
    listener_statuses: [
      {
        name: 'main',
        local_address: { socket_address: { address: '127.0.0.1', port_value: 21501 } },
        additional_local_addresses: [{ socket_address: { address: '::1', port_value: 21501 } }],
      },
      { name: 'unix', local_address: { pipe: { path: '/tmp/weft.sock' } } },
    ],
  });
});

test('/server_info has the members that tools read', async () => {
  const info = JSON.parse((await ask('GET', '/server_info')).body) as Record<string, unknown>;
  expect(info).toMatchObject({ state: 'LIVE', node: { id: 'n1' }, command_line_options: { concurrency: 1 } });
  expect(info['uptime_current_epoch']).toMatch(/^\d+s$/);
});

test('/stats speaks text, JSON and Prometheus', async () => {
  expect((await ask('GET', '/stats?usedonly&filter=upstream_rq_2')).body).toBe(
    'cluster.up.external.upstream_rq_200: 1\ncluster.up.external.upstream_rq_2xx: 1\n' +
      'cluster.up.upstream_rq_200: 1\ncluster.up.upstream_rq_2xx: 1\n',
  );
  const prometheus = await ask('GET', '/stats/prometheus?usedonly&filter=cluster.up.upstream_rq_200');
  expect(prometheus.body).toBe(
    '# TYPE envoy_cluster_upstream_rq counter\n' +
      'envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="up"} 1\n',
  );
  const json = await ask('GET', '/stats?format=json&filter=^server.live$');
  expect(JSON.parse(json.body)).toEqual({ stats: [{ name: 'server.live', value: 1 }] });
  expect((await ask('GET', '/stats?format=xyz')).status).toBe(400);
  expect((await ask('GET', '/stats?filter=[')).status).toBe(400);
});

test('/reset_counters starts counters anew', async () => {
  await ask('POST', '/reset_counters');
  expect((await ask('GET', '/stats?filter=^cluster.up.upstream_rq_200')).body).toBe('cluster.up.upstream_rq_200: 0\n');
});

test('/logging changes levels by name and all at once, or nothing', async () => {
  expect((await ask('POST', '/logging?upstream=debug')).body).toBe(
    'active loggers:\n  upstream: debug\n  http: info\n\n',
  );
  expect((await ask('POST', '/logging?paths=upstream:trace,http:nope')).status).toBe(400);
  expect(levels.get('upstream')).toBe('debug');
  expect((await ask('POST', '/logging?nope=info')).status).toBe(400);
  await ask('POST', '/logging?level=error');
  expect([...levels.values()]).toEqual(['error', 'error']);
});

test('HEAD has no body, and other methods are refused', async () => {
  expect(await ask('HEAD', '/ready')).toEqual({ status: 200, type: TEXT, body: '' });
  expect((await ask('DELETE', '/ready')).status).toBe(405);
});

// Class 76 of reliability.md: nothing with an effect on GET, no DNS rebinding, no cross-site requests.
test('every endpoint with an effect refuses GET and HEAD', async () => {
  const mutating = HANDLERS.filter(({ mutates }) => mutates);
  expect(mutating.length).toBeGreaterThan(5);
  for (const { path } of mutating) {
    expect((await ask('GET', path)).status, path).toBe(405);
    expect((await ask('HEAD', path)).status, path).toBe(405);
  }
  expect(done).toEqual([]);
});

test.each([
  [{ host: 'evil.example' }, 403],
  [{ host: 'evil.example:9901' }, 403],
  [{ host: '127.0.0.1.evil.example' }, 403],
  [{ host: 'localhost:1' }, 200],
  [{ host: 'a.localhost' }, 200],
  [{ host: '10.0.0.7:9901' }, 200],
  [{ host: '[::1]:9901' }, 200],
  [{ host: '127.0.0.1:9901', origin: 'http://127.0.0.1:9901' }, 200],
  [{ host: '127.0.0.1:9901', origin: 'http://127.0.0.1:8080' }, 403],
  [{ host: '127.0.0.1:9901', origin: 'https://evil.example' }, 403],
  [{ host: '127.0.0.1:9901', origin: 'null' }, 403],
  [{ host: '127.0.0.1:9901', 'sec-fetch-site': 'cross-site' }, 403],
  [{ host: '127.0.0.1:9901', 'sec-fetch-site': 'none' }, 200],
])('headers %j get %d', async (headers, status) => {
  expect(refusal(headers) === undefined).toBe(status === 200);
  expect((await ask('POST', '/healthcheck/ok', headers as Record<string, string>)).status).toBe(status);
  expect(done).toEqual(status === 200 ? ['health ok'] : []);
});

test('/runtime has what each layer says of each key, and what counts', async () => {
  const { layers: names, entries } = JSON.parse((await ask('GET', '/runtime')).body) as Record<string, unknown>;
  expect(names).toEqual(['first', 'second']);
  expect(entries).toEqual({
    a: { final_value: '5', layer_values: ['5', ''] },
    'b.c': { final_value: 'more', layer_values: ['text', 'more'] },
    'b.d': { final_value: 'true', layer_values: ['true', ''] },
    share: { final_value: SHARE, layer_values: [SHARE, ''] },
    __proto__x: { final_value: '1', layer_values: ['', '1'] },
  });
});

test('/runtime_modify takes its values from the query, or else from a form, where a plus is a plus', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const modified = async (path: string, body = '', headers: Record<string, string> = form): Promise<string> => {
    done = [];
    const { status, body: text } = await ask('POST', path, headers, undefined, body);
    return `${status} ${text.trim().split('\n')[0]} ${done.join()}`;
  };
  expect(await modified('/runtime_modify?a=1+2&b=&a=3')).toBe('200 OK [["a","1+2"],["b",""]]');
  expect(await modified('/runtime_modify', 'c=%7B+x%7D')).toBe('200 OK [["c","{+x}"]]');
  expect(await modified('/runtime_modify?d=1', 'c=2')).toBe('200 OK [["d","1"]]');
  const usage = '400 usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN ';
  expect(await modified('/runtime_modify', 'c=2', { 'content-type': 'text/plain' })).toBe(usage);
  expect(await modified('/runtime_modify', '')).toBe(usage);
  expect(await modified('/runtime_modify?bad=1')).toBe('503 refused ');
  expect(await modified('/runtime_modify', `big=${'x'.repeat(1_000_000)}`)).toMatch(/^200 OK/);
});

test.each(['(?=a)b', '(a)\\1', 'x'.repeat(600), '(', 'a)(b', '[', '*a', '\\p{Nope}'])(
  'the filter %j is refused',
  (pattern) => expect(typeof nameFilter(pattern)).toBe('string'),
);

test.each(['(a*)*b', '(a+)+$', '(a|a|b*)*c', 'a*a*a*a*a*a*b', '(x+x+)+y'])(
  'the filter %j is done in linear time',
  (pattern) => {
    const filter = nameFilter(pattern);
    expect(typeof filter === 'string' ? filter : filter(`${'a'.repeat(50_000)}d${'x'.repeat(50_000)}`)).toBeTypeOf(
      'boolean',
    );
  },
);

test.each([
  ['', 'x', true],
  ['a.c', 'xabcx', true],
  ['^a.*c$', 'abbc', true],
  ['[*+(]', 'a+', true],
  ['a\\.b', 'a.b', true],
  ['(?:up|down)stream', 'x.upstream', true],
  ['^cluster\\.(a|b)\\.', 'cluster.c.x', false],
])('the filter %j on %j', (pattern, name, expected) => {
  const filter = nameFilter(pattern);
  expect(typeof filter === 'string' ? filter : filter(name)).toBe(expected);
});

test('it listens on a UNIX socket, over one that a dead process has left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-admin-'));
  const path = join(folder, 'admin.sock');
  for (let i = 0; i < 2; i++) {
    const other = new AdminServer(context, () => {});
    expect(await other.listen({ path })).toBe(path);
    expect((await ask('GET', '/ready', {}, path)).body).toBe('LIVE\n');
    if (i > 0) other.close();
  }
  rmSync(folder, { recursive: true });
});

test('no handler has thrown', () => expect(errors).toEqual([]));
