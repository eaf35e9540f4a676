// Filter chains that change under a listener: connections of those that stay go on, those of the others drain. Both proxies are given the
// same, and must do the same.
import { Agent, request } from 'node:http';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ControlPlane, controlPlaneProgram } from '../support/control_plane.js';
import { findEnvoy, Peer } from '../support/peer.js';
import { freePorts } from '../support/ports.js';
import { address, adsBootstrap, assignment, direct, edsCluster, routes } from '../support/xds_resources.js';

type Json = Record<string, unknown>;

const TYPE = 'type.googleapis.com/';
const program = controlPlaneProgram();

let echo: Server;
beforeAll(async () => {
  echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
afterAll(() => void echo.close());

/** A chain for connections from 127.0.0.`host`. */
function httpChain(host: number, body: string, more: Json = {}): Json {
  const router = { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` };
  const typed_config = {
    '@type': `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'main',
    route_config: { name: body, virtual_hosts: [{ name: 'v', domains: ['*'], routes: [direct('/', body)] }] },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: router }],
    ...more,
  };
  return chain(host, typed_config);
}

function tcpChain(host: number, more: Json = {}): Json {
  const typed_config = {
    '@type': `${TYPE}envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
    stat_prefix: 'tcp',
    cluster: 'echo',
    ...more,
  };
  return chain(host, typed_config);
}

function chain(host: number, typed_config: Json): Json {
  const source_prefix_ranges = [{ address_prefix: `127.0.0.${host}`, prefix_len: 32 }];
  return { name: `from ${host}`, filter_chain_match: { source_prefix_ranges }, filters: [{ name: 'n', typed_config }] };
}

/** A client with one connection that it keeps. */
class Client {
  private readonly agent: Agent;
  sockets = 0;

  constructor(
    private readonly port: number,
    host: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.0.${host}` });
  }

  /** The body, and the header `connection`. */
  ask(): Promise<string> {
    return new Promise((resolve) => {
      const outgoing = request({ port: this.port, host: '127.0.0.1', agent: this.agent }, (response) => {
        let body = '';
        response.on('data', (piece: Buffer) => (body += piece.toString()));
        response.on('end', () => resolve(`${body} ${response.headers.connection ?? ''}`.trim()));
      });
      outgoing.on('socket', (socket) => {
        if (!('seen' in socket)) this.sockets++;
        Object.assign(socket, { seen: true });
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
      outgoing.end();
    });
  }

  /** Asks until the answer is the wanted one. */
  async becomes(wanted: string): Promise<void> {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const answer = await this.ask();
      if (answer.replace(/ close$/, '') === wanted) return;
      if (performance.now() > deadline) throw new Error(`the answer is ${answer}, not ${wanted}`);
      await sleep(20);
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

async function says(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  expect(bytes.toString()).toBe(text);
}

describe.each(['weft', 'envoy'] as const)('%s', (kind) => {
  const isLeftOut = !program || (kind === 'envoy' && !findEnvoy());
  let plane: ControlPlane;
  let proxy: Peer;
  let port: number;
  const clients: Client[] = [];
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    for (const each of sockets.splice(0)) each.destroy();
    await proxy?.kill();
    await plane?.kill();
  });

  function client(host: number): Client {
    const made = new Client(port, host);
    clients.push(made);
    return made;
  }

  function listener(chains: readonly Json[], more: Json = {}): Json {
    return {
      '@type': `${TYPE}envoy.config.listener.v3.Listener`,
      name: 'main',
      address: address(port),
      filter_chains: chains,
      ...more,
    };
  }

  const set = (version: string, chains: readonly Json[], more: Json = {}): Promise<unknown> =>
    plane.set(version, [
      edsCluster('echo'),
      assignment('echo', (echo.address() as AddressInfo).port),
      listener(chains, more),
      routes('unused', direct('/', 'x')),
    ]);

  async function start(chains: readonly Json[], drainSeconds = 600): Promise<void> {
    const [xdsPort, adminPort, own] = await freePorts(3);
    port = own;
    plane = await ControlPlane.start(program!, xdsPort, false);
    await set('1', chains);
    const args = ['--drain-time-s', String(drainSeconds), '--drain-strategy', 'immediate'];
    proxy = await Peer.start(kind, { bootstrap: adsBootstrap(adminPort, xdsPort, 'GRPC'), adminPort, args });
  }

  async function tunnel(host: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${host}` });
    sockets.push(socket);
    await says(socket, 'hello');
    return socket;
  }

  test.skipIf(isLeftOut)('what a changed chain served drains, what the others serve goes on', async () => {
    await start([httpChain(1, 'one'), httpChain(2, 'two'), tcpChain(3)]);
    const [one, two] = [client(1), client(2)];
    const raw = await tunnel(3);
    expect([await one.ask(), await two.ask()]).toEqual(['one', 'two']);
    await set('2', [httpChain(1, 'one'), httpChain(2, 'changed'), tcpChain(3), httpChain(4, 'four')]);
    await client(4).becomes('four');
    expect(await one.ask()).toBe('one');
    // As in Envoy, a connection that drains is answered by the chain that it began on.
    expect(await two.ask()).toBe('two close');
    expect(await two.ask()).toBe('changed');
    await says(raw, 'still here');
    expect([one.sockets, two.sockets]).toEqual([1, 2]);
    expect(await proxy.stat('listener_manager.listener_in_place_updated')).toBe(1);
    expect(await proxy.stat('listener_manager.listener_modified')).toBe(1);
  });

  test.skipIf(isLeftOut)('a chain that is removed drains, its tunnels are cut off when the time is over', async () => {
    await start([httpChain(1, 'one'), tcpChain(3), tcpChain(5)], 1);
    const one = client(1);
    const [kept, lost] = [await tunnel(3), await tunnel(5)];
    const isOver = new Promise((resolve) => lost.on('close', resolve).on('error', () => undefined));
    expect(await one.ask()).toBe('one');
    await set('2', [httpChain(1, 'one'), tcpChain(3)]);
    await isOver;
    await says(kept, 'still here');
    expect(await one.ask()).toBe('one');
    expect(one.sockets).toBe(1);
  });

  test.skipIf(isLeftOut)(
    'a chain that changed long after its connection began is found behind several updates',
    async () => {
      await start([tcpChain(3), httpChain(1, 'one')], 1);
      const raw = await tunnel(3);
      const one = client(1);
      expect(await one.ask()).toBe('one');
      for (const body of ['b', 'c', 'd']) {
        await set(body, [tcpChain(3), httpChain(1, 'one'), httpChain(2, body)]);
        await client(2).becomes(body);
        await says(raw, body);
      }
      const isOver = new Promise((resolve) => raw.on('close', resolve).on('error', () => undefined));
      await set('e', [tcpChain(3, { idle_timeout: '500s' }), httpChain(1, 'one'), httpChain(2, 'e')]);
      await isOver;
      expect(await one.ask()).toBe('one');
      expect(one.sockets).toBe(1);
      expect(await proxy.stat('listener_manager.listener_in_place_updated')).toBe(4);
    },
  );

  test.skipIf(isLeftOut)('when more changes than the chains, all of the listener drains', async () => {
    await start([httpChain(1, 'one'), httpChain(2, 'two')]);
    const one = client(1);
    expect(await one.ask()).toBe('one');
    await set('2', [httpChain(1, 'one'), httpChain(2, 'changed')], { per_connection_buffer_limit_bytes: 32768 });
    await client(2).becomes('changed');
    expect(await one.ask()).toBe('one close');
    expect(await proxy.stat('listener_manager.listener_in_place_updated')).toBe(0);
  });
});
