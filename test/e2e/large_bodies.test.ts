import { afterEach, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { floodRequest, FloodUpstream } from '../support/flood.js';
import { freePort } from '../support/ports.js';
import { residentBytes } from '../support/proc.js';

const GIB = 1024 ** 3;
const GROWTH_ALLOWED = 48 * 1024 * 1024;

let upstream: FloodUpstream;
let proxy: Fixture;
afterEach(async () => {
  await proxy.peer.stop();
  await upstream.stop();
});

async function start(pourBytes: number): Promise<void> {
  upstream = await FloodUpstream.start(await freePort(), pourBytes);
  const virtual_hosts = [
    {
      name: 'all',
      domains: ['*'],
      routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '0s' } }],
    },
  ];
  proxy = await startProxy({ upstreamPort: upstream.port, listener: { virtual_hosts } });
}

/** The highest resident set of the proxy while `work` runs, above what it was before. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const pids = [proxy.peer.pid];
  await floodRequest(proxy.port, 1, 1);
  const before = residentBytes(pids);
  let highest = before;
  const timer = setInterval(() => (highest = Math.max(highest, residentBytes(pids))), 20);
  await work();
  clearInterval(timer);
  return highest - before;
}

test('1 GiB from client to upstream leaves the memory flat', { timeout: 120_000 }, async () => {
  await start(2);
  const growth = await growthDuring(async () => {
    expect(await floodRequest(proxy.port, GIB, 2)).toBe(2);
  });
  expect(upstream.swallowed).toBe(GIB + 1);
  expect(growth).toBeLessThan(GROWTH_ALLOWED);
});

test('1 GiB from upstream to client leaves the memory flat', { timeout: 120_000 }, async () => {
  await start(GIB);
  const growth = await growthDuring(async () => {
    expect(await floodRequest(proxy.port, 1, GIB)).toBe(GIB);
  });
  expect(growth).toBeLessThan(GROWTH_ALLOWED);
});
