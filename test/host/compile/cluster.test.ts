import { expect, test } from 'vitest';
import { LB_LEAST_REQUEST, LB_RANDOM, LB_ROUND_ROBIN } from '../../../assembly/abi.js';
import { readCluster, readClusters } from '../../../host/compile/cluster.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import type { Finding } from '../../../host/config/finding.js';
import { ConfigSource } from '../../../host/config/source.js';

const descriptors = new Descriptors();

/** Reads one cluster from the fields that stand beside its name; both kinds of findings are errors. */
function read(fields: object) {
  const text = JSON.stringify({ static_resources: { clusters: [{ name: 'c', ...fields }] } });
  const decoded = decodeBootstrap([new ConfigSource('test.json', text)], { unsupportedFields: 'refuse', descriptors });
  const findings: Finding[] = [];
  const spec = readCluster(decoded.bootstrap.static_resources!.clusters[0], 'static_resources.clusters[0]', findings);
  const all = [...decoded.findings, ...findings].filter((f) => f.severity === 'error');
  return { spec, findings: all.map((f) => `${f.code} ${f.path.replace('static_resources.clusters[0]', '')}`) };
}

function clean(fields: object) {
  const { spec, findings } = read(fields);
  expect(findings).toEqual([]);
  return spec;
}

const socket = (address: string, port = 80) => ({ socket_address: { address, port_value: port } });
const host = (address: string, extra: object = {}) => ({ endpoint: { address: socket(address) }, ...extra });
const assignment = (...hosts: object[]) => ({
  load_assignment: { cluster_name: 'c', endpoints: [{ lb_endpoints: hosts }] },
});
const any = (type: string, fields: object = {}) => ({ '@type': `type.googleapis.com/${type}`, ...fields });

test('a cluster that says nothing has the defaults of Envoy', () => {
  const spec = clean(assignment(host('127.0.0.1')));
  const threshold = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };
  expect(spec).toEqual({
    model: {
      name: 'c',
      loadBalancer: { policy: LB_ROUND_ROBIN, choiceCount: 2, activeRequestBias: 1 },
      thresholds: [threshold, threshold],
      connectTimeout: 5000,
      idleTimeout: 3_600_000,
      maxConnectionDuration: 0,
      maxRequestsPerConnection: 0,
      maxResponseHeaderBytes: 0,
      maxResponseHeaders: 0,
      trailers: false,
      bufferLimit: 1048576,
      keepalive: undefined,
      bind: undefined,
      proxyProtocol: 0,
      originalDst: undefined,
      panicThreshold: 50,
      overprovisioningFactor: 140,
      weightedPriorityHealth: false,
    },
    discovery: { kind: 'static' },
    endpoints: [
      {
        target: { address: { family: 'ipv4', address: '127.0.0.1', port: 80 } },
        hostname: '',
        weight: 1,
        health: 'healthy',
        priority: 0,
      },
    ],
    statName: 'c',
    waitForWarm: true,
    isControlOnly: false,
  });
});

test('what is set is read', () => {
  const spec = clean({
    alt_stat_name: 'other',
    connect_timeout: '0.25s',
    per_connection_buffer_limit_bytes: 0,
    wait_for_warm_on_init: false,
    upstream_connection_options: { tcp_keepalive: { keepalive_probes: 3, keepalive_time: 60 } },
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    circuit_breakers: {
      thresholds: [
        { max_requests: 1, max_connections: 2 },
        { max_requests: 9 },
        { priority: 'HIGH', max_pending_requests: 0 },
      ],
    },
    load_assignment: { cluster_name: 'c', policy: { overprovisioning_factor: 100, weighted_priority_health: true } },
  });
  expect(spec).toMatchObject({ statName: 'other', waitForWarm: false, endpoints: [] });
  expect(spec.model).toMatchObject({
    connectTimeout: 250,
    bufferLimit: 0x7fff_ffff,
    keepalive: { probes: 3, time: 60, interval: 0 },
    panicThreshold: 0,
    overprovisioningFactor: 100,
    weightedPriorityHealth: true,
    thresholds: [
      { maxConnections: 2, maxPendingRequests: 1024, maxRequests: 1 },
      { maxConnections: 1024, maxPendingRequests: 0, maxRequests: 1024 },
    ],
  });
});

