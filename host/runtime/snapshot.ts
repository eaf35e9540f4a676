// What the runtime says at one moment. Readers are named as in Envoy's Runtime::Snapshot, and answer as it does.
import type { Fraction, RuntimeEntry } from './entry.js';
import type { Layer } from './layer.js';

export class Snapshot {
  private readonly values = new Map<string, RuntimeEntry>();

  /** The last layer that has a key decides. */
  constructor(readonly layers: readonly Layer[]) {
    for (const layer of layers) for (const [key, entry] of layer.values) this.values.set(key, entry);
  }

  get size(): number {
    return this.values.size;
  }

  keys(): Iterable<string> {
    return this.values.keys();
  }

  /** An empty key has no value. */
  entry(key: string): RuntimeEntry | undefined {
    return key === '' ? undefined : this.values.get(key);
  }

  integer(key: string, absent: number): number {
    return this.entry(key)?.integer ?? absent;
  }

  double(key: string, absent: number): number {
    return this.entry(key)?.double ?? absent;
  }

  boolean(key: string, absent: boolean): boolean {
    return this.entry(key)?.boolean ?? absent;
  }

  fraction(key: string): { readonly numerator: number; readonly denominator: number } | undefined {
    const entry = this.entry(key);
    return entry && entryFraction(entry);
  }
}

/** Where the value is no fraction but a number, it is a percentage; beyond 100 everything is within. */
export function entryFraction({ fraction, integer }: RuntimeEntry): Fraction | undefined {
  if (fraction) return fraction;
  return integer === undefined ? undefined : { numerator: Math.min(integer, 100), denominator: 100 };
}

export const NOTHING = new Snapshot([]);
