// What is served: resources by kind and name, each with a version that depends on its content only.
import { createHash } from 'node:crypto';
import { KINDS, type ResourceKind } from '../xds/kinds.js';

export interface ServedResource {
  readonly kind: ResourceKind;
  readonly name: string;
  /** Of the bytes: unchanged content keeps its version, in another file and after a restart too. */
  readonly version: string;
  readonly bytes: Uint8Array;
  /** Milliseconds; undefined = for ever. */
  readonly ttlMs: number | undefined;
}

export interface KindState {
  /** Of all its resources together. */
  readonly version: string;
  readonly resources: ReadonlyMap<string, ServedResource>;
}

const VERSION_LENGTH = 12;

export function contentVersion(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, VERSION_LENGTH);
}

/** One whole configuration; never changed. */
export class Snapshot {
  private readonly kinds = new Map<ResourceKind, KindState>();

  constructor(resources: Iterable<ServedResource> = []) {
    const byKind = new Map(KINDS.map((kind) => [kind, new Map<string, ServedResource>()]));
    for (const resource of resources) byKind.get(resource.kind)!.set(resource.name, resource);
    for (const [kind, named] of byKind) {
      const lines = [...named.values()].map(({ name, version, ttlMs = '' }) => `${name}\0${version}\0${ttlMs}`);
      this.kinds.set(kind, { version: contentVersion(lines.toSorted().join('\n')), resources: named });
    }
  }

  of(kind: ResourceKind): KindState {
    return this.kinds.get(kind)!;
  }

  all(): ServedResource[] {
    return [...this.kinds.values()].flatMap(({ resources }) => [...resources.values()]);
  }

  get size(): number {
    return [...this.kinds.values()].reduce((sum, { resources }) => sum + resources.size, 0);
  }
}

export interface ResourceChange {
  readonly kind: ResourceKind;
  readonly name: string;
  /** Undefined: it is new. */
  readonly before: ServedResource | undefined;
  /** Undefined: it is gone. */
  readonly after: ServedResource | undefined;
}

export function changesBetween(before: Snapshot, after: Snapshot): ResourceChange[] {
  return KINDS.flatMap((kind) => {
    const [old, now] = [before.of(kind).resources, after.of(kind).resources];
    const names = new Set([...old.keys(), ...now.keys()]);
    return [...names]
      .map((name): ResourceChange => ({ kind, name, before: old.get(name), after: now.get(name) }))
      .filter(({ before: a, after: b }) => a?.version !== b?.version || a?.ttlMs !== b?.ttlMs);
  });
}