test('typed HttpProtocolOptions win over the deprecated fields', () => {
  const OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const old = {
    max_requests_per_connection: 7,
    common_http_protocol_options: { idle_timeout: '1s', max_connection_duration: '2s' },
  };
  expect(clean(old).model).toMatchObject({
    idleTimeout: 1000,
    maxConnectionDuration: 2000,
    maxRequestsPerConnection: 7,
  });
  const typed = (common: object) => ({
    typed_extension_protocol_options: {
      [OPTIONS]: any(OPTIONS, {
        explicit_http_config: { http_protocol_options: {} },
        common_http_protocol_options: common,
      }),
    },
  });
  const both = clean({ ...old, ...typed({ max_headers_count: 5, idle_timeout: '0s' }) });
  expect(both.model).toMatchObject({
    idleTimeout: 0,
    maxConnectionDuration: 0,
    maxRequestsPerConnection: 7,
    maxResponseHeaders: 5,
    trailers: false,
  });
  expect(clean(typed({ max_requests_per_connection: 1 })).model).toMatchObject({
    maxRequestsPerConnection: 1,
    idleTimeout: 3_600_000,
  });
});

const policies = (...configs: object[]) => ({
  load_balancing_policy: {
    policies: configs.map((typed_config) => ({ typed_extension_config: { name: 'x', typed_config } })),
  },
});
const LB = 'envoy.extensions.load_balancing_policies.';

test.each([
  [{ lb_policy: 'ROUND_ROBIN' }, LB_ROUND_ROBIN, 2, 1],
  [{ lb_policy: 'RANDOM' }, LB_RANDOM, 2, 1],
  [{ lb_policy: 'LEAST_REQUEST' }, LB_LEAST_REQUEST, 2, 1],
  [{ lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: 5 } }, LB_LEAST_REQUEST, 5, 1],
  [
    {
      lb_policy: 'LEAST_REQUEST',
      least_request_lb_config: { active_request_bias: { default_value: 0.5, runtime_key: 'k' } },
    },
    LB_LEAST_REQUEST,
    2,
    0.5,
  ],
  [
    {
      lb_policy: 'LEAST_REQUEST',
      least_request_lb_config: { active_request_bias: { default_value: -1, runtime_key: 'k' } },
    },
    LB_LEAST_REQUEST,
    2,
    1,
  ],
  [policies(any(`${LB}round_robin.v3.RoundRobin`)), LB_ROUND_ROBIN, 2, 1],
  [policies(any(`${LB}random.v3.Random`)), LB_RANDOM, 2, 1],
  [policies(any(`${LB}least_request.v3.LeastRequest`, { choice_count: 3 })), LB_LEAST_REQUEST, 3, 1],
  [policies(any(`${LB}least_request.v3.LeastRequest`, { selection_method: 'FULL_SCAN' })), LB_LEAST_REQUEST, 0, 1],
  [
    {
      lb_policy: 'LOAD_BALANCING_POLICY_CONFIG',
      ...policies(any(`${LB}random.v3.Random`), any(`${LB}round_robin.v3.RoundRobin`)),
    },
    LB_RANDOM,
    2,
    1,
  ],
])('load balancing policy %j', (fields, policy, choiceCount, activeRequestBias) => {
  expect(clean(fields).model.loadBalancer).toMatchObject({ policy, choiceCount, activeRequestBias });
  const hasKey = JSON.stringify(fields).includes('runtime_key');
  expect(clean(fields).model.loadBalancer.activeRequestBiasKey).toBe(hasKey ? 'k' : undefined);
});

