// What a client can make the proxy hold or wait for: heads, headers, pipelines, fragments, names, timers.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../../support/fixture.js';
import { statusOf } from '../../support/http_message.js';
import { freePort } from '../../support/ports.js';
import { residentBytes } from '../../support/proc.js';
import { RawClient } from '../../support/raw_client.js';
import { OK_RESPONSE, TcpUpstream } from '../../support/tcp_upstream.js';
import { answers, ends, exchange, get, head, PATIENCE, statuses } from './exchange.js';

const MIB = 2 ** 20;
const LIMIT = 1024; // max_request_headers_kb: 1

let upstream: TcpUpstream;
let proxy: Fixture;
const clients: RawClient[] = [];
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  const routes = [
    { match: { prefix: '/direct' }, direct_response: { status: 200 } },
    { match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '9223372035s' } },
  ];
  proxy = await startProxy({
    upstreamPort: upstream.port,
    listener: {
      hcm: {
        max_request_headers_kb: 1,
        internal_address_config: { cidr_ranges: [{ address_prefix: '10.0.0.0', prefix_len: 8 }] },
      },
      virtual_hosts: [{ name: 'all', domains: ['*'], routes }],
    },
  });
});
afterAll(async () => {
  expect(proxy.peer.output).not.toMatch(/died|replaced|uncaught/);
  await proxy?.peer.stop();
  await upstream.stop();
});
beforeEach(() => upstream.reset());
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function ask(...args: Parameters<typeof exchange>): Promise<RawClient> {
  const client = await exchange(...args);
  clients.push(client);
  return client;
}

async function statusOfHead(text: string, bytewise: boolean): Promise<number> {
  const client = await ask(proxy.port, [bytewise ? { bytewise: text } : text]);
  const [status] = statuses(client);
  if (status === 431 && bytewise) expect(await ends(client)).toBe(true); // takes delayed_close_timeout
  client.close();
  return status;
}

const longTarget = (length: number) => get(`/${'a'.repeat(length - get().length)}`);
const longValue = (length: number) => get('/', `x: ${'a'.repeat(length - get('/', 'x: ').length)}`);
const twenty = Array.from({ length: 20 }, (_, i) => `x-${i}: z`);
const manyHeaders = (length: number) =>
  get('/', ...twenty, `y: ${'a'.repeat(length - get('/', ...twenty, 'y: ').length)}`);

/** The longest head that is served, to the byte. */
async function longest(make: (length: number) => string): Promise<number> {
  let [served, refused] = [LIMIT - 150, LIMIT + 150];
  while (refused - served > 1) {
    const middle = (served + refused) >> 1;
    const status = await statusOfHead(make(middle), false);
    expect([200, 431]).toContain(status);
    if (status === 200) served = middle;
    else refused = middle;
  }
  return served;
}

// CVE-2020-12605
describe('class 22: the limit of a head', () => {
  test.each([
    ['its target', longTarget],
    ['a value', longValue],
    ['many headers', manyHeaders],
  ])('counts %s, and one byte more is 431, also in 1-byte writes', async (_what, make) => {
    const last = await longest(make);
    expect(Math.abs(last - LIMIT)).toBeLessThanOrEqual(128); // separators count or not, the rest does
    expect(await statusOfHead(make(last), true)).toBe(200);
    expect(await statusOfHead(make(last + 1), true)).toBe(431);
  });

  test('holds for a head that never ends', async () => {
    const client = await ask(proxy.port, [
      head('GET / HTTP/1.1', 'host: a').slice(0, -2),
      { repeat: 'x: y\r\n', times: 5000 },
    ]);
    expect(statuses(client)).toEqual([431]);
    expect(await ends(client)).toBe(true);
  });

  test('holds for the head of an upstream', async () => {
    upstream.reset({ on: 'request', steps: [['HTTP/1.1 200 OK\r\nx: ', { repeat: 'a', times: 200_000 }]] });
    const client = await ask(proxy.port, [get()]);
    expect(statuses(client)[0]).toBeGreaterThanOrEqual(502);
  });
});

