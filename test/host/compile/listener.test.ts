import { expect, test } from 'vitest';
import * as abi from '../../../assembly/abi.js';
import { readListener, type ListenerModel } from '../../../host/compile/listener.js';
import { buildListener, type ListenerPlace } from '../../../host/compile/listener_object.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import type { Finding } from '../../../host/config/finding.js';
import { ConfigSource } from '../../../host/config/source.js';
import { HTTP_FILTERS, type HttpFilterRegistry } from '../../../host/filter/http/registry.js';
import { bootstrap, httpListener, tcpListener } from '../../support/bootstrap.js';
import { testCore } from '../../support/core.js';

type Json = Record<string, unknown>;

const descriptors = new Descriptors();
const CLUSTERS = new Map([
  ['upstream', 0],
  ['second', 1],
]);
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const BUFFER = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';

function read(json: Json, filters: HttpFilterRegistry = HTTP_FILTERS): { model?: ListenerModel; findings: string[] } {
  const config = bootstrap(1, [json], { upstream: { endpoints: [1] } });
  const decoded = decodeBootstrap([new ConfigSource('test.json', JSON.stringify(config))], {
    unsupportedFields: 'refuse', // its findings are not of interest here
    descriptors,
  });
  const listener = decoded.bootstrap.static_resources?.listeners[0];
  if (!listener) throw new Error('no listener');
  const findings: Finding[] = [];
  const context = { clusterOf: (name: string) => CLUSTERS.get(name), httpFilters: filters, asker: () => 0 };
  const model = readListener(listener, 'listeners[0]', context, findings);
  return { model, findings: findings.map((f) => `${f.code} ${f.path}`) };
}

function readHcm(hcm: Json) {
  const { model, findings } = read(httpListener('l', { port: 80, hcm }));
  expect(findings).toEqual([]);
  const network = model?.chains[0].network;
  if (network?.kind !== 'http_connection_manager') throw new Error('not HTTP');
  return network.hcm;
}

test('an empty connection manager has the defaults of Envoy', () => {
  const { routeConfig, ...hcm } = readHcm({});
  expect(routeConfig?.virtual_hosts.length).toBe(1);
  expect(hcm).toMatchObject({
    flags: abi.HCM_GENERATE_REQUEST_ID,
    maxRequestHeaders: 60 * 1024,
    maxHeadersCount: 100,
    maxRequestsPerConnection: 0,
    idleTimeout: 3_600_000,
    maxConnectionDuration: 0,
    drainTimeout: 5000,
    delayedCloseTimeout: 1000,
    streamIdleTimeout: 300_000,
    requestTimeout: 0,
    requestHeadersTimeout: 0,
    maxStreamDuration: 0,
    serverName: 'envoy',
    escapedSlashes: 0,
    underscores: 0,
    filters: [{ kind: 'router' }],
  });
});

test('every option of the connection manager reaches its field', () => {
  const hcm = readHcm({
    codec_type: 'HTTP1',
    server_name: 'weft',
    server_header_transformation: 'PASS_THROUGH',
    via: 'v',
    use_remote_address: true,
    skip_xff_append: true,
    xff_num_trusted_hops: 2,
    generate_request_id: false,
    preserve_external_request_id: true,
    always_set_request_id_in_response: true,
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
    strip_any_host_port: true,
    strip_trailing_host_dot: true,
    proxy_100_continue: true,
    stream_error_on_invalid_http_message: true,
    append_x_forwarded_port: true,
    add_user_agent: true,
    max_request_headers_kb: 8,
    stream_idle_timeout: '0s',
    request_timeout: '1.0005s',
    request_headers_timeout: '2s',
    drain_timeout: '3s',
    delayed_close_timeout: '0s',
    scheme_header_transformation: { scheme_to_overwrite: 'https' },
    internal_address_config: { unix_sockets: true, cidr_ranges: [{ address_prefix: 'fd00::', prefix_len: 8 }] },
    http_protocol_options: { accept_http_10: true, enable_trailers: true, default_host_for_http_10: 'd' },
    common_http_protocol_options: {
      idle_timeout: '4s',
      max_connection_duration: '5s',
      max_stream_duration: '6s',
      max_headers_count: 7,
      max_requests_per_connection: 8,
      headers_with_underscores_action: 'DROP_HEADER',
    },
    upgrade_configs: [{ upgrade_type: 'WebSocket' }, { upgrade_type: 'CONNECT', enabled: false }],
    http_filters: [{ name: 'r', typed_config: { '@type': ROUTER, suppress_envoy_headers: true } }],
  });
  const flags =
    abi.HCM_USE_REMOTE_ADDRESS |
    abi.HCM_SKIP_XFF_APPEND |
    abi.HCM_PRESERVE_EXTERNAL_REQUEST_ID |
    abi.HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE |
    abi.HCM_NORMALIZE_PATH |
    abi.HCM_MERGE_SLASHES |
    abi.HCM_STRIP_ANY_HOST_PORT |
    abi.HCM_STRIP_TRAILING_HOST_DOT |
    abi.HCM_ACCEPT_HTTP_10 |
    abi.HCM_ENABLE_TRAILERS |
    abi.HCM_PROXY_100_CONTINUE |
    abi.HCM_STREAM_ERROR_ON_INVALID |
    abi.HCM_APPEND_X_FORWARDED_PORT |
    abi.HCM_INTERNAL_UNIX_SOCKETS |
    abi.HCM_SUPPRESS_ENVOY_HEADERS;
  expect(hcm).toMatchObject({
    codecType: 1,
    flags,
    serverName: 'weft',
    serverHeaderTransformation: 2,
    via: 'v',
    xffNumTrustedHops: 2,
    escapedSlashes: 2,
    underscores: 2,
    addUserAgent: true,
    maxRequestHeaders: 8192,
    maxHeadersCount: 7,
    maxRequestsPerConnection: 8,
    streamIdleTimeout: 0,
    requestTimeout: 1001,
    requestHeadersTimeout: 2000,
    drainTimeout: 3000,
    delayedCloseTimeout: 0,
    idleTimeout: 4000,
    maxConnectionDuration: 5000,
    maxStreamDuration: 6000,
    schemeToOverwrite: 2,
    defaultHost: 'd',
    internalRanges: [{ bits: 8 }],
    upgrades: [
      { name: 'websocket', enabled: true },
      { name: 'connect', enabled: false },
    ],
  });
});

