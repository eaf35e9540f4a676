// EDS: the endpoints of clusters that ask for them, by service name.
import type { envoy } from '../../proto/generated/api.js';
import type { ClusterManager } from '../cluster/manager.js';
import type { Assignment } from '../cluster/managed_cluster.js';
import { EndpointReader } from '../compile/cluster_endpoints.js';
import type { EdsModel } from '../compile/cluster_discovery.js';
import { hasErrors, type Finding } from '../config/finding.js';
import { wrapped } from '../config/message.js';
import { CLUSTER_LOAD_ASSIGNMENT } from '../xds/kinds.js';
import type { ConfigSource, ConfigSources, Rejection, Sink, Subscription, Update } from '../xds/subscription.js';

type ClusterLoadAssignment = envoy.config.endpoint.v3.ClusterLoadAssignment;

const OVERPROVISIONING = 140; // percent
const NO_ENDPOINTS: Assignment = {
  endpoints: [],
  overprovisioningFactor: OVERPROVISIONING,
  weightedPriorityHealth: false,
};

/** One source of assignments, with the clusters that wait for each of its resources. */
class Source implements Sink<ClusterLoadAssignment> {
  readonly clusters = new Map<string, Set<string>>(); // service name -> cluster names
  private readonly known = new Map<string, Assignment>();
  subscription: Subscription | undefined;

  constructor(
    readonly source: ConfigSource,
    private readonly manager: ClusterManager,
  ) {}

  get names(): ReadonlySet<string> {
    return new Set(this.clusters.keys());
  }

  add(service: string, cluster: string): void {
    const those = this.clusters.get(service);
    if (those) those.add(cluster);
    else this.clusters.set(service, new Set([cluster]));
    const known = this.known.get(service);
    if (known) this.manager.assign(cluster, known);
  }

  remove(service: string, cluster: string): void {
    const those = this.clusters.get(service);
    if (!those?.delete(cluster) || those.size > 0) return;
    this.clusters.delete(service);
  }

  /** Once for all changes of an update: what one cluster gave up another may have taken over. */
  forget(): void {
    for (const service of this.known.keys()) if (!this.clusters.has(service)) this.known.delete(service);
  }

  // As in Envoy, an assignment that is removed leaves its cluster with the endpoints it has.
  update({ changed }: Update<ClusterLoadAssignment>): Rejection[] {
    const rejections: Rejection[] = [];
    for (const { name, message } of changed) {
      const findings: Finding[] = [];
      const assignment = readAssignment(message, findings);
      if (hasErrors(findings)) rejections.push({ name, findings });
      else this.assign(name, assignment);
    }
    return rejections;
  }

  timedOut(names: readonly string[] | undefined): void {
    for (const name of names ?? this.names) if (!this.known.has(name)) this.assign(name, NO_ENDPOINTS, false);
  }

  private assign(service: string, assignment: Assignment, isKnown = true): void {
    const clusters = this.clusters.get(service);
    if (!clusters) return; // not asked for
    if (isKnown) this.known.set(service, assignment);
    for (const cluster of clusters) this.manager.assign(cluster, assignment);
  }
}

export class EndpointDiscovery {
  private readonly sources = new Map<string, Source>();
  private readonly watched = new Map<string, { readonly key: string; readonly eds: EdsModel }>();
  private readonly changed = new Set<Source>();

  constructor(
    private readonly configSources: ConfigSources,
    private readonly manager: ClusterManager,
  ) {}

  /** What would be wrong with watching; nothing is changed. */
  check({ source, path }: EdsModel): readonly Finding[] {
    return this.configSources.check(CLUSTER_LOAD_ASSIGNMENT, source, path);
  }

  /** `cluster` gets its endpoints from `eds`; ask for them with `flush`. */
  watch(cluster: string, eds: EdsModel): void {
    const key = JSON.stringify(eds.source);
    const before = this.watched.get(cluster);
    if (before?.key === key && before.eds.serviceName === eds.serviceName) return;
    this.unwatch(cluster);
    const source = this.sources.get(key) ?? new Source(eds.source, this.manager);
    this.sources.set(key, source);
    this.watched.set(cluster, { key, eds });
    source.add(eds.serviceName, cluster);
    this.changed.add(source);
  }

  unwatch(cluster: string): void {
    const watched = this.watched.get(cluster);
    if (!watched) return;
    this.watched.delete(cluster);
    const source = this.sources.get(watched.key)!;
    source.remove(watched.eds.serviceName, cluster);
    this.changed.add(source);
  }

  /** Asks for what is watched now: once for all clusters of an update. */
  flush(): void {
    for (const [key, source] of this.sources) {
      if (!this.changed.has(source)) continue;
      source.forget();
      const { names, subscription } = source;
      if (names.size === 0) {
        subscription?.close();
        this.sources.delete(key);
      } else if (subscription) subscription.watch(names);
      else source.subscription = this.configSources.subscribe(CLUSTER_LOAD_ASSIGNMENT, source.source, names, source);
    }
    this.changed.clear();
  }

  close(): void {
    for (const { subscription } of this.sources.values()) subscription?.close();
  }
}

function readAssignment(message: ClusterLoadAssignment, findings: Finding[]): Assignment {
  const reader = new EndpointReader(false, findings);
  reader.readAssignment(message, '');
  return {
    endpoints: reader.endpoints.flatMap(({ target, ...rest }) =>
      'address' in target ? [{ ...rest, address: target.address }] : [],
    ),
    overprovisioningFactor: wrapped(message.policy?.overprovisioning_factor, OVERPROVISIONING),
    weightedPriorityHealth: message.policy?.weighted_priority_health ?? false,
  };
}
