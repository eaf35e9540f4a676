// Names that objects of the core know by index: clusters and route configurations. A name keeps its index as long as anybody uses
// it, even an object that is retired and read by a last request: otherwise a request could go to another cluster than its route says.
import { IdPool } from './id_pool.js';

interface Entry {
  readonly index: number;
  uses: number;
}

export class NameIndices {
  private readonly entries = new Map<string, Entry>();
  private readonly pool: IdPool;

  /** `onFree`: nobody uses the name any more; its index is the next one's when this returns. */
  constructor(
    limit: number,
    what: string,
    private readonly onFree: (name: string, index: number) => void = () => undefined,
  ) {
    this.pool = new IdPool(limit, what);
  }

  /** The index of `name`, kept until `release` has been called as often. Throws when all are taken. */
  acquire(name: string): number {
    let entry = this.entries.get(name);
    if (!entry) this.entries.set(name, (entry = { index: this.pool.take(), uses: 0 }));
    entry.uses++;
    return entry.index;
  }

  release(name: string): void {
    const entry = this.entries.get(name);
    if (!entry || --entry.uses > 0) return;
    this.onFree(name, entry.index);
    this.entries.delete(name);
    this.pool.give(entry.index);
  }

  get(name: string): number | undefined {
    return this.entries.get(name)?.index;
  }

  /** Indices in use. */
  get used(): number {
    return this.pool.used;
  }
}

/** The names that one object of the core refers to. */
export class References {
  private readonly names = new Set<string>();

  constructor(private readonly indices: NameIndices) {}

  indexOf(name: string): number {
    if (this.names.has(name)) return this.indices.get(name)!;
    const index = this.indices.acquire(name);
    this.names.add(name);
    return index;
  }

  /** The object is freed, or was never made. */
  release(): void {
    for (const name of this.names) this.indices.release(name);
    this.names.clear();
  }
}
