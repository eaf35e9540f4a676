// One cluster of the process: its settings, where its endpoints come from, and the object that workers see.
import {
  CLUSTER_DIR,
  CLUSTER_STATE_ACTIVE,
  CLUSTER_STATE_CONNECTIONS,
  CLUSTER_STATE_HIGH,
  CLUSTER_STATE_PENDING,
} from '../../assembly/abi.js';
import type { ClusterSpec } from '../compile/cluster.js';
import { buildCluster } from '../compile/cluster_object.js';
import type { Core } from '../core/load.js';
import { endpointKeys, type EndpointHealth, type ResolvedEndpoint } from './endpoint.js';
import { EndpointIds } from './endpoint_ids.js';
import type { IdPool } from '../core/id_pool.js';
import type { ClusterModel } from './model.js';
import type { Snapshot } from '../runtime/snapshot.js';
import { runtimeModel, runtimeThresholds } from './runtime_model.js';
import type { ClusterScope } from './stats.js';

export interface ClusterPlaces {
  readonly core: Core;
  readonly endpointIds: IdPool;
  /** Endpoints that left a cluster: connections to them that are idle may close. */
  readonly onEndpointsRemoved: (ids: readonly number[]) => void;
  /** What the runtime says now. */
  readonly runtime: () => Snapshot;
  /** A cluster whose endpoints workers made makes them no more. */
  readonly onClusterLeft: (index: number) => void;
}

/** What EDS says of a cluster. */
export interface Assignment {
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly overprovisioningFactor: number;
  readonly weightedPriorityHealth: boolean;
}

const IN_USE = [CLUSTER_STATE_ACTIVE, CLUSTER_STATE_PENDING, CLUSTER_STATE_CONNECTIONS].flatMap((field) => [
  field,
  field + CLUSTER_STATE_HIGH,
]);

export class ManagedCluster {
  endpoints: readonly ResolvedEndpoint[] = [];
  /** One for each of `endpoints`. */
  endpointIds: readonly number[] = [];
  /** Workers see the cluster, if with older settings. */
  isSeen = false;
  /** EDS: the last assignment. */
  assignment: Assignment | undefined;
  /** EDS: resolves with the first assignment, or when none is to be waited for any longer. */
  readonly assigned: Promise<void>;
  private onAssigned!: () => void;
  private readonly ids: EndpointIds;
  private isPublished = false;
  private madeByWorkers = false; // the endpoints that workers see
  private removedAt = 0;

  constructor(
    public spec: ClusterSpec,
    readonly index: number,
    readonly scope: ClusterScope,
    private readonly places: ClusterPlaces,
  ) {
    this.ids = new EndpointIds(places.core, places.endpointIds);
    this.assigned = new Promise((resolve) => (this.onAssigned = resolve));
  }

  /** Takes new settings; they are seen with the next `publish`. */
  reconfigure(spec: ClusterSpec): void {
    if (!sameAssignment(this.spec, spec)) this.assignment = undefined;
    this.spec = spec;
    this.isPublished = false;
  }

  /** Takes what EDS says; workers see it with the next `publish`. */
  assign(assignment: Assignment): void {
    const before = this.assignment;
    this.assignment = assignment;
    if (
      before?.overprovisioningFactor !== assignment.overprovisioningFactor ||
      before.weightedPriorityHealth !== assignment.weightedPriorityHealth
    )
      this.isPublished = false;
    this.onAssigned();
  }

  // The policy of an assignment stands beside its endpoints.
  private get model(): ClusterModel {
    const { model } = this.spec;
    const settled = runtimeModel(model, this.places.runtime());
    if (!this.assignment) return settled;
    const { overprovisioningFactor, weightedPriorityHealth } = this.assignment;
    return { ...settled, overprovisioningFactor, weightedPriorityHealth };
  }

  /** The circuit breakers' limits, with what the runtime says of them. */
  get thresholds(): ClusterModel['thresholds'] {
    return runtimeThresholds(this.spec.model, this.places.runtime());
  }

  /** The runtime has changed: the limits that workers see are the new ones when this returns. */
  applyLimits(): void {
    const { core } = this.places;
    const object = core.u32[(CLUSTER_DIR >> 2) + this.index];
    if (object === 0) return;
    this.thresholds.forEach((t, priority) =>
      core.exports.clusterSetLimits(
        object,
        priority,
        t.maxConnections,
        t.maxPendingRequests,
        t.maxRequests,
        t.maxRetries,
      ),
    );
  }

  /** Makes the workers see these endpoints. Throws when the memory for tables is exhausted; the old ones stay then. */
  publish(endpoints: readonly ResolvedEndpoint[]): void {
    const same = JSON.stringify(endpoints) === JSON.stringify(this.endpoints);
    if (same && this.isPublished) {
      this.scope.count('update_no_rebuild');
      return;
    }
    const { core } = this.places;
    const keys = endpointKeys(endpoints);
    const endpointIds = this.ids.assign(keys);
    const place = { index: this.index, stats: this.scope.block, endpointIds };
    const object = this.spec.isControlOnly ? 0 : buildCluster(core, this.model, endpoints, place);
    core.exports.clusterPublish(this.index, object);
    this.isPublished = true;
    this.isSeen = true;
    this.endpoints = endpoints;
    this.endpointIds = endpointIds;
    this.letGo(keys);
    this.countMembers(same);
    if (this.madeByWorkers && !this.spec.model.originalDst) this.places.onClusterLeft(this.index);
    this.madeByWorkers = this.spec.model.originalDst !== undefined;
  }

  /** Takes the cluster from the workers' sight; `isGone` says when nothing of it is left. It may come back before. */
  remove(): void {
    this.assignment = undefined;
    this.isPublished = false;
    this.isSeen = false;
    this.places.core.exports.clusterPublish(this.index, 0);
    this.endpoints = [];
    this.endpointIds = [];
    this.removedAt = this.places.core.exports.epochNext();
    this.letGo([]);
    if (this.madeByWorkers) this.places.onClusterLeft(this.index);
  }

  /** Frees ids of endpoints that nobody uses any more; returns how many still wait. */
  sweep(): number {
    return this.ids.sweep();
  }

  /** After `remove`: whether no worker has anything of this cluster left. */
  isGone(): boolean {
    const { clusterSum, epochPassed } = this.places.core.exports;
    return (
      this.sweep() === 0 && epochPassed(this.removedAt) && IN_USE.every((field) => clusterSum(this.index, field) === 0)
    );
  }

  private letGo(keys: readonly string[]): void {
    const gone = this.ids.retain(keys);
    if (gone.length > 0) this.places.onEndpointsRemoved(gone);
  }

  private countMembers(same: boolean): void {
    const of = (health: EndpointHealth) => this.endpoints.filter((endpoint) => endpoint.health === health).length;
    if (!same) this.scope.count('membership_change');
    this.scope.set('membership_total', this.endpoints.length);
    this.scope.set('membership_healthy', of('healthy'));
    this.scope.set('membership_degraded', of('degraded'));
    this.scope.set('membership_excluded', of('draining'));
  }
}

// Whether the endpoints of the one are those of the other.
function sameAssignment(before: ClusterSpec, after: ClusterSpec): boolean {
  if (before.discovery.kind !== 'eds' || after.discovery.kind !== 'eds') return false;
  const [a, b] = [before.discovery.eds, after.discovery.eds];
  return a.serviceName === b.serviceName && JSON.stringify(a.source) === JSON.stringify(b.source);
}
