// Bytes -> a number, inside an object: built once by control, read by all. Open addressing at half load.
import { bytesEqual, bytesHash } from './bytes';
import { objectAlloc } from './object';

@unmanaged
export class BytesTable {
  mask: u32; // slots - 1
  slots: u32; // address of BytesEntry[mask + 1]
}

@unmanaged
class BytesEntry {
  key: u32; // address, 0 = free slot
  length: u32;
  hash: u32;
  value: u32;
}

/** A table for at most `count` keys that lives as long as `object`; 0 when memory is exhausted. */
export function bytesTableNew(object: usize, count: u32): usize {
  const p = objectAlloc(object, <u32>offsetof<BytesTable>());
  if (!p) return 0;
  let slots: u32 = 2;
  while (slots < count * 2) slots <<= 1;
  const t = changetype<BytesTable>(p);
  t.mask = slots - 1;
  t.slots = <u32>objectAlloc(object, slots * <u32>offsetof<BytesEntry>());
  return t.slots ? p : 0;
}

function entryOf(t: BytesTable, i: u32): BytesEntry {
  return changetype<BytesEntry>(<usize>t.slots + <usize>i * offsetof<BytesEntry>());
}

/** Adds a key (bytes that live as long as the object) that is not there yet. `value`: not 0. */
export function bytesTableAdd(table: usize, key: usize, length: u32, value: u32): void {
  const t = changetype<BytesTable>(table);
  const hash = bytesHash(key, length);
  let i = hash & t.mask;
  while (entryOf(t, i).key) i = (i + 1) & t.mask;
  const e = entryOf(t, i);
  e.key = <u32>key;
  e.length = length;
  e.hash = hash;
  e.value = value;
}

/** The value of a key, 0 where there is none. */
export function bytesTableFind(table: usize, p: usize, n: u32): u32 {
  const t = changetype<BytesTable>(table);
  const hash = bytesHash(p, n);
  let i = hash & t.mask;
  while (true) {
    const e = entryOf(t, i);
    if (!e.key) return 0;
    if (e.hash == hash && e.length == n && bytesEqual(e.key, p, n)) return e.value;
    i = (i + 1) & t.mask;
  }
}
