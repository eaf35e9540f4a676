// The golden beginnings of connections (test/golden/listener) to Envoy and to weft: both choose the filter chain that is written there.
// WEFT_RECORD=1 writes down what Envoy chooses.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { fileAccessLog } from '../../support/bootstrap.js';
import { inspectedChains, listenerFilter } from '../../support/listener_world.js';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';
import { REPOSITORY } from '../../support/repository.js';

interface Golden {
  name: string;
  bytes: string;
  chain: string | null;
  serverName?: string;
  remote?: string;
  local?: string;
}

const ENVOY = findEnvoy();
const RECORDING = process.env['WEFT_RECORD'] === '1';
const FORMAT =
  '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %FILTER_CHAIN_NAME% %REQUESTED_SERVER_NAME% %DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%';
const TCP_PROXY = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
const TIMEOUT = '0.4s';
const AT_ONCE = 30;
const folder = mkdtempSync(join(tmpdir(), 'weft-listener-filters-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

async function start(kind: PeerKind, port: number, filters: string[], log: string): Promise<Peer> {
  const adminPort = await freePort();
  // A cluster without endpoints: the connection is logged with its chain, and closed.
  const tcp = {
    '@type': TCP_PROXY,
    stat_prefix: 'x',
    cluster: 'none',
    access_log: [fileAccessLog(log, `${FORMAT}\n`)],
  };
  const listener = {
    name: 'l',
    address: address(port),
    listener_filters: filters.map((name) => listenerFilter(name)),
    listener_filters_timeout: TIMEOUT,
    filter_chains: inspectedChains(() => ({ name: 'tcp', typed_config: tcp })),
  };
  const clusters = [{ name: 'none', type: 'STATIC', connect_timeout: '1s' }];
  const bootstrap = { admin: { address: address(adminPort) }, static_resources: { listeners: [listener], clusters } };
  return Peer.start(kind, { bootstrap, adminPort });
}

/** Sends the bytes and waits until the proxy closes. Returns the client's port. */
function send(port: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let own = 0;
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(own);
    };
    const timer = setTimeout(done, 2000);
    socket.on('connect', () => {
      own = socket.localPort ?? 0;
      socket.write(bytes);
    });
    socket.on('end', done).on('error', (error) => (own === 0 ? reject(error) : done()));
    socket.resume();
  });
}

async function ask(kind: PeerKind, filters: string[], cases: readonly Golden[]): Promise<Golden[]> {
  const log = join(folder, `${kind}-${filters[0]}.log`);
  const port = await freePort();
  const peer = await start(kind, port, filters, log);
  const verdicts: Golden[] = [];
  for (let i = 0; i < cases.length; i += AT_ONCE) {
    const from = existsSync(log) ? readFileSync(log, 'latin1').length : 0; // ports are used again
    const some = cases.slice(i, i + AT_ONCE);
    const clients = await Promise.all(some.map(({ bytes }) => send(port, Buffer.from(bytes, 'base64'))));
    await sleep(150);
    const lines = existsSync(log) ? readFileSync(log, 'latin1').slice(from).split('\n') : [];
    some.forEach((each, j) => verdicts.push(verdict(each, lines, clients[j], port)));
  }
  await peer.stop();
  return verdicts;
}

function verdict({ name, bytes }: Golden, lines: string[], client: number, port: number): Golden {
  const self = `127.0.0.1:${client}`;
  const line = lines.find((each) => each.startsWith(`${self} `));
  if (line === undefined) return { name, bytes, chain: null };
  const [, chain, serverName, remote, local] = line.split(' ');
  return {
    name,
    bytes,
    chain,
    ...(serverName === '-' ? {} : { serverName }),
    ...(remote === self ? {} : { remote }),
    ...(local === `127.0.0.1:${port}` ? {} : { local }),
  };
}

/** Envoy calls an unfinished line no HTTP when the kernel wakes it once more without new bytes: either is right, and weft waits. */
function isSettled(file: string, { bytes }: Golden): boolean {
  return file !== 'http_inspector' || Buffer.from(bytes, 'base64').includes(0x0a);
}

describe.each([
  ['tls_inspector', ['tls_inspector']],
  ['http_inspector', ['http_inspector']],
  ['proxy_protocol', ['proxy_protocol', 'http_inspector']],
])('%s', (file, filters) => {
  const path = join(REPOSITORY, `test/golden/listener/${file}.json`);
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden[];
  const settled = golden.filter((each) => isSettled(file, each));

  test.skipIf(ENVOY === undefined)(
    'Envoy still chooses what is recorded',
    async () => {
      const seen = await ask('envoy', filters, settled);
      if (RECORDING) {
        const all = golden.map((each) => seen.find(({ name }) => name === each.name) ?? each);
        writeFileSync(path, `[\n${all.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`);
      }
      expect(seen).toEqual(RECORDING ? seen : settled);
    },
    60_000,
  );

  test.skipIf(RECORDING)(
    'weft chooses the same',
    async () => {
      expect(await ask('weft', filters, golden)).toEqual(golden);
    },
    60_000,
  );
});
