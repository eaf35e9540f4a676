// Row 24: workers that throw, trap in WebAssembly or run out of memory under load. Only their own connections may notice.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type Fixture } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { RawClient } from '../../test/support/raw_client.js';
import { REPOSITORY } from '../../test/support/repository.js';
import { TcpUpstream } from '../../test/support/tcp_upstream.js';
import { Tally, type Row } from './row.js';

const CLIENTS = 20;
const PAUSE_MS = 20; // twenty clients: 1,000 requests a second at most
const KINDS = ['throw', 'trap', 'memory'];
const REQUEST = 'GET / HTTP/1.1\r\nhost: a.example\r\n\r\n';

/** Requests that a crash may have hit: those of clients whose connection broke. */
interface Load {
  stop: boolean;
  broken: number;
  tally: Tally;
}

export const workerCrashRow: Row = {
  number: 24,
  name: 'workers that throw, trap or run out of memory',
  missing: ({ kind }) => (kind === 'envoy' ? 'Envoy has no such workers' : undefined),
  async run({ short }) {
    const tally = new Tally();
    const upstream = await TcpUpstream.start(await freePort());
    const nodeArgs = ['--import', join(REPOSITORY, 'bench/torture/crash_hook.mjs')];
    const proxy = await startProxy({ kind: 'weft', upstreamPort: upstream.port, concurrency: 2, nodeArgs });
    const load: Load = { stop: false, broken: 0, tally };
    const clients = Array.from({ length: CLIENTS }, () => keepAsking(proxy, load));
    for (const crash of short ? KINDS : [...KINDS, ...KINDS, 'throw', 'throw', 'trap']) {
      await sleep(300);
      await crashOne(proxy, crash, load);
    }
    await sleep(500);
    load.stop = true;
    await Promise.all(clients);
    tally.check(proxy.peer.running, () => `the process ended: ${proxy.peer.output.slice(-400)}`);
    await proxy.peer.stop();
    await upstream.stop();
    return tally;
  },
};

/** One worker dies; the connections of the others live on, and new ones are served within a second. */
async function crashOne({ peer, port }: Fixture, kind: string, load: Load): Promise<void> {
  const before = load.broken;
  const killer = await RawClient.connect(port);
  const started = performance.now();
  killer.send(`GET /crash/${kind} HTTP/1.1\r\nhost: a.example\r\n\r\n`);
  await killer.until(() => killer.ending !== 'open', 20_000);
  const died = performance.now();
  let served = 0;
  while (served < 10 && performance.now() - died < 5000) served = (await serves(port)) ? served + 1 : 0;
  const ms = performance.now() - died;
  const broken = load.broken - before;
  load.tally.check(peer.running && served === 10 && ms < 1000, () => `${kind}: served again after ${ms.toFixed(0)} ms`);
  load.tally.check(broken < CLIENTS, () => `${kind}: all ${CLIENTS} connections broke, those of the other worker too`);
  load.tally.notes.push(
    `${kind}: ${(died - started).toFixed(0)} ms to die, ${broken} of ${CLIENTS} connections broke, ten in a row served ${ms.toFixed(0)} ms later`,
  );
}

async function serves(port: number): Promise<boolean> {
  const client = await RawClient.connect(port).catch(() => undefined);
  if (client === undefined) return false;
  client.send(REQUEST);
  const ok = await client.until(() => client.received.endsWith('ok'), 500);
  client.close();
  return ok;
}

async function keepAsking({ port }: Fixture, load: Load): Promise<void> {
  let client = await RawClient.connect(port);
  while (!load.stop) {
    client.received = '';
    client.send(REQUEST);
    await client.until(() => client.ending !== 'open' || client.received.endsWith('ok'), 20_000);
    const broke = client.ending !== 'open';
    const right = client.received.startsWith('HTTP/1.1 200 OK\r\n') && client.received.endsWith('ok');
    load.tally.check(
      right || (broke && client.received === ''),
      () => `a request was answered ${JSON.stringify(client.received)}`,
    );
    if (broke) {
      load.broken++;
      client.close();
      client = await RawClient.connect(port);
    }
    await sleep(PAUSE_MS);
  }
  client.close();
}
