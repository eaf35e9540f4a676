// The difference of two JSON values as a JSON Patch (RFC 6902). Lists of named things (containers, volumes, environment)
// are matched by name, so that an injected container is one `add` and the containers of the user stay untouched.
import { equalJson } from '../pod.js';
import { type JsonObject, isObject } from './json.js';

export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Above this many cells of the table a list is replaced as a whole: the lists come from outside, the table is quadratic. */
const MAX_CELLS = 250_000;

/** What turns `from` into `to`, operation by operation, in this order. Neither is changed; the values are shared, not copied. */
export function jsonPatch(from: unknown, to: unknown): PatchOperation[] {
  const operations: PatchOperation[] = [];
  diff(from, to, '', operations);
  return operations;
}

function diff(from: unknown, to: unknown, path: string, out: PatchOperation[]): void {
  if (from === to) return;
  if (Array.isArray(from) && Array.isArray(to)) return diffLists(from, to, path, out);
  if (isObject(from) && isObject(to)) return diffObjects(from, to, path, out);
  out.push({ op: 'replace', path, value: to });
}

function diffObjects(from: JsonObject, to: JsonObject, path: string, out: PatchOperation[]): void {
  for (const key of Object.keys(from)) {
    if (!has(to, key)) out.push({ op: 'remove', path: `${path}/${escape(key)}` });
  }
  for (const key of Object.keys(to)) {
    const value = to[key];
    if (value === undefined) continue;
    const at = `${path}/${escape(key)}`;
    if (has(from, key)) diff(from[key], value, at, out);
    else out.push({ op: 'add', path: at, value });
  }
}

/** As JSON.stringify sees it. */
function has(object: JsonObject, key: string): boolean {
  return Object.hasOwn(object, key) && object[key] !== undefined;
}

/** RFC 6901 section 3. */
function escape(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

function diffLists(from: readonly unknown[], to: readonly unknown[], path: string, out: PatchOperation[]): void {
  let start = 0;
  const shorter = Math.min(from.length, to.length);
  while (start < shorter && same(from[start], to[start])) start++;
  let end = 0;
  while (end < shorter - start && same(from[from.length - 1 - end], to[to.length - 1 - end])) end++;
  const rows = from.length - start - end;
  const columns = to.length - start - end;
  if (rows * columns > MAX_CELLS) return void out.push({ op: 'replace', path, value: to });

  const kept = commonSubsequence(from, to, start, rows, columns);
  editList({ from, to, path, start, kept }, from.length - end, to.length - end, out);
  for (let i = 0; i < start; i++) diff(from[i], to[i], `${path}/${i}`, out);
  for (let i = to.length - end; i < to.length; i++) diff(from[from.length - to.length + i], to[i], `${path}/${i}`, out);
}

interface ListEdit {
  readonly from: readonly unknown[];
  readonly to: readonly unknown[];
  readonly path: string;
  readonly start: number;
  /** Pairs of indexes of elements that stay, ascending. */
  readonly kept: readonly (readonly [number, number])[];
}

/** Between `start` and the two ends: removes from behind, then adds from the front, so that every index is the one of `to`. */
function editList(edit: ListEdit, fromEnd: number, toEnd: number, out: PatchOperation[]): void {
  const { from, to, path, start, kept } = edit;
  const stays = new Set(kept.map(([i]) => i));
  const stayed = new Map(kept.map(([i, j]) => [j, i]));
  for (let i = fromEnd - 1; i >= start; i--) {
    if (!stays.has(i)) out.push({ op: 'remove', path: `${path}/${i}` });
  }
  for (let j = start; j < toEnd; j++) {
    const i = stayed.get(j);
    if (i === undefined) out.push({ op: 'add', path: `${path}/${j}`, value: to[j] });
    else diff(from[i], to[j], `${path}/${j}`, out);
  }
}

/** The longest one, by the classic table; its rows are the elements of `from`. */
function commonSubsequence(
  from: readonly unknown[],
  to: readonly unknown[],
  start: number,
  rows: number,
  columns: number,
): [number, number][] {
  if (rows === 0 || columns === 0) return [];
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] = same(from[start + i], to[start + j])
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const kept: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (same(from[start + i], to[start + j])) kept.push([start + i++, start + j++]);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
    else j++;
  }
  return kept;
}

/** Are these one thing, perhaps changed? Named things by their name, others by what they are. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isObject(a) && isObject(b) && typeof a.name === 'string' && typeof b.name === 'string') return a.name === b.name;
  return equalJson(a, b);
}
