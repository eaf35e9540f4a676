// Resources as a large mesh has them, already encoded: what making them costs is no part of a measurement.
import { descriptors } from '../../test/support/discovery.js';
import type { ApiType } from '../../test/support/xds_resources.js';

type Json = Record<string, unknown>;

export interface Encoded {
  readonly name: string;
  readonly value: Uint8Array;
}

const EDS = 3; // Cluster.DiscoveryType
const V3 = 2; // ApiVersion
const ADS = { ads: {}, resource_api_version: V3 };
const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'envoy.extensions.filters.http.router.v3.Router';

export const CLUSTER = 'envoy.config.cluster.v3.Cluster';
export const ENDPOINTS = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
export const LISTENER = 'envoy.config.listener.v3.Listener';
export const ROUTES = 'envoy.config.route.v3.RouteConfiguration';

export function typeUrl(typeName: string): string {
  return `type.googleapis.com/${typeName}`;
}

function encode(typeName: string, json: Json): Uint8Array {
  return descriptors.type(typeName).encode(json).finish();
}

function any(typeName: string, json: Json): Json {
  return { type_url: typeUrl(typeName), value: encode(typeName, json) };
}

export function clusterName(i: number): string {
  return `outbound|8080||service-${i}.namespace.svc.cluster.local`;
}

/** `seconds`: its connect_timeout, of which a change is a change of the cluster. */
export function cluster(name: string, seconds = 1): Encoded {
  const eds_cluster_config = { eds_config: ADS };
  return { name, value: encode(CLUSTER, { name, type: EDS, connect_timeout: { seconds }, eds_cluster_config }) };
}

/** Endpoints at the addresses 127.0.0.1, 127.0.0.2, … */
export function assignment(name: string, port: number, count: number, first = 1): Encoded {
  const lb_endpoints = Array.from({ length: count }, (_, i) => ({
    endpoint: { address: address(`127.0.0.${first + i}`, port) },
  }));
  return { name, value: encode(ENDPOINTS, { cluster_name: name, endpoints: [{ lb_endpoints }] }) };
}

export function hostName(i: number): string {
  return `service-${i}.example`;
}

/** One virtual host for each cluster. */
export function routes(name: string, clusters: readonly string[]): Encoded {
  const virtual_hosts = clusters.map((to, i) => ({
    name: hostName(i),
    domains: [hostName(i)],
    routes: [{ match: { prefix: '/' }, route: { cluster: to } }],
  }));
  return { name, value: encode(ROUTES, { name, virtual_hosts }) };
}

export function listener(name: string, port: number, routeConfig: string): Encoded {
  const manager = {
    stat_prefix: name,
    rds: { route_config_name: routeConfig, config_source: ADS },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: any(ROUTER, {}) }],
  };
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config: any(HCM, manager) }];
  return {
    name,
    value: encode(LISTENER, { name, address: address('127.0.0.1', port), filter_chains: [{ filters }] }),
  };
}

function address(ip: string, port: number): Json {
  return { socket_address: { address: ip, port_value: port } };
}

/** A DiscoveryResponse or DeltaDiscoveryResponse. */
export function response(api: ApiType, typeName: string, version: string, resources: readonly Encoded[]): Uint8Array {
  const type_url = typeUrl(typeName);
  const head = { type_url, nonce: version };
  if (api === 'DELTA_GRPC') {
    const list = resources.map(({ name, value }) => ({ name, version, resource: { type_url, value } }));
    return encode('envoy.service.discovery.v3.DeltaDiscoveryResponse', { ...head, resources: list });
  }
  const list = resources.map(({ value }) => ({ type_url, value }));
  return encode('envoy.service.discovery.v3.DiscoveryResponse', { ...head, version_info: version, resources: list });
}
