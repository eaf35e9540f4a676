// The proxy under a real control plane (go-control-plane), state of the world and incremental.
// WEFT_E2E_PEER=envoy gives the same to Envoy, which proves the test itself.
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ControlPlane, controlPlaneProgram } from '../support/control_plane.js';
import { PEER } from '../support/fixture.js';
import { Peer } from '../support/peer.js';
import { freePorts } from '../support/ports.js';
import {
  adsBootstrap,
  assignment,
  direct,
  edsCluster,
  rdsListener,
  routes,
  toCluster,
} from '../support/xds_resources.js';

const program = controlPlaneProgram();
const upstreams: Server[] = [];

beforeAll(async () => {
  for (const name of ['one', 'two']) {
    const server = createServer((_, response) => void response.end(name));
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    upstreams.push(server);
  }
});

afterAll(() => {
  for (const server of upstreams) {
    server.closeAllConnections();
    server.close();
  }
});

const portOf = (i: number): number => (upstreams[i].address() as AddressInfo).port;

/** "200 body", or "error CODE". */
function ask(port: number, path = '/', agent: Agent | false = false): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
    outgoing.end();
  });
}

/** Asks until the answer is the wanted one. */
async function becomes(port: number, path: string, wanted: string | RegExp): Promise<void> {
  const deadline = performance.now() + 10_000;
  let answer = '';
  while (performance.now() < deadline) {
    answer = await ask(port, path);
    if (typeof wanted === 'string' ? answer === wanted : wanted.test(answer)) return;
    await sleep(20);
  }
  throw new Error(`${path} is answered with ${answer}, not with ${wanted}`);
}

/** Clients that ask all the time; `stop` resolves with the answers that were not `200 …`. */
function traffic(port: number, path: string): { stop: () => Promise<string[]>; count: () => number } {
  const agent = new Agent({ keepAlive: true });
  const bad: string[] = [];
  const state = { isOver: false };
  let asked = 0;
  const client = async (): Promise<void> => {
    while (!state.isOver) {
      const answer = await ask(port, path, agent);
      asked++;
      if (!answer.startsWith('200 ')) bad.push(answer);
    }
  };
  const clients = Array.from({ length: 4 }, client);
  const stop = async (): Promise<string[]> => {
    state.isOver = true;
    await Promise.all(clients);
    agent.destroy();
    return bad;
  };
  return { stop, count: () => asked };
}

