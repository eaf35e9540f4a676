// Row 10: ten thousand idle keep-alive connections, then the limit of descriptors, then room again.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type Fixture } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { openDescriptors, residentBytes } from '../../test/support/proc.js';
import { RawClient } from '../../test/support/raw_client.js';
import { TcpUpstream } from '../../test/support/tcp_upstream.js';
import { installed } from '../peers/child.js';
import { Tally, type Row } from './row.js';

const AT_ONCE = 200;
const REQUEST = 'GET / HTTP/1.1\r\nhost: a.example\r\n\r\n';

export const idleConnectionsRow: Row = {
  number: 10,
  name: 'idle keep-alive connections, then the descriptor limit',
  missing: () => (installed('prlimit') ? undefined : 'apt-get install util-linux (prlimit)'),
  async run({ kind, short }) {
    const tally = new Tally();
    const upstream = await TcpUpstream.start(await freePort());
    const proxy = await startProxy({ kind, upstreamPort: upstream.port });
    await holdIdle(proxy, short ? 1000 : 10_000, tally);
    await exhaust(proxy, tally);
    await proxy.peer.stop();
    await upstream.stop();
    return tally;
  },
};

async function served(client: RawClient, ms: number): Promise<boolean> {
  client.received = '';
  client.send(REQUEST);
  return client.until(() => client.received.endsWith('ok'), ms);
}

async function holdIdle({ peer, port }: Fixture, count: number, tally: Tally): Promise<void> {
  const before = residentBytes([peer.pid]);
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const batch = await Promise.all(Array.from({ length: AT_ONCE }, () => RawClient.connect(port)));
    const answers = await Promise.all(batch.map((client) => served(client, 5000)));
    for (const ok of answers) tally.check(ok, () => 'a connection was not served');
    clients.push(...batch);
  }
  const each = (residentBytes([peer.pid]) - before) / count;
  tally.notes.push(`${count} idle connections, ${(each / 1000).toFixed(1)} kB each`);
  for (const client of clients) client.close();
  for (let i = 0; i < 100 && openDescriptors(peer.pid) > 1000; i++) await sleep(50);
}

/** Lowers the limit under what is asked for, then lets go and watches the recovery. */
async function exhaust({ peer, port }: Fixture, tally: Tally): Promise<void> {
  const limit = openDescriptors(peer.pid) + 60;
  execFileSync('prlimit', ['--pid', String(peer.pid), `--nofile=${limit}:`]);
  const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(port)));
  for (const client of clients) client.send(REQUEST);
  await sleep(1000);
  tally.check(peer.running, () => `at the descriptor limit the proxy died: ${peer.output.slice(-300)}`);
  for (const client of clients) client.close();
  const released = performance.now();
  let recovered = false;
  while (!recovered && performance.now() - released < 3000) {
    const client = await RawClient.connect(port);
    recovered = await served(client, 200);
    client.close();
  }
  const ms = performance.now() - released;
  tally.check(recovered && ms <= 1000, () => `recovered after ${ms.toFixed(0)} ms: ${recovered}`);
  tally.notes.push(`recovered ${ms.toFixed(0)} ms after descriptors were free again`);
}
