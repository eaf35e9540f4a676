// A cluster manager over a test core, whose statistics and resolver are plain maps.
import type { ClusterSpec } from '../../host/compile/cluster.js';
import type { DiscoveryModel } from '../../host/compile/cluster_discovery.js';
import type { EndpointModel } from '../../host/compile/cluster_endpoints.js';
import { ClusterManager, type ClusterManagerOptions } from '../../host/cluster/manager.js';
import type { ClusterModel } from '../../host/cluster/model.js';
import { clusterModel, endpoint } from './cluster.js';
import type { TestCore } from './core.js';

/** Endpoint `i` of `support/cluster.ts` as configuration has it. */
export function staticEndpoint(i: number, changes: Partial<EndpointModel> = {}): EndpointModel {
  const { address, ...rest } = endpoint(i);
  return { target: { address }, ...rest, ...changes };
}

export function clusterSpec(
  name: string,
  endpoints: readonly EndpointModel[],
  discovery: DiscoveryModel = { kind: 'static' },
  model: Partial<ClusterModel> = {},
): ClusterSpec {
  return {
    model: clusterModel({ name, ...model }),
    discovery,
    endpoints,
    statName: name,
    waitForWarm: true,
    isControlOnly: false,
  };
}

export interface TestManager {
  readonly manager: ClusterManager;
  /** "cluster.counter" or "cluster.gauge" -> value. */
  readonly stats: Map<string, number>;
  readonly removedEndpoints: number[];
  readonly warnings: string[];
}

export function testManager({ control }: TestCore, options: Partial<ClusterManagerOptions> = {}): TestManager {
  const stats = new Map<string, number>();
  const removedEndpoints: number[] = [];
  const warnings: string[] = [];
  let blocks = 0;
  const manager = new ClusterManager({
    core: control,
    scopes: (statName) => ({
      block: 1000 + 100 * blocks++,
      count: (name) => stats.set(`${statName}.${name}`, (stats.get(`${statName}.${name}`) ?? 0) + 1),
      set: (name, value) => stats.set(`${statName}.${name}`, value),
      release: () => stats.set(`${statName}.released`, 1),
    }),
    warn: (message) => warnings.push(message),
    onEndpointsRemoved: (ids) => removedEndpoints.push(...ids),
    sweepInterval: 1 << 30,
    ...options,
  });
  return { manager, stats, removedEndpoints, warnings };
}
