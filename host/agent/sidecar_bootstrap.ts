// The bootstrap of a sidecar without a control plane: what is captured passes through to where it was going, is counted and logged.
//
// 15001 takes what the application sends, 15006 what is sent to it. The connection's original destination decides where it goes; a connection
// that was made to one of the two ports themselves, and would go round for ever, ends in the black hole. What the proxy sends to its own
// application starts from 127.0.0.6, which the redirection rules leave alone.
import type { SidecarEnvironment } from './environment.js';

type Json = Readonly<Record<string, unknown>>;

const TYPE = 'type.googleapis.com/envoy.extensions';
const OUTBOUND_PORT = 15001;
const INBOUND_PORT = 15006;
/** Of the packets that TPROXY rules leave alone (`weft iptables -t`). */
const TPROXY_MARK = 1337;
/** For those who speak first in their protocol, the client does not: after this time it is some TCP. */
const DETECTION_TIMEOUT = '0.1s';
const NO_LIMIT = 4_294_967_295;

// As Istio's, so that what reads its logs reads these.
const LOG_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% ' +
  '%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" ' +
  '"%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

interface Side {
  readonly name: 'virtualOutbound' | 'virtualInbound';
  readonly port: number;
  readonly direction: 'OUTBOUND' | 'INBOUND';
  readonly cluster: string;
}

export function sidecarBootstrap(sidecar: Pick<SidecarEnvironment, 'adminPort' | 'ipv6' | 'interception'>): Json {
  const { adminPort, ipv6 } = sidecar;
  const inbound = {
    name: 'virtualInbound',
    port: INBOUND_PORT,
    direction: 'INBOUND',
    cluster: 'InboundPassthroughCluster',
  } as const;
  const outbound = {
    name: 'virtualOutbound',
    port: OUTBOUND_PORT,
    direction: 'OUTBOUND',
    cluster: 'PassthroughCluster',
  } as const;
  return {
    ...(adminPort === 0 ? {} : { admin: { address: socketAddress('127.0.0.1', adminPort) } }),
    static_resources: {
      listeners: sidecar.interception === 'NONE' ? [] : [listener(outbound, sidecar), listener(inbound, sidecar)],
      clusters: [
        passthroughCluster('PassthroughCluster'),
        passthroughCluster('InboundPassthroughCluster', '127.0.0.6'),
        ...(ipv6 ? [passthroughCluster('InboundPassthroughClusterIpv6', '::6')] : []),
        { name: 'BlackHoleCluster', type: 'STATIC', connect_timeout: '10s' },
      ],
    },
  };
}

function listener(side: Side, { ipv6, interception }: Pick<SidecarEnvironment, 'ipv6' | 'interception'>): Json {
  const { name, port, direction } = side;
  const isTransparent = direction === 'INBOUND' && interception === 'TPROXY';
  return {
    name,
    address: {
      socket_address: { address: ipv6 ? '::' : '0.0.0.0', port_value: port, ...(ipv6 ? { ipv4_compat: true } : {}) },
    },
    traffic_direction: direction,
    ...(isTransparent ? { transparent: true } : {}),
    listener_filters: [
      filter('listener', 'original_dst', 'OriginalDst', 'v3'),
      // As istiod's: the application sees who has called it, and what it answers comes back to the proxy by the mark.
      ...(isTransparent ? [filter('listener', 'original_src', 'OriginalSrc', 'v3', { mark: TPROXY_MARK })] : []),
      filter('listener', 'http_inspector', 'HttpInspector', 'v3'),
    ],
    listener_filters_timeout: DETECTION_TIMEOUT,
    continue_on_listener_filters_timeout: true,
    filter_chains: [
      {
        name: `${name}-blackhole`,
        filter_chain_match: { destination_port: port },
        filters: [tcpProxy('BlackHoleCluster', [])],
      },
      ...addressFamilies(side, ipv6).flatMap(({ cluster, match }) => passthroughChains(name, cluster, match)),
    ],
  };
}

/** Inbound, the source address must be of the family of the destination. */
function addressFamilies({ direction, cluster }: Side, ipv6: boolean): { cluster: string; match: Json }[] {
  if (direction === 'OUTBOUND' || !ipv6) return [{ cluster, match: {} }];
  return [
    { cluster, match: { prefix_ranges: [{ address_prefix: '0.0.0.0', prefix_len: 0 }] } },
    { cluster: `${cluster}Ipv6`, match: { prefix_ranges: [{ address_prefix: '::', prefix_len: 0 }] } },
  ];
}

function passthroughChains(name: string, cluster: string, match: Json): Json[] {
  const family = cluster.endsWith('Ipv6') ? '-ipv6' : '';
  return [
    {
      name: `${name}-http${family}`,
      filter_chain_match: { ...match, application_protocols: ['http/1.0', 'http/1.1'] },
      filters: [httpConnectionManager(name, cluster)],
    },
    { name: `${name}-tcp${family}`, filter_chain_match: match, filters: [tcpProxy(cluster, [accessLog()])] },
  ];
}

/** Changes nothing that either side could notice, but for the headers that say a proxy was there. */
function httpConnectionManager(name: string, cluster: string): Json {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: cluster,
      server_header_transformation: 'PASS_THROUGH',
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      stream_idle_timeout: '0s',
      access_log: [accessLog()],
      http_filters: [filter('http', 'router', 'Router', 'v3')],
      route_config: {
        name,
        virtual_hosts: [
          {
            name: 'allow_any',
            domains: ['*'],
            routes: [{ name: 'allow_any', match: { prefix: '/' }, route: { cluster, timeout: '0s' } }],
          },
        ],
      },
    },
  };
}

function tcpProxy(cluster: string, log: readonly Json[]): Json {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: {
      '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: cluster,
      cluster,
      access_log: log,
    },
  };
}

function accessLog(): Json {
  return {
    name: 'envoy.access_loggers.file',
    typed_config: {
      '@type': `${TYPE}.access_loggers.file.v3.FileAccessLog`,
      path: '/dev/stdout',
      log_format: { text_format_source: { inline_string: LOG_FORMAT } },
    },
  };
}

/** `source`: where its connections start from. */
function passthroughCluster(name: string, source?: string): Json {
  return {
    name,
    type: 'ORIGINAL_DST',
    lb_policy: 'CLUSTER_PROVIDED',
    connect_timeout: '10s',
    circuit_breakers: {
      thresholds: [
        { max_connections: NO_LIMIT, max_pending_requests: NO_LIMIT, max_requests: NO_LIMIT, max_retries: NO_LIMIT },
      ],
    },
    ...(source === undefined ? {} : { upstream_bind_config: { source_address: { address: source, port_value: 0 } } }),
  };
}

function filter(kind: string, name: string, message: string, version: string, settings: Json = {}): Json {
  return {
    name: `envoy.filters.${kind}.${name}`,
    typed_config: { '@type': `${TYPE}.filters.${kind}.${name}.${version}.${message}`, ...settings },
  };
}

function socketAddress(address: string, port: number): Json {
  return { socket_address: { address, port_value: port } };
}
