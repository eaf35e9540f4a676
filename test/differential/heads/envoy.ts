// Asks Envoy: every group is a listener, every case a connection.
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { httpListener, bootstrap, routeAllTo } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';
import { RawClient } from '../../support/raw_client.js';
import { maskHead, type Group, type HeadCase, type Seen } from './group.js';

const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const PROXY_PROTOCOL = 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';

/** The listener of a group, with which both sides are configured. */
export function groupListener(name: string, port: number, { hcm, router, route }: Group): Record<string, unknown> {
  return httpListener(name, {
    port,
    hcm: { http_filters: [{ name: 'router', typed_config: { '@type': ROUTER, ...router } }], ...hcm },
    virtual_hosts: [routeAllTo('upstream', route)],
  });
}

// An upstream that keeps what it received and answers with the current case's response.
class Upstream {
  received = '';
  response = '';
  private constructor(
    readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<Upstream> {
    const port = await freePort();
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (piece) => {
        upstream.received += piece.toString('latin1');
        if (upstream.received.includes('\r\n\r\n')) socket.write(upstream.response, 'latin1');
      });
    });
    const upstream = new Upstream(server, port);
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
    return upstream;
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter((each) => !each.internal)
    .map((each) => each.address);
}

async function runCase(port: number, group: Group, { request, response }: HeadCase, upstream: Upstream): Promise<Seen> {
  upstream.received = '';
  upstream.response = `${response.join('\r\n')}\r\n\r\n`;
  const client = await RawClient.connect(port);
  const family = group.peer.includes(':') ? 'TCP6' : 'TCP4';
  const to = family === 'TCP4' ? '127.0.0.1' : '::1';
  if (group.peer !== '127.0.0.1') client.send(`PROXY ${family} ${group.peer} ${to} 40000 ${port}\r\n`);
  client.send(`${request.join('\r\n')}\r\n\r\n`);
  await client.until(() => client.received.includes('\r\n\r\n') || client.ending !== 'open', 2000);
  client.socket.destroy();
  const head = (text: string) => maskHead(text.slice(0, text.indexOf('\r\n\r\n')), ownAddresses(), port);
  return { upstream: upstream.received === '' ? null : head(upstream.received), answer: head(client.received) };
}

export async function askEnvoy(groups: readonly Group[]): Promise<Seen[][]> {
  const upstream = await Upstream.start();
  const adminPort = await freePort();
  const ports: number[] = [];
  const listeners = [];
  for (const [i, group] of groups.entries()) {
    const port = await freePort();
    ports.push(port);
    const listener = groupListener(`group${i}`, port, group);
    if (group.peer !== '127.0.0.1') {
      listener['listener_filters'] = [{ name: 'proxy_protocol', typed_config: { '@type': PROXY_PROTOCOL } }];
    }
    listeners.push(listener);
  }
  const config = bootstrap(adminPort, listeners, { upstream: { endpoints: [upstream.port] } });
  const peer = await Peer.start('envoy', { bootstrap: config, adminPort });
  try {
    const seen: Seen[][] = [];
    for (const [i, group] of groups.entries()) {
      const found: Seen[] = [];
      for (const each of group.cases) found.push(await runCase(ports[i], group, each, upstream));
      seen.push(found);
    }
    return seen;
  } finally {
    await peer.stop();
    upstream.server.close();
  }
}
