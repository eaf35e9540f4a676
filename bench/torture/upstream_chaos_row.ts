// Row 21: one of three endpoints misbehaves; what its requests get is exactly what the fault calls for, and only they do.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileAccessLog } from '../../test/support/bootstrap.js';
import { startProxy } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { RawClient } from '../../test/support/raw_client.js';
import { TcpUpstream, type UpstreamScript, type UpstreamStep } from '../../test/support/tcp_upstream.js';
import { BlackHole } from '../../test/support/black_hole.js';
import { inParallel, Tally, type Context, type Row } from './row.js';

interface Fault {
  name: string;
  steps?: UpstreamStep[];
  /** Response flag of the requests that meet the fault; `-` where they are served. */
  flag: string;
  on?: UpstreamScript['on'];
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';

const FAULTS: Fault[] = [
  { name: 'refused', flag: 'UF' },
  { name: 'black hole', flag: 'UF' },
  { name: 'reset in the head', steps: ['HTTP/1.1 200', { wait: 5 }, { reset: true }], flag: 'UC|UPE' },
  { name: 'closed without an answer', steps: [{ close: true }], flag: 'UC' },
  { name: 'reset in the body', steps: [`${HEAD}half`, { wait: 20 }, { reset: true }], flag: 'UC|UPE' },
  { name: 'closed in the body', steps: [`${HEAD}half`, { wait: 20 }, { close: true }], flag: 'UC|UPE' },
  { name: 'garbage', steps: ['\x16\x03\x01garbage\r\n\r\n', { wait: 20 }, { close: true }], flag: 'UPE' },
  {
    name: 'a bad chunk',
    steps: ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', { wait: 20 }, { close: true }],
    flag: 'UPE',
  },
  {
    name: 'a chunk cut off',
    steps: ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\nhalf', { wait: 20 }, { close: true }],
    flag: 'UC|UPE',
  },
  { name: 'silence', steps: [{ wait: 2000 }], flag: 'UT' },
  { name: 'a byte at a time', steps: [{ bytewise: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok' }], flag: '-' },
];

export const upstreamChaosRow: Row = {
  number: 21,
  name: 'upstream chaos, one of three endpoints',
  async run(context) {
    const tally = new Tally();
    for (const fault of FAULTS) await tryFault(context, fault, tally);
    tally.notes.push(`${FAULTS.length} kinds of fault; retries and outlier ejection are not in this version`);
    return tally;
  },
};

async function tryFault({ kind, short }: Context, fault: Fault, tally: Tally): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-chaos-'));
  const log = join(folder, 'access.log');
  const good = await Promise.all([TcpUpstream.start(await freePort()), TcpUpstream.start(await freePort())]);
  const bad = await startFault(fault);
  const endpoints = [...good.map(({ port }) => port), bad.port];
  const clusters = { upstream: { endpoints, cluster: { connect_timeout: '0.3s' } } };
  const route = { cluster: 'upstream', timeout: '0.5s' };
  const virtual_hosts = [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route }] }];
  const format = '%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_HOST%\n';
  const listener = { virtual_hosts, hcm: { access_log: [fileAccessLog(log, format)] } };
  const proxy = await startProxy({ kind, clusters, listener });
  const count = short ? 9 : 90;
  await inParallel(count, 9, () => ask(proxy.port));
  await sleep(200);
  const lines = readFileSync(log, 'latin1').trim().split('\n');
  const met = lines.filter((line) => line.endsWith(`:${bad.port}`));
  for (const line of lines) {
    const flags = met.includes(line) ? fault.flag.split('|') : ['-'];
    tally.check(
      flags.includes(line.split(' ')[1].split(',')[0]),
      () => `${fault.name}: ${line}, ${flags.join(' or ')} expected`,
    );
  }
  tally.check(
    lines.length === count && met.length > 0,
    () => `${fault.name}: ${lines.length} of ${count} logged, ${met.length} met it`,
  );
  await proxy.peer.stop();
  bad.stop();
  for (const upstream of good) await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function startFault({ name, steps, on = 'request' }: Fault): Promise<{ port: number; stop(): void }> {
  const port = await freePort();
  if (name === 'black hole') return BlackHole.start(port);
  if (steps === undefined) return { port, stop: () => {} };
  const upstream = await TcpUpstream.start(port);
  upstream.script = { on, steps: [steps] };
  return { port, stop: () => void upstream.stop() };
}

async function ask(port: number): Promise<void> {
  const client = await RawClient.connect(port);
  client.send('GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n');
  await client.until(() => client.ending !== 'open', 4000);
  client.close();
}