const many = (count: number) => get('/', ...Array.from({ length: count - 1 }, () => 'a:'));

// CVE-2019-15226
test('class 23: a hundred headers are served, one more is refused, ten thousand as well', async () => {
  expect(await statusOfHead(many(100), false)).toBe(200);
  expect(await statusOfHead(many(101), false)).toBe(431);
  expect(await statusOfHead(many(10_000), false)).toBe(431);
  expect(await statusOfHead(many(101), true)).toBe(431);
});

/** How much the resident set grows while `act` runs, once it has run before (compiled code, buffers). */
async function growth(act: () => Promise<void>): Promise<number> {
  await act();
  const before = residentBytes([proxy.peer.pid]);
  await act();
  return residentBytes([proxy.peer.pid]) - before;
}

/** Writes until the other side takes no more for a moment. Returns the bytes that were written. */
async function pour(client: RawClient, piece: string, times: number): Promise<number> {
  for (let i = 0; i < times; i++) {
    if (client.ending !== 'open') return i * piece.length;
    if (client.socket.write(piece, 'latin1')) continue;
    const drained = await Promise.race([
      new Promise<boolean>((resolve) => client.socket.once('drain', () => resolve(true))),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
    ]);
    if (!drained) return (i + 1) * piece.length;
  }
  return times * piece.length;
}

const body = (text: string) =>
  head(`POST /${text} HTTP/1.1`, 'host: a.example', `content-length: ${text.length}`) + text;
const chunks = (text: string) =>
  head('POST /chunked HTTP/1.1', 'host: a.example', 'transfer-encoding: chunked') + `5\r\n${text}\r\n0\r\n\r\n`;

// CVE-2020-8659, CVE-2020-8661
describe('class 24: floods of small things', () => {
  const batch = get('/direct').repeat(1000);

  test('a pipeline whose answers nobody reads stops, and costs little', async () => {
    const grown = await growth(async () => {
      const client = await RawClient.connect(proxy.port);
      client.socket.pause();
      const sent = await pour(client, batch, 1000);
      expect(sent).toBeLessThan(1000 * batch.length); // back-pressure reached the client
      client.close();
    });
    expect(grown).toBeLessThan(16 * MIB);
  });

  test('a pipeline behind a request that waits is not read without end', async () => {
    upstream.reset({ on: 'request', steps: [[]] });
    const grown = await growth(async () => {
      const client = await RawClient.connect(proxy.port);
      client.send(get('/waits'));
      expect(await pour(client, get('/next').repeat(1000), 1000)).toBeLessThan(1000 * batch.length);
      expect(upstream.connections.every(({ received }) => !received.includes('/next'))).toBe(true);
      client.close();
    });
    expect(grown).toBeLessThan(16 * MIB);
  });

  test('a long pipeline that is read is answered whole and in order', async () => {
    const client = await ask(
      proxy.port,
      [batch.repeat(3)],
      (each) => (each.received.match(/HTTP\/1\.1/g)?.length ?? 0) === 3000,
    );
    expect(client.received.match(/HTTP\/1\.1 200/g)).toHaveLength(3000);
  });

  test.each([
    ['a head', get('/second')],
    ['a body', body('a-longer-body-than-that')],
    ['chunks', chunks('hello')],
  ])(
    'a pipelined request that is cut anywhere, in %s, is read on once the first is answered',
    async (_what, second) => {
      upstream.reset({ on: 'request', steps: [[{ wait: 20 }, OK_RESPONSE]] });
      const cuts = Array.from({ length: second.length - 1 }, (_, i) => i + 1).filter((cut) => cut % 3 !== 0);
      const served = await Promise.all(
        cuts.map(async (cut) => {
          const steps = [
            get('/first') + second.slice(0, cut),
            { until: '200 OK.*ok' },
            { wait: 10 },
            second.slice(cut),
          ];
          return statuses(await ask(proxy.port, steps, (each) => statuses(each).length === 2));
        }),
      );
      expect(served).toEqual(cuts.map(() => [200, 200]));
    },
  );

  test('chunks of one byte to an upstream that does not read cost less than twice their bytes', async () => {
    const piece = '1\r\nx\r\n'.repeat(10_000);
    const grown = await growth(async () => {
      upstream.reset({ on: 'head', steps: [[]] });
      const client = await RawClient.connect(proxy.port);
      client.send(head('POST /slow HTTP/1.1', 'host: a.example', 'transfer-encoding: chunked'));
      await expect.poll(() => upstream.connections.length).toBeGreaterThan(0);
      for (const { socket } of upstream.connections) socket.pause();
      await pour(client, piece, 300);
      client.close();
      upstream.dropAll();
    });
    expect(grown).toBeLessThan(16 * MIB);
  });

  test('chunks of one byte to a client that does not read cost less than twice their bytes', async () => {
    const grown = await growth(async () => {
      const steps = [head('HTTP/1.1 200 OK', 'transfer-encoding: chunked'), { repeat: '1\r\nx\r\n', times: 2_000_000 }];
      upstream.reset({ on: 'request', steps: [steps] });
      const client = await RawClient.connect(proxy.port);
      client.socket.pause();
      client.send(get());
      await new Promise((resolve) => setTimeout(resolve, 500));
      client.close();
      upstream.dropAll();
    });
    expect(grown).toBeLessThan(16 * MIB);
  });
});

