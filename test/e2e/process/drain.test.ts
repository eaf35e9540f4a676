// How `weft proxy` ends. Figure 14 of the torture run, in small.
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { RawClient } from '../../support/raw_client.js';
import { request } from './requests.js';
import { startSlowUpstream, type SlowUpstream } from './slow_upstream.js';

let upstream: SlowUpstream;
let port: number;
let adminPort: number;
let proxy: Peer | undefined;

beforeAll(async () => {
  const [upstreamPort, ...rest] = await freePorts(3);
  [port, adminPort] = rest;
  upstream = await startSlowUpstream(upstreamPort);
});
afterAll(() => upstream.stop());
afterEach(async () => {
  if (proxy?.running) await proxy.kill();
});

async function start(args: string[] = []): Promise<Peer> {
  const listeners = [httpListener('http', { port })];
  const options = { adminPort, concurrency: 2, args };
  const file = bootstrap(adminPort, listeners, { upstream: { endpoints: [upstream.port] } });
  proxy = await Peer.start('weft', { ...options, bootstrap: file });
  return proxy;
}

test('SIGTERM loses none of 100 requests in flight, and the process ends with the last one', async () => {
  const proxy = await start();
  const requests = Array.from({ length: 100 }, (_, i) => request(port, `/${200 + i * 8}`));
  await sleep(150);
  proxy.signal('SIGTERM');
  const outcomes = await Promise.all(requests);
  expect(outcomes.filter(({ status }) => status !== 200)).toEqual([]);
  expect(outcomes.every(({ connection }) => connection === 'close')).toBe(true);
  expect(await proxy.wait()).toBe(0);
  expect(proxy.output).toContain('SIGTERM: draining for at most 30 s');
  expect(proxy.output).not.toContain('cut off');
});

test('an idle keep-alive connection does not hold the process', async () => {
  const proxy = await start();
  const agent = new Agent({ keepAlive: true });
  expect((await request(port, '/', agent)).status).toBe(200);
  proxy.signal('SIGINT');
  expect(await proxy.wait()).toBe(0);
  expect(proxy.output).not.toContain('cut off');
  agent.destroy();
});

function connected(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });
}

/** All that comes until the other side ends, or how it failed. */
function answer(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    socket.removeAllListeners('error');
    socket.on('data', (bytes) => (all += bytes.toString('latin1')));
    socket.on('end', () => resolve(all));
    socket.on('error', (error) => resolve(error.message));
    socket.write(text);
  });
}

test('connections that wait in the accept queue are served', async () => {
  const proxy = await start();
  // Connected for the kernel, whether or not a worker has accepted them; who comes while a socket closes may be reset.
  const sockets = await Promise.all(Array.from({ length: 50 }, connected));
  proxy.signal('SIGTERM');
  const answers = await Promise.all(sockets.map((socket) => answer(socket, 'GET /50 HTTP/1.1\r\nhost: a\r\n\r\n')));
  expect(answers.filter((text) => !text.startsWith('HTTP/1.1 200'))).toEqual([]);
  expect(await proxy.wait()).toBe(0);
});

test('--drain-time-s is the latest end', async () => {
  const proxy = await start(['--drain-time-s', '1']);
  const lost = request(port, '/20000');
  await sleep(100);
  proxy.signal('SIGTERM');
  expect(await proxy.wait()).toBe(0);
  expect((await lost).status).toBeUndefined();
  expect(proxy.output).toContain('the drain time is over: 1 connections are cut off');
});

test('a second signal ends the process now', async () => {
  const proxy = await start();
  const lost = request(port, '/20000');
  await sleep(100);
  proxy.signal('SIGTERM');
  await sleep(100);
  expect(proxy.running).toBe(true);
  proxy.signal('SIGTERM');
  expect(await proxy.wait()).toBe(0);
  expect((await lost).status).toBeUndefined();
});

test('SIGHUP and SIGUSR1 do not end it', async () => {
  const proxy = await start();
  proxy.signal('SIGHUP');
  proxy.signal('SIGUSR1');
  await sleep(100);
  expect((await request(port, '/')).status).toBe(200);
  expect(proxy.output).toContain('SIGHUP is ignored');
  expect(proxy.output).toContain('SIGUSR1: reopening the log files');
  expect(proxy.output).not.toContain('Debugger listening');
  expect(await proxy.stop()).toBe(0);
});

test('/ready tells a load balancer that the process drains', async () => {
  const proxy = await start();
  const slow = await RawClient.connect(port);
  slow.send('GET /500 HTTP/1.1\r\nhost: a\r\n\r\n');
  await sleep(100);
  proxy.signal('SIGTERM');
  await sleep(100);
  expect(await proxy.admin('/ready')).toMatchObject({ status: 503, body: 'DRAINING\n' });
  expect(await slow.until(() => slow.received.includes('after 500 ms'), 3000)).toBe(true);
  expect(await proxy.wait()).toBe(0);
});
