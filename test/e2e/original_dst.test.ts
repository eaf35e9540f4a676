// ORIGINAL_DST clusters, source addresses and PROXY headers through the whole proxy, on the loopback interface.
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../support/bootstrap.js';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';
import { RawClient } from '../support/raw_client.js';

type Json = Record<string, unknown>;

const RESPONSE = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Answers every head with 200, and keeps what it has been sent and from where. */
class Upstream {
  readonly from: string[] = [];
  readonly received: string[] = [];
  open = 0;
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(host: string): Promise<Upstream> {
    const port = await freePort();
    const server = createServer();
    const upstream = new Upstream(server, port);
    server.on('connection', (socket) => upstream.serve(socket));
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    return upstream;
  }

  private serve(socket: Socket): void {
    const place = this.received.push('') - 1;
    this.from[place] = socket.remoteAddress ?? '';
    this.open++;
    socket.on('close', () => this.open--);
    socket.on('error', () => undefined);
    let answered = 0;
    socket.on('data', (piece) => {
      this.received[place] += piece.toString('latin1');
      // An HTTP head ends with an empty line behind its last header.
      const heads = this.received[place].split(/x-request-id: [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/).length - 1;
      for (; answered < heads; answered++) socket.write(RESPONSE);
    });
  }

  stop(): void {
    this.server.close();
  }
}

function originalDst(more: Json = {}): Cluster {
  return {
    endpoints: [],
    cluster: {
      type: 'ORIGINAL_DST',
      lb_policy: 'CLUSTER_PROVIDED',
      load_assignment: null,
      original_dst_lb_config: { use_http_header: true },
      ...more,
    },
  };
}

function proxyProtocol(version: string): Json {
  const raw = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';
  const proxy =
    'type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport';
  return {
    name: 'envoy.transport_sockets.upstream_proxy_protocol',
    typed_config: {
      '@type': proxy,
      config: { version },
      transport_socket: { name: 'envoy.transport_sockets.raw_buffer', typed_config: { '@type': raw } },
    },
  };
}

const from = (address: string, more: Json = {}): Json => ({
  upstream_bind_config: { source_address: { address, port_value: 0 }, ...more },
});

async function ask(client: RawClient, path: string, to = ''): Promise<string> {
  const before = client.received.length;
  client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\nx-envoy-original-dst-host: ${to}\r\n\r\n`);
  await client.until(() => /\r\n\r\n./.test(client.received.slice(before)), 3000);
  return client.received.slice(before, before + 12);
}

describe.each([1, 2])('with %i workers', (concurrency) => {
  let four: Upstream;
  let six: Upstream;
  let proxy: Fixture;

  beforeAll(async () => {
    four = await Upstream.start('127.0.0.1');
    six = await Upstream.start('::1');
    const extra = { extra_source_addresses: [{ address: { address: '::1', port_value: 0 } }] };
    const clusters: Record<string, Cluster> = {
      passing: originalDst({ cleanup_interval: '0.4s', common_http_protocol_options: { idle_timeout: '0.3s' } }),
      bound: originalDst(from('127.0.0.6', extra)),
      proxied: originalDst({ transport_socket: proxyProtocol('V1') }),
      told: { endpoints: [four.port], cluster: { transport_socket: proxyProtocol('V2') } },
      away: { endpoints: [four.port], cluster: from('192.0.2.77') },
    };
    const routes = Object.keys(clusters).map((name) => ({ match: { prefix: `/${name}` }, route: { cluster: name } }));
    proxy = await startProxy({
      concurrency,
      clusters,
      listener: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    });
  });

  afterAll(async () => {
    await proxy.peer.stop();
    four.stop();
    six.stop();
  });

  async function once(path: string, to = ''): Promise<string> {
    const client = await RawClient.connect(proxy.port);
    const answer = await ask(client, path, to);
    client.close();
    return answer;
  }

  async function admin(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${proxy.peer.options.adminPort}${path}`)).text();
  }

  async function gauge(name: string): Promise<number> {
    const text = await admin('/stats?filter=cluster.passing');
    return Number(new RegExp(`^cluster.passing.${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  }

  test('a destination is a member while it is used, and no longer', async () => {
    const [a, b] = [`127.0.0.1:${four.port}`, `[::1]:${six.port}`];
    for (const to of [a, b, a, b, a, b]) expect(await once('/passing', to)).toBe('HTTP/1.1 200');
    expect(await gauge('membership_total')).toBe(2);
    expect(await gauge('membership_healthy')).toBe(2);
    const text = await admin('/clusters');
    for (const to of [a, b]) {
      expect(text).toContain(`passing::${to}::hostname::passing${to}\n`);
      expect(text).toContain(`passing::${to}::health_flags::healthy\n`);
    }
    for (let i = 0; i < 40 && (await gauge('membership_total')) > 0; i++) await sleep(100);
    expect(await gauge('membership_total')).toBe(0);
    expect(await gauge('upstream_cx_active')).toBe(0);
    expect(await admin('/clusters')).not.toContain(`passing::${a}`);
  });

  test('the source address is the one of the destination’s IP version', async () => {
    expect(await once('/bound', `127.0.0.1:${four.port}`)).toBe('HTTP/1.1 200');
    expect(four.from.at(-1)).toBe('127.0.0.6');
    expect(await once('/bound', `[::1]:${six.port}`)).toBe('HTTP/1.1 200');
    expect(six.from.at(-1)).toBe('::1');
  });

  test('a source address that is not here fails the request, and is counted', async () => {
    expect(await once('/away')).toBe('HTTP/1.1 503');
    expect(await admin('/stats?filter=cluster.away.bind_errors')).toMatch(/bind_errors: [1-9]/);
  });

  test('a PROXY header says who the client is, to a destination of the request', async () => {
    const client = await RawClient.connect(proxy.port);
    const to = `127.0.0.1:${four.port}`;
    for (let i = 0; i < 3; i++) expect(await ask(client, '/proxied', to)).toBe('HTTP/1.1 200');
    const header = `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.localPort} ${proxy.port}\r\n`;
    const mine = four.received.filter((bytes) => bytes.startsWith(header));
    expect(mine.length).toBe(1);
    expect(mine[0].split('PROXY').length).toBe(2);
    expect(mine[0].split('GET /proxied').length).toBe(4);
    const open = four.open;
    client.close();
    for (let i = 0; i < 40 && four.open === open; i++) await sleep(25);
    expect(four.open).toBe(open - 1);
  });

  test('the same in version 2, and each client is told of by a connection of its own', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(proxy.port)));
    for (const client of [...clients, ...clients]) expect(await ask(client, '/told')).toBe('HTTP/1.1 200');
    for (const client of clients) {
      const addresses = Buffer.from('7f0000017f00000100000000', 'hex');
      addresses.writeUInt16BE(client.localPort, 8);
      addresses.writeUInt16BE(proxy.port, 10);
      const header = `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${addresses.toString('latin1')}GET /told`;
      expect(four.received.filter((bytes) => bytes.startsWith(header)).length).toBe(1);
      client.close();
    }
  });
});
