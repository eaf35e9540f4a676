// Who asks, for what, by which name: what a client says about itself, and what goes on, to the upstream and to the log.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fileAccessLog } from '../../support/bootstrap.js';
import { startProxy, type Fixture } from '../../support/fixture.js';
import { header, splitRequests, type HttpMessage } from '../../support/http_message.js';
import { freePort } from '../../support/ports.js';
import type { RawClient } from '../../support/raw_client.js';
import { TcpUpstream } from '../../support/tcp_upstream.js';
import { answers, exchange, get, head, PATIENCE, statuses } from './exchange.js';

const folder = mkdtempSync(join(tmpdir(), 'weft-classes-'));
const log = join(folder, 'access.log');

let upstream: TcpUpstream;
let proxy: Fixture;
const clients: RawClient[] = [];
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  const routes = [
    { match: { prefix: '/from/' }, redirect: { prefix_rewrite: '/to/' } },
    { match: { prefix: '/host/' }, redirect: { host_redirect: 'b.example', https_redirect: true } },
    { match: { prefix: '/prefix/' }, route: { cluster: 'upstream', prefix_rewrite: '/p/' } },
    {
      match: { path: '/admin' },
      route: { cluster: 'upstream' },
      request_headers_to_add: [{ header: { key: 'x-route', value: 'admin' } }],
    },
    { match: { prefix: '/' }, route: { cluster: 'upstream' } },
  ];
  proxy = await startProxy({
    upstreamPort: upstream.port,
    listener: {
      hcm: {
        use_remote_address: true,
        internal_address_config: { cidr_ranges: [{ address_prefix: '198.51.100.0', prefix_len: 24 }] },
        normalize_path: true,
        merge_slashes: true,
        path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD',
        common_http_protocol_options: { headers_with_underscores_action: 'DROP_HEADER' },
        strip_any_host_port: true,
        access_log: [
          fileAccessLog(log, '[%REQ(:AUTHORITY)%] [%REQ(:PATH)%] [%REQ(X-SAID)%] [%REQ(USER-AGENT)%] end\n'),
        ],
      },
      virtual_hosts: [
        { name: 'a', domains: ['a.example', 'A2.example'], routes },
        { name: 'rest', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 421 } }] },
      ],
    },
  });
});
afterAll(async () => {
  expect(proxy?.peer.output ?? 'never started').not.toMatch(/died|replaced|uncaught|never started/);
  await proxy?.peer.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => upstream.dropAll());
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function ask(text: string): Promise<{ client: RawClient; forwarded: HttpMessage | undefined }> {
  upstream.dropAll();
  const client = await exchange(proxy.port, [text]);
  clients.push(client);
  const received = upstream.connections.map((each) => each.received).join('');
  const { messages, rest } = splitRequests(received);
  expect(rest).toBe('');
  expect(messages.length).toBeLessThanOrEqual(1);
  return { client, forwarded: messages[0] };
}

const ESCAPES = ['%0d%0a', '%0D%0Ainjected:%201', '%00', '%0a', '%e5%98%8a%e5%98%8d', '%250d%250a', '%5cr%5cn'];

test.each(['/from/', '/host/', '/prefix/', '/echo/'])(
  'class 21: encoded line ends in a path stay encoded through %s',
  async (place) => {
    for (const escape of ESCAPES) {
      const { client, forwarded } = await ask(get(`${place}a${escape}b?q=${escape}`, `x-said: ${escape}`));
      expect(statuses(client)).toHaveLength(1);
      expect(client.received.replaceAll('\r\n', '')).toMatch(/^[\x20-\x7e]*$/);
      for (const [name] of [...answers(client)[0].headers, ...(forwarded?.headers ?? [])])
        expect(name).not.toContain('injected');
      if (forwarded) expect(forwarded.start).toMatch(/^GET \/[\x21-\x7e]* HTTP\/1\.1$/);
    }
  },
);

// CVE-2019-9901, CVE-2021-29492
test.each([
  ['/public/../admin', '/admin'],
  ['/public/%2e%2e/admin', '/admin'],
  ['/public/..%2fadmin', '/admin'],
  ['//admin', '/admin'],
  ['/x/..%5cadmin', '/admin'],
  ['/public\\..\\admin', '/admin'],
])('classes 38 and 39: %s is routed and forwarded as %s', async (path, normal) => {
  const { forwarded } = await ask(get(path));
  expect(forwarded?.start).toBe(`GET ${normal} HTTP/1.1`);
  expect(header(forwarded as HttpMessage, 'x-route')).toBe(normal.slice(1));
});

// CVE-2021-32779
test('class 40: a fragment never reaches a route', async () => {
  for (const path of ['/a#b', '/#', '/a?b#c', '/%23#']) {
    const { client, forwarded } = await ask(get(path));
    expect(statuses(client)).toEqual([400]);
    expect(forwarded).toBeUndefined();
  }
});

// CVE-2021-39155
test('class 41: a host is one host in any case and with any port', async () => {
  for (const host of ['a.example', 'A.EXAMPLE', 'a.Example:80', 'a.example:8080', 'a2.example', 'A2.EXAMPLE']) {
    const { client } = await ask(head('GET / HTTP/1.1', `host: ${host}`));
    expect(statuses(client), host).toEqual([200]);
  }
  const { client } = await ask(head('GET / HTTP/1.1', 'host: a.example.evil'));
  expect(statuses(client)).toEqual([421]);
});

// CVE-2019-18838, CVE-2026-47220
test('class 20: whatever Host says or leaves out, one authority is routed, forwarded and logged', async () => {
  const absolute = await ask(head('GET http://a.example/abs HTTP/1.1', 'host: b.example'));
  expect(absolute.forwarded?.start).toBe('GET /abs HTTP/1.1');
  expect(absolute.forwarded?.headers.filter(([name]) => name === 'host')).toEqual([['host', 'a.example']]);
  for (const lines of [
    [],
    ['host: a.example', 'host: b.example'],
    ['host: a.example', 'host: a.example'],
    ['host: a b'],
  ]) {
    const { client, forwarded } = await ask(head('GET / HTTP/1.1', ...lines));
    expect(statuses(client)).toEqual([400]);
    expect(forwarded).toBeUndefined();
  }
  expect(statuses((await ask(get())).client)).toEqual([200]);
});

// CVE-2024-45806
test('class 44: what an outsider says in the name of the mesh does not go on', async () => {
  const names = [
    'x-envoy-internal',
    'x-envoy-upstream-rq-timeout-ms',
    'x-envoy-retry-on',
    'x-envoy-original-path',
    'X-Envoy-Decorator-Operation',
    'x-forwarded-client-cert',
    'x-forwarded-proto',
    'x-envoy-external-address',
  ];
  const { forwarded } = await ask(get('/', ...names.map((name) => `${name}: spoof`)));
  expect(forwarded?.headers.flat().join(' ')).not.toContain('spoof');
  expect(header(forwarded as HttpMessage, 'x-forwarded-for')).toMatch(/^[\d.:a-f]+$/); // of a peer on loopback: the machine's own
});

// CVE-2026-39858
test('class 45: the underscore twin of a trusted header does not go on', async () => {
  const { client, forwarded } = await ask(
    get('/', 'x_forwarded_proto: https', 'X_Forwarded_For: 1.2.3.4', 'x-ok: a_b'),
  );
  expect(statuses(client)).toEqual([200]);
  expect(forwarded?.headers.filter(([name]) => name.includes('_'))).toEqual([]);
  expect(header(forwarded as HttpMessage, 'x-ok')).toBe('a_b');
});

// CVE-2024-45410
test('class 46: Connection strips none of our own headers on the way', async () => {
  for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']) {
    const { client, forwarded } = await ask(get('/', `connection: keep-alive, ${name}`));
    expect(statuses(client)).toEqual([400]);
    expect(forwarded).toBeUndefined();
  }
  const { forwarded } = await ask(
    get('/', 'x-request-id: mine', 'connection: x-request-id, x-envoy-external-address, x-said', 'x-said: gone'),
  );
  const message = forwarded as HttpMessage;
  expect(header(message, 'x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(header(message, 'x-envoy-external-address')).toBe('127.0.0.1');
  expect(header(message, 'x-forwarded-proto')).toBe('http');
  expect(message.headers.flat().join(' ')).not.toContain('gone');
});

// CVE-2023-35944
test('class 47: a scheme is read in any case, and encryption cannot be claimed', async () => {
  for (const scheme of ['http', 'HTTP', 'HtTp']) {
    const { client, forwarded } = await ask(head(`GET ${scheme}://a.example/s HTTP/1.1`, 'host: a.example'));
    expect(statuses(client)).toEqual([200]);
    expect(header(forwarded as HttpMessage, 'x-forwarded-proto')).toBe('http');
  }
  for (const scheme of ['https', 'HTTPS', 'hTTps', 'ftp', 'javascript', 'h ttp']) {
    const { client, forwarded } = await ask(head(`GET ${scheme}://a.example/s HTTP/1.1`, 'host: a.example'));
    expect(statuses(client)[0]).toBeGreaterThanOrEqual(400);
    expect(forwarded).toBeUndefined();
  }
});

test('class 13: no trailer of either side becomes a header', async () => {
  const trailers =
    'content-length: 5\r\nhost: evil\r\nauthorization: evil\r\ntransfer-encoding: evil\r\nx-forwarded-for: evil\r\n';
  upstream.dropAll();
  upstream.reset({
    on: 'request',
    steps: [[`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`]],
  });
  const client = await exchange(proxy.port, [
    head('POST / HTTP/1.1', 'host: a.example', 'transfer-encoding: chunked') + `2\r\nhi\r\n0\r\n${trailers}\r\n`,
  ]);
  clients.push(client);
  expect(answers(client)[0].body).toBe('ok');
  expect(client.received).not.toContain('evil');
  expect(upstream.connections.map(({ received }) => received).join('')).not.toContain('evil');
  upstream.reset();
});

// CVE-2024-45808, CVE-2026-26309
test('class 64: one request is one line of the log, whatever bytes it brings', async () => {
  const count = () => readFileSync(log, 'latin1').split('\n').length - 1;
  await ask(get());
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = count();
  const values = [
    'plain',
    '%0a%0d',
    '"quoted"',
    String.raw`back\slash`,
    '\x80\xff',
    '\t tab',
    '%REQ(HOST)%',
    '\u2028',
    "';--",
    '\x1b[31m',
    'a\rb',
    'a\0b',
  ];
  for (const value of values)
    await ask(get(`/log/${encodeURIComponent(value)}`, `x-said: ${value}`, `user-agent: ${value}`));
  await expect.poll(count, { timeout: PATIENCE }).toBe(before + values.length);
  const lines = readFileSync(log, 'latin1').split('\n').slice(before, -1);
  for (const line of lines) expect(line).toMatch(/^\[.*\] \[.*\] \[.*\] \[.*\] end$/);
});
