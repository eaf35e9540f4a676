// ROUTE_DIR: which index a named route configuration has, and what is published there. A name is kept as long as a listener object
// uses it, even one that is being drained.
import { MAX_ROUTE_CONFIGS, ROUTE_DIR } from '../../assembly/abi.js';
import type { Core } from '../core/load.js';
import { NameIndices, type References } from '../core/name_indices.js';
import type { Retirement } from '../core/retirement.js';

/** A RouteConfig object, not yet published, with the clusters and the runtime keys it names. */
export interface RouteObject {
  readonly object: number;
  readonly clusters: References;
  readonly runtimeKeys: References;
}

/** The object is freed, or was never made. */
export function releaseNames({ clusters, runtimeKeys }: Omit<RouteObject, 'object'>): void {
  clusters.release();
  runtimeKeys.release();
}

export class RouteDirectory {
  readonly indices: NameIndices;
  private readonly published = new Map<string, RouteObject>();

  constructor(
    private readonly core: Core,
    private readonly retirement: Retirement,
  ) {
    this.indices = new NameIndices(MAX_ROUTE_CONFIGS, 'route configurations', (name, index) =>
      this.remove(name, index),
    );
  }

  /** Puts it in the place of the one before it, which is freed when nobody reads it any more. The name must be in use. */
  publish(name: string, object: RouteObject): void {
    const index = this.indices.get(name)!;
    this.core.exports.publish(ROUTE_DIR + index * 4, object.object);
    this.retire(name);
    this.published.set(name, object);
  }

  private remove(name: string, index: number): void {
    if (!this.published.has(name)) return;
    this.core.exports.publish(ROUTE_DIR + index * 4, 0);
    this.retire(name);
  }

  private retire(name: string): void {
    const before = this.published.get(name);
    this.published.delete(name);
    if (before) this.retirement.add(before.object, () => releaseNames(before));
  }
}
