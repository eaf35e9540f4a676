// Endpoint ids of one cluster: an address keeps its id over all updates, and the id is free again only when no worker has a
// connection to it, a request on it or one that waits for it, and none can still see it in a table.
import { ENDPOINT_STATE_ACTIVE, ENDPOINT_STATE_CONNECTIONS, ENDPOINT_STATE_PENDING } from '../../assembly/abi.js';
import type { Core } from '../core/load.js';
import type { IdPool } from '../core/id_pool.js';

interface Leaving {
  readonly id: number;
  readonly epoch: number;
}

export class EndpointIds {
  private readonly ids = new Map<string, number>();
  private readonly leaving = new Map<string, Leaving>();

  constructor(
    private readonly core: Core,
    private readonly pool: IdPool,
  ) {}

  /** One id for each of `keys`, which differ from each other; known ones keep theirs. */
  assign(keys: readonly string[]): number[] {
    return keys.map((key) => {
      const id = this.ids.get(key) ?? this.comeBack(key) ?? this.pool.take();
      this.ids.set(key, id);
      return id;
    });
  }

  /** After a table with only `keys` is published: the other ids leave. Returns them. */
  retain(keys: readonly string[]): number[] {
    const kept = new Set(keys);
    const gone = [...this.ids].filter(([key]) => !kept.has(key));
    if (gone.length === 0) return [];
    const epoch = this.core.exports.epochNext();
    for (const [key, id] of gone) {
      this.ids.delete(key);
      this.leaving.set(key, { id, epoch });
    }
    return gone.map(([, id]) => id);
  }

  /** Frees what nobody uses any more; returns how many ids still wait. */
  sweep(): number {
    for (const [key, entry] of this.leaving) {
      if (this.inUse(entry)) continue;
      this.core.exports.endpointStateReset(entry.id);
      this.pool.give(entry.id);
      this.leaving.delete(key);
    }
    return this.leaving.size;
  }

  private comeBack(key: string): number | undefined {
    const entry = this.leaving.get(key);
    this.leaving.delete(key);
    return entry?.id;
  }

  private inUse({ id, epoch }: Leaving): boolean {
    const { epochPassed, endpointSum } = this.core.exports;
    if (!epochPassed(epoch)) return true;
    return [ENDPOINT_STATE_CONNECTIONS, ENDPOINT_STATE_ACTIVE, ENDPOINT_STATE_PENDING].some(
      (field) => endpointSum(id, field) !== 0,
    );
  }
}
