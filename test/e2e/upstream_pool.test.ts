// How connections to upstreams are kept, counted and limited.
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cluster } from '../support/bootstrap.js';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';

type Json = Record<string, unknown>;

/** Answers at once, or, for /held, when `release` is called. */
class Upstream {
  readonly server: Server;
  opened = 0;
  open = 0;
  private held: ServerResponse[] = [];

  constructor() {
    this.server = createServer((message, response) => this.serve(message, response));
    this.server.keepAliveTimeout = 0;
    this.server.on('connection', (socket) => {
      this.opened++;
      this.open++;
      socket.on('close', () => this.open--);
    });
  }

  get waiting(): number {
    return this.held.length;
  }

  release(): void {
    for (const response of this.held.splice(0)) response.end('held');
  }

  private serve({ url }: IncomingMessage, response: ServerResponse): void {
    if (url === '/held') this.held.push(response);
    else response.end('ok');
  }
}

const CLUSTERS: Record<string, Json> = {
  plain: {},
  max_requests_per_connection: { max_requests_per_connection: 2 },
  idle: { common_http_protocol_options: { idle_timeout: '0.3s' } },
  duration: { common_http_protocol_options: { max_connection_duration: '0.3s' } },
  requests: { circuit_breakers: { thresholds: [{ max_requests: 2 }] } },
  connections: { circuit_breakers: { thresholds: [{ max_connections: 1 }] } },
  pending: { circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] } },
};

const OVERFLOW = 'upstream connect error or disconnect/reset before headers. reset reason: overflow';

interface Answer {
  status: number;
  body: string;
  overloaded: boolean;
}

