// The same clusters in Envoy, in weft and in the core alone: every host gets the same share of the requests, and the same hosts get none.
import { createServer, request, Agent, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLUSTER_DIR } from '../../../assembly/abi.js';
import { readCluster } from '../../../host/compile/cluster.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import type { Finding } from '../../../host/config/finding.js';
import { ConfigSource } from '../../../host/config/source.js';
import { edfSchedule } from '../../../host/cluster/schedule.js';
import { chiSquare, pickCounts, picker, seedRandom } from '../../support/cluster.js';
import { testManager } from '../../support/cluster_manager.js';
import { testCore } from '../../support/core.js';
import { httpListener } from '../../support/bootstrap.js';
import { findEnvoy, Peer, type PeerKind } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';

type Json = Record<string, unknown>;

const HOSTS = 12;
const REQUESTS = 600;
// A chi-square value that a fair run exceeds once in ten million, by degrees of freedom (Wilson and Hilferty's approximation).
const bound = (k: number) => k * (1 - 2 / (9 * k) + 5.2 * Math.sqrt(2 / (9 * k))) ** 3;

const HEALTH: Record<string, string> = { h: 'HEALTHY', d: 'DEGRADED', u: 'UNHEALTHY', x: 'DRAINING', t: 'TIMEOUT' };

interface Case {
  /** Health of the hosts; a slash begins the next priority. */
  hosts: string;
  weights?: number[];
  cluster?: Json;
  policy?: Json;
}

const LB = 'type.googleapis.com/envoy.extensions.load_balancing_policies';
const typed = (type: string, fields: Json = {}) => ({
  load_balancing_policy: {
    policies: [{ typed_extension_config: { name: 'x', typed_config: { '@type': `${LB}.${type}`, ...fields } } }],
  },
});

const CASES: Record<string, Case> = {
  equal: { hosts: 'hhh' },
  'weights 3 1': { hosts: 'hh', weights: [3, 1] },
  'weights 1 2 3 4': { hosts: 'hhhh', weights: [1, 2, 3, 4] },
  'weights 20 50 30': { hosts: 'hhh', weights: [20, 50, 30] },
  'weights too uneven for a schedule': { hosts: 'hhh', weights: [100_003, 50_021, 7] },
  'one of three unhealthy': { hosts: 'hhu' },
  'two of three unhealthy': { hosts: 'huu' },
  'one of two unhealthy': { hosts: 'hu' },
  'all unhealthy': { hosts: 'uu' },
  'timeout is unhealthy': { hosts: 'ht' },
  'a draining host': { hosts: 'hx' },
  'mostly draining hosts': { hosts: 'hxxx' },
  'only draining hosts': { hosts: 'xx' },
  'draining and unhealthy': { hosts: 'hxxuu' },
  'one of two degraded': { hosts: 'hd' },
  'one of five degraded': { hosts: 'hhhhd' },
  'all degraded': { hosts: 'dd' },
  'two priorities': { hosts: 'hh/hh' },
  'half of the first priority': { hosts: 'hu/h' },
  'none of the first priority': { hosts: 'uu/hh' },
  'both priorities in panic': { hosts: 'huuu/huuu' },
  'one priority in panic': { hosts: 'huuuu/hhuuu' },
  'an empty first priority': { hosts: '/h' },
  'degraded over two priorities': { hosts: 'huud/hd' },
  'panic off': { hosts: 'huu', cluster: { common_lb_config: { healthy_panic_threshold: { value: 0 } } } },
  'panic always': { hosts: 'hu', cluster: { common_lb_config: { healthy_panic_threshold: { value: 100 } } } },
  'overprovisioning off': { hosts: 'hhhu/h', policy: { overprovisioning_factor: 100 } },
  'health by weight': { hosts: 'hu/h', weights: [1, 3, 1], policy: { weighted_priority_health: true } },
  random: { hosts: 'hhh', weights: [5, 1, 1], cluster: { lb_policy: 'RANDOM' } },
  'least request': { hosts: 'hhh', cluster: { lb_policy: 'LEAST_REQUEST' } },
  'least request with weights': { hosts: 'hhh', weights: [5, 2, 1], cluster: { lb_policy: 'LEAST_REQUEST' } },
  'typed round robin': { hosts: 'hh', weights: [2, 1], cluster: typed('round_robin.v3.RoundRobin') },
  'typed random': { hosts: 'hhh', cluster: typed('random.v3.Random') },
  'typed full scan': {
    hosts: 'hhh',
    cluster: typed('least_request.v3.LeastRequest', { selection_method: 'FULL_SCAN' }),
  },
};

