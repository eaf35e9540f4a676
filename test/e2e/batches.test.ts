// Connections that are received together, and answered together, get what they get when each is served by itself.
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy } from '../support/fixture.js';

const CLIENTS = 48;
// Around the size of a buffer of a batch, and beyond that of the large one.
const SIZES = [0, 1, 64, 3800, 4095, 4096, 4097, 4200, 10_240, 70_000];

let upstream: Server;

beforeAll(async () => {
  upstream = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => chunks.push(piece));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      if (!('content-length' in incoming.headers)) return void response.end(body);
      response.setHeader('content-length', body.length);
      response.end(body);
    });
  });
  upstream.keepAliveTimeout = 0;
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});

afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const piece of response) chunks.push(piece as Buffer);
  return Buffer.concat(chunks);
}

/** `client`'s bytes are no other's. */
function content(client: number, size: number): Buffer {
  return Buffer.alloc(size, `${client}:${size};`);
}

async function exchange(port: number, agent: Agent, body: Buffer, chunked: boolean): Promise<Buffer> {
  const headers = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length };
  const outgoing = request({ host: '127.0.0.1', port, method: 'POST', path: '/', agent, headers });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.end(body);
  const [response] = await answered;
  expect(response.statusCode).toBe(200);
  return bodyOf(response);
}

async function client(port: number, number: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < SIZES.length; i++) {
    const body = content(number, SIZES[(i + number) % SIZES.length]);
    const echo = await exchange(port, agent, body, (i + number) % 3 === 0);
    expect(echo.equals(body), `client ${number}, ${body.length} bytes`).toBe(true);
  }
  agent.destroy();
}

test.each([
  ['always', '1'],
  ['when that is cheaper', '4'],
  ['never', '0'],
])('48 clients with bodies of many sizes each get their own bytes back: together %s', async (_, minimum) => {
  const { port } = upstream.address() as AddressInfo;
  const proxy = await startProxy({ kind: 'weft', upstreamPort: port, env: { WEFT_BATCH_MINIMUM: minimum } });
  try {
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(proxy.port, i)));
  } finally {
    await proxy.peer.stop();
  }
});
