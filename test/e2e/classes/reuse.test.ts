// Connections that carry more than one exchange: whatever one side does at the wrong moment, an answer never reaches another
// request than its own, and a body never becomes a request.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../../support/fixture.js';
import { splitRequests } from '../../support/http_message.js';
import { freePort } from '../../support/ports.js';
import { openDescriptors } from '../../support/proc.js';
import type { RawClient } from '../../support/raw_client.js';
import { OK_RESPONSE, TcpUpstream, type UpstreamStep } from '../../support/tcp_upstream.js';
import { answers, ends, exchange, get, head, MOMENT, PATIENCE, statuses } from './exchange.js';

const SMUGGLED = head('GET /smuggled HTTP/1.1', 'host: victim.example');
const POISON = head('HTTP/1.1 200 OK', 'content-length: 6') + 'poison';
const answer = (text: string) => head('HTTP/1.1 200 OK', `content-length: ${text.length}`) + text;

let upstream: TcpUpstream;
let proxy: Fixture;
const clients: RawClient[] = [];
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  const routes = [
    { match: { path: '/early' }, direct_response: { status: 403, body: { inline_string: 'no' } } },
    { match: { prefix: '/' }, route: { cluster: 'upstream' } },
  ];
  proxy = await startProxy({
    upstreamPort: upstream.port,
    listener: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
  });
});
afterAll(async () => {
  expect(proxy.peer.output).not.toMatch(/died|replaced|uncaught/);
  await proxy?.peer.stop();
  await upstream.stop();
});
beforeEach(async () => {
  upstream.dropAll();
  await expect.poll(() => proxy.peer.stat('cluster.upstream.upstream_cx_active')).toBe(0);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function ask(...args: Parameters<typeof exchange>): Promise<RawClient> {
  const client = await exchange(...args);
  clients.push(client);
  return client;
}

function script(...steps: UpstreamStep[][]): void {
  upstream.reset({ on: 'request', steps });
}

function requestLines(): string[] {
  return upstream.connections.flatMap(({ received }) => received.match(/^[A-Z]+ \S+ HTTP\/1\.1/gm) ?? []);
}

// CVE-2025-4366
describe('class 16: a request body that nobody reads', () => {
  test.each([
    ['a length', [`content-length: ${SMUGGLED.length}`], SMUGGLED],
    ['chunks', ['transfer-encoding: chunked'], `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`],
  ])(
    'with %s, all of it there: the early answer is the only one, and the body is no request',
    async (_how, framing, body) => {
      const early = head('POST /early HTTP/1.1', 'host: a.example', ...framing);
      const client = await ask(proxy.port, [early + body], (each) => statuses(each).length > 0);
      await sleep(MOMENT);
      client.send(get('/after'));
      await client.until(() => statuses(client).length > 1 || client.ending !== 'open', PATIENCE);
      expect(requestLines()).toEqual(client.ending === 'open' ? ['GET /after HTTP/1.1'] : []);
      expect(statuses(client)).toEqual(client.ending === 'open' ? [403, 200] : [403]);
    },
  );

  test('that is still to come: the connection closes, and what comes late is no request', async () => {
    const client = await ask(proxy.port, [
      head('POST /early HTTP/1.1', 'host: a.example', 'content-length: 100000'),
      { until: '403 ' },
      { wait: 50 },
      SMUGGLED.repeat(10),
    ]);
    expect(await ends(client)).toBe(true);
    expect(statuses(client)).toEqual([403]);
    expect(requestLines()).toEqual([]);
  });

  test('because the upstream answered early: neither connection serves another request', async () => {
    upstream.reset({ on: 'head', steps: [[head('HTTP/1.1 413 Payload Too Large', 'content-length: 0')]] });
    const client = await ask(proxy.port, [
      head('POST /large HTTP/1.1', 'host: a.example', `content-length: ${SMUGGLED.length + 1}`),
      { until: '413 ' },
      SMUGGLED,
    ]);
    expect(statuses(client)).toEqual([413]);
    expect(await ends(client)).toBe(true);
    const other = await ask(proxy.port, [get('/other')]);
    expect(other.received).not.toContain('smuggled');
    const [first, second] = upstream.connections;
    expect(splitRequests(first.received).messages.map(({ start }) => start)).not.toContain('GET /other HTTP/1.1');
    expect(second.received).toMatch(/^GET \/other /);
  });
});

// CVE-2026-48931
describe('class 17: bytes of an upstream that nobody asked for', () => {
  test.each([
    ['a whole response', POISON],
    ['one byte', 'H'],
    ['a line end', '\r\n'],
    ['a 100', head('HTTP/1.1 100 Continue')],
    ['a 408', head('HTTP/1.1 408 Request Timeout', 'connection: close', 'content-length: 0')],
  ])('on an idle connection (%s) they destroy it, and no request is answered by them', async (_what, bytes) => {
    script([OK_RESPONSE]);
    const client = await ask(proxy.port, [get('/first')]);
    const [idle] = upstream.connections;
    idle.socket.write(bytes);
    await expect.poll(() => idle.ending).not.toBe('open');
    expect(await proxy.peer.stat('cluster.upstream.upstream_cx_active')).toBe(0);
    script([answer('fresh')]);
    client.send(get('/second'));
    await client.until(() => answers(client).length > 1, PATIENCE);
    expect(answers(client).map(({ body }) => body)).toEqual(['ok', 'fresh']);
  });

  test('behind an answer in one packet they destroy the connection too', async () => {
    script([answer('mine') + POISON], [answer('never')]);
    const client = await ask(proxy.port, [get('/first')]);
    script([answer('fresh')]);
    client.send(get('/second'));
    await client.until(() => answers(client).length > 1, PATIENCE);
    expect(answers(client).map(({ body }) => body)).toEqual(['mine', 'fresh']);
    expect(upstream.connections.map(({ received }) => received.match(/^GET/gm)?.length ?? 0)).not.toContain(2);
  });

  test('sent ahead of the request they are one answer at most, and the connection is not used again', async () => {
    upstream.reset({ on: 'connect', steps: [[POISON + POISON]] });
    const before = await proxy.peer.stat('cluster.upstream.upstream_cx_total');
    for (let i = 1; i <= 3; i++) {
      const client = await ask(proxy.port, [get('/ahead')]);
      expect(answers(client).map(({ body }) => body)).toEqual(['poison']);
      expect(await proxy.peer.stat('cluster.upstream.upstream_cx_total')).toBe(before + i);
    }
  });

  test('a hundred poisoned connections: each client gets its own answer', async () => {
    const before = await proxy.peer.stat('cluster.upstream.upstream_cx_total');
    const client = await ask(proxy.port, [], () => true);
    for (let i = 0; i < 100; i++) {
      script([answer(`own-${i}`), ...(i % 2 === 0 ? [POISON] : [])]);
      client.send(get(`/${i}`));
      await client.until(() => answers(client).length > i, PATIENCE);
      await sleep(2);
    }
    expect(answers(client).map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, i) => `own-${i}`));
    expect(await proxy.peer.stat('cluster.upstream.upstream_cx_total')).toBeGreaterThanOrEqual(before + 50);
  });
});

