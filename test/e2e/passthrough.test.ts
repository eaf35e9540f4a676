// PassthroughCluster, InboundPassthroughCluster and BlackHoleCluster as istiod writes them, behind real redirects: a Pod with the rules of
// `weft iptables` and weft as uid 1337, and a machine elsewhere. Neither the application nor its peer knows of the proxy.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingForNamespaces, type Namespace } from '../support/netns.js';
import { fileAccessLog, httpListener, tcpListener } from '../support/bootstrap.js';
import { APPLICATION, ELSEWHERE, POD, PROXY, weft, WEFT, world, type User, type World } from './iptables/pod.js';

type Json = Record<string, unknown>;

const missing = missingForNamespaces('iptables-nft-restore', 'setpriv', 'curl', 'bash');
if (missing !== '') console.warn(`passthrough: not tried in network namespaces: ${missing}`);

const FAMILIES = ['ipv4', 'ipv6'] as const;
const HTTP_OUT = 8080; // ports of the machine elsewhere: one outbound listener for each kind of filter
const TCP_OUT = 9000;
const TCP_IN = 9100; // of the Pod
const HTTP_IN = 8100;
const UNUSED = 8099;
const ADMIN = 15_000;
const LOOP = 15_006;

const host = (address: string): string => (address.includes(':') ? `[${address}]` : address);

// === configuration ===

const OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

function passthrough(name: string, more: Json = {}): Json {
  const most = 0xffff_ffff;
  const thresholds = { max_connections: most, max_pending_requests: most, max_requests: most, max_retries: most };
  return {
    name,
    type: 'ORIGINAL_DST',
    connect_timeout: '10s',
    lb_policy: 'CLUSTER_PROVIDED',
    circuit_breakers: { thresholds: [{ ...thresholds, track_remaining: true }] },
    typed_extension_protocol_options: {
      [OPTIONS]: {
        '@type': `type.googleapis.com/${OPTIONS}`,
        common_http_protocol_options: { idle_timeout: '300s' },
        use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} },
      },
    },
    ...more,
  };
}

const CLUSTERS = [
  passthrough('PassthroughCluster'),
  passthrough('InboundPassthroughCluster', {
    upstream_bind_config: {
      source_address: { address: '127.0.0.6', port_value: 0 },
      extra_source_addresses: [{ address: { address: '::6', port_value: 0 } }],
    },
  }),
  { name: 'BlackHoleCluster', type: 'STATIC', connect_timeout: '10s' },
];

const filtersOf = (listener: Json): Json[] => (listener['filter_chains'] as { filters: Json[] }[])[0].filters;

function filterChains(cluster: string, ports: { http: number; blackHole?: number }, log: Json): Json {
  const http = httpListener('http', {
    port: 0,
    hcm: { access_log: [log] },
    virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster } }] }],
  });
  const tcp = tcpListener('tcp', 0, { cluster, access_log: [log] });
  const hole = tcpListener('hole', 0, { cluster: 'BlackHoleCluster', access_log: [log] });
  const chain = (port: number, listener: Json): Json => ({
    filter_chain_match: { destination_port: port },
    filters: filtersOf(listener),
  });
  return {
    filter_chains: [chain(ports.http, http), ...(ports.blackHole ? [chain(ports.blackHole, hole)] : [])],
    default_filter_chain: { filters: filtersOf(tcp) },
  };
}

function listener(name: string, port: number, chains: Json): Json {
  return {
    name,
    address: { socket_address: { address: '::', port_value: port, ipv4_compat: true } },
    listener_filters: [
      {
        name: 'envoy.filters.listener.original_dst',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
        },
      },
    ],
    ...chains,
  };
}

function configuration(log: string): Json {
  const accessLog = fileAccessLog(
    log,
    '%UPSTREAM_CLUSTER% %UPSTREAM_HOST% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_ADDRESS% %RESPONSE_FLAGS%\n',
  );
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: ADMIN } } },
    static_resources: {
      clusters: CLUSTERS,
      listeners: [
        listener(
          'outbound',
          15_001,
          filterChains('PassthroughCluster', { http: HTTP_OUT, blackHole: LOOP }, accessLog),
        ),
        listener(
          'inbound',
          15_006,
          filterChains('InboundPassthroughCluster', { http: HTTP_IN, blackHole: LOOP }, accessLog),
        ),
      ],
    },
  };
}

