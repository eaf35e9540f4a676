// Listeners with original_src: what they send upstream starts from the address of the client. WEFT_E2E_PEER=envoy asks Envoy the same.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { connect, createServer as createTcp } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrap, fileAccessLog, httpListener, tcpListener, type Cluster } from '../support/bootstrap.js';
import { PEER } from '../support/fixture.js';
import { Peer } from '../support/peer.js';
import { freePort } from '../support/ports.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('original_src: not tried, it needs CAP_NET_ADMIN');

const ORIGINAL_SRC = {
  name: 'envoy.filters.listener.original_src',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_src.v3.OriginalSrc',
    mark: 77,
  },
};
const listener = { listener_filters: [ORIGINAL_SRC] };
const FORMAT =
  '%REQ(:PATH)% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n';

function to(address: object): Cluster {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  return { endpoints: [], cluster: { load_assignment: { cluster_name: 'x', endpoints } } };
}

function client(localAddress: string): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1, localAddress });
}

describe.skipIf(!isRoot)('original_src', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-original-src-'));
  const log = join(folder, 'access.log');
  const servers: { close(): unknown }[] = [];
  const connections = new Set<Socket>();
  let proxy: Peer;
  let http = 0;
  let tcp = 0;

  // Answers with who has asked, as it sees it, and from which port.
  async function upstream(server: Server, at: object): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(at, resolve));
    return (server.address() as AddressInfo).port;
  }

  const saysWho = (): Server =>
    createServer(({ socket }, response) => {
      connections.add(socket);
      response.end(JSON.stringify([socket.remoteAddress, socket.remotePort]));
    });

  beforeAll(async () => {
    const port = await upstream(saysWho(), { host: '127.0.0.1', port: 0 });
    const six = await upstream(saysWho(), { host: '::1', port: 0 });
    await upstream(saysWho(), { path: join(folder, 'upstream') });
    const greeter = createTcp((socket) => socket.end(String(socket.remoteAddress)));
    servers.push(greeter);
    await new Promise<void>((resolve) => greeter.listen(0, '127.0.0.1', resolve));
    const bound = { upstream_bind_config: { source_address: { address: '127.0.0.9', port_value: 0 } } };
    const clusters: Record<string, Cluster> = {
      plain: { endpoints: [port] },
      bound: { endpoints: [port], cluster: bound },
      six: to({ socket_address: { address: '::1', port_value: six } }),
      unix: to({ pipe: { path: join(folder, 'upstream') } }),
      tcp: { endpoints: [(greeter.address() as AddressInfo).port] },
    };
    http = await freePort();
    tcp = await freePort();
    const adminPort = await freePort();
    const routes = Object.keys(clusters).map((name) => ({ match: { prefix: `/${name}` }, route: { cluster: name } }));
    const hcm = { access_log: [fileAccessLog(log, FORMAT)] };
    const virtual_hosts = [{ name: 'all', domains: ['*'], routes }];
    const listeners = [
      httpListener('http', { port: http, hcm, virtual_hosts, listener }),
      tcpListener('tcp', tcp, { cluster: 'tcp' }, listener),
    ];
    const config = bootstrap(adminPort, listeners, clusters);
    proxy = await Peer.start(PEER, { bootstrap: config, adminPort, concurrency: 1 });
  });
  afterAll(async () => {
    await proxy?.stop();
    for (const server of servers) server.close();
    for (const socket of connections) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  function ask(agent: Agent, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: http, path, agent }, (response) => {
        let text = '';
        response.on('data', (piece) => (text += String(piece)));
        response.on('end', () => resolve(response.statusCode === 200 ? text : `${response.statusCode} ${text}`));
      })
        .on('error', reject)
        .end();
    });
  }

  async function logged(line: string): Promise<void> {
    await expect.poll(() => readFileSync(log, 'utf8').split('\n')).toContain(line);
  }

  test('each client is seen as itself, over connections of its own that are used again', async () => {
    const [one, two] = [client('127.0.0.2'), client('127.0.0.3')];
    const seen: string[] = [];
    for (const agent of [one, two, one, two]) seen.push(await ask(agent, '/plain'));
    expect(seen.map((text) => (JSON.parse(text) as string[])[0])).toEqual([
      '127.0.0.2',
      '127.0.0.3',
      '127.0.0.2',
      '127.0.0.3',
    ]);
    expect([seen[2], seen[3]]).toEqual([seen[0], seen[1]]);
    await logged('/plain 127.0.0.3 - -');
    for (const agent of [one, two]) agent.destroy();
  });

  test("the client's address comes before the one that the cluster is bound to", async () => {
    const agent = client('127.0.0.4');
    expect(JSON.parse(await ask(agent, '/bound'))).toMatchObject({ 0: '127.0.0.4' });
    agent.destroy();
  });

  test('an endpoint of another family cannot be reached from it, a UNIX socket can', async () => {
    const agent = client('127.0.0.5');
    expect(await ask(agent, '/six')).toMatch(/^503 .*reset reason: local connection failure$/);
    expect(await ask(agent, '/unix')).toBe('[null,null]');
    agent.destroy();
    await logged('/six - UF failed_to_bind_to_127.0.0.5:0:_Invalid_argument');
  });

  test('under tcp_proxy too', async () => {
    const socket = connect({ port: tcp, host: '127.0.0.1', localAddress: '127.0.0.6' });
    let text = '';
    for await (const piece of socket) text += String(piece);
    expect(text).toBe('127.0.0.6');
  });

  // Envoy keeps it until it has been idle for too long.
  test.skipIf(PEER === 'envoy')('nothing is left of what its clients had upstream', async () => {
    const stat = 'cluster.plain.upstream_cx_active';
    const page = `http://127.0.0.1:${proxy.options.adminPort}/stats?filter=${stat}`;
    await expect.poll(async () => (await fetch(page)).text()).toBe(`${stat}: 0\n`);
  });
});