const expecting = (length: number) =>
  head('POST /expect HTTP/1.1', 'host: a.example', 'expect: 100-continue', `content-length: ${length}`);

// CVE-2024-24791
describe('class 18: an expectation that is answered with a final status', () => {
  test('whoever does not send the body after it gets nothing more, and its bytes are no request', async () => {
    upstream.reset({ on: 'head', steps: [[head('HTTP/1.1 417 Expectation Failed', 'content-length: 0')]] });
    const client = await ask(proxy.port, [expecting(SMUGGLED.length + 9), { until: '417 ' }, SMUGGLED]);
    expect(statuses(client)).toEqual([417]);
    expect(await ends(client)).toBe(true);
    script([answer('clean')]);
    const other = await ask(proxy.port, [get('/other')]);
    expect(answers(other).map(({ body }) => body)).toEqual(['clean']);
    const shared = upstream.connections.filter(({ received }) => /expect[^]*GET \/other/.test(received));
    expect(shared).toEqual([]);
  });

  test('the upstream connection is used again only when the body went out whole', async () => {
    script([answer('one')], [answer('two')]);
    const client = await ask(proxy.port, [expecting(4), { until: '100 Continue' }, 'body']);
    client.send(get('/next'));
    await client.until(() => answers(client).length > 1, PATIENCE);
    expect(answers(client).map(({ body }) => body)).toEqual(['one', 'two']);
    for (const { received } of upstream.connections) {
      const { messages, rest } = splitRequests(received);
      expect(rest).toBe('');
      expect(messages.find(({ start }) => start.startsWith('POST'))?.body ?? 'body').toBe('body');
    }
  });

  test('without a body there is nothing to wait for: the next request is read as one', async () => {
    script([answer('one')], [answer('two')]);
    const client = await ask(proxy.port, [expecting(0) + get('/next')], (each) => answers(each).length > 1);
    expect(answers(client).map(({ body }) => body)).toEqual(['one', 'two']);
    expect(requestLines()).toEqual(['POST /expect HTTP/1.1', 'GET /next HTTP/1.1']);
  });
});