async function statLines(): Promise<number | undefined> {
  return (await proxy.peer.admin('/stats'))?.body.split('\n').length;
}

// CVE-2026-21717
test('class 74: names that a client chooses leave nothing behind', async () => {
  const hostile = ['__proto__', 'constructor', 'hasownproperty', 'tostring'];
  let round = 0;
  const flood = async () => {
    round++;
    const client = await RawClient.connect(proxy.port);
    for (let i = 0; i < 40; i++) {
      const requests = Array.from({ length: 100 }, (_, j) => {
        const name = `${round}-${i}-${j}`;
        const names = [...hostile, `x-${name}`, `y-${name}`].map((each) => `${each}: ${name}`);
        return head(`GET /direct/${name}?${name}=1 HTTP/1.1`, `host: ${name}.example`, ...names);
      });
      client.send(requests.join(''));
      const expected = (i + 1) * 100;
      await client.until(() => (client.received.match(/HTTP\/1\.1 /g)?.length ?? 0) === expected, PATIENCE);
    }
    expect(client.received.match(/HTTP\/1\.1 200/g)).toHaveLength(4000);
    client.close();
  };
  await flood();
  const lines = await statLines();
  const grown = await growth(flood);
  expect(await statLines()).toBe(lines);
  expect(grown).toBeLessThan(8 * MIB);
});

// CVE-2021-28682
const INTERNAL = 'x-forwarded-for: 10.0.0.1'; // only from inside are the headers heard

describe('class 37: huge and odd timeouts', () => {
  const TIMEOUTS = [
    '0',
    '-1',
    'NaN',
    'Infinity',
    '1e308',
    '2147483648',
    '4294967296',
    '4294967297',
    '9007199254740993',
    '18446744073709551617',
    '99999999999999999999999',
    '',
    '0x1',
    '1,1',
  ];

  test.each(TIMEOUTS)('x-envoy-upstream-rq-timeout-ms: %s never fires at once', async (value) => {
    upstream.reset({ on: 'request', steps: [[{ wait: 60 }, OK_RESPONSE]] });
    const lines = ['x-envoy-upstream-rq-timeout-ms', 'x-envoy-upstream-rq-per-try-timeout-ms'].map(
      (name) => `${name}: ${value}`,
    );
    const client = await ask(proxy.port, [get('/', INTERNAL, ...lines)]);
    expect(answers(client).map(statusOf)).toEqual([200]);
  });

  test('a short one does fire: the header is read', async () => {
    upstream.reset({ on: 'request', steps: [[{ wait: 500 }, OK_RESPONSE]] });
    const client = await ask(proxy.port, [get('/', INTERNAL, 'x-envoy-upstream-rq-timeout-ms: 20')]);
    expect(statuses(client)).toEqual([504]);
  });
});