// === the two machines ===

// Says who has connected: over HTTP where it is asked, at once where the server speaks first.
const SERVERS = `
const http = require('node:http'), net = require('node:net');
const [web, first, echo] = process.argv.slice(1).map(Number);
const who = (s) => s.remoteAddress.replace('::ffff:', '') + ' to ' + s.localAddress.replace('::ffff:', '');
http.createServer((q, r) => r.end('http ' + q.method + ' ' + q.headers.host + ' from ' + who(q.socket))).listen(web, '::');
net.createServer((s) => { s.on('error', () => {}); s.end('welcome from ' + who(s)); }).listen(first, '::');
net.createServer((s) => { s.on('error', () => {}); s.pipe(s); }).listen(echo, '::', () => console.log('ready'));
`;

async function serve(namespace: Namespace, ...ports: number[]): Promise<void> {
  const child = namespace.start(process.execPath, ['-e', SERVERS, ...ports.map(String)]);
  await once(child.stdout!, 'data');
}

function identity({ uid, gid }: User): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

function as(namespace: Namespace, user: User, program: string, ...args: string[]): string {
  return namespace.run('setpriv', [...identity(user), program, ...args]).stdout;
}

function curl(namespace: Namespace, url: string, ...args: string[]): string {
  return as(namespace, APPLICATION, 'curl', '-s', '-m', '4', ...args, url);
}

function talk(namespace: Namespace, address: string, port: number, say = ''): string {
  const script = `exec 3<>/dev/tcp/${address}/${port} && printf '%s' '${say}' >&3 && timeout 1 cat <&3`;
  return as(namespace, APPLICATION, 'timeout', '3', 'bash', '-c', script);
}

