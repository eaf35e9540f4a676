// The clusters of the process, on the control thread: names to indices, resolution, publication, and the return of what
// nobody uses any more.
import { DYNAMIC_FIRST_ID, MAX_CLUSTERS } from '../../assembly/abi.js';
import type { ClusterSpec } from '../compile/cluster.js';
import type { DnsModel } from '../compile/cluster_discovery.js';
import type { EndpointModel } from '../compile/cluster_endpoints.js';
import type { Core } from '../core/load.js';
import { NameIndices } from '../core/name_indices.js';
import { NOTHING, type Snapshot } from '../runtime/snapshot.js';
import { Retirement } from '../core/retirement.js';
import { DnsDiscovery } from './dns_discovery.js';
import { DnsResolver, type NameResolver } from './dns_resolver.js';
import type { ResolvedEndpoint } from './endpoint.js';
import { IdPool } from '../core/id_pool.js';
import { ManagedCluster, type Assignment } from './managed_cluster.js';
import type { ClusterScopes } from './stats.js';

export interface ClusterManagerOptions {
  readonly core: Core;
  readonly scopes: ClusterScopes;
  readonly warn: (message: string) => void;
  readonly onEndpointsRemoved?: (ids: readonly number[]) => void;
  readonly onClusterLeft?: (index: number) => void;
  /** What the runtime says now. */
  readonly runtime?: () => Snapshot;
  readonly createResolver?: (dns: DnsModel) => NameResolver;
  /** How long start-up waits for the first resolution of a cluster, ms. */
  readonly warmTimeout?: number;
  /** How often what waits to be freed is looked at, ms. */
  readonly sweepInterval?: number;
}

const WARM_TIMEOUT_MS = 15_000;
const SWEEP_INTERVAL_MS = 1000;

function isResolved(
  endpoint: EndpointModel,
): endpoint is EndpointModel & { target: { address: ResolvedEndpoint['address'] } } {
  return 'address' in endpoint.target;
}

function staticEndpoints(spec: ClusterSpec): ResolvedEndpoint[] {
  return spec.endpoints.filter(isResolved).map(({ target, ...rest }) => ({ ...rest, address: target.address }));
}

export class ClusterManager {
  private readonly clusters = new Map<string, ManagedCluster>();
  private readonly discoveries = new Map<string, DnsDiscovery>();
  private readonly resolvers = new Map<string, NameResolver>();
  /** Indices of names; shared with those who compile what names clusters. */
  readonly indices = new NameIndices(MAX_CLUSTERS, 'clusters');
  /** What waits to be freed: looked at once a second. */
  readonly retirement: Retirement;
  private readonly endpointIds = new IdPool(DYNAMIC_FIRST_ID, 'endpoints');
  private removed: ManagedCluster[] = [];
  /** Those with endpoints that have left and may still be in use. */
  private readonly leaving = new Set<ManagedCluster>();
  private readonly sweeper: NodeJS.Timeout;

  constructor(private readonly options: ClusterManagerOptions) {
    this.retirement = new Retirement(options.core);
    this.sweeper = setInterval(() => this.sweep(), options.sweepInterval ?? SWEEP_INTERVAL_MS).unref();
  }

  /** Adds a cluster, or gives a known one new settings. Returns its index, which stays the same. */
  set(spec: ClusterSpec): number {
    const { name } = spec.model;
    const cluster = this.clusters.get(name) ?? this.comeBack(name) ?? this.create(spec);
    cluster.reconfigure(spec);
    this.discoveries.get(name)?.close();
    this.discoveries.delete(name);
    const { discovery } = spec;
    if ('dns' in discovery) this.discover(cluster, discovery.kind === 'logical_dns', discovery.dns);
    else if (discovery.kind === 'eds') this.publishAssigned(cluster);
    else this.publish(cluster, staticEndpoints(spec));
    return cluster.index;
  }

  /** The endpoints of a cluster of type EDS; without any, nobody knows of them: it is ready all the same. */
  assign(name: string, assignment: Assignment): void {
    const cluster = this.clusters.get(name);
    if (!cluster) return;
    cluster.assign(assignment);
    this.publishAssigned(cluster);
  }

  // What workers see already they go on seeing until there are endpoints for the new settings.
  private publishAssigned(cluster: ManagedCluster): void {
    if (cluster.assignment) this.publish(cluster, cluster.assignment.endpoints);
  }

  get(name: string): ManagedCluster | undefined {
    return this.clusters.get(name);
  }

  remove(name: string): void {
    const cluster = this.clusters.get(name);
    if (!cluster) return;
    this.discoveries.get(name)?.close();
    this.discoveries.delete(name);
    this.clusters.delete(name);
    cluster.remove();
    this.removed.push(cluster);
  }

  indexOf(name: string): number | undefined {
    return this.clusters.get(name)?.index;
  }

