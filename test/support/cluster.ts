// Clusters for unit tests: built over a test core from a few words each.
import { LB_ROUND_ROBIN, W_STATE, WORKER_RANDOM } from '../../assembly/abi.js';
import { buildCluster } from '../../host/compile/cluster_object.js';
import type { ResolvedEndpoint } from '../../host/cluster/endpoint.js';
import type { ClusterModel } from '../../host/cluster/model.js';
import type { Core } from '../../host/core/load.js';
import type { TestCore } from './core.js';

export function clusterModel(changes: Partial<ClusterModel> = {}): ClusterModel {
  const threshold = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };
  return {
    name: 'test',
    loadBalancer: { policy: LB_ROUND_ROBIN, choiceCount: 2, activeRequestBias: 1 },
    thresholds: [threshold, threshold],
    connectTimeout: 5000,
    idleTimeout: 3_600_000,
    maxConnectionDuration: 0,
    maxRequestsPerConnection: 0,
    bufferLimit: 1 << 20,
    maxResponseHeaderBytes: 0,
    maxResponseHeaders: 0,
    trailers: false,
    keepalive: undefined,
    bind: undefined,
    proxyProtocol: 0,
    originalDst: undefined,
    panicThreshold: 50,
    overprovisioningFactor: 140,
    weightedPriorityHealth: false,
    ...changes,
  };
}

/** Endpoint `i` is 10.x.y.z:80 for its index. */
export function endpoint(i: number, changes: Partial<ResolvedEndpoint> = {}): ResolvedEndpoint {
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  return {
    address: { family: 'ipv4', address, port: 80 },
    hostname: '',
    weight: 1,
    health: 'healthy',
    priority: 0,
    ...changes,
  };
}

/** Builds and publishes a cluster whose endpoint ids are their indices; returns its object. */
export function publishCluster(
  control: Core,
  endpoints: readonly ResolvedEndpoint[],
  changes: Partial<ClusterModel> = {},
  index = 0,
): number {
  const place = { index, stats: 0, endpointIds: endpoints.map((_, i) => i) };
  const object = buildCluster(control, clusterModel(changes), endpoints, place);
  control.exports.clusterPublish(index, object);
  return object;
}

/** The two words that a generator of random numbers starts with. */
export function randomStart(seed: bigint): [bigint, bigint] {
  return [BigInt.asUintN(64, seed * 0x9e3779b97f4a7c15n), BigInt.asUintN(64, (seed + 1n) * 0xbf58476d1ce4e5b9n)];
}

/** Gives the worker's generator of random numbers a start, the same one for the same seed. */
export function seedRandom({ worker, W }: TestCore, seed: bigint): void {
  worker.u64.set(randomStart(seed), (W + W_STATE + WORKER_RANDOM) >> 3);
}

/** A picker that answers with endpoint ids; -1 where no host may be picked. */
export function picker(core: TestCore, object: number): () => number {
  const { u32, exports } = core.worker;
  const { pickEndpoint } = exports;
  return () => {
    const endpointAddress = pickEndpoint(object as never);
    return endpointAddress === 0 ? -1 : u32[endpointAddress >> 2];
  };
}

export function pickCounts(pick: () => number, hosts: number, picks: number): number[] {
  const counts = Array<number>(hosts).fill(0);
  for (let i = 0; i < picks; i++) counts[pick()]++;
  return counts;
}

/** Pearson's chi-square of counts against the shares of `weights`. */
export function chiSquare(counts: readonly number[], weights: readonly number[]): number {
  const picks = counts.reduce((a, b) => a + b, 0);
  const total = weights.reduce((a, b) => a + b, 0);
  return counts.reduce((sum, count, i) => {
    const expected = (picks * weights[i]) / total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}
