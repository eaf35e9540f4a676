// The life of a sidecar as its Pod sees it: `weft proxy sidecar` on a configuration of two listeners, one of each direction.
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/agent.js';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { DnsServer } from '../../support/dns_server.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { RawClient } from '../../support/raw_client.js';
import { request } from '../process/requests.js';
import { startSlowUpstream, type SlowUpstream } from '../process/slow_upstream.js';

interface Ports {
  upstream: number;
  admin: number;
  inbound: number;
  outbound: number;
  status: number;
  ready: number;
  metrics: number;
}

let upstream: SlowUpstream;
let port: Ports;
let proxy: Peer | undefined;

beforeAll(async () => {
  const [upstreamPort, admin, inbound, outbound, status, ready, metrics] = await freePorts(7);
  port = { upstream: upstreamPort, admin, inbound, outbound, status, ready, metrics };
  upstream = await startSlowUpstream(port.upstream);
});
afterAll(() => upstream.stop());
afterEach(async () => {
  if (proxy?.running) await proxy.kill();
});

function configuration(cluster = {}): object {
  const listeners = [
    httpListener('inbound', { port: port.inbound, listener: { traffic_direction: 'INBOUND' } }),
    httpListener('outbound', { port: port.outbound, listener: { traffic_direction: 'OUTBOUND' } }),
  ];
  return bootstrap(port.admin, listeners, { upstream: { endpoints: [port.upstream], cluster } });
}

function environment(env: Record<string, string>): Record<string, string> {
  return {
    INSTANCE_IP: '127.0.0.1',
    ENVOY_STATUS_PORT: String(port.ready),
    ENVOY_PROMETHEUS_PORT: String(port.metrics),
    PROXY_CONFIG: JSON.stringify({ statusPort: port.status, concurrency: 1, terminationDrainDuration: '10s' }),
    ...env,
  };
}

async function start(env: Record<string, string> = {}): Promise<Peer> {
  const options = { bootstrap: configuration(), adminPort: port.admin, command: ['proxy', 'sidecar'] };
  proxy = await Peer.start('weft', { ...options, env: environment(env), args: ['--domain', 'shop.svc.cluster.local'] });
  return proxy;
}

const post = (path: string): Promise<{ status: number }> => ask(port.status, path, { method: 'POST' });
const isReady = async (): Promise<number> => (await ask(port.ready, '/healthz/ready')).status;

