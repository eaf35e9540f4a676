// /stats/prometheus of weft and of Envoy, after the same requests on the same configuration: families, their types, labels, and the values that do
// not depend on time.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootstrap, httpListener, routeAllTo, tcpListener } from '../../support/bootstrap.js';
import { ask } from '../../support/agent.js';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { RawClient } from '../../support/raw_client.js';
import { startSlowUpstream, type SlowUpstream } from '../../e2e/process/slow_upstream.js';

const missing = findEnvoy() === undefined;
if (missing) console.warn('Prometheus: not compared: Envoy is not installed');

interface Page {
  /** Family -> its type. */
  types: Map<string, string>;
  /** `name{labels}` -> value. */
  samples: Map<string, string>;
}

let upstream: SlowUpstream;
let ports: { http: number; tcp: number; admin: number };
const pages = new Map<PeerKind, Page>();

function configuration(): object {
  const hosts = [
    {
      name: 'blue',
      domains: ['blue.example'],
      routes: [{ match: { prefix: '/' }, redirect: { path_redirect: '/x' } }],
    },
    routeAllTo('up_stream'),
  ];
  return bootstrap(
    ports.admin,
    [
      httpListener('ingress', { port: ports.http, virtual_hosts: hosts }),
      tcpListener('bytes', ports.tcp, { cluster: 'quoted "name"' }),
    ],
    {
      up_stream: { endpoints: [upstream.port] },
      'quoted "name"': { endpoints: [upstream.port], cluster: { alt_stat_name: 'alt_name' } },
    },
  );
}

async function visit(kind: PeerKind): Promise<Page> {
  const peer = await Peer.start(kind, { bootstrap: configuration(), adminPort: ports.admin });
  try {
    for (const host of ['a', 'a', 'blue.example']) await ask(ports.http, '/', { headers: { host } });
    const tcp = await RawClient.connect(ports.tcp);
    tcp.send('GET /20 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await tcp.until(() => tcp.ending === 'fin', 3000);
    tcp.socket.destroy();
    await sleep(200);
    return read((await peer.admin('/stats/prometheus'))?.body ?? '');
  } finally {
    await peer.stop();
  }
}

function read(text: string): Page {
  const page: Page = { types: new Map(), samples: new Map() };
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    const sample = /^(\S+?\{.*\}) (\S+)$/.exec(line);
    if (type) page.types.set(type[1], type[2]);
    else if (sample) page.samples.set(sample[1], sample[2]);
    else if (line !== '') throw new Error(`neither a type nor a sample: ${line}`);
  }
  return page;
}

beforeAll(async () => {
  if (missing) return;
  const [upstreamPort, http, tcp, admin] = await freePorts(4);
  ports = { http, tcp, admin };
  upstream = await startSlowUpstream(upstreamPort);
  for (const kind of ['envoy', 'weft'] as const) pages.set(kind, await visit(kind));
});
afterAll(() => upstream?.stop());

/** Of the process, of threads, of Envoy's own parts. */
const OTHER =
  /^envoy_(control_plane|envoy_overload|server|runtime|main_thread|workers|listener_manager|cluster_manager|filesystem|thread_local|dns|overload|weft|listener_admin|access_logs?|tls|tcmalloc)_|admin|async-client/;

const compared = (names: Iterable<string>): string[] => [...names].filter((name) => !OTHER.test(name)).sort();

test.skipIf(missing)('every family of Envoy is there, of its type', () => {
  const [envoy, weft] = [pages.get('envoy')!, pages.get('weft')!];
  const wanted = compared(envoy.types.keys());
  expect(wanted.length).toBeGreaterThan(150);
  expect(wanted.filter((name) => weft.types.get(name) !== envoy.types.get(name))).toEqual([]);
});

test.skipIf(missing)('samples have the same names and labels', () => {
  const [envoy, weft] = [pages.get('envoy')!, pages.get('weft')!];
  expect(compared(envoy.samples.keys()).filter((name) => !weft.samples.has(name))).toEqual([]);
});

test.skipIf(missing)('values that do not depend on time are the same', () => {
  const [envoy, weft] = [pages.get('envoy')!, pages.get('weft')!];
  // Who of the two closes first is a matter of time too.
  const timed =
    /_destroy_|_(time|length_ms|ms)_|_bucket\{|_bytes_total|_bytes\{|_sum\{|buffered|_rq_max|version|default_total_match/;
  const differing = compared(envoy.samples.keys()).filter(
    (name) => !timed.test(name) && weft.samples.has(name) && weft.samples.get(name) !== envoy.samples.get(name),
  );
  expect(
    differing.map((name) => `${name}: ${envoy.samples.get(name)} in Envoy, ${weft.samples.get(name)} in weft`),
  ).toEqual([]);
});

test.skipIf(missing)('weft has no family of its own but those of weft', () => {
  const [envoy, weft] = [pages.get('envoy')!, pages.get('weft')!];
  expect(compared(weft.types.keys()).filter((name) => !envoy.types.has(name))).toEqual([
    'envoy_cluster_upstream_rq_retry_on_reused_reset',
  ]);
});