test('what cannot be served is a finding at its place', () => {
  const hcm = 'listeners[0].filter_chains[0].filters[0].typed_config';
  const router = { name: 'r', typed_config: { '@type': ROUTER } };
  const cases: [Json, string[]][] = [
    [httpListener('l', { port: 80, hcm: { http_filters: [] } }), [`WEFT1406 ${hcm}.http_filters`]],
    [httpListener('l', { port: 80, hcm: { http_filters: [router, router] } }), [`WEFT1406 ${hcm}.http_filters[0]`]],
    [
      httpListener('l', {
        port: 80,
        hcm: { http_filters: [{ name: 'b', typed_config: { '@type': BUFFER } }, router] },
      }),
      [`WEFT1302 ${hcm}.http_filters[0].typed_config`],
    ],
    [
      httpListener('l', { port: 80, hcm: { strip_matching_host_port: true, strip_any_host_port: true } }),
      [`WEFT1405 ${hcm}.strip_matching_host_port`],
    ],
    [
      httpListener('l', { port: 80, hcm: { upgrade_configs: [{ upgrade_type: 'a' }, { upgrade_type: 'A' }] } }),
      [`WEFT1402 ${hcm}.upgrade_configs[1].upgrade_type`],
    ],
    [
      httpListener('l', {
        port: 80,
        hcm: { internal_address_config: { cidr_ranges: [{ address_prefix: '10.0.0.0', prefix_len: 33 }] } },
      }),
      [`WEFT1404 ${hcm}.internal_address_config.cidr_ranges[0]`],
    ],
    [httpListener('l', { port: 80, listener: { filter_chains: [] } }), ['WEFT1406 listeners[0].filter_chains']],
    [
      httpListener('l', {
        port: 80,
        listener: { address: { socket_address: { address: 'a.example', port_value: 1 } } },
      }),
      ['WEFT1404 listeners[0].address'],
    ],
    [tcpListener('l', 80, { cluster: 'nobody' }), [`WEFT1401 ${hcm}.cluster`]],
    [
      tcpListener('l', 80, {
        weighted_clusters: {
          clusters: [
            { name: 'upstream', weight: 1 },
            { name: 'x', weight: 1 },
          ],
        },
      }),
      [`WEFT1401 ${hcm}.weighted_clusters.clusters[1].name`],
    ],
  ];
  for (const [json, expected] of cases) expect(read(json).findings).toEqual(expected);
});

test('a filter of the registry reads its configuration and stands before the router', () => {
  const filters: HttpFilterRegistry = new Map([
    [
      'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
      { read: (message: unknown) => typeof message, create: () => ({}) },
    ],
  ]);
  const chain = [
    { name: 'off', disabled: true, typed_config: { '@type': BUFFER } },
    { name: 'mine', typed_config: { '@type': BUFFER } },
    { name: 'r', typed_config: { '@type': ROUTER } },
  ];
  const { model, findings } = read(httpListener('l', { port: 80, hcm: { http_filters: chain } }), filters);
  expect(findings).toEqual([]);
  expect(model?.chains[0].network).toMatchObject({
    hcm: {
      filters: [{ name: 'off', disabled: true }, { kind: 'host', name: 'mine', disabled: false }, { kind: 'router' }],
    },
  });
});

test('a listener is built whole, and freed whole', () => {
  const { control, worker } = testCore();
  worker.exports.offline();
  const place: ListenerPlace = {
    index: 3,
    stats: 0,
    filterStats: [],
    accessLog: undefined,
    chains: [
      {
        serial: 1,
        networkStats: 0,
        routeConfig: 0,
        accessLog: {
          id: 1,
          need: 0,
          requestHeaders: [':path', 'user-agent'],
          responseHeaders: ['x-a'],
          responseTrailers: [],
          joined: [false, true, false],
        },
      },
    ],
    localInfo: { cluster: 'c', node: 'n', address: '10.0.0.1' },
  };
  const before = control.exports.tableBytes();
  const weighted = {
    weighted_clusters: {
      clusters: [
        { name: 'upstream', weight: 1 },
        { name: 'second', weight: 3 },
      ],
    },
  };
  for (const json of [
    httpListener('l', { port: 80, hcm: { upgrade_configs: [{ upgrade_type: 'websocket' }], via: 'v' } }),
    tcpListener('l', 80, { cluster: 'upstream' }),
    tcpListener('l', 80, weighted),
  ]) {
    const { model } = read(json);
    if (!model) throw new Error('no model');
    const { address: object } = buildListener(control, model, place);
    control.exports.listenerPublish(place.index, object);
    expect(control.u32[(abi.LISTENER_DIR >> 2) + place.index]).toBe(object);
  }
  control.exports.listenerPublish(place.index, 0);
  expect(control.exports.reclaim()).toBe(0);
  expect(control.exports.tableBytes()).toBe(before);
});
