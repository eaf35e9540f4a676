// Listeners and clusters of a sidecar in the shapes that istiod gives them, without TLS.

type Json = Record<string, unknown>;

const FILTERS = 'type.googleapis.com/envoy.extensions.filters.';
const HCM = `${FILTERS}network.http_connection_manager.v3.HttpConnectionManager`;
const TCP_PROXY = `${FILTERS}network.tcp_proxy.v3.TcpProxy`;
const ROUTER = `${FILTERS}http.router.v3.Router`;
const FILE_LOG = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
const FORMAT =
  '%FILTER_CHAIN_NAME% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_DIRECT_LOCAL_PORT% %REQUESTED_SERVER_NAME% ' +
  '%UPSTREAM_CLUSTER% %UPSTREAM_HOST% %RESPONSE_FLAGS%\n';

const ORIGINAL_DST = {
  name: 'envoy.filters.listener.original_dst',
  typed_config: { '@type': `${FILTERS}listener.original_dst.v3.OriginalDst` },
};
const TLS_INSPECTOR = {
  name: 'envoy.filters.listener.tls_inspector',
  typed_config: { '@type': `${FILTERS}listener.tls_inspector.v3.TlsInspector` },
};

// Ports whose servers speak first, as istiod writes them: not inspected.
function httpInspector(...serverFirst: number[]): Json {
  const rules = serverFirst.map((port) => ({ destination_port_range: { start: port, end: port + 1 } }));
  const disabled = rules.length > 1 ? { or_match: { rules } } : rules[0];
  return {
    name: 'envoy.filters.listener.http_inspector',
    typed_config: { '@type': `${FILTERS}listener.http_inspector.v3.HttpInspector` },
    ...(disabled ? { filter_disabled: disabled } : {}),
  };
}

export interface SidecarPorts {
  application: number;
  serverFirst: number;
  service: number;
  blocked: number;
}

export class SidecarConfiguration {
  constructor(
    private readonly log: string,
    private readonly ports: SidecarPorts,
  ) {}

  bootstrap(adminPort: number, transparent = false): Json {
    return {
      admin: { address: address('127.0.0.1', adminPort) },
      static_resources: {
        listeners: [this.virtualOutbound(), this.service(), this.virtualInbound(transparent)],
        clusters: [
          { name: 'BlackHoleCluster', type: 'STATIC', connect_timeout: '10s' },
          originalDst('PassthroughCluster'),
          originalDst('InboundPassthroughCluster'),
        ],
      },
    };
  }

  private virtualOutbound(): Json {
    const chains = [
      chain('virtualOutbound-blackhole', { destination_port: 15001 }, this.tcp('BlackHoleCluster')),
      chain('virtualOutbound-catchall-tcp', undefined, this.tcp('PassthroughCluster')),
    ];
    return {
      name: 'virtualOutbound',
      address: dualStack(15001),
      use_original_dst: true,
      traffic_direction: 'OUTBOUND',
      access_log: [this.accessLog()],
      filter_chains: chains,
    };
  }

  // An HTTP service on a port of its own, and whatever else goes to that port.
  private service(): Json {
    const { service } = this.ports;
    return {
      name: `0.0.0.0_${service}`,
      address: dualStack(service),
      bind_to_port: false,
      traffic_direction: 'OUTBOUND',
      listener_filters: [ORIGINAL_DST, TLS_INSPECTOR, httpInspector()],
      listener_filters_timeout: '0.3s',
      continue_on_listener_filters_timeout: true,
      filter_chains: [
        chain(
          'service-http',
          { transport_protocol: 'raw_buffer', application_protocols: ['http/1.0', 'http/1.1', 'h2c'] },
          this.http('outbound', 'PassthroughCluster'),
        ),
      ],
      default_filter_chain: chain('PassthroughFilterChain', undefined, this.tcp('PassthroughCluster')),
    };
  }

  private virtualInbound(transparent: boolean): Json {
    const { application, serverFirst, blocked } = this.ports;
    const http = ['http/1.0', 'http/1.1', 'h2c'];
    const everywhere = { prefix_ranges: [range('0.0.0.0', 0), range('::', 0)] };
    return {
      name: 'virtualInbound',
      address: transparent ? address('0.0.0.0', 15006) : dualStack(15006),
      ...(transparent ? { transparent: true } : {}),
      traffic_direction: 'INBOUND',
      listener_filters: [ORIGINAL_DST, TLS_INSPECTOR, httpInspector(serverFirst, blocked)],
      listener_filters_timeout: '0.3s',
      continue_on_listener_filters_timeout: true,
      access_log: [this.accessLog()],
      filter_chains: [
        chain('virtualInbound-blackhole', { destination_port: 15006 }, this.tcp('BlackHoleCluster')),
        chain(
          `0.0.0.0_${application}`,
          { destination_port: application, transport_protocol: 'raw_buffer', application_protocols: http },
          this.http('inbound', 'InboundPassthroughCluster'),
        ),
        chain(
          'virtualInbound-sni',
          {
            ...everywhere,
            transport_protocol: 'tls',
            server_names: ['*.mesh.example'],
            application_protocols: ['istio', 'h2', 'http/1.1'],
          },
          this.tcp('InboundPassthroughCluster'),
        ),
        chain(
          'virtualInbound-catchall-tls',
          { ...everywhere, transport_protocol: 'tls' },
          this.tcp('InboundPassthroughCluster'),
        ),
        chain(
          'virtualInbound-catchall',
          { ...everywhere, transport_protocol: 'raw_buffer' },
          this.tcp('InboundPassthroughCluster'),
        ),
      ],
    };
  }

  private accessLog(): Json {
    const format = { text_format_source: { inline_string: FORMAT } };
    return { name: 'file', typed_config: { '@type': FILE_LOG, path: this.log, log_format: format } };
  }

  private tcp(cluster: string): Json {
    const config = { '@type': TCP_PROXY, stat_prefix: cluster, cluster };
    return { name: 'envoy.filters.network.tcp_proxy', typed_config: config };
  }

  private http(name: string, cluster: string): Json {
    const route = { match: { prefix: '/' }, route: { cluster } };
    const header = { key: 'x-chain', value: name };
    const host = { name: 'all', domains: ['*'], routes: [route], response_headers_to_add: [{ header }] };
    const config = {
      '@type': HCM,
      stat_prefix: name,
      access_log: [this.accessLog()],
      http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER } }],
      route_config: { name, virtual_hosts: [host] },
    };
    return { name: 'envoy.filters.network.http_connection_manager', typed_config: config };
  }
}

function chain(name: string, match: Json | undefined, filter: Json): Json {
  return { name, ...(match ? { filter_chain_match: match } : {}), filters: [filter] };
}

function originalDst(name: string): Json {
  return { name, type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '2s' };
}

function address(host: string, port: number): Json {
  return { socket_address: { address: host, port_value: port } };
}

function dualStack(port: number): Json {
  return { socket_address: { address: '::', port_value: port, ipv4_compat: true } };
}

function range(prefix: string, bits: number): Json {
  return { address_prefix: prefix, prefix_len: bits };
}
