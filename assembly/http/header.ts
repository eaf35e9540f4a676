// Headers that the connection manager adds: well-known names, values made on the way.
import { headerAdd, headerFind, HeaderEntry, headerNext, headerRemoveEntry, headerSetValue } from '../http1/head';
import { headerNameAddress, headerNameLength } from '../http1/header_names';
import { literalLength, putLiteral } from '../memory/literal';
import { scratch } from '../memory/worker_block';

/** Appends a well-known header. */
export function addKnown(head: usize, id: u32, value: usize, valueLength: u32): void {
  headerAdd(head, id, headerNameAddress(id), headerNameLength(id), value, valueLength);
}

/** Gives a well-known header one value: replaces all entries of the name, or appends one. */
export function setKnown(head: usize, id: u32, value: usize, valueLength: u32): void {
  const first = headerFind(head, id);
  if (!first) return addKnown(head, id, value, valueLength);
  for (let p = headerNext(head, first); p; p = headerNext(head, first)) headerRemoveEntry(head, p);
  headerSetValue(first, value, valueLength);
}

/** Appends a well-known header with a literal value. */
export function addLiteral(head: usize, id: u32, text: string): void {
  const p = literalBytes(text);
  if (p) addKnown(head, id, p, literalLength(text));
}

export function setLiteral(head: usize, id: u32, text: string): void {
  const p = literalBytes(text);
  if (p) setKnown(head, id, p, literalLength(text));
}

/** The bytes of a literal in the scratch area; 0 when it is full. */
export function literalBytes(text: string): usize {
  const p = scratch(literalLength(text) + 8);
  if (p) putLiteral(p, text);
  return p;
}

/** Appends to the list of a well-known header, with `separator` (an ASCII literal) before it; adds the header if absent. */
export function appendKnown(head: usize, id: u32, value: usize, valueLength: u32, separator: string): void {
  const entry = lastOf(head, id);
  if (!entry) return addKnown(head, id, value, valueLength);
  const e = changetype<HeaderEntry>(entry);
  if (!e.valueLength) return headerSetValue(entry, value, valueLength);
  const n = e.valueLength + literalLength(separator) + valueLength;
  const p = scratch(n + 8);
  if (!p) return;
  memory.copy(p, e.value, e.valueLength);
  const o = putLiteral(p + e.valueLength, separator);
  memory.copy(o, value, valueLength);
  headerSetValue(entry, p, n);
}

/** The last live entry of a well-known name, or 0. */
export function lastOf(head: usize, id: u32): usize {
  let entry = headerFind(head, id);
  for (let p = entry ? headerNext(head, entry) : 0; p; p = headerNext(head, p)) entry = p;
  return entry;
}

/** Joins the entries of a well-known name into one, by commas. */
export function mergeKnown(head: usize, id: u32): void {
  const first = headerFind(head, id);
  if (!first || !headerNext(head, first)) return;
  let n: u32 = 0;
  for (let e = first; e; e = headerNext(head, e)) n += changetype<HeaderEntry>(e).valueLength + 1;
  const p = scratch(n);
  if (!p) return;
  let o = p;
  for (let e = first; e; e = headerNext(head, e)) {
    const value = changetype<HeaderEntry>(e);
    if (o > p && value.valueLength) store<u8>(o++, 0x2c);
    memory.copy(o, value.value, value.valueLength);
    o += value.valueLength;
  }
  for (let e = headerNext(head, first); e; e = headerNext(head, first)) headerRemoveEntry(head, e);
  headerSetValue(first, p, <u32>(o - p));
}