describe.each([1, 2])('with %i workers', (concurrency) => {
  const upstream = new Upstream();
  let proxy: Fixture;

  beforeAll(async () => {
    const port = await freePort();
    upstream.server.listen(port, '127.0.0.1');
    await once(upstream.server, 'listening');
    const clusters = Object.fromEntries(
      Object.entries(CLUSTERS).map(([name, cluster]): [string, Cluster] => [name, { endpoints: [port], cluster }]),
    );
    const virtual_hosts = Object.keys(clusters).map((name) => ({
      name,
      domains: [name],
      routes: [
        {
          match: { prefix: '/', headers: [{ name: 'x-high', present_match: true }] },
          route: { cluster: name, priority: 'HIGH' },
        },
        { match: { prefix: '/' }, route: { cluster: name } },
      ],
    }));
    proxy = await startProxy({ clusters, listener: { virtual_hosts }, concurrency });
  });
  afterAll(async () => {
    await proxy?.peer.stop();
    upstream.server.close();
    upstream.server.closeAllConnections();
  });
  beforeEach(async () => {
    upstream.release();
    upstream.server.closeAllConnections();
    await expect.poll(() => upstream.open).toBe(0);
    upstream.opened = 0;
  });

  function ask(
    host: string,
    path = '/',
    agent: Agent | false = false,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: proxy.port, path, agent, headers: { host, ...headers } };
      const sent = request(options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
        const overloaded = response.headers['x-envoy-overloaded'] === 'true';
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, overloaded })).on('error', reject);
      });
      sent.on('error', reject).end();
    });
  }

  /** One client connection, so that one worker serves all of it. */
  async function sequence(host: string, count: number, pause = 0): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < count; i++) {
      expect(await ask(host, '/', agent)).toMatchObject({ status: 200 });
      await sleep(pause);
    }
    agent.destroy();
  }

  const stat = (cluster: string, name: string) => proxy.peer.stat(`cluster.${cluster}.${name}`);
  const grows = async (cluster: string, name: string, by: number, act: () => Promise<void>) => {
    const before = await stat(cluster, name);
    await act();
    await expect.poll(async () => (await stat(cluster, name)) - before, { timeout: 5000 }).toBe(by);
  };

  test('a connection is used again', async () => {
    await sequence('plain', 20);
    expect(upstream.opened).toBe(1);
  });

  test('max_requests_per_connection ends a connection after so many requests', async () => {
    await grows('max_requests_per_connection', 'upstream_cx_max_requests', 5, () =>
      sequence('max_requests_per_connection', 10),
    );
    expect(upstream.opened).toBe(5);
  });

  test('idle_timeout closes an idle connection', async () => {
    await grows('idle', 'upstream_cx_idle_timeout', 1, async () => {
      await sequence('idle', 3);
      expect(upstream.opened).toBe(1);
      await expect.poll(() => upstream.open, { timeout: 5000 }).toBe(0);
    });
  });

  test('max_connection_duration ends a connection, busy or idle', async () => {
    await sequence('duration', 10, 80);
    expect(upstream.opened).toBeGreaterThanOrEqual(2);
    expect(upstream.opened).toBeLessThanOrEqual(5);
    await expect.poll(() => upstream.open, { timeout: 5000 }).toBe(0);
    expect(await stat('duration', 'upstream_cx_max_duration_reached')).toBeGreaterThanOrEqual(2);
  });

  test('max_requests is a limit over all workers; the priority HIGH has its own', async () => {
    const held = [ask('requests', '/held'), ask('requests', '/held')];
    await expect.poll(() => upstream.waiting, { timeout: 5000 }).toBe(2);
    await grows('requests', 'upstream_rq_active_overflow', 8, async () => {
      for (let i = 0; i < 8; i++) {
        expect(await ask('requests')).toEqual({ status: 503, body: OVERFLOW, overloaded: true });
      }
    });
    expect(await ask('requests', '/', false, { 'x-high': '1' })).toMatchObject({ status: 200 });
    upstream.release();
    for (const answer of held) expect(await answer).toMatchObject({ status: 200, body: 'held' });
    expect(await ask('requests')).toMatchObject({ status: 200 });
  });

  test('max_requests holds too where no connection is there yet', async () => {
    const answers = Array.from({ length: 8 }, () => ask('requests', '/held'));
    const refused = async () => {
      const settled = await Promise.all(answers.map((each) => Promise.race([each, sleep(1, undefined)])));
      return settled.filter((each) => each?.status === 503);
    };
    await expect.poll(async () => (await refused()).length + upstream.waiting, { timeout: 5000 }).toBe(8);
    expect(upstream.waiting).toBeGreaterThanOrEqual(2);
    expect(upstream.waiting).toBeLessThanOrEqual(1 + concurrency); // workers that look at the same moment overshoot by one each
    for (const answer of await refused()) expect(answer).toEqual({ status: 503, body: OVERFLOW, overloaded: true });
    upstream.release();
    await Promise.all(answers);
  });

  test('at max_connections requests wait for a connection, and a worker without one opens one', async () => {
    const held = Array.from({ length: 6 }, () => ask('connections', '/held'));
    await expect.poll(() => upstream.waiting, { timeout: 5000 }).toBeGreaterThanOrEqual(1);
    for (let served = 0; served < 6;) {
      served += upstream.waiting;
      upstream.release();
      await sleep(20);
      expect(upstream.opened).toBeLessThanOrEqual(concurrency);
    }
    for (const answer of held) expect(await answer).toMatchObject({ status: 200 });
  });

  test('max_pending_requests limits how many wait', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const held = ask('pending', '/held', agent);
    await expect.poll(() => upstream.waiting, { timeout: 5000 }).toBe(1);
    const answers = await Promise.all(
      Array.from({ length: 8 * concurrency }, () =>
        Promise.race([ask('pending'), sleep(500).then(() => 'waits' as const)]),
      ),
    );
    const waiting = answers.filter((answer) => answer === 'waits').length;
    expect(waiting).toBeLessThanOrEqual(1);
    for (const answer of answers) {
      if (answer !== 'waits' && answer.status !== 200)
        expect(answer).toEqual({ status: 503, body: OVERFLOW, overloaded: true });
    }
    if (concurrency === 1) expect(waiting).toBe(1);
    upstream.release();
    expect(await held).toMatchObject({ status: 200 });
    agent.destroy();
  });
});
