// The same requests through weft and, where it is installed, Envoy: the access log says the same words, and the statistics the same numbers.
import { mkdtempSync, readFileSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bootstrap, fileAccessLog, httpListener } from '../support/bootstrap.js';
import { findEnvoy, Peer, type PeerKind } from '../support/peer.js';
import { freePorts } from '../support/ports.js';
import { RawClient } from '../support/raw_client.js';
import { OK_RESPONSE, TcpUpstream, type UpstreamScript } from '../support/tcp_upstream.js';

const FORMAT =
  '%REQ(X-CASE)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %ROUTE_NAME% %REQ(:PATH)% ' +
  '%REQ(X-TWICE)% %REQ(USER-AGENT)% %RESP(X-TWICE)% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%\n';

const answer = (...steps: UpstreamScript['steps']): UpstreamScript => ({ on: 'request', steps });

const CASES: readonly { name: string; path: string; script?: UpstreamScript; rest?: string; line: string }[] = [
  { name: 'ok', path: '/up', line: 'ok 200 - via_upstream - 0 2 up 1 up /new - - - 127.0.0.1 127.0.0.1' },
  {
    name: 'twice',
    path: '/up',
    rest: 'x-twice: 1\r\nx-twice: 2\r\nuser-agent: a\r\nuser-agent: b\r\n',
    script: answer([OK_RESPONSE.replace('\r\n\r\n', '\r\nx-twice: 3\r\nx-twice: 4\r\n\r\n')]),
    line: 'twice 200 - via_upstream - 0 2 up 1 up /new 1 a,b 3 127.0.0.1 127.0.0.1',
  },
  { name: 'direct', path: '/direct', line: 'direct 200 - direct_response - 0 2 - 0 - /direct - - - - 127.0.0.1' },
  { name: 'none', path: '/nope', line: 'none 404 NR route_not_found - 0 0 - 0 - /nope - - - - 127.0.0.1' },
  {
    name: 'refused',
    path: '/refused',
    line:
      'refused 503 UF upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused} ' +
      'delayed_connect_error:_Connection_refused 0 98 refused 1 - /refused - - - - 127.0.0.1',
  },
  { name: 'empty', path: '/empty', line: 'empty 503 UH no_healthy_upstream - 0 19 empty 1 - /empty - - - - 127.0.0.1' },
  {
    name: 'close',
    path: '/fresh',
    script: answer([{ close: true }]),
    line: 'close 503 UC upstream_reset_before_response_started{connection_termination} - 0 95 fresh 1 - /fresh - - - 127.0.0.1 127.0.0.1',
  },
  {
    name: 'garbage',
    path: '/fresh',
    script: answer(['GARBAGE\r\n\r\n']),
    line: 'garbage 502 UPE upstream_reset_before_response_started{protocol_error} - 0 87 fresh 1 - /fresh - - - 127.0.0.1 127.0.0.1',
  },
  {
    name: 'cut',
    path: '/fresh',
    script: answer(['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', { wait: 20 }, { close: true }]),
    line: 'cut 200 UPE upstream_reset_after_response_started{protocol_error} - 0 3 fresh 1 - /fresh - - - 127.0.0.1 127.0.0.1',
  },
  {
    name: 'bad',
    path: '/up',
    rest: 'a b: 1\r\n',
    line: '- 400 DPE http1.codec_error - 0 11 - 0 - - - - - - 127.0.0.1',
  },
];

const STATS: Readonly<Record<string, number>> = {
  'http.main.downstream_rq_total': 10,
  'http.main.downstream_rq_completed': 10,
  'http.main.downstream_rq_2xx': 4,
  'http.main.downstream_rq_4xx': 2,
  'http.main.downstream_rq_5xx': 4,
  'http.main.downstream_rq_active': 0,
  'http.main.downstream_cx_total': 10,
  'http.main.rq_total': 9,
  'http.main.rq_direct_response': 1,
  'http.main.no_route': 1,
  'http.main.downstream_cx_protocol_error': 1,
  'cluster.up.upstream_rq_total': 2,
  'cluster.up.upstream_rq_200': 2,
  'cluster.up.upstream_rq_completed': 2,
  'cluster.up.external.upstream_rq_2xx': 2,
  'cluster.fresh.upstream_rq_503': 1,
  'cluster.fresh.upstream_rq_502': 1,
  'cluster.fresh.upstream_rq_200': 1,
  'cluster.fresh.upstream_cx_total': 3,
  'cluster.fresh.upstream_cx_destroy': 3,
  'cluster.fresh.upstream_cx_destroy_with_active_rq': 3,
  'cluster.fresh.upstream_cx_protocol_error': 2,
  'cluster.fresh.upstream_rq_active': 0,
  'cluster.refused.upstream_cx_connect_fail': 1,
  'cluster.refused.upstream_rq_503': 1,
  'cluster.refused.upstream_rq_pending_failure_eject': 1,
  'cluster.empty.upstream_cx_none_healthy': 1,
  'server.live': 1,
};

const route = (path: string, cluster: string, more: object = {}) => ({ match: { path }, route: { cluster, ...more } });

async function run(kind: PeerKind): Promise<{ lines: string[]; stats: Record<string, number> }> {
  const [adminPort, port, upPort, closed] = await freePorts(4);
  const folder = mkdtempSync(join(tmpdir(), 'weft-observability-'));
  const path = join(folder, 'access.log');
  const upstream = await TcpUpstream.start(upPort);
  const routes = [
    { ...route('/up', 'up', { prefix_rewrite: '/new' }), name: 'up' },
    { match: { path: '/direct' }, direct_response: { status: 200, body: { inline_string: 'hi' } } },
    ...['refused', 'empty', 'fresh'].map((name) => route(`/${name}`, name)),
  ];
  const listener = httpListener('main', {
    port,
    virtual_hosts: [{ name: 'all', domains: ['*'], routes }],
    hcm: { access_log: [fileAccessLog(path, FORMAT)] },
  });
  const clusters = {
    up: { endpoints: [upPort] },
    fresh: { endpoints: [upPort] },
    refused: { endpoints: [closed] },
    empty: { endpoints: [] },
  };
  const peer = await Peer.start(kind, {
    bootstrap: bootstrap(adminPort, [listener], clusters),
    adminPort,
    concurrency: 1,
  });
  const lines = (): string[] => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []);
  try {
    for (const [i, { name, path: target, script = answer([OK_RESPONSE]), rest = '' }] of CASES.entries()) {
      upstream.script = script;
      const client = await RawClient.connect(port);
      await client.run([`GET ${target} HTTP/1.1\r\nhost: h\r\nx-case: ${name}\r\n${rest}\r\n`]);
      await client.until(() => lines().length > i, 10_000);
      client.close();
    }
    const stats: Record<string, number> = {};
    for (const name of Object.keys(STATS)) stats[name] = await peer.stat(name);
    return { lines: lines(), stats };
  } finally {
    await peer.stop();
    await upstream.stop();
    rmSync(folder, { recursive: true });
  }
}

const args = ['weft', ...(findEnvoy() === undefined ? [] : ['envoy'])] as PeerKind[];
if (args.length === 1)
  console.log('Envoy is not installed (WEFT_ENVOY): the expectations are those it met when they were written');

test.each(args)('%s logs and counts each way a request can end', { timeout: 120_000 }, async (kind) => {
  const { lines, stats } = await run(kind);
  expect(lines).toEqual(CASES.map(({ line }) => line));
  expect(stats).toEqual(STATS);
});
