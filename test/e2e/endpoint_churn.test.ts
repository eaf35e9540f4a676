// Endpoints that come and go while requests run: names resolved by a real server of DNS, upstreams on several loopback addresses.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openListener } from '../../host/io/socket.js';
import type { Cluster } from '../support/bootstrap.js';
import { DnsServer } from '../support/dns_server.js';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';

const HOSTS = 6;
const addressOf = (i: number) => `127.0.0.${i + 2}`;
const CARES = 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';

class Upstream {
  readonly server: Server;
  requests = 0;
  connections = 0;

  constructor(readonly name: string) {
    this.server = createServer((_, response) => {
      this.requests++;
      response.end(name);
    });
    this.server.keepAliveTimeout = 0;
    this.server.on('connection', (socket) => {
      this.connections++;
      socket.on('close', () => this.connections--);
    });
  }

  async listen(where: { port: number; host: string } | { path: string } | { fd: number }): Promise<void> {
    this.server.listen(where);
    await once(this.server, 'listening');
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

let dns: DnsServer;
let proxy: Fixture;
let upstreams: Upstream[];
const pipes = [new Upstream('pipe'), new Upstream('abstract')];
const folder = mkdtempSync(join(tmpdir(), 'weft-churn-'));

function named(type: string, port: number): Cluster {
  const [, dnsPort] = dns.address.split(':');
  const resolvers = [{ socket_address: { address: '127.0.0.1', port_value: Number(dnsPort) } }];
  const endpoint = { address: { socket_address: { address: `${type.toLowerCase()}.test`, port_value: port } } };
  return {
    endpoints: [],
    cluster: {
      type,
      dns_lookup_family: 'V4_ONLY',
      dns_refresh_rate: '0.02s',
      typed_dns_resolver_config: {
        name: 'envoy.network.dns_resolver.cares',
        typed_config: { '@type': CARES, resolvers, dns_resolver_options: { no_default_search_domain: true } },
      },
      load_assignment: { cluster_name: type, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    },
  };
}

function piped(path: string): Cluster {
  const endpoint = { address: { pipe: { path } } };
  return {
    endpoints: [],
    cluster: { load_assignment: { cluster_name: 'pipe', endpoints: [{ lb_endpoints: [{ endpoint }] }] } },
  };
}

const zone = (type: 'strict_dns' | 'logical_dns', ...hosts: number[]) =>
  dns.zone.names.set(`${type}.test`, hosts.map(addressOf));

beforeAll(async () => {
  dns = await DnsServer.start();
  zone('strict_dns', 0);
  zone('logical_dns', 0);
  const port = await freePort();
  upstreams = Array.from({ length: HOSTS }, (_, i) => new Upstream(String(i)));
  await Promise.all(upstreams.map((upstream, i) => upstream.listen({ port, host: addressOf(i) })));
  const path = join(folder, 'socket');
  const abstract = `weft-churn-${process.pid}`;
  await pipes[0].listen({ path });
  // Not by Node: its abstract names are padded with zeros to the full length of a sockaddr.
  await pipes[1].listen({ fd: openListener({ family: 'unix', path: `@${abstract}` }) });
  const clusters = {
    strict: named('STRICT_DNS', port),
    logical: named('LOGICAL_DNS', port),
    pipe: piped(path),
    abstract: piped(`@${abstract}`),
  };
  const virtual_hosts = Object.keys(clusters).map((name) => ({
    name,
    domains: [name],
    routes: [{ match: { prefix: '/' }, route: { cluster: name } }],
  }));
  proxy = await startProxy({ clusters, listener: { virtual_hosts }, concurrency: 2 });
});
afterAll(async () => {
  await proxy?.peer.stop();
  for (const upstream of [...upstreams, ...pipes]) upstream.close();
  await dns?.stop();
  rmSync(folder, { recursive: true });
});

/** Status and body of one request; the body is the name of who served it. */
function ask(host: string, agent?: Agent): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: proxy.port, agent: agent ?? false, headers: { host } },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
        response.on('end', () => resolve([response.statusCode ?? 0, body])).on('error', reject);
      },
    );
    sent.on('error', reject).end();
  });
}

test('requests follow the addresses of a name, and idle connections to the others close', async () => {
  expect(await ask('strict')).toEqual([200, '0']);
  expect(upstreams[0].connections).toBe(1);
  zone('strict_dns', 1);
  await expect.poll(() => ask('strict'), { timeout: 5000 }).toEqual([200, '1']);
  await expect.poll(() => upstreams[0].connections, { timeout: 5000 }).toBe(0);
});

test('a name that is gone has no upstream, until it is back', async () => {
  dns.zone.names.delete('strict_dns.test');
  await expect.poll(() => ask('strict'), { timeout: 5000 }).toEqual([503, 'no healthy upstream']);
  zone('strict_dns', 2);
  await expect.poll(() => ask('strict'), { timeout: 5000 }).toEqual([200, '2']);
});

test('a server of DNS that fails changes nothing', async () => {
  dns.zone.rcode = 2;
  const asked = dns.questions.length;
  await expect.poll(() => dns.questions.length - asked, { timeout: 5000 }).toBeGreaterThan(5);
  expect(await ask('strict')).toEqual([200, '2']);
  dns.zone.rcode = 0;
});

test('a LOGICAL_DNS cluster follows the first address', async () => {
  expect(await ask('logical')).toEqual([200, '0']);
  zone('logical_dns', 1, 0);
  await expect.poll(() => ask('logical'), { timeout: 5000 }).toEqual([200, '1']);
  await expect.poll(() => upstreams[0].connections, { timeout: 5000 }).toBe(0);
});

test('endpoints are UNIX sockets, in the file system or in the abstract name space', async () => {
  expect(await ask('pipe')).toEqual([200, 'pipe']);
  expect(await ask('abstract')).toEqual([200, 'abstract']);
});

test('no request fails while endpoints come and go', { timeout: 60_000 }, async () => {
  const agent = new Agent({ keepAlive: true });
  const end = new AbortController();
  const statuses = new Map<number, number>();
  async function client(): Promise<void> {
    while (!end.signal.aborted) {
      const [status] = await ask('strict', agent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  const clients = Array.from({ length: 8 }, client);
  let seed = 7;
  for (let n = 0; n < 100; n++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff; // the same churn in every run
    const hosts = upstreams.flatMap((_, i) => ((seed >> (i + 8)) & 1 ? [i] : []));
    zone('strict_dns', ...(hosts.length > 0 ? hosts : [n % HOSTS]));
    await sleep(30);
  }
  end.abort();
  await Promise.all(clients);
  agent.destroy();
  expect([...statuses.keys()]).toEqual([200]);
  expect(upstreams.every((upstream) => upstream.requests > 10)).toBe(true);
  zone('strict_dns', 3);
  const others = () => upstreams.filter((_, i) => i > 1 && i !== 3).reduce((sum, each) => sum + each.connections, 0);
  await expect.poll(others, { timeout: 10_000 }).toBe(0);
});
