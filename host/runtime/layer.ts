// A layer: what one source says of keys. Maps of a Struct become keys with dots between them, as the directories of a disk layer do.
import type { google } from '../../proto/generated/api.js';
import { runtimeEntry, type RuntimeEntry } from './entry.js';
import { fieldsOf, type RuntimeValue } from './value.js';

export interface Layer {
  readonly name: string;
  readonly values: ReadonlyMap<string, RuntimeEntry>;
}

/** The key whose value Envoy refuses: a list, or null. */
export class BadValue {
  constructor(readonly key: string) {}
}

const MAX_DEPTH = 100; // protobuf's own limit

/** The layer of a Struct. Where a key stands twice (`a: {b: 1}` and `a.b: 2`) the first counts. */
export function structLayer(name: string, struct: google.protobuf.Struct | null | undefined): Layer | BadValue {
  const values = new Map<string, RuntimeEntry>();
  for (const [key, value] of struct ? fieldsOf(struct) : []) {
    const bad = walk(values, key, value, 1);
    if (bad) return bad;
  }
  return { name, values };
}

function walk(
  values: Map<string, RuntimeEntry>,
  key: string,
  value: RuntimeValue,
  depth: number,
): BadValue | undefined {
  if (value.kind === 'null' || value.kind === 'list' || depth > MAX_DEPTH) return new BadValue(key);
  const isLeaf =
    value.kind !== 'struct' ||
    value.fields.size === 0 ||
    value.fields.has('numerator') ||
    value.fields.has('denominator');
  if (isLeaf) {
    if (!values.has(key)) values.set(key, runtimeEntry(value));
    return undefined;
  }
  for (const [name, inner] of value.fields) {
    const bad = walk(values, `${key}.${name}`, inner, depth + 1);
    if (bad) return bad;
  }
  return undefined;
}
