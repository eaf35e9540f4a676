// Resources as a control plane has them, and a bootstrap that asks for them.
const TYPE = 'type.googleapis.com/';
const HCM = `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ADS = { ads: {}, resource_api_version: 'V3' };

type Json = Record<string, unknown>;

export function edsCluster(name: string, more: Json = {}): Json {
  const eds = { eds_config: ADS };
  return {
    '@type': `${TYPE}envoy.config.cluster.v3.Cluster`,
    name,
    type: 'EDS',
    connect_timeout: '1s',
    eds_cluster_config: eds,
    ...more,
  };
}

export function assignment(cluster: string, ...ports: number[]): Json {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: address(port) } }));
  return {
    '@type': `${TYPE}envoy.config.endpoint.v3.ClusterLoadAssignment`,
    cluster_name: cluster,
    endpoints: [{ lb_endpoints }],
  };
}

export function rdsListener(name: string, port: number, routes: string, hcm: Json = {}): Json {
  const router = { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` };
  const manager = {
    '@type': HCM,
    stat_prefix: name,
    rds: { route_config_name: routes, config_source: ADS },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: router }],
    ...hcm,
  };
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }];
  return {
    '@type': `${TYPE}envoy.config.listener.v3.Listener`,
    name,
    address: address(port),
    filter_chains: [{ filters }],
  };
}

export function routes(name: string, ...list: Json[]): Json {
  return {
    '@type': `${TYPE}envoy.config.route.v3.RouteConfiguration`,
    name,
    virtual_hosts: [{ name: 'all', domains: ['*'], routes: list }],
  };
}

export function toCluster(cluster: string, prefix = '/'): Json {
  return { match: { prefix }, route: { cluster } };
}

export function direct(prefix: string, body: string): Json {
  return { match: { prefix }, direct_response: { status: 200, body: { inline_string: body } } };
}

export function address(port: number): Json {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}

export type ApiType = 'GRPC' | 'DELTA_GRPC';

/** Everything comes over one stream from `xdsPort`. */
export function adsBootstrap(adminPort: number, xdsPort: number, api: ApiType): Json {
  const http2 = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPE}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(xdsPort) } }] }];
  const grpc_services = [{ envoy_grpc: { cluster_name: 'control_plane' } }];
  return {
    node: { id: 'proxy-1', cluster: 'test' },
    admin: { address: address(adminPort) },
    dynamic_resources: {
      ads_config: { api_type: api, transport_api_version: 'V3', grpc_services },
      cds_config: ADS,
      lds_config: ADS,
    },
    static_resources: {
      clusters: [
        {
          name: 'control_plane',
          connect_timeout: '1s',
          typed_extension_protocol_options: http2,
          load_assignment: { cluster_name: 'control_plane', endpoints },
        },
      ],
    },
  };
}
