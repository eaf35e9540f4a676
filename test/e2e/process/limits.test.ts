// What happens at the edges that the operating system sets: descriptors, ports, memory.
import { spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { residentBytes } from '../../support/proc.js';
import { RawClient } from '../../support/raw_client.js';
import { REPOSITORY } from '../../support/repository.js';
import { request } from './requests.js';
import { startSlowUpstream, type SlowUpstream } from './slow_upstream.js';

const folder = mkdtempSync(`${tmpdir()}/weft-limits-`);
let upstream: SlowUpstream;
let port: number;
let adminPort: number;
let proxy: Peer | undefined;

beforeAll(async () => {
  const [upstreamPort, ...rest] = await freePorts(3);
  [port, adminPort] = rest;
  upstream = await startSlowUpstream(upstreamPort);
});
afterAll(() => {
  upstream.stop();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  if (proxy?.running) await proxy.kill();
});

function file(listener: object = httpListener('http', { port })): Record<string, unknown> {
  return bootstrap(adminPort, [listener as Record<string, unknown>], { upstream: { endpoints: [upstream.port] } });
}

test('class 61: without descriptors accepting pauses, nothing breaks, and it goes on within a second', async () => {
  proxy = await Peer.start('weft', { bootstrap: file(), adminPort, args: [], concurrency: 1 });
  const { pid } = proxy;
  const { soft } = lowerDescriptorLimit(pid, 20);
  const clients: RawClient[] = [];
  for (let i = 0; i < 60; i++) clients.push(await RawClient.connect(port)); // the kernel's queue takes what accept does not
  await sleep(300);
  expect(proxy.running).toBe(true);
  expect(proxy.output).toMatch(/accept.*EMFILE/);
  for (const client of clients) client.close();
  const begun = Date.now();
  let served = false;
  while (!served && Date.now() - begun < 3000) {
    served = (await Promise.race([request(port, '/'), sleep(500, { status: 0 })])).status === 200;
  }
  expect(served).toBe(true);
  expect(soft).toBeGreaterThan(60);
});

// Leaves the process `room` numbers for new descriptors.
function lowerDescriptorLimit(pid: number, room: number): { soft: number } {
  const shown = spawnSync('prlimit', ['--pid', String(pid), '--nofile', '--output', 'SOFT', '--noheadings']);
  const soft = Number(shown.stdout.toString());
  const used = new Set(descriptorNumbers(pid));
  let limit = 0;
  for (let free = 0; free < room; limit++) if (!used.has(limit)) free++;
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
  return { soft };
}

function descriptorNumbers(pid: number): number[] {
  return spawnSync('ls', [`/proc/${pid}/fd`])
    .stdout.toString()
    .trim()
    .split('\n')
    .map(Number);
}

test('10,000 idle keep-alive connections cost at most 15 kB each, and all of them are still served', async () => {
  proxy = await Peer.start('weft', { bootstrap: file(), adminPort, concurrency: 1 });
  await request(port, '/');
  await sleep(1500); // memory of the start is given back by then
  const before = residentBytes([proxy.pid]);
  const held = await HeldConnections.open(port, 10_000);
  const each = (residentBytes([proxy.pid]) - before) / held.count;
  expect(each).toBeLessThanOrEqual(15_000);
  expect(await held.askAll()).toBe(10_000);
  held.close();
}, 60_000);

/** Connections from several addresses of 127.0.0.0/8, each of which has had one answer. */
class HeldConnections {
  private constructor(private readonly clients: RawClient[]) {}

  static async open(port: number, count: number): Promise<HeldConnections> {
    const clients: RawClient[] = [];
    while (clients.length < count) {
      const batch = Array.from({ length: 200 }, () => RawClient.connect(port));
      const opened = await Promise.all(batch);
      clients.push(...opened);
      for (const client of opened) client.send(REQUEST);
      for (const client of opened) await client.until(() => client.received.includes('after 0 ms'), 5000);
    }
    return new HeldConnections(clients);
  }

  get count(): number {
    return this.clients.length;
  }

  /** How many get an answer to one more request. */
  async askAll(): Promise<number> {
    let answered = 0;
    for (let i = 0; i < this.clients.length; i += 200) {
      const batch = this.clients.slice(i, i + 200);
      for (const client of batch) {
        client.received = '';
        client.send(REQUEST);
      }
      for (const client of batch)
        if (await client.until(() => client.received.includes('after 0 ms'), 5000)) answered++;
    }
    return answered;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}
const REQUEST = 'GET /0 HTTP/1.1\r\nhost: a\r\n\r\n';

test('a second instance on the same port says so and ends with status 1', async () => {
  proxy = await Peer.start('weft', { bootstrap: file(), adminPort });
  const [otherAdmin] = await freePorts(1);
  const path = join(folder, 'second.json');
  writeFileSync(path, JSON.stringify({ ...file(), admin: adminAt(otherAdmin) }));
  const second = await run(['proxy', '-c', path]);
  expect(second.status).toBe(1);
  expect(second.output).toContain(
    `cannot listen on 127.0.0.1:${port}: the address is in use; another program (or another weft) listens there`,
  );
  expect(second.output).not.toMatch(/\n\s+at /);
  expect((await request(port, '/')).status).toBe(200);
});

function adminAt(port: number): object {
  return { address: { socket_address: { address: '127.0.0.1', port_value: port } } };
}

/** Runs weft to its end, or for five seconds. */
function run(args: string[], before: string[] = []): Promise<{ status: number | null; output: string }> {
  const [command, ...rest] = [...before, process.execPath, join(REPOSITORY, 'bin/weft'), ...args];
  const child = spawn(command, rest, { timeout: 5000, killSignal: 'SIGKILL' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, output })));
}

test('a listener can be a UNIX socket, with its mode, whose file is gone at the end', async () => {
  const path = join(folder, 'listener.sock');
  const pipe = { ...httpListener('unix', { port }), address: { pipe: { path, mode: 0o600 } } };
  proxy = await Peer.start('weft', { bootstrap: file(pipe), adminPort, concurrency: 2 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const socket = connect({ path });
  socket.write('GET /0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n.*after 0 ms$/s);
  expect(await proxy.stop()).toBe(0);
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('where the address space is limited one sentence says so', async () => {
  const path = join(folder, 'limited.json');
  writeFileSync(path, JSON.stringify(file()));
  const { status, output } = await run(['proxy', '-c', path], ['prlimit', `--as=${3 * 2 ** 30}`]);
  expect(output).toContain('weft needs 2 GiB of address space');
  expect(status).not.toBe(0);
});