describe.skipIf(missing !== '')('a Pod whose traffic is redirected', () => {
  let there: World;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weft-passthrough-'));
    there = world();
    const options = '-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -b * -d 15090,15021,15020 --dual-stack'.split(' ');
    expect(weft(there.pod, options)).toMatchObject({ status: 0, stderr: '' });
    const file = join(folder, 'bootstrap.json');
    writeFileSync(file, JSON.stringify(configuration(join(folder, 'access.log'))));
    there.pod.must('chown', '-R', '1337:1337', folder);
    there.pod.start('setpriv', [...identity(PROXY), process.execPath, WEFT, 'proxy', '-c', file, '--concurrency', '2']);
    await Promise.all([
      serve(there.elsewhere, HTTP_OUT, TCP_OUT, TCP_OUT + 1),
      serve(there.pod, HTTP_IN, TCP_IN, TCP_IN + 1),
    ]);
    for (let i = 0; i < 100 && admin('/ready') !== 'LIVE\n'; i++) await sleep(100);
  }, 60_000);

  afterAll(() => {
    there?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  // The proxy's user, whose traffic on the loopback interface is left alone.
  function admin(path: string): string {
    return as(there.pod, PROXY, 'curl', '-s', '-m', '4', `http://127.0.0.1:${ADMIN}${path}`);
  }

  async function logged(text: string): Promise<void> {
    const file = join(folder, 'access.log');
    const read = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    for (let i = 0; i < 150 && !read().includes(text); i++) await sleep(100);
    expect(read()).toContain(text);
  }

  function counter(name: string): number {
    const text = admin(`/stats?filter=${encodeURIComponent(`^${name}$`)}`);
    const value = /: (\d+)/.exec(text)?.[1];
    if (value === undefined) throw new Error(`no statistic ${name}: ${text}`);
    return Number(value);
  }

  test.each(FAMILIES)('a request of the application goes where it was going (%s)', async (family) => {
    const to = ELSEWHERE[family];
    const answer = curl(there.pod, `http://${host(to)}:${HTTP_OUT}/`, '-H', 'Host: example.test');
    expect(answer).toBe(`http GET example.test from ${POD[family]} to ${to}`);
    await logged(`PassthroughCluster ${host(to)}:${HTTP_OUT} ${POD[family]} ${host(to)}:${HTTP_OUT} -`);
  });

  test.each(FAMILIES)('so do bytes, whoever speaks first (%s)', (family) => {
    const to = ELSEWHERE[family];
    expect(talk(there.pod, to, TCP_OUT)).toBe(`welcome from ${POD[family]} to ${to}`);
    expect(talk(there.pod, to, TCP_OUT + 1, 'hello')).toBe('hello');
  });

  test.each(FAMILIES)('a request into the Pod reaches the application from 127.0.0.6 or ::6 (%s)', async (family) => {
    const [to, source] = [POD[family], family === 'ipv4' ? '127.0.0.6' : '::6'];
    expect(curl(there.elsewhere, `http://${host(to)}:${HTTP_IN}/`, '-H', 'Host: pod.test')).toBe(
      `http GET pod.test from ${source} to ${to}`,
    );
    await logged(`InboundPassthroughCluster ${host(to)}:${HTTP_IN} ${source} ${host(to)}:${HTTP_IN} -`);
  });

  test.each(FAMILIES)('so do bytes, whoever speaks first, from outside (%s)', (family) => {
    const [to, source] = [POD[family], family === 'ipv4' ? '127.0.0.6' : '::6'];
    expect(talk(there.elsewhere, to, TCP_IN)).toBe(`welcome from ${source} to ${to}`);
    expect(talk(there.elsewhere, to, TCP_IN + 1, 'hello')).toBe('hello');
  });

  test.each(FAMILIES)('the application reaches itself by its own address (%s)', (family) => {
    expect(curl(there.pod, `http://${host(POD[family])}:${HTTP_IN}/`)).toContain(`to ${POD[family]}`);
  });

  test.each(FAMILIES)(
    'where nobody listens the client is told as without the proxy, or by 503 (%s)',
    async (family) => {
      expect(talk(there.pod, ELSEWHERE[family], UNUSED)).toBe('');
      await logged(
        `PassthroughCluster ${host(ELSEWHERE[family])}:${UNUSED} - ${host(ELSEWHERE[family])}:${UNUSED} UF,URX`,
      );
      expect(talk(there.elsewhere, POD[family], UNUSED)).toBe('');
      await logged(`InboundPassthroughCluster ${host(POD[family])}:${UNUSED} - ${host(POD[family])}:${UNUSED} UF,URX`);
    },
  );

  test.each(FAMILIES)(
    'a connection straight to the port of the proxy ends in the black hole, not in a loop (%s)',
    async (family) => {
      const before = counter('cluster.InboundPassthroughCluster.upstream_cx_total');
      expect(talk(there.elsewhere, POD[family], LOOP, 'hello')).toBe('');
      await logged(`BlackHoleCluster - - ${host(POD[family])}:${LOOP} UH`);
      expect(counter('cluster.BlackHoleCluster.upstream_cx_none_healthy')).toBeGreaterThan(0);
      expect(counter('cluster.InboundPassthroughCluster.upstream_cx_total')).toBe(before);
    },
  );

  test('each connection was redirected once: what the proxy sends is its own', () => {
    const out = counter('listener.\\[__\\]_15001.downstream_cx_total');
    const sent = counter('cluster.PassthroughCluster.upstream_cx_total');
    for (let i = 0; i < 5; i++) talk(there.pod, ELSEWHERE.ipv4, TCP_OUT);
    expect(counter('listener.\\[__\\]_15001.downstream_cx_total')).toBe(out + 5);
    expect(counter('cluster.PassthroughCluster.upstream_cx_total')).toBe(sent + 5);
  });

  test('the circuit breakers of istiod leave everything open', () => {
    const text = admin('/stats?filter=cluster.PassthroughCluster.circuit_breakers.default');
    expect(text).toContain('remaining_cx: 4294967');
    expect(text).toContain('cx_open: 0');
  });
});