describe('while it serves', () => {
  test('it is ready on both ports, tells its metrics, and answers for the application', async () => {
    const livez = '/app-health/app/livez';
    await start({
      ISTIO_KUBE_APP_PROBERS: JSON.stringify({ [livez]: { httpGet: { path: '/0', port: port.upstream } } }),
      ISTIO_PROMETHEUS_ANNOTATIONS: JSON.stringify({ scrape: 'true', port: '1' }),
    });
    expect([await isReady(), (await ask(port.status, '/healthz/ready')).status]).toEqual([200, 200]);
    expect(await ask(port.status, livez)).toMatchObject({ status: 200, body: 'after 0 ms' });
    const own = await ask(port.metrics, '/stats/prometheus');
    expect(own.body).toContain('envoy_cluster_membership_total{envoy_cluster_name="upstream"} 1\n');
    const merged = await ask(port.status, '/metrics');
    expect(merged.body).toContain('envoy_server_live{} 1\n');
    expect((await ask(port.status, '/metrics')).body).toContain('weft_agent_scrape_failures{} 1\n');
    expect(proxy?.output).toMatch(/\[agent\] the application's metrics at port 1, .*ECONNREFUSED/);
  });

  test('it is a node of the Pod', async () => {
    const peer = await start({ POD_NAME: 'web-0', POD_NAMESPACE: 'shop' });
    const info = JSON.parse((await peer.admin('/server_info'))?.body ?? '{}') as { node: object };
    expect(info.node).toMatchObject({
      id: 'sidecar~127.0.0.1~web-0.shop~shop.svc.cluster.local',
      cluster: 'istio-proxy.shop',
    });
  });
});

test('it is not ready before the first configuration serves, and says why', async () => {
  const dns = await DnsServer.start();
  dns.zone.rcode = -1;
  const [address, dnsPort] = dns.address.split(':');
  const resolver = {
    '@type': 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
    resolvers: [{ socket_address: { address, port_value: Number(dnsPort) } }],
  };
  const endpoint = { address: { socket_address: { address: 'slow.test', port_value: 80 } } };
  const load_assignment = { cluster_name: 'upstream', endpoints: [{ lb_endpoints: [{ endpoint }] }] };
  const typed_dns_resolver_config = { name: 'envoy.network.dns_resolver.cares', typed_config: resolver };
  const warming = Peer.start('weft', {
    bootstrap: configuration({ type: 'STRICT_DNS', load_assignment, typed_dns_resolver_config }),
    adminPort: port.admin,
    command: ['proxy', 'sidecar'],
    env: environment({}),
  });
  try {
    await expect.poll(() => isReady().catch(() => 0), { timeout: 5000 }).toBe(503);
    const { body } = await ask(port.ready, '/healthz/ready');
    expect(body).toBe('not ready: the first configuration does not serve yet: its clusters are warming\n');
    dns.zone.names.set('slow.test', ['127.0.0.1']);
    dns.zone.rcode = 0;
  } finally {
    proxy = await warming;
  }
  expect(await isReady()).toBe(200);
  await dns.stop();
});

async function exchange(client: RawClient): Promise<string> {
  client.received = '';
  client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await client.until(() => client.received.includes('after 0 ms'), 3000);
  return client.received.toLowerCase();
}

describe('/drain', () => {
  test('ends inbound connections with their next response, leaves outbound ones alone, and the process lives', async () => {
    const peer = await start();
    const [inbound, outbound] = await Promise.all([RawClient.connect(port.inbound), RawClient.connect(port.outbound)]);
    expect(await exchange(inbound)).not.toContain('connection: close');
    expect(await exchange(outbound)).not.toContain('connection: close');
    expect(await post('/drain')).toMatchObject({ status: 200 });
    await expect.poll(isReady).toBe(503);
    expect(await exchange(inbound)).toContain('connection: close');
    expect(await exchange(outbound)).not.toContain('connection: close');
    expect(await inbound.until(() => inbound.ending !== 'open', 3000)).toBe(true);
    expect(await exchange(outbound)).not.toContain('connection: close');
    // Who has not heard of it yet is still served.
    expect(await request(port.inbound, '/')).toMatchObject({ status: 200, connection: 'close' });
    expect(peer.running).toBe(true);
    outbound.socket.destroy();
  });

  test('SIGTERM after it waits for nothing but what is in flight', async () => {
    const peer = await start({ MINIMUM_DRAIN_DURATION: '9s' });
    await post('/drain');
    const last = request(port.outbound, '/600');
    await sleep(150);
    peer.signal('SIGTERM');
    expect(await last).toMatchObject({ status: 200 });
    expect(await peer.wait()).toBe(0);
    expect(peer.output).not.toContain('cut off');
  });

  test('an idle inbound connection is closed after drainDuration', async () => {
    const config = { statusPort: port.status, concurrency: 1, drainDuration: '0.3s' };
    await start({ PROXY_CONFIG: JSON.stringify(config) });
    const idle = await RawClient.connect(port.inbound);
    idle.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await idle.until(() => idle.received.includes('after 0 ms'), 3000);
    await post('/drain');
    expect(await idle.until(() => idle.ending === 'fin', 3000)).toBe(true);
  });
});

describe('SIGTERM', () => {
  test('loses nothing in flight, and lets the application go out meanwhile', async () => {
    const peer = await start({ MINIMUM_DRAIN_DURATION: '800ms' });
    const requests = Array.from({ length: 50 }, (_, i) => request(port.inbound, `/${200 + i * 30}`));
    await sleep(150);
    peer.signal('SIGTERM');
    await expect.poll(isReady).toBe(503);
    expect(await request(port.outbound, '/')).toMatchObject({ status: 200 });
    const outcomes = await Promise.all(requests);
    expect(outcomes.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await peer.wait()).toBe(0);
    expect(peer.output).not.toContain('cut off');
    expect(peer.output).toContain('SIGTERM: inbound traffic runs out; draining for at least 0.8 s, at most 10 s');
  });

  test('terminationDrainDuration is the latest end', async () => {
    const config = { statusPort: port.status, concurrency: 1, terminationDrainDuration: '0.5s' };
    const peer = await start({ PROXY_CONFIG: JSON.stringify(config) });
    const lost = request(port.inbound, '/20000');
    await sleep(150);
    peer.signal('SIGTERM');
    expect(await peer.wait()).toBe(0);
    expect((await lost).status).toBeUndefined();
  });

  test('EXIT_ON_ZERO_ACTIVE_CONNECTIONS waits for the last connection, however long', async () => {
    const config = { statusPort: port.status, concurrency: 1, terminationDrainDuration: '0.1s' };
    const env = { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: '100ms' };
    const peer = await start({ PROXY_CONFIG: JSON.stringify(config), ...env });
    const slow = request(port.inbound, '/1200');
    const agent = new Agent({ keepAlive: true });
    await request(port.outbound, '/', agent);
    await sleep(150);
    peer.signal('SIGTERM');
    expect(await slow).toMatchObject({ status: 200 });
    expect(peer.running).toBe(true); // the application's own connection is open
    agent.destroy();
    expect(await peer.wait()).toBe(0);
  });
});

describe('/quitquitquit', () => {
  test('ends the sidecar of a Job when its work is done', async () => {
    const peer = await start();
    expect(await post('/quitquitquit')).toMatchObject({ status: 200, body: 'OK' });
    expect(await peer.wait()).toBe(0);
    expect(peer.output).toContain('/quitquitquit: draining for at most 10 s');
  });

  test('what is in flight ends first', async () => {
    const peer = await start();
    const last = request(port.outbound, '/500');
    await sleep(150);
    await post('/quitquitquit');
    expect(await last).toMatchObject({ status: 200 });
    expect(await peer.wait()).toBe(0);
  });
});

test('a bad variable is refused at the start, with its name, its value and what is allowed', async () => {
  const started = start({ ISTIO_KUBE_APP_PROBERS: '{"/app-health/a/livez": {"httpGet": {"port": "web"}}}' });
  await expect(started).rejects.toThrow(/weft ended with 1:/);
  await expect(started).rejects.toThrow(/WEFT1510.*ISTIO_KUBE_APP_PROBERS\["\/app-health\/a\/livez"\]\.httpGet\.port/s);
  await expect(started).rejects.toThrow(/value: "web"\n.*allowed: a port number/s);
});

test('a port of the agent that is in use is said', async () => {
  await expect(start({ ENVOY_STATUS_PORT: String(port.upstream) })).rejects.toThrow(
    `cannot listen on *:${port.upstream}: the port is in use`,
  );
});
