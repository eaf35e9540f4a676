import { portOf, withoutPort } from '../access_log/address.js';
import type { CircuitBreakerLimits } from '../stats/circuit_breakers.js';
import type { ClusterView, HostView } from './context.js';
import { badRequest, jsonAnswer, type AdminHandler } from './handler.js';
import { nameFilter } from './name_filter.js';

/** Envoy's text. What weft does not count by host (totals) is left out rather than shown as 0. */
function clusterText(cluster: ClusterView): string {
  const { name, observabilityName, limits, addedViaApi, hosts } = cluster;
  const lines = [
    `observability_name::${observabilityName}`,
    ...limitLines('default_priority', limits.default),
    ...limitLines('high_priority', limits.high),
    `added_via_api::${addedViaApi}`,
    ...hosts.flatMap(hostLines),
  ];
  return lines.map((line) => `${name}::${line}\n`).join('');
}

function limitLines(priority: string, limits: CircuitBreakerLimits): string[] {
  return [
    `${priority}::max_connections::${limits.maxConnections}`,
    `${priority}::max_pending_requests::${limits.maxPendingRequests}`,
    `${priority}::max_requests::${limits.maxRequests}`,
    `${priority}::max_retries::${limits.maxRetries}`,
  ];
}

/** Envoy's health_flags. */
const HEALTH_FLAGS: Readonly<Record<HostView['health'], string>> = {
  healthy: 'healthy',
  degraded: '/degraded_eds_health',
  unhealthy: '/failed_eds_health',
  draining: '/eds_status_draining',
};

function hostLines(host: HostView): string[] {
  const lines = [
    `cx_active::${host.connections}`,
    `rq_active::${host.activeRequests}`,
    `hostname::${host.hostname}`,
    `health_flags::${HEALTH_FLAGS[host.health]}`,
    `weight::${host.weight}`,
    `region::${host.locality?.region ?? ''}`,
    `zone::${host.locality?.zone ?? ''}`,
    `sub_zone::${host.locality?.sub_zone ?? ''}`,
    'canary::false',
    `priority::${host.priority}`,
    'success_rate::-1',
    'local_origin_success_rate::-1',
  ];
  return lines.map((line) => `${host.address}::${line}`);
}

/** envoy.config.core.v3.Address as JSON. */
export function addressJson(address: string): object {
  const port = portOf(address);
  if (port === null) return { pipe: { path: address } };
  return { socket_address: { address: withoutPort(address), port_value: port } };
}

/** envoy.admin.v3.ClusterStatus as JSON; protobuf leaves out zeros. */
function clusterJson(cluster: ClusterView): object {
  return {
    name: cluster.name,
    ...(cluster.addedViaApi ? { added_via_api: true } : {}),
    host_statuses: cluster.hosts.map(hostJson),
    circuit_breakers: {
      thresholds: [thresholdJson(cluster.limits.default), { priority: 'HIGH', ...thresholdJson(cluster.limits.high) }],
    },
    observability_name: cluster.observabilityName,
  };
}

function thresholdJson(limits: CircuitBreakerLimits): object {
  return {
    max_connections: limits.maxConnections,
    max_pending_requests: limits.maxPendingRequests,
    max_requests: limits.maxRequests,
    max_retries: limits.maxRetries,
  };
}

function gauge(name: string, value: number): object {
  return { type: 'GAUGE', name, ...(value === 0 ? {} : { value: String(value) }) };
}

/** protobuf leaves out what is empty. */
function withoutEmpty(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function hostJson(host: HostView): object {
  return {
    address: addressJson(host.address),
    stats: [gauge('cx_active', host.connections), gauge('rq_active', host.activeRequests)],
    health_status: { eds_health_status: host.health.toUpperCase() },
    weight: host.weight,
    ...(host.hostname ? { hostname: host.hostname } : {}),
    ...(host.priority ? { priority: host.priority } : {}),
    locality: withoutEmpty(host.locality ?? {}),
  };
}

export const clusters: AdminHandler = {
  path: '/clusters',
  help: 'upstream cluster status',
  parameters: [
    ['filter', 'Regular expression for filtering clusters by name'],
    ['format', 'Format to use; One of (text, json)'],
  ],
  handle(context, query) {
    const matches = nameFilter(query.get('filter'));
    if (typeof matches === 'string') return badRequest(`Invalid re2 regex: ${matches}\n`);
    const found = [...context.clusters()].filter(({ name }) => matches(name));
    if (query.get('format') === 'json') return jsonAnswer({ cluster_statuses: found.map(clusterJson) });
    return { body: found.map(clusterText).join('') };
  },
};
