// The same DNS server behind Envoy and behind the cluster manager: both have the same hosts after every change of the zone.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readClusters } from '../../../host/compile/cluster.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import type { Finding } from '../../../host/config/finding.js';
import { ConfigSource } from '../../../host/config/source.js';
import { formatAddress } from '../../../host/io/address.js';
import { testManager, type TestManager } from '../../support/cluster_manager.js';
import { testCore } from '../../support/core.js';
import { DnsServer } from '../../support/dns_server.js';
import { findEnvoy, Peer } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';

type Json = Record<string, unknown>;

const CARES = 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
const DNS_CLUSTER = 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster';

function clusters(dnsPort: number): Json[] {
  const resolver = {
    name: 'envoy.network.dns_resolver.cares',
    typed_config: {
      '@type': CARES,
      resolvers: [{ socket_address: { address: '127.0.0.1', port_value: dnsPort } }],
      dns_resolver_options: { no_default_search_domain: true },
    },
  };
  const of = (name: string, names: string[], fields: Json): Json => ({
    name,
    dns_refresh_rate: '0.1s',
    typed_dns_resolver_config: resolver,
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: names.map((address) => ({
            endpoint: { address: { socket_address: { address, port_value: 8080 } } },
          })),
        },
      ],
    },
    ...fields,
  });
  const strict = (name: string, fields: Json = {}, names = ['a.test']) =>
    of(name, names, { type: 'STRICT_DNS', ...fields });
  const extension = (fields: Json) => ({
    dns_refresh_rate: undefined,
    typed_dns_resolver_config: undefined,
    cluster_type: {
      name: 'envoy.clusters.dns',
      typed_config: { '@type': DNS_CLUSTER, dns_refresh_rate: '0.1s', typed_dns_resolver_config: resolver, ...fields },
    },
  });
  return [
    strict('auto'),
    strict('v4_only', { dns_lookup_family: 'V4_ONLY' }),
    strict('v6_only', { dns_lookup_family: 'V6_ONLY' }),
    strict('v4_preferred', { dns_lookup_family: 'V4_PREFERRED' }),
    strict('all', { dns_lookup_family: 'ALL' }),
    strict('two_names', { dns_lookup_family: 'V4_ONLY' }, ['a.test', 'b.test']),
    strict('name_and_address', { dns_lookup_family: 'V4_ONLY' }, ['a.test', '10.9.9.9']),
    strict('localhost_auto', {}, ['localhost']),
    strict('localhost_all', { dns_lookup_family: 'ALL' }, ['localhost']),
    strict('below_localhost', {}, ['a.localhost']),
    strict('localhost', { dns_lookup_family: 'V4_ONLY' }, ['localhost']),
    of('logical', ['a.test'], { type: 'LOGICAL_DNS', dns_lookup_family: 'V4_ONLY' }),
    of('dns_cluster', ['a.test'], extension({ dns_lookup_family: 'V4_ONLY' })),
    of(
      'dns_cluster_single',
      ['a.test'],
      extension({ dns_lookup_family: 'V4_ONLY', all_addresses_in_single_endpoint: true }),
    ),
  ];
}

function sorted(hosts: [string, string[]][]): Record<string, string[]> {
  return Object.fromEntries(
    hosts.map(([name, each]) => [name, each.toSorted()] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

interface HostStatus {
  address: { socket_address: { address: string; port_value: number } };
}

describe.skipIf(findEnvoy() === undefined)('Envoy and the cluster manager resolve alike', () => {
  let server: DnsServer;
  let envoy: Peer;
  let own: TestManager;

  beforeAll(async () => {
    server = await DnsServer.start();
    server.zone.names.set('a.test', ['10.0.0.1', '10.0.0.2', 'fd00::1']);
    server.zone.names.set('b.test', ['10.0.0.2', '10.0.0.3']);
    const all = clusters(Number(server.address.split(':')[1]));
    const adminPort = await freePort();
    const bootstrap = {
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
      static_resources: { clusters: all },
    };
    envoy = await Peer.start('envoy', { adminPort, bootstrap });
    own = testManager(testCore());
    const decoded = decodeBootstrap([new ConfigSource('t', JSON.stringify(bootstrap))], {
      unsupportedFields: 'refuse',
    });
    const findings: Finding[] = [];
    for (const spec of readClusters(decoded.bootstrap.static_resources!.clusters, '', findings)) own.manager.set(spec);
    expect([...decoded.findings, ...findings].filter((f) => f.severity === 'error')).toEqual([]);
    await own.manager.ready();
  });
  afterAll(async () => {
    own?.manager.close();
    await envoy?.stop();
    await server?.stop();
  });

  async function hostsOfEnvoy(): Promise<Record<string, string[]>> {
    const page = await envoy.admin('/clusters?format=json');
    const { cluster_statuses } = JSON.parse(page!.body) as {
      cluster_statuses: { name: string; host_statuses?: HostStatus[] }[];
    };
    const text = ({ address }: HostStatus) => {
      const { address: ip, port_value } = address.socket_address;
      return `${ip.includes(':') ? `[${ip}]` : ip}:${port_value}`;
    };
    return sorted(cluster_statuses.map((c) => [c.name, (c.host_statuses ?? []).map(text)]));
  }

  function hostsOfManager(): Record<string, string[]> {
    return sorted(
      [...own.manager.all()].map((c) => [c.spec.model.name, c.endpoints.map((e) => formatAddress(e.address))]),
    );
  }

  /** What both have once neither has changed for a while. */
  async function settled() {
    let last = '';
    for (let same = 0; same < 6;) {
      await sleep(100);
      const now = JSON.stringify([await hostsOfEnvoy(), hostsOfManager()]);
      same = now === last ? same + 1 : 0;
      last = now;
    }
    const [envoyHosts, ownHosts] = JSON.parse(last) as Record<string, string[]>[];
    expect(ownHosts).toEqual(envoyHosts);
    return ownHosts;
  }

  test('at the start', async () => {
    expect(await settled()).toMatchObject({
      auto: ['[fd00::1]:8080'],
      all: ['10.0.0.1:8080', '10.0.0.2:8080', '[fd00::1]:8080'],
      two_names: ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.2:8080', '10.0.0.3:8080'],
      logical: ['10.0.0.1:8080'],
    });
  });

  test('after addresses come and go', async () => {
    server.zone.names.set('a.test', ['10.0.0.7', '10.0.0.1']);
    expect(await settled()).toMatchObject({ auto: ['10.0.0.1:8080', '10.0.0.7:8080'], logical: ['10.0.0.7:8080'] });
  });

  test('when the server fails, and when it says nothing', async () => {
    server.zone.rcode = 2;
    expect(await settled()).toMatchObject({ v4_only: ['10.0.0.1:8080', '10.0.0.7:8080'] });
    server.zone.rcode = 0;
  });

  test('when the name is there without an address of the family', async () => {
    server.zone.names.set('a.test', ['fd00::2']);
    expect(await settled()).toMatchObject({ v6_only: ['[fd00::2]:8080'] });
  });

  test('when the name is gone', async () => {
    server.zone.names.delete('a.test');
    await settled();
  });

  test('when it is back', async () => {
    server.zone.names.set('a.test', ['10.0.0.5']);
    expect(await settled()).toMatchObject({ v4_only: ['10.0.0.5:8080'], logical: ['10.0.0.5:8080'] });
  });
});
