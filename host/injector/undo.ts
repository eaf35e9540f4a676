// The way back: what must be done to an injected Pod so that it is as it was. It goes with the Pod, in an annotation, and
// speaks of names instead of positions, so that it still fits after others (defaulting, other webhooks) have added to the Pod.
import { cloneJson, identical, isFields, own, put } from './pod.js';
import type { Fields } from './pod.js';
import { mergeKeyOf } from './strategic_merge.js';

export interface Undo {
  /** The value as it was, whole. */
  readonly was?: unknown;
  /** Names of fields, or keys of items, that were not there. */
  readonly drop?: readonly (string | number)[];
  /** Fields that are gone, or items that are gone, by their keys. */
  readonly set?: Fields;
  readonly add?: readonly Fields[];
  /** What changed inside of those that stay. */
  readonly in?: Readonly<Record<string, Undo>>;
  /** The order of names or keys, where it cannot be told from what is left. */
  readonly order?: readonly (string | number)[];
  /** What the whole was before it was made, if nothing is left in it. */
  readonly empty?: 'absent' | 'null';
}

/** Made for the sidecar when a Pod has none: others may have put something into them since. */
const MADE = new Set(['metadata', 'labels', 'annotations']);

/** What turns `injected` into `original` again; undefined when they are equal. */
export function undoOf(original: unknown, injected: unknown, name = ''): Undo | undefined {
  if (identical(original, injected)) return undefined;
  if (isFields(original) && isFields(injected)) return undoFields(original, injected);
  const key = mergeKeyOf(name);
  if (key !== undefined && isKeyed(original, key) && isKeyed(injected, key)) return undoItems(original, injected, key);
  return { was: original };
}

function undoFields(original: Fields, injected: Fields): Undo {
  const [drop, set, inside]: [string[], Fields, Record<string, Undo>] = [[], {}, {}];
  for (const name of Object.keys(injected)) {
    const before = own(original, name);
    const undo = undoField(before, injected[name], name, Object.hasOwn(original, name));
    if (undo === 'drop') drop.push(name);
    else if (undo !== undefined) put(inside, name, undo);
  }
  for (const name of Object.keys(original)) if (!Object.hasOwn(injected, name)) put(set, name, original[name]);
  const left = Object.keys(injected).filter((name) => Object.hasOwn(original, name));
  return compact({ drop, set, in: inside, order: orderOf([...left, ...Object.keys(set)], Object.keys(original)) });
}

function undoField(before: unknown, after: unknown, name: string, wasThere: boolean): Undo | 'drop' | undefined {
  const isMade = before === undefined || before === null;
  if (isMade && MADE.has(name) && isFields(after)) return { ...undoOf({}, after), empty: wasThere ? 'null' : 'absent' };
  if (isMade && mergeKeyOf(name) !== undefined && isKeyed(after, mergeKeyOf(name) as string)) {
    return { ...undoOf([], after, name), empty: wasThere ? 'null' : 'absent' };
  }
  return wasThere ? undoOf(before, after, name) : 'drop';
}

type Key = string | number;
type Keyed = readonly Fields[];

function isKeyed(list: unknown, key: string): list is Keyed {
  if (!Array.isArray(list)) return false;
  const keys = list.map((item) => (isFields(item) ? own(item, key) : undefined));
  return (
    keys.every((each) => typeof each === 'string' || typeof each === 'number') && new Set(keys).size === keys.length
  );
}

function undoItems(original: Keyed, injected: Keyed, key: string): Undo {
  const keyOf = (item: Fields): Key => item[key] as Key;
  const before = new Map(original.map((item) => [keyOf(item), item]));
  const after = new Map(injected.map((item) => [keyOf(item), item]));
  const inside: Record<string, Undo> = {};
  for (const [each, item] of after) {
    const undo = before.has(each) ? undoOf(before.get(each), item) : undefined;
    if (undo !== undefined) put(inside, String(each), undo);
  }
  const add = original.filter((item) => !after.has(keyOf(item)));
  const left = injected.map(keyOf).filter((each) => before.has(each));
  return compact({
    drop: injected.map(keyOf).filter((each) => !before.has(each)),
    add,
    in: inside,
    order: orderOf([...left, ...add.map(keyOf)], original.map(keyOf)),
  });
}

function orderOf(natural: readonly Key[], wanted: readonly Key[]): readonly Key[] {
  return natural.every((each, i) => each === wanted[i]) ? [] : wanted;
}

/** Without what is empty. */
function compact(undo: Undo): Undo {
  return Object.fromEntries(Object.entries(undo).filter(([, value]) => Object.keys(value as object).length > 0));
}

/** Does what an Undo says, as far as the value still has what it speaks of. */
export function applyUndo(undo: Undo, value: unknown, name = ''): unknown {
  if ('was' in undo) return cloneJson(undo.was);
  if (isFields(value)) return applyFields(undo, value);
  const key = mergeKeyOf(name);
  return key !== undefined && isKeyed(value, key) ? applyItems(undo, value, key) : value;
}

function applyFields(undo: Undo, value: Fields): Fields {
  const left: Fields = {};
  const drop = new Set(undo.drop);
  for (const [name, item] of Object.entries(value)) {
    if (drop.has(name)) continue;
    const inside = own(undo.in, name);
    const changed = inside === undefined ? item : applyUndo(inside, item, name);
    if (inside?.empty === undefined || Object.keys(changed as object).length > 0) put(left, name, changed);
    else if (inside.empty === 'null') put(left, name, null);
  }
  for (const [name, item] of Object.entries(undo.set ?? {})) put(left, name, cloneJson(item));
  const order = undo.order ?? [];
  if (order.length === 0) return left;
  const names = [...order.map(String).filter((each) => Object.hasOwn(left, each)), ...Object.keys(left)];
  const sorted: Fields = {};
  for (const each of new Set(names)) put(sorted, each, left[each]);
  return sorted;
}

function applyItems(undo: Undo, value: Keyed, key: string): unknown[] {
  const keyOf = (item: Fields): Key => item[key] as Key;
  const drop = new Set(undo.drop);
  const left = value
    .filter((item) => !drop.has(keyOf(item)))
    .map((item) => {
      const inside = own(undo.in, String(keyOf(item)));
      return inside === undefined ? item : (applyUndo(inside, item) as Fields);
    });
  const present = new Set(left.map(keyOf));
  const all = [...left, ...(undo.add ?? []).filter((item) => !present.has(keyOf(item))).map(cloneJson)];
  const order = undo.order ?? [];
  const place = new Map(order.map((each, i) => [each, i]));
  return order.length === 0
    ? all
    : all.toSorted((a, b) => (place.get(keyOf(a)) ?? order.length) - (place.get(keyOf(b)) ?? order.length));
}

/** Whether a value from outside has the shape of an Undo. */
export function isUndo(value: unknown): value is Undo {
  if (!isFields(value)) return false;
  return Object.entries(value).every(([field, item]) => {
    switch (field) {
      case 'was':
        return true;
      case 'drop':
      case 'order':
        return isKeys(item);
      case 'set':
        return isFields(item);
      case 'add':
        return Array.isArray(item) && item.every(isFields);
      case 'in':
        return isFields(item) && Object.values(item).every(isUndo);
      case 'empty':
        return item === 'absent' || item === 'null';
      default:
        return false;
    }
  });
}

function isKeys(list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === 'string' || typeof item === 'number');
}