function clusterJson(name: string, { hosts, weights, cluster, policy }: Case, ports: readonly number[]): Json {
  let i = 0;
  const groups = hosts.split('/').map((letters, priority) => ({
    priority,
    lb_endpoints: [...letters].map((letter) => ({
      endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: ports[i] } } },
      health_status: HEALTH[letter],
      load_balancing_weight: weights?.[i++] ?? (i++, 1),
    })),
  }));
  return {
    name,
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints: groups, policy },
    ...cluster,
  };
}

const descriptors = new Descriptors();

/** The shares that the core gives each host. */
function sharesOfCore(cluster: Json, hosts: number): number[] {
  const text = JSON.stringify({ static_resources: { clusters: [cluster] } });
  const { bootstrap, findings } = decodeBootstrap([new ConfigSource('t', text)], {
    unsupportedFields: 'refuse',
    descriptors,
  });
  const own: Finding[] = [];
  const spec = readCluster(bootstrap.static_resources!.clusters[0], '', own);
  expect([...findings, ...own]).toEqual([]);
  const core = testCore();
  seedRandom(core, 7n);
  const { manager } = testManager(core);
  const index = manager.set(spec);
  manager.close();
  const object = core.worker.u32[(CLUSTER_DIR >> 2) + index];
  const picks = 60_000;
  return pickCounts(picker(core, object), hosts, picks).map((n) => n / picks);
}

describe.each<PeerKind>(['envoy', 'weft'].filter((kind) => kind === 'weft' || findEnvoy()) as PeerKind[])(
  '%s shares the load as the core does',
  (kind) => {
    const servers: Server[] = [];
    const counts = new Map<number, number>();
    let served: number[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let ports: number[];
    let peer: Peer;
    let port: number;
    let clusters: Json[];

    beforeAll(async () => {
      for (let i = 0; i < HOSTS; i++) {
        const server = createServer((_, response) => {
          const own = (server.address() as AddressInfo).port;
          counts.set(own, (counts.get(own) ?? 0) + 1);
          served.push(own);
          response.end();
        });
        const own = await freePort();
        await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve));
        servers.push(server);
      }
      ports = servers.map((server) => (server.address() as AddressInfo).port);
      port = await freePort();
      const adminPort = await freePort();
      clusters = Object.entries(CASES).map(([name, each]) => clusterJson(name, each, ports));
      const virtual_hosts = Object.keys(CASES).map((name, i) => ({
        name,
        domains: [`case-${i}`],
        routes: [{ match: { prefix: '/' }, route: { cluster: name } }],
      }));
      peer = await Peer.start(kind, {
        adminPort,
        bootstrap: {
          admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
          static_resources: { listeners: [httpListener('main', { port, virtual_hosts })], clusters },
        },
      });
    });
    afterAll(async () => {
      agent.destroy();
      await peer?.stop();
      for (const server of servers) server.close();
    });

    const ask = (host: string) =>
      new Promise<void>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', agent, headers: { host } }, (response) => {
          response.resume().on('end', resolve).on('error', reject);
        });
        sent.on('error', reject).end();
      });

    test.each(['weights 3 1', 'weights 1 2 3 4', 'weights 20 50 30'])('%s: the same order', async (name) => {
      const schedule = edfSchedule(CASES[name].weights!).map((host) => ports[host]);
      const i = Object.keys(CASES).indexOf(name);
      served = [];
      for (let n = 0; n < 2 * schedule.length; n++) await ask(`case-${i}`);
      const turns = schedule.map((_, first) =>
        [...schedule, ...schedule, ...schedule].slice(first, first + served.length),
      );
      expect(turns).toContainEqual(served);
    });

    test.each(Object.keys(CASES))('%s', async (name) => {
      const i = Object.keys(CASES).indexOf(name);
      const hosts = CASES[name].hosts.replaceAll('/', '').length;
      counts.clear();
      // One request at a time: least_request then never sees an active one.
      for (let n = 0; n < REQUESTS; n++) await ask(`case-${i}`);
      const seen = ports.slice(0, hosts).map((each) => counts.get(each) ?? 0);
      const shares = sharesOfCore(clusters[i], hosts);
      shares.forEach((share, host) => share === 0 && expect(seen[host], `host ${host} gets nothing`).toBe(0));
      const used = shares.flatMap((share, host) => (share > 0 ? [host] : []));
      if (used.length < 2) expect(seen[used[0]] ?? 0).toBe(used.length * REQUESTS);
      else
        expect(
          chiSquare(
            used.map((h) => seen[h]),
            used.map((h) => shares[h]),
          ),
        ).toBeLessThan(bound(used.length - 1));
    });
  },
);