  /** In the order in which they were added. */
  all(): IterableIterator<ManagedCluster> {
    return this.clusters.values();
  }

  /** Resolves once every cluster that start-up waits for has its first endpoints, or has waited long enough. */
  async ready(): Promise<void> {
    const timeout = this.options.warmTimeout ?? WARM_TIMEOUT_MS;
    const names = [...this.discoveries].map(([name, discovery]) => this.warm(name, discovery, timeout));
    const assigned = [...this.clusters.values()].filter(
      ({ spec }) => spec.discovery.kind === 'eds' && spec.waitForWarm,
    );
    await Promise.all([...names, ...assigned.map(({ assigned: first }) => first)]);
  }

  /** The runtime says something new: of it, the limits of circuit breakers count at once. */
  runtimeChanged(): void {
    for (const cluster of this.clusters.values()) cluster.applyLimits();
  }

  /** Frees what no worker uses any more: objects, endpoint ids, indices of removed clusters. Returns what still waits. */
  sweep(): number {
    let waiting = this.retirement.sweep();
    for (const cluster of this.leaving) {
      const left = cluster.sweep();
      waiting += left;
      if (left === 0) this.leaving.delete(cluster);
    }
    this.removed = this.removed.filter((cluster) => !this.release(cluster));
    return waiting + this.removed.length;
  }

  close(): void {
    clearInterval(this.sweeper);
    for (const discovery of this.discoveries.values()) discovery.close();
    for (const resolver of this.resolvers.values()) resolver.cancel();
  }

  // A cluster that is added again while something of it is still in use is the one it was: its words count what is left.
  private comeBack(name: string): ManagedCluster | undefined {
    const cluster = this.removed.find(({ spec }) => spec.model.name === name);
    if (!cluster) return undefined;
    this.removed = this.removed.filter((each) => each !== cluster);
    this.clusters.set(name, cluster);
    return cluster;
  }

  private create(spec: ClusterSpec): ManagedCluster {
    const { name } = spec.model;
    const cluster = new ManagedCluster(spec, this.indices.acquire(name), this.options.scopes(spec.statName), {
      core: this.options.core,
      endpointIds: this.endpointIds,
      runtime: this.options.runtime ?? (() => NOTHING),
      onClusterLeft: (index) => this.options.onClusterLeft?.(index),
      onEndpointsRemoved: (ids) => {
        this.leaving.add(cluster);
        this.options.onEndpointsRemoved?.(ids);
      },
    });
    this.clusters.set(name, cluster);
    return cluster;
  }

  private publish(cluster: ManagedCluster, endpoints: readonly ResolvedEndpoint[]): void {
    try {
      cluster.publish(endpoints);
    } catch (error) {
      this.options.warn(`cluster ${cluster.spec.model.name} keeps its endpoints: ${(error as Error).message}`);
    }
  }

  private discover(cluster: ManagedCluster, logical: boolean, dns: DnsModel): void {
    const { name } = cluster.spec.model;
    const discovery = new DnsDiscovery(cluster.spec.endpoints, logical, dns, this.resolverFor(dns), {
      attempt: () => cluster.scope.count('update_attempt'),
      success: () => cluster.scope.count('update_success'),
      failure: (host, error, isNews) => {
        cluster.scope.count('update_failure');
        if (isNews) this.options.warn(`cluster ${name}: ${host} cannot be resolved: ${error}`);
      },
      changed: (endpoints) => this.publish(cluster, endpoints),
    });
    this.discoveries.set(name, discovery);
    const publish = () => this.publish(cluster, discovery.resolved());
    // A known cluster keeps the endpoints it has until the new names are resolved.
    if (!cluster.isSeen) publish();
    void discovery.ready.then(() => this.discoveries.get(name) === discovery && publish());
  }

  private resolverFor(dns: DnsModel): NameResolver {
    const key = JSON.stringify([dns.servers, dns.useSearchDomains, dns.timeout, dns.tries]);
    const known = this.resolvers.get(key);
    if (known) return known;
    const resolver = this.options.createResolver?.(dns) ?? new DnsResolver(dns);
    this.resolvers.set(key, resolver);
    return resolver;
  }

  private async warm(name: string, discovery: DnsDiscovery, timeout: number): Promise<void> {
    const cluster = this.clusters.get(name);
    if (!cluster?.spec.waitForWarm) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeout);
    });
    const first = await Promise.race([discovery.ready, late]);
    clearTimeout(timer);
    if (first === 'late') this.options.warn(`cluster ${name} has no endpoints yet: its names are still being resolved`);
  }

  private release(cluster: ManagedCluster): boolean {
    if (!cluster.isGone()) return false;
    this.options.core.exports.clusterStateReset(cluster.index);
    this.indices.release(cluster.spec.model.name);
    cluster.scope.release();
    return true;
  }
}