describe.each(['GRPC', 'DELTA_GRPC'] as const)('%s', (api) => {
  let plane: ControlPlane;
  let proxy: Peer;
  let xdsPort: number;
  let port: number;
  let other: number;

  async function start(version: string, resources: readonly object[]): Promise<void> {
    await plane.set(version, resources);
    const [adminPort] = await freePorts(1);
    proxy = await Peer.start(PEER, { bootstrap: adsBootstrap(adminPort, xdsPort, api), adminPort });
  }

  async function startPlane(): Promise<void> {
    [xdsPort, port, other] = await freePorts(3);
    plane = await ControlPlane.start(program!, xdsPort);
  }

  const base = (endpoint = 0, ...list: object[]): object[] => [
    edsCluster('app'),
    assignment('app', portOf(endpoint)),
    rdsListener('main', port, 'routes'),
    routes('routes', ...(list as Record<string, unknown>[]), toCluster('app')),
  ];

  afterEach(async () => {
    await proxy?.kill();
    await plane?.kill();
  });

  test.skipIf(!program)(
    'what the control plane has serves when the proxy is ready, and each change takes effect',
    async () => {
      await startPlane();
      await start('1', base());
      expect(await ask(port)).toBe('200 one');
      await plane.set('2', base(1));
      await becomes(port, '/', '200 two');
      await plane.set('3', base(1, direct('/direct', 'from the route')));
      await becomes(port, '/direct', '200 from the route');
      const { error } = await plane.answered('RouteConfiguration', '3');
      expect(error).toBe('');
    },
  );

  test.skipIf(!program)('no request fails while endpoints, clusters, routes and listeners change', async () => {
    await startPlane();
    await start('0', base());
    const load = traffic(port, '/');
    for (let i = 1; i <= 40; i++) {
      const resources = base(i % 2, direct(`/v${i}`, 'x'));
      resources[0] = edsCluster('app', { connect_timeout: `${1 + (i % 5)}s` });
      if (i % 3 === 0) resources[2] = rdsListener('main', port, 'routes', { server_name: `v${i}` });
      if (i % 4 === 0) resources.push(edsCluster('more'), assignment('more', portOf(1)));
      await plane.set(String(i), resources);
      await sleep(25);
    }
    await becomes(port, '/v40', '200 x');
    expect(await load.stop()).toEqual([]);
    expect(load.count()).toBeGreaterThan(40);
  });

  test.skipIf(!program || PEER === 'envoy')(
    'a bad resource is refused alone, and the NACK says all that is wrong with it',
    async () => {
      await startPlane();
      await start('1', base());
      const bad = edsCluster('bad', { connect_timeout: '-1s', lb_policy: 'MAGLEV' });
      // An aggregated cache of go-control-plane gives no endpoints at all as long as some of its snapshot are not asked for.
      const more = [edsCluster('good'), assignment('good', portOf(1)), bad];
      await plane.set('2', [...base(0, toCluster('good', '/good')), ...more]);
      await becomes(port, '/good', '200 two');
      const { error } = await plane.answered('v3.Cluster', '2');
      expect(error).toMatch(/CDS bad connect_timeout: /);
      expect(error).toMatch(/CDS bad lb_policy: /);
      expect(error).not.toMatch(/good|app/);
      expect(await ask(port)).toBe('200 one');
      // Mended, it serves, and nothing is refused any more.
      await plane.set('3', [...base(0, toCluster('bad', '/bad')), edsCluster('bad'), assignment('bad', portOf(1))]);
      await becomes(port, '/bad', '200 two');
    },
  );

  test.skipIf(!program)(
    'the last configuration serves on without a control plane, and the next one is taken up',
    async () => {
      await startPlane();
      await start('1', base());
      const load = traffic(port, '/');
      for (let i = 0; i < 3; i++) {
        await plane.kill();
        await sleep(200);
        expect(await ask(port)).toBe('200 one');
        plane = await ControlPlane.start(program!, xdsPort);
        await plane.set(`after-${i}`, base(0, direct('/epoch', String(i))));
        await becomes(port, '/epoch', `200 ${i}`);
      }
      expect(await load.stop()).toEqual([]);
    },
  );

  test.skipIf(!program)('a cluster that goes and comes back is found by routes that stayed', async () => {
    await startPlane();
    await start('1', base());
    const [, , listener, route] = base();
    await plane.set('2', [listener, route]);
    await becomes(port, '/', /^503 /);
    const filler = Array.from({ length: 5 }, (_, i) => [
      edsCluster(`filler-${i}`),
      assignment(`filler-${i}`, portOf(0)),
    ]);
    await plane.set('3', [...filler.flat(), listener, route]);
    await becomes(port, '/', /^503 /);
    await plane.set('4', [...filler.flat(), edsCluster('app'), assignment('app', portOf(1)), listener, route]);
    await becomes(port, '/', '200 two');
  });

  test.skipIf(!program)('a listener comes, moves to another port and goes', async () => {
    await startPlane();
    await start('1', base());
    const at = (where: number): object[] => [...base().slice(0, 2), rdsListener('main', where, 'routes'), base()[3]];
    await plane.set('2', [...base(), rdsListener('second', other, 'routes')]);
    await becomes(other, '/', '200 one');
    await plane.set('3', base());
    await becomes(other, '/', /^error /);
    await plane.set('4', at(other));
    await becomes(other, '/', '200 one');
    await becomes(port, '/', /^error /);
  });
});
