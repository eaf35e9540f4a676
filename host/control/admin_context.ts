// What the admin listener shows of the control side.
import { ENDPOINT_STATE_ACTIVE, ENDPOINT_STATE_CONNECTIONS } from '../../assembly/abi.js';
import type { AdminContext, ClusterView, HostView, LogLevels } from '../admin/context.js';
import type { ProxyOptions } from '../cli/proxy_options.js';
import type { DynamicEndpoints } from '../cluster/dynamic_endpoints.js';
import type { ManagedCluster } from '../cluster/managed_cluster.js';
import type { ThresholdModel } from '../cluster/model.js';
import type { Bootstrap } from '../config/bootstrap.js';
import { structJson } from '../config/message.js';
import type { Core } from '../core/load.js';
import { formatAddress } from '../io/address.js';
import { LOG_LEVEL_NAMES, parseLogLevel } from '../process/log_level.js';
import type { Logger } from '../process/log.js';
import type { CircuitBreakerLimits } from '../stats/circuit_breakers.js';

function configuredHosts(core: Core, { endpoints, endpointIds }: ManagedCluster): HostView[] {
  return endpoints.map(({ address, hostname, weight, priority, health, locality }, i) => {
    const sum = (field: number): number => core.exports.endpointSum(endpointIds[i], field) >>> 0;
    return {
      address: formatAddress(address),
      hostname,
      weight,
      priority,
      health,
      ...(locality ? { locality } : {}),
      connections: sum(ENDPOINT_STATE_CONNECTIONS),
      activeRequests: sum(ENDPOINT_STATE_ACTIVE),
    };
  });
}

// Envoy names a host of an ORIGINAL_DST cluster after both.
function originalDstHosts({ spec, index }: ManagedCluster, dynamic: DynamicEndpoints): HostView[] {
  const { name } = spec.model;
  return dynamic
    .of(index)
    .map((endpoint) => ({ ...endpoint, hostname: name + endpoint.address, weight: 1, priority: 0, health: 'healthy' }));
}

export function clusterView(core: Core, cluster: ManagedCluster, dynamic: DynamicEndpoints): ClusterView {
  const { model, statName } = cluster.spec;
  const [normal, high] = cluster.thresholds;
  return {
    name: model.name,
    observabilityName: statName,
    addedViaApi: false,
    limits: { default: breakerLimits(normal), high: breakerLimits(high) },
    hosts: model.originalDst ? originalDstHosts(cluster, dynamic) : configuredHosts(core, cluster),
  };
}

export function breakerLimits(threshold: ThresholdModel, trackRemaining = false): CircuitBreakerLimits {
  return { ...threshold, trackRemaining };
}

/** Changes reach the workers through `apply`, which is given the lowest level in use. */
export function logLevels(logger: Logger, apply: (lowest: number) => void): LogLevels {
  return {
    levels: LOG_LEVEL_NAMES,
    list: () => logger.list(),
    setAll(name) {
      logger.setAll(parseLogLevel(name) ?? 0);
      apply(logger.lowestLevel);
    },
    set(component, name) {
      const known = logger.set(component, parseLogLevel(name) ?? 0);
      apply(logger.lowestLevel);
      return known;
    },
  };
}

/** envoy.config.core.v3.Node, as far as operators look for it. */
export function nodeView(bootstrap: Bootstrap, version: string): AdminContext['node'] {
  const { id = '', cluster = '', locality, metadata } = bootstrap.node ?? {};
  const { region = '', zone = '', sub_zone = '' } = locality ?? {};
  return {
    id,
    cluster,
    ...(metadata ? { metadata: structJson(metadata) } : {}),
    locality: { region, zone, sub_zone },
    user_agent_name: 'weft',
    user_agent_version: version,
  };
}

/** envoy.admin.v3.CommandLineOptions */
export function commandLineView(options: ProxyOptions, concurrency: number): AdminContext['commandLineOptions'] {
  return {
    concurrency,
    config_path: options.configPath ?? '',
    config_yaml: options.configYaml ?? '',
    admin_address_path: options.adminAddressPath ?? '',
    log_level: options.logLevel,
    component_log_level: [...options.componentLogLevels].map((pair) => pair.join(':')).join(','),
    log_format: options.logFormat ?? '',
    log_path: options.logPath ?? '',
    service_cluster: options.serviceCluster ?? '',
    service_node: options.serviceNode ?? '',
    service_zone: options.serviceZone ?? '',
    mode: options.mode === 'init_only' ? 'InitOnly' : 'Serve',
    file_flush_interval: `${options.fileFlushIntervalMs / 1000}s`,
    ...(options.drainTimeSeconds === undefined ? {} : { drain_time: `${options.drainTimeSeconds}s` }),
  };
}
