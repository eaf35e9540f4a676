// CDS: clusters that come, change and go while the proxy serves.
import type { envoy } from '../../proto/generated/api.js';
import type { ClusterManager } from '../cluster/manager.js';
import { readCluster, type ClusterSpec, type ClusterSurroundings } from '../compile/cluster.js';
import { hasErrors, type Finding } from '../config/finding.js';
import {
  stored,
  type Rejection,
  type Resource,
  type Sink,
  type StoredResource,
  type Update,
} from '../xds/subscription.js';
import type { EndpointDiscovery } from './endpoints.js';

type Cluster = envoy.config.cluster.v3.Cluster;

export interface ClusterSetOptions {
  readonly manager: ClusterManager;
  readonly endpoints: EndpointDiscovery;
  readonly surroundings: ClusterSurroundings;
  /** Called after every change of the set of clusters. */
  readonly onChange: (change: { added: number; modified: number; removed: number }) => void;
  /** What the statistics need of a cluster's settings. */
  readonly onCluster: (spec: ClusterSpec, message: Cluster) => void;
}

export class ClusterSet implements Sink<Cluster> {
  /** Of CDS, by name; /config_dump and comparisons need them. */
  readonly dynamic = new Map<string, StoredResource>();
  readonly counters = { added: 0, modified: 0, removed: 0 };
  private readonly fixed = new Set<string>();
  private onFirst!: () => void;
  /** The first update has come, or none will in time. */
  readonly first: Promise<void> = new Promise((resolve) => (this.onFirst = resolve));

  constructor(private readonly options: ClusterSetOptions) {}

  /** The clusters of the bootstrap, each with its message: CDS does not touch them. */
  addStatic(clusters: readonly (readonly [ClusterSpec, Cluster])[]): void {
    for (const [spec, message] of clusters) {
      this.fixed.add(spec.model.name);
      this.counters.added++;
      this.set(spec, message);
    }
    this.options.endpoints.flush();
  }

  update({ changed, removed }: Update<Cluster>): Rejection[] {
    const rejections: Rejection[] = [];
    const change = { added: 0, modified: 0, removed: 0 };
    for (const resource of changed) {
      const findings = this.apply(resource, change);
      if (hasErrors(findings)) rejections.push({ name: resource.name, findings });
    }
    for (const name of removed) if (this.remove(name)) change.removed++;
    this.options.endpoints.flush();
    for (const each of ['added', 'modified', 'removed'] as const) this.counters[each] += change[each];
    this.options.onChange(change);
    this.onFirst();
    return rejections;
  }

  timedOut(): void {
    this.onFirst();
  }

  private apply(resource: Resource<Cluster>, change: { added: number; modified: number }): readonly Finding[] {
    const { name, message } = resource;
    // As in Envoy, a cluster of the bootstrap stays as it is.
    if (this.fixed.has(name)) return [];
    const before = this.dynamic.get(name);
    const findings: Finding[] = [];
    const spec = readCluster(message, '', findings, { bind: this.options.surroundings.bind });
    if (spec.discovery.kind === 'eds') findings.push(...this.options.endpoints.check(spec.discovery.eds));
    if (hasErrors(findings)) return findings;
    this.set(spec, message);
    this.dynamic.set(name, stored(resource));
    if (before) change.modified++;
    else change.added++;
    return findings;
  }

  private set(spec: ClusterSpec, message: Cluster): void {
    const { manager, endpoints, onCluster } = this.options;
    const { name } = spec.model;
    manager.set(spec);
    if (spec.discovery.kind === 'eds') endpoints.watch(name, spec.discovery.eds);
    else endpoints.unwatch(name);
    onCluster(spec, message);
  }

  private remove(name: string): boolean {
    if (!this.dynamic.delete(name)) return false;
    this.options.endpoints.unwatch(name);
    this.options.manager.remove(name);
    return true;
  }
}
