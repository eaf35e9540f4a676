import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { FloodUpstream, pour } from '../support/flood.js';
import { freePort } from '../support/ports.js';
import { residentBytes } from '../support/proc.js';

const CONNECTIONS = 32;
const MIB = 1024 * 1024;
const ENDLESS = 1024 * MIB;
const STILL_MS = 500;
const PATIENCE_MS = 15_000;

const opened: Socket[] = [];
let proxy: Fixture;
let cleanUp: () => Promise<void> = async () => {};
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await proxy.peer.stop();
  await cleanUp();
});

function open(port: number, head: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(head));
  socket.on('error', () => socket.destroy());
  opened.push(socket);
  return socket;
}

/** Bytes of the open client connections that the kernel took. */
function written(): number {
  return opened.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
}

/** What the proxy holds for each connection once `moved` stands still; that it does is half of the claim. */
async function heldPerConnection(start: () => void, moved: () => number): Promise<number> {
  const pids = [proxy.peer.pid];
  const before = residentBytes(pids);
  start();
  let last = -1;
  for (const end = performance.now() + PATIENCE_MS; moved() !== last || last === 0; await sleep(STILL_MS)) {
    if (performance.now() > end) throw new Error(`after ${PATIENCE_MS} ms bytes still move: ${moved()}`);
    last = moved();
  }
  return (residentBytes(pids) - before) / CONNECTIONS;
}

test('a client that does not read holds at most 1 MiB of an endless answer', async () => {
  const upstream = await FloodUpstream.start(await freePort(), ENDLESS);
  cleanUp = () => upstream.stop();
  proxy = await startProxy({ upstreamPort: upstream.port });
  const start = () => {
    for (let i = 0; i < CONNECTIONS; i++) open(proxy.port, 'GET / HTTP/1.1\r\nhost: a.example\r\n\r\n').pause();
  };
  const held = await heldPerConnection(start, () => upstream.taken);
  expect(upstream.taken).toBeGreaterThan(CONNECTIONS * 1000);
  expect(held).toBeLessThan(MIB);
});

test('an upstream that does not read holds at most 1 MiB of an endless body', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.pause().on('error', () => socket.destroy())));
  const upstreamPort = await freePort();
  await new Promise<void>((resolve) => server.listen(upstreamPort, '127.0.0.1', resolve));
  cleanUp = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  proxy = await startProxy({ upstreamPort });
  const start = () => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const head = `POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: ${ENDLESS}\r\n\r\n`;
      void pour(open(proxy.port, head), ENDLESS);
    }
  };
  const held = await heldPerConnection(start, written);
  expect(held).toBeLessThan(MIB);
});