test('endpoints carry weight, health, priority and hostname', () => {
  const { endpoints } = clean({
    load_assignment: {
      cluster_name: 'c',
      endpoints: [
        {
          lb_endpoints: [
            host('127.0.0.1', { load_balancing_weight: 9 }),
            host('127.0.0.2', { health_status: 'DRAINING' }),
          ],
        },
        { priority: 1, lb_endpoints: [{ endpoint: { address: { pipe: { path: '@abstract' } }, hostname: 'h' } }] },
        { priority: 2, load_balancer_endpoints: { lb_endpoints: [host('::1', { health_status: 'TIMEOUT' })] } },
      ],
    },
  });
  expect(endpoints.map(({ target, ...rest }) => ({ ...target, ...rest }))).toEqual([
    {
      address: { family: 'ipv4', address: '127.0.0.1', port: 80 },
      hostname: '',
      weight: 9,
      health: 'healthy',
      priority: 0,
    },
    {
      address: { family: 'ipv4', address: '127.0.0.2', port: 80 },
      hostname: '',
      weight: 1,
      health: 'draining',
      priority: 0,
    },
    { address: { family: 'unix', path: '@abstract' }, hostname: 'h', weight: 1, health: 'healthy', priority: 1 },
    {
      address: { family: 'ipv6', address: '::1', port: 80 },
      hostname: '',
      weight: 1,
      health: 'unhealthy',
      priority: 2,
    },
  ]);
});

test('DNS clusters keep names, and the settings of their resolution', () => {
  const CARES = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
  const resolver = {
    name: 'r',
    typed_config: any(CARES, {
      resolvers: [socket('127.0.0.1', 5353), socket('::1', 0)],
      dns_resolver_options: { no_default_search_domain: true },
      query_timeout_seconds: 2,
      query_tries: 1,
    }),
  };
  const dns = {
    lookupFamily: 'v4_only',
    refreshRate: 60_000,
    failureRefresh: { base: 1000, max: 10_000 },
    jitter: 500,
    respectTtl: true,
    minRefreshRate: 1000,
    servers: ['127.0.0.1:5353', '[::1]:53'],
    useSearchDomains: false,
    timeout: 2000,
    tries: 1,
  };
  const common = {
    dns_refresh_rate: '60s',
    dns_failure_refresh_rate: { base_interval: '1s' },
    dns_jitter: '0.5s',
    respect_dns_ttl: true,
    typed_dns_resolver_config: resolver,
    dns_lookup_family: 'V4_ONLY',
  };
  const strict = clean({ type: 'STRICT_DNS', ...common, ...assignment(host('a.test'), host('10.0.0.1')) });
  expect(strict.discovery).toEqual({ kind: 'strict_dns', dns });
  expect(strict.endpoints.map((e) => [e.target, e.hostname])).toEqual([
    [{ name: 'a.test', port: 80 }, 'a.test'],
    [{ address: { family: 'ipv4', address: '10.0.0.1', port: 80 } }, ''],
  ]);
  expect(clean({ type: 'LOGICAL_DNS', ...assignment(host('a.test')) }).discovery).toMatchObject({
    kind: 'logical_dns',
    dns: { lookupFamily: 'auto', refreshRate: 5000, failureRefresh: undefined, jitter: 0, servers: [] },
  });
  const extension = (fields: object) => ({
    cluster_type: {
      name: 'envoy.cluster.dns',
      typed_config: any('envoy.extensions.clusters.dns.v3.DnsCluster', fields),
    },
    ...assignment(host('a.test')),
  });
  expect(clean(extension({ ...common, dns_min_refresh_rate: '3s' })).discovery).toEqual({
    kind: 'strict_dns',
    dns: { ...dns, minRefreshRate: 3000 },
  });
  expect(clean(extension({ all_addresses_in_single_endpoint: true })).discovery).toMatchObject({
    kind: 'logical_dns',
    dns: { lookupFamily: 'auto' },
  });
});

