// What becomes of connections before they have a filter chain: timeouts, clients that leave, chains that match nothing. Log lines of the
// listener and of its filters and the listener's statistics, of Envoy and of weft.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { bootstrap, fileAccessLog, httpListener, tcpListener } from '../../support/bootstrap.js';
import { listenerFilter } from '../../support/listener_world.js';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePort, freePorts } from '../../support/ports.js';
import { RawClient, type ClientStep } from '../../support/raw_client.js';

type Json = Record<string, unknown>;

const ENVOY = findEnvoy();
const FORMAT =
  '%ACCESS_LOG_TYPE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_DIRECT_LOCAL_ADDRESS% %REQUESTED_SERVER_NAME% %FILTER_CHAIN_NAME% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_CLUSTER% %PROTOCOL% %RESPONSE_CODE%';
const STATS = [
  'downstream_cx_total',
  'downstream_cx_destroy',
  'downstream_pre_cx_active',
  'downstream_pre_cx_timeout',
  'downstream_listener_filter_remote_close',
  'downstream_listener_filter_error',
  'no_filter_chain_match',
];
const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const DIRECT = [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }] }];

const CASES: { name: string; listener: number; send: ClientStep[] }[] = [
  { name: 'a request without anything to find out', listener: 0, send: [REQUEST] },
  { name: 'a request that is inspected', listener: 1, send: [REQUEST] },
  { name: 'a client that says nothing', listener: 1, send: [] },
  { name: 'half a ClientHello and the end', listener: 1, send: ['\x16\x03\x01\x02', { fin: true }] },
  { name: 'the end at once', listener: 1, send: [{ fin: true }] },
  { name: 'a client that says nothing, where that is let pass', listener: 2, send: [] },
  { name: 'a client that speaks after the timeout', listener: 2, send: [{ wait: 450 }, REQUEST] },
  { name: 'a PROXY header', listener: 3, send: [`PROXY TCP4 10.1.2.3 10.9.9.9 1234 80\r\n${REQUEST}`] },
  { name: 'no PROXY header', listener: 3, send: [REQUEST] },
  { name: 'half a PROXY header', listener: 3, send: ['PROXY TC'] },
  { name: 'no filter chain', listener: 4, send: [REQUEST] },
  { name: 'a filter chain without filters', listener: 5, send: [REQUEST] },
  { name: 'a cluster without endpoints', listener: 6, send: ['x'] },
];

const folder = mkdtempSync(join(tmpdir(), 'weft-listener-life-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function listeners(ports: number[], log: string): Json[] {
  const own = (i: number): Json[] => [fileAccessLog(log, `listener ${i} ${FORMAT}\n`)];
  const hcm = { access_log: [fileAccessLog(log, `stream ${FORMAT}\n`)] };
  const http = (i: number, listener: Json): Json => {
    const json = httpListener(`l${i}`, {
      port: ports[i],
      hcm,
      virtual_hosts: DIRECT,
      listener: { access_log: own(i) },
    });
    return { ...json, ...listener };
  };
  const timeout = { listener_filters_timeout: '0.3s' };
  const inspectors = ['tls_inspector', 'http_inspector'].map((name) => listenerFilter(name));
  const unmatched = [{ name: 'x', filter_chain_match: { destination_port: 1 }, filters: [] }];
  return [
    http(0, {}),
    http(1, { listener_filters: inspectors, ...timeout }),
    http(2, { listener_filters: inspectors, ...timeout, continue_on_listener_filters_timeout: true }),
    http(3, { listener_filters: [listenerFilter('proxy_protocol')], ...timeout }),
    http(4, { filter_chains: unmatched }),
    http(5, { filter_chains: [{ name: 'empty', filters: [] }] }),
    tcpListener('l6', ports[6], { cluster: 'none', access_log: hcm.access_log }, { access_log: own(6) }),
  ];
}

/** For each case how it ended and what was logged; and the statistics of the listeners. */
async function run(kind: PeerKind): Promise<unknown> {
  const log = join(folder, `${kind}.log`);
  const adminPort = await freePort();
  const ports = await freePorts(7);
  const config = bootstrap(adminPort, listeners(ports, log), { none: { endpoints: [] } });
  const peer = await Peer.start(kind, { bootstrap: config, adminPort });
  const seen = [];
  for (const { name, listener, send } of CASES) {
    const from = existsSync(log) ? readFileSync(log, 'utf8').length : 0;
    const client = await RawClient.connect(ports[listener]);
    await client.run(send);
    await sleep(700);
    const { ending, localPort } = client;
    client.close();
    await sleep(200);
    const text = existsSync(log) ? readFileSync(log, 'utf8').slice(from) : '';
    const lines = text
      .replaceAll(`:${localPort}`, ':CLIENT')
      .replaceAll(`:${ports[listener]}`, ':LISTENER')
      .split('\n');
    seen.push({ name, ended: ending !== 'open', status: client.received.slice(0, 12), lines: lines.toSorted() });
  }
  const stats = [];
  for (const port of ports) {
    for (const name of STATS) stats.push(`${name} ${await peer.stat(`listener.127.0.0.1_${port}.${name}`)}`);
  }
  await peer.stop();
  return { seen, stats };
}

test.skipIf(ENVOY === undefined)(
  'connections begin, wait and end as with Envoy',
  async () => {
    const [envoy, weft] = await Promise.all([run('envoy'), run('weft')]);
    expect(weft).toEqual(envoy);
    expect(JSON.stringify(envoy)).toContain('filter_chain_not_found');
  },
  60_000,
);
