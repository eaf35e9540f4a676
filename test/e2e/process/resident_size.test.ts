// What a large configuration costs once it is served: its tables, and nothing of the documents and messages it came from.
import { afterEach, expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';
import { residentBytes } from '../../support/proc.js';

const ROUTES = 10_000;
const CLUSTERS = 1000;
const MB = 1024 * 1024;
const running: Peer[] = [];

afterEach(async () => {
  for (const peer of running.splice(0)) await peer.stop();
});

async function serve(kind: PeerKind, routes: number, clusters: number): Promise<Peer> {
  const adminPort = await freePort();
  const table = Array.from({ length: routes }, (_, i) => ({
    match: { prefix: `/route/${i}/` },
    route: { cluster: `cluster ${i % clusters}`, timeout: '5s' },
  }));
  const virtual_hosts = [{ name: 'all', domains: ['*'], routes: table }];
  const listener = httpListener('large', { port: await freePort(), virtual_hosts });
  const named = Array.from({ length: clusters }, (_, i) => [`cluster ${i}`, { endpoints: [1000 + i] }]);
  const config = bootstrap(adminPort, [listener], Object.fromEntries(named));
  const peer = await Peer.start(kind, { bootstrap: config, adminPort, readyMs: 60_000 });
  running.push(peer);
  return peer;
}

test('10,000 routes and 1,000 clusters cost less than 4 kB each', { timeout: 120_000 }, async () => {
  const small = await serve('weft', 1, 1);
  const large = await serve('weft', ROUTES, CLUSTERS);
  const growth = (): number => residentBytes([large.pid]) - residentBytes([small.pid]);
  await expect.poll(growth, { timeout: 60_000, interval: 500 }).toBeLessThan(44 * MB);
});

test.skipIf(findEnvoy() === undefined)('they cost no more than in Envoy', { timeout: 120_000 }, async () => {
  const envoy = await serve('envoy', ROUTES, CLUSTERS);
  const weft = await serve('weft', ROUTES, CLUSTERS);
  const theirs = residentBytes([envoy.pid]);
  await expect.poll(() => residentBytes([weft.pid]), { timeout: 60_000, interval: 500 }).toBeLessThanOrEqual(theirs);
});