const ADDRESS = '.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address';

test.each([
  [{ type: 'EDS' }, ['WEFT1201 .eds_cluster_config.eds_config']],
  [assignment(host('localhost')), [`WEFT1404 ${ADDRESS}.socket_address.address`]],
  [{ type: 'LOGICAL_DNS', ...assignment(host('a'), host('b')) }, ['WEFT1410 .load_assignment']],
  [{ type: 'LOGICAL_DNS' }, ['WEFT1410 .load_assignment']],
  [assignment({ endpoint: {} }), [`WEFT1404 ${ADDRESS}`]],
  [assignment({ endpoint: { address: { pipe: { path: `/${'x'.repeat(107)}` } } } }), [`WEFT1404 ${ADDRESS}.pipe.path`]],
  [
    assignment(host('1.1.1.1', { load_balancing_weight: 4e9 }), host('1.1.1.2', { load_balancing_weight: 4e9 })),
    ['WEFT1410 .load_assignment'],
  ],
  [
    {
      type: 'STRICT_DNS',
      dns_failure_refresh_rate: { base_interval: '10s', max_interval: '1s' },
    },
    ['WEFT1405 .dns_failure_refresh_rate'],
  ],
  [{ lb_policy: 'LOAD_BALANCING_POLICY_CONFIG' }, ['WEFT1303 .lb_policy']],
])('%j is refused', (fields, expected) => {
  expect(read(fields).findings).toEqual(expected);
});

test('names of clusters are unique', () => {
  const text = JSON.stringify({ static_resources: { clusters: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] } });
  const decoded = decodeBootstrap([new ConfigSource('test.json', text)], { unsupportedFields: 'refuse', descriptors });
  const findings: Finding[] = [];
  readClusters(decoded.bootstrap.static_resources!.clusters, 'static_resources.clusters', findings);
  expect(findings.map((f) => `${f.code} ${f.path}`)).toEqual(['WEFT1402 static_resources.clusters[2].name']);
});

// Class 65 of the failures (CVE-2026-26310: scoped IPv6 and v4-mapped addresses). Envoy 1.40's verdicts, from `--mode validate`.
test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.1', undefined],
  ['010.0.0.1', undefined],
  ['0x7f.1', undefined],
  ['1.2.3.4%lo', undefined],
  ['1.2.3.4:80', undefined],
  ['::', '::'],
  ['0::1', '::1'],
  ['00000::1', undefined],
  ['[::1]', undefined],
  [' ::1', undefined],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
  ['::ffff:0102:0304', '::ffff:1.2.3.4'],
  ['::ffff:01.2.3.4', undefined],
  ['::ffff:1.2.3.4%lo', undefined],
  ['::ffff:1.2.3.4%1', '::ffff:1.2.3.4%1'],
  ['::1%lo', undefined],
  ['::1%1', '::1%1'],
  ['fe80::1%lo', 'fe80::1%1'],
  ['FE80::1%lo', 'fe80::1%1'],
  ['ff02::1%lo', 'ff02::1%1'],
  ['ff05::1%lo', undefined],
  ['2001:db8::1%lo', undefined],
  ['fe80::1%nosuch', undefined],
  ['fe80::1%', undefined],
  ['fe80::1%25lo', undefined],
  ['fe80::1%999', 'fe80::1%999'],
  ['fe80::1%0', 'fe80::1'],
  ['fe80::1%4294967296', undefined],
  ['fe80::1%-1', undefined],
  ['fe80::1%../lo', undefined],
])('the address %j is read as %j', (text, expected) => {
  const { spec, findings } = read(assignment(host(text)));
  if (expected === undefined) expect(findings).toEqual([`WEFT1404 ${ADDRESS}.socket_address.address`]);
  else expect(spec.endpoints[0].target).toMatchObject({ address: { address: expected } });
});