// CVE-2025-62409
describe('class 67: a large body while a peer goes away', () => {
  const SIZE = 4_000_000;
  const upload = head('POST /upload HTTP/1.1', 'host: a.example', `content-length: ${SIZE}`);
  const large: UpstreamStep[] = [head('HTTP/1.1 200 OK', `content-length: ${SIZE}`), { repeat: 'x', times: SIZE / 2 }];

  const upstreams: [string, 'connect' | 'head', UpstreamStep[]][] = [
    ['that closes at once', 'connect', [{ close: true }]],
    ['that resets at once', 'connect', [{ reset: true }]],
    ['that resets at the head', 'head', [{ reset: true }]],
    ['that closes within its answer', 'head', [...large, { close: true }]],
    ['that resets within its answer', 'head', [...large, { reset: true }]],
    ['that answers and closes', 'head', [answer('early'), { close: true }]],
    ['that half-closes and waits', 'head', [{ fin: true }, { wait: 100 }, { reset: true }]],
    ['that answers without end', 'head', [...large]],
  ];
  const endings = [{ reset: true }, { fin: true }, { wait: 100 }] as const;
  test.each(upstreams)('to an upstream %s: the proxy serves on and leaks nothing', async (_how, on, steps) => {
    await ask(proxy.port, [get('/warm')]);
    const before = openDescriptors(proxy.peer.pid);
    for (const ending of endings) {
      for (const pause of [0, 20]) {
        upstream.reset({ on, steps: [steps] });
        const client = await ask(
          proxy.port,
          [upload, { repeat: 'y', times: SIZE / 4 }, { wait: pause }, ending],
          () => true,
        );
        client.close();
      }
    }
    upstream.dropAll();
    script([OK_RESPONSE]);
    const client = await ask(proxy.port, [get('/after')]);
    expect(statuses(client)).toEqual([200]);
    client.close();
    await expect.poll(() => proxy.peer.stat('http.main.downstream_rq_active'), { timeout: PATIENCE }).toBe(0);
    await expect.poll(() => proxy.peer.stat('cluster.upstream.upstream_rq_active')).toBe(0);
    await expect.poll(() => openDescriptors(proxy.peer.pid)).toBeLessThanOrEqual(before + 2);
    expect(proxy.peer.running).toBe(true);
  });
});

describe('class 69: what went wrong with an upstream stays inside', () => {
  test.each<[string, UpstreamStep[]]>([
    ['no HTTP', ['secret-banner-5.4.3\r\n\r\n']],
    ['a bad head', ['HTTP/1.1 200 OK\r\nsecret-name : x\r\n\r\n']],
    ['a bad length', ['HTTP/1.1 200 OK\r\ncontent-length: secret\r\n\r\n']],
    ['a reset', [{ reset: true }]],
  ])('after %s the client reads neither an address nor a byte of it', async (_what, steps) => {
    script(steps);
    const client = await ask(proxy.port, [get()]);
    expect(statuses(client)[0]).toBeGreaterThanOrEqual(502);
    expect(client.received).not.toMatch(/secret|127\.0\.0\.1|ECONN|errno|\bat .*\.[jt]s\b/i);
    expect(client.received).not.toContain(String(upstream.port));
  });

  test('after a refused connection it reads neither its address nor its port', async () => {
    const { port } = upstream;
    await upstream.stop();
    const client = await ask(proxy.port, [get()]);
    upstream = await TcpUpstream.start(port);
    expect(statuses(client)).toEqual([503]);
    expect(client.received).not.toContain(String(port));
    expect(client.received).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
  });
});
