// Figure 24: a worker that throws, traps or runs out of memory while it serves. (A segmentation fault takes the whole process.)
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { openDescriptors } from '../../support/proc.js';
import { Load, request } from './requests.js';
import { startSlowUpstream, type SlowUpstream } from './slow_upstream.js';

const SABOTEUR = fileURLToPath(new URL('../../host/process/fixture/saboteur.mjs', import.meta.url));
const WIDTH = 16;

const folder = mkdtempSync(`${tmpdir()}/weft-crash-`);
const order = `${folder}/order`;
let upstream: SlowUpstream;
let port: number;
let adminPort: number;
let proxy: Peer;

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
  if (proxy.running) await proxy.kill();
});

async function start(): Promise<void> {
  const file = bootstrap(adminPort, [httpListener('http', { port })], { upstream: { endpoints: [upstream.port] } });
  const env = { WEFT_SABOTAGE: order, NODE_OPTIONS: `--import ${SABOTEUR}` };
  proxy = await Peer.start('weft', { bootstrap: file, adminPort, concurrency: 2, env });
}

/** Descriptors but for the connections that the upstream has open too: those in the pools of the workers. */
async function ownDescriptors(): Promise<number> {
  const pooled = await new Promise<number>((resolve) => upstream.server.getConnections((_, count) => resolve(count)));
  return openDescriptors(proxy.pid) - pooled;
}

/** Breaks a worker; connections make sure that it wakes. */
async function sabotage(worker: number, how: string): Promise<void> {
  writeFileSync(order, `${worker} ${how}`);
  while (existsSync(order)) {
    void request(port, '/');
    await sleep(10);
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i > 1000) throw new Error(`never happened:\n${proxy.output}`);
    await sleep(10);
  }
}

test.each([
  ['throws', 'throw', 'Error: thrown by the saboteur'],
  ['traps in WebAssembly', 'trap', 'RuntimeError: unreachable'],
  ['runs out of memory', 'oom', 'ERR_WORKER_OUT_OF_MEMORY'],
])(
  'class 75: when a worker %s under load only its requests in flight fail, and it is replaced',
  async (_, how, logged) => {
    await start();
    const load = new Load(port, '/10', WIDTH);
    await sleep(300);
    expect(load.failures).toEqual([]);
    writeFileSync(order, `1 ${how}`);
    await until(() => proxy.output.includes('worker 1 replaced'));
    await sleep(500);
    const settled = load.outcomes.length;
    await sleep(500);
    await load.stop();
    expect(proxy.output).toContain(logged);
    expect(load.failures.length).toBeLessThanOrEqual(WIDTH);
    expect(load.failures.every(({ error }) => error === 'ECONNRESET')).toBe(true);
    expect(load.outcomes.slice(settled).every(({ status }) => status === 200)).toBe(true);
    expect(load.outcomes.length - settled).toBeGreaterThan(WIDTH);
  },
);

test('nothing of a dead worker is left: descriptors, active gauges, requests that count against a limit', async () => {
  await start();
  await request(port, '/');
  await sleep(100);
  const before = await ownDescriptors();
  for (const [i, worker] of [0, 1, 0, 1].entries()) {
    const lost = Array.from({ length: 20 }, () => request(port, '/2000'));
    await sleep(100);
    await sabotage(worker, 'throw');
    await until(() => proxy.output.split(' replaced after').length === i + 2);
    await Promise.all(lost);
  }
  expect((await request(port, '/')).status).toBe(200);
  await sleep(100);
  expect(await ownDescriptors()).toBeLessThanOrEqual(before);
  expect(await proxy.stat('http.http.downstream_cx_active')).toBe(0);
  expect(await proxy.stat('http.http.downstream_rq_active')).toBe(0);
  expect(await proxy.stat('cluster.upstream.upstream_rq_active')).toBe(0);
});

test('class 36: a loop that stands still is logged, and the other worker serves on', async () => {
  await start();
  const load = new Load(port, '/', 4);
  await sabotage(0, 'stall');
  await until(() => /worker 0 has not turned its loop for \d+ ms/.test(proxy.output));
  await until(() => proxy.output.includes('worker 0 turns its loop again'));
  await load.stop();
  expect(load.failures).toEqual([]);
});
