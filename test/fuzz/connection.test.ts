// Fuzz target 3: scripts of a client connection (pipelining, bodies, early answers, interim answers, upgrades, endings) against
// the built proxy, and a model that says which answers may come.
//
// Whatever is sent, cut wherever: answers are in the order of the requests, each is its own request's, none comes to a request
// that was not sent, upstreams read exactly the requests that were sent, and the proxy lives. WEFT_FUZZ_SEED and
// WEFT_FUZZ_SCRIPTS repeat a run or make it longer; a failure prints seed and script.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { header, splitResponses, statusOf, type HttpMessage } from '../support/http_message.js';
import { freePort } from '../support/ports.js';
import { RawClient } from '../support/raw_client.js';

const SEED = FUZZ_SEED;
const SCRIPTS = Number(process.env['WEFT_FUZZ_SCRIPTS'] ?? 150);
const PATIENCE = 3000;

/** What the upstream read, by the id in the path: the body's length, or -1 where it broke off. */
const seen = new Map<string, number>();
let server: Server;
let proxy: Fixture;

/** How the upstream answers: /KIND/ID. Each answer carries the id. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const [, kind, id] = (request.url ?? '').split('/');
  let length = 0;
  request.on('data', (piece: Buffer) => (length += piece.length));
  request.on('end', () => seen.set(id, length));
  request.on('error', () => seen.set(id, -1));
  response.setHeader('x-id', id);
  if (kind === 'interim') response.writeEarlyHints({ link: '</a>; rel=preload' });
  if (kind === 'early') response.end(id);
  else request.on('end', () => answer(kind, id, response));
}

function answer(kind: string, id: string, response: ServerResponse): void {
  if (kind === 'closes') response.shouldKeepAlive = false;
  if (kind === 'chunked') response.write(id);
  if (kind === 'chunked') setImmediate(() => response.end());
  else if (kind === 'slow') setTimeout(() => response.end(id), 5);
  else response.end(id);
}

beforeAll(async () => {
  const port = await freePort();
  server = createServer(serve);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const routes = [
    { match: { prefix: '/direct' }, direct_response: { status: 200, body: { inline_string: 'direct' } } },
    { match: { prefix: '/' }, route: { cluster: 'upstream' } },
  ];
  proxy = await startProxy({
    upstreamPort: port,
    listener: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes }],
      hcm: { upgrade_configs: [{ upgrade_type: 'websocket' }] },
    },
  });
});
afterAll(async () => {
  await proxy?.peer.stop();
  server.closeAllConnections();
  server.close();
});

function random(seed: number): (below: number) => number {
  let x = seed | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

interface Sent {
  id: string;
  text: string;
  kind: string;
  method: string;
  body: number;
  /** No further request is read after this one. */
  last: boolean;
  /** Refused by the proxy itself. */
  status?: number;
}

const KINDS = ['plain', 'plain', 'chunked', 'slow', 'closes', 'interim', 'direct', 'early'];

function request(id: string, next: (below: number) => number): Sent {
  const kind = KINDS[next(KINDS.length)];
  const body = next(2) ? 0 : 1 + next(next(8) ? 50 : 40_000);
  const method = body ? 'POST' : ['GET', 'HEAD', 'DELETE'][next(3)];
  const sent: Sent = { id, kind, method, body, text: '', last: false };
  const lines = [`${method} /${kind}/${id} HTTP/1.1`, 'host: a.example'];
  let payload = 'GET /smuggled/x HTTP/1.1\r\nhost: v\r\n\r\n'.repeat(Math.ceil(body / 36)).slice(0, body);
  if (body && next(2)) {
    lines.push('transfer-encoding: chunked');
    payload = chunks(payload, next);
  } else if (body) lines.push(`content-length: ${body}`);
  if (body && next(4) === 0) lines.push('expect: 100-continue');
  const oddity = next(24);
  if (oddity === 0) {
    lines.push('connection: close');
    sent.last = true;
  } else if (oddity === 1) {
    lines.push('bad name: x');
    Object.assign(sent, { last: true, status: 400 });
  } else if (oddity === 2 && !body) {
    lines.push('connection: upgrade', 'upgrade: unknown');
    Object.assign(sent, { last: true, status: 403 });
  }
  sent.text = [...lines, '', ''].join('\r\n') + payload;
  return sent;
}

