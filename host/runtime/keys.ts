// The keys that the configuration names, by index, and what the layers say of them: the RuntimeTable of the core. Whoever compiles an
// object that reads a key holds the key's name (`References`), as with the names of clusters.
import {
  MAX_RUNTIME_KEYS,
  RUNTIME_BOOLEAN,
  RUNTIME_FRACTION,
  RUNTIME_INTEGER,
  RUNTIME_TRUE,
} from '../../assembly/abi.js';
import type { Core } from '../core/load.js';
import { NameIndices } from '../core/name_indices.js';
import { entryFraction, NOTHING, type Snapshot } from './snapshot.js';

const LEAST = 64; // values of a first table

export class RuntimeKeys extends NameIndices {
  private current: Snapshot = NOTHING;
  private table = 0;
  private capacity = 0;
  private readonly names: string[] = []; // by index

  constructor(private readonly core: Core) {
    super(MAX_RUNTIME_KEYS, 'runtime keys');
  }

  get snapshot(): Snapshot {
    return this.current;
  }

  /** A key that is new can be read when this returns. */
  override acquire(name: string): number {
    const isNew = this.get(name) === undefined;
    const index = super.acquire(name);
    if (!isNew) return index;
    this.names[index] = name;
    if (this.table !== 0 && index < this.capacity) this.write(index);
    else this.publish();
    return index;
  }

  override release(name: string): void {
    const index = this.get(name);
    super.release(name);
    if (index !== undefined && this.get(name) === undefined) delete this.names[index];
  }

  /** What the layers say has changed. */
  apply(snapshot: Snapshot): void {
    this.current = snapshot;
    if (this.table !== 0) this.publish();
  }

  private publish(): void {
    const { runtimeTableNew, runtimeTablePublish } = this.core.exports;
    let capacity = Math.max(this.capacity, LEAST);
    while (capacity < this.names.length) capacity *= 2;
    const table = runtimeTableNew(capacity);
    if (table === 0) throw new Error('the table memory of the core is exhausted');
    this.table = table;
    this.capacity = capacity;
    for (const index of this.names.keys()) if (this.names[index] !== undefined) this.write(index);
    runtimeTablePublish(table);
  }

  private write(index: number): void {
    const entry = this.current.entry(this.names[index]);
    const fraction = entry && entryFraction(entry);
    const { integer, boolean } = entry ?? {};
    const flags =
      (fraction ? RUNTIME_FRACTION : 0) |
      (integer === undefined ? 0 : RUNTIME_INTEGER) |
      (boolean === undefined ? 0 : RUNTIME_BOOLEAN) |
      (boolean ? RUNTIME_TRUE : 0);
    const { numerator = 0, denominator = 0 } = fraction ?? {};
    const [high, low] = halves(integer ?? 0);
    this.core.exports.runtimeTableSet(this.table, index, flags, numerator, denominator, high, low);
  }
}

function halves(integer: number): [high: number, low: number] {
  if (integer >= 2 ** 64) return [0xffff_ffff, 0xffff_ffff];
  return [Math.floor(integer / 2 ** 32), integer % 2 ** 32];
}
