// Envoy bootstraps for tests, built from the few words that a test cares about.

type Json = Record<string, unknown>;

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
const ROUTER = 'envoy.extensions.filters.http.router.v3.Router';

export interface HttpListener {
  port: number;
  /** Fields of HttpConnectionManager. */
  hcm?: Json;
  /** Default: one for `*` that routes everything to the cluster `upstream`. */
  virtual_hosts?: Json[];
  /** Fields of Listener. */
  listener?: Json;
}

export interface Cluster {
  /** Ports of 127.0.0.1, each optionally with a weight. */
  endpoints: (number | { port: number; weight: number })[];
  /** Fields of Cluster. */
  cluster?: Json;
}

export function bootstrap(adminPort: number, listeners: Json[], clusters: Record<string, Cluster>): Json {
  return {
    admin: { address: address(adminPort) },
    static_resources: {
      listeners,
      clusters: Object.entries(clusters).map(([name, each]) => cluster(name, each)),
    },
  };
}

export function httpListener(name: string, { port, hcm = {}, virtual_hosts, listener = {} }: HttpListener): Json {
  return networkListener(name, port, listener, {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `type.googleapis.com/${HCM}`,
      stat_prefix: name,
      http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': `type.googleapis.com/${ROUTER}` } }],
      route_config: { name, virtual_hosts: virtual_hosts ?? [routeAllTo('upstream')] },
      ...hcm,
    },
  });
}

export function tcpListener(name: string, port: number, tcp: Json, listener: Json = {}): Json {
  return networkListener(name, port, listener, {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: { '@type': `type.googleapis.com/${TCP_PROXY}`, stat_prefix: name, ...tcp },
  });
}

export function routeAllTo(cluster: string, route: Json = {}): Json {
  return { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster, ...route } }] };
}

/** An access log that writes one line of `format` for each request to `path`. */
export function fileAccessLog(path: string, format: string): Json {
  return {
    name: 'envoy.access_loggers.file',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path,
      log_format: { text_format_source: { inline_string: format } },
    },
  };
}

function networkListener(name: string, port: number, listener: Json, filter: Json): Json {
  return { name, address: address(port), filter_chains: [{ filters: [filter] }], ...listener };
}

function cluster(name: string, { endpoints, cluster = {} }: Cluster): Json {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints.map(lbEndpoint) }] },
    ...cluster,
  };
}

function lbEndpoint(endpoint: Cluster['endpoints'][number]): Json {
  if (typeof endpoint === 'number') return { endpoint: { address: address(endpoint) } };
  return { endpoint: { address: address(endpoint.port) }, load_balancing_weight: endpoint.weight };
}

function address(port: number): Json {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