function chunks(text: string, next: (below: number) => number): string {
  let framed = '';
  for (let at = 0; at < text.length;) {
    const n = Math.min(text.length - at, 1 + next(next(2) ? 5 : 9000));
    framed += `${n.toString(16)}${next(5) ? '' : ';x=y'}\r\n${text.slice(at, at + n)}\r\n`;
    at += n;
  }
  return `${framed}0\r\n\r\n`;
}

/** Sends `text` in pieces with pauses between some of them. */
async function sendCut(client: RawClient, text: string, next: (below: number) => number): Promise<void> {
  for (let at = 0; at < text.length && client.ending === 'open';) {
    const n = 1 + next(next(3) ? 40 : 30_000);
    client.send(text.slice(at, at + n));
    at += n;
    if (next(4) === 0) await new Promise(setImmediate);
  }
}

function finals(client: RawClient, sent: Sent[]): HttpMessage[] {
  const methods = sent.map(({ method }) => method);
  const { messages } = splitResponses(client.received, methods, client.ending !== 'open');
  return messages.filter((message) => statusOf(message) >= 200);
}

/** An early answer may end a connection whose request body is still coming: nothing behind it is promised. */
function mayEnd({ last, kind, body }: Sent): boolean {
  return last || (body > 0 && (kind === 'early' || kind === 'direct'));
}

function check(sent: Sent[], client: RawClient): void {
  const got = finals(client, sent);
  const end = sent.findIndex(mayEnd);
  // As in Envoy, bytes behind the last request meet a closed socket, and the reset takes what was not read yet with it.
  const lost = client.ending === 'reset' && end >= 0;
  if (!lost) expect(got.length).toBeGreaterThanOrEqual(end < 0 ? sent.length : end + 1);
  expect(got.length).toBeLessThanOrEqual(sent.findIndex(({ last }) => last) + 1 || sent.length);
  for (const [i, message] of got.entries()) {
    const { id, kind, method, body, status } = sent[i];
    expect(statusOf(message)).toBe(status ?? 200);
    if (status !== undefined || kind === 'direct') continue;
    expect(header(message, 'x-id')).toBe(id);
    expect(message.body).toBe(method === 'HEAD' ? '' : id);
    if (kind !== 'early') expect(seen.get(id)).toBe(body);
  }
  expect(seen.has('x')).toBe(false);
  for (const { id } of sent.slice(sent.findIndex(({ last }) => last) + 1 || sent.length))
    expect(seen.has(id)).toBe(false);
}

async function run(number: number): Promise<void> {
  const next = random(Math.imul(SEED + number, 0x9e3779b1));
  const sent = Array.from({ length: 1 + next(8) }, (_, i) => request(`${number}-${i}`, next));
  const client = await RawClient.connect(proxy.port);
  await sendCut(client, sent.map(({ text }) => text).join(''), next);
  const end = sent.findIndex(mayEnd);
  const certain = end < 0 ? sent.length : end + 1;
  await client.until(() => client.ending !== 'open' || finals(client, sent).length >= certain, PATIENCE);
  try {
    check(sent, client);
  } catch (error) {
    const script = sent.map(({ text }) => JSON.stringify(text.slice(0, 200))).join('\n');
    throw new Error(
      `seed ${SEED}, script ${number}:\n${script}\nanswers: ${JSON.stringify(client.received.slice(-1500))}`,
      {
        cause: error,
      },
    );
  } finally {
    client.close();
  }
}

test(`${SCRIPTS} scripts of connections do what the model says`, { timeout: 120_000 }, async () => {
  for (let i = 0; i < SCRIPTS; i += 5) await Promise.all([0, 1, 2, 3, 4].map((j) => run(i + j)));
  expect(proxy.peer.output).not.toMatch(/died|replaced|uncaught/);
  await expect.poll(() => proxy.peer.stat('http.main.downstream_rq_active')).toBe(0);
  await expect.poll(() => proxy.peer.stat('cluster.upstream.upstream_rq_active')).toBe(0);
});
