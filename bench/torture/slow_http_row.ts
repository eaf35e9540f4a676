// Row 9: slowhttptest's three attacks with thousands of connections, while a probe asks for small pages.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startProxy } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { openDescriptors, residentBytes } from '../../test/support/proc.js';
import { RawClient } from '../../test/support/raw_client.js';
import { TcpUpstream } from '../../test/support/tcp_upstream.js';
import { installed } from '../peers/child.js';
import { Tally, type Row } from './row.js';

const run = promisify(execFile);
const ATTACKS: [string, string[]][] = [
  ['slow headers (-H)', ['-H', '-i', '2']],
  ['slow body (-B)', ['-B', '-i', '2', '-s', '8192']],
  ['slow read (-X)', ['-X', '-w', '512', '-y', '1024', '-n', '2', '-z', '32', '-k', '3']],
];
const TIMEOUT_SECONDS = 3;

export const slowHttpRow: Row = {
  number: 9,
  name: 'slowhttptest -H -B -X',
  missing: () => (installed('slowhttptest') ? undefined : 'apt-get install slowhttptest'),
  async run({ kind, short }) {
    const tally = new Tally();
    const upstream = await TcpUpstream.start(await freePort());
    const timeout = `${TIMEOUT_SECONDS}s`;
    const hcm = { request_headers_timeout: timeout, request_timeout: timeout, stream_idle_timeout: timeout };
    const proxy = await startProxy({ kind, upstreamPort: upstream.port, listener: { hcm } });
    const { pid } = proxy.peer;
    const connections = short ? 400 : 4000;
    const seconds = short ? 4 : 20;
    const quiet = await probe(proxy.port, 500, tally);
    for (const [name, flags] of ATTACKS) {
      const before = { memory: residentBytes([pid]), descriptors: openDescriptors(pid) };
      const url = `http://127.0.0.1:${proxy.port}/`;
      const common = ['-c', String(connections), '-r', String(connections / 2), '-l', String(seconds), '-u', url];
      const attack = run('slowhttptest', [...flags, ...common]).catch(() => {});
      await sleep(2000);
      const held = openDescriptors(pid) - before.descriptors;
      const memory = residentBytes([pid]) - before.memory;
      const p99 = await probe(proxy.port, (seconds - 2) * 1000, tally);
      await attack;
      const left = await descriptorsLeft(pid, before.descriptors);
      tally.check(left <= 10, () => `${name}: ${left} descriptors are still open`);
      const each = held > 0 ? Math.round(memory / held / 1000) : 0;
      tally.notes.push(
        `${name}: ${held} held, ${each} kB each, probe p99 ${p99.toFixed(1)} ms (quiet ${quiet.toFixed(1)})`,
      );
    }
    await proxy.peer.stop();
    await upstream.stop();
    return tally;
  },
};

/** p99 in milliseconds of one request after the other for `ms`; each must be answered. */
async function probe(port: number, ms: number, tally: Tally): Promise<number> {
  const times: number[] = [];
  for (const end = performance.now() + ms; performance.now() < end; await sleep(10)) {
    const started = performance.now();
    const client = await RawClient.connect(port);
    client.send('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
    const ok = await client.until(() => client.received.endsWith('ok'), 2000);
    tally.check(ok, () => `the probe was answered ${JSON.stringify(client.received)}`);
    times.push(performance.now() - started);
    client.close();
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];
}

/** Descriptors above `baseline` once the configured timeouts have passed. */
async function descriptorsLeft(pid: number, baseline: number): Promise<number> {
  for (const end = performance.now() + (TIMEOUT_SECONDS + 2) * 1000; performance.now() < end; await sleep(100)) {
    if (openDescriptors(pid) <= baseline + 5) break;
  }
  return openDescriptors(pid) - baseline;
}
