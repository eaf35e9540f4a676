// A Head that outlives the bytes it was parsed from: its structure, its entries and every byte it points to, in one buffer.
import { ENTRY_CLEAN, entryAt, Head, HEAD_ENTRIES, HeaderEntry } from './head';

/** Bytes that a copy of `head` needs. */
export function headCopySize(head: usize): u32 {
  const h = changetype<Head>(head);
  let n =
    <u32>HEAD_ENTRIES + ROOM_ENTRIES * 16 + ((<u32>h.count) << 4) + h.methodLength + h.pathLength + h.authorityLength;
  for (let i: u32 = 0; i < h.count; i++) {
    const e = changetype<HeaderEntry>(entryAt(head, i));
    n += e.nameLength + e.valueLength;
  }
  return n + h.reasonLength + ROOM_BYTES;
}

const ROOM_ENTRIES: u32 = 64; // entries that a filter may add to a copy
const ROOM_BYTES: u32 = 8192; // bytes for the values that it sets

let next: usize = 0; // where the next bytes go: instance-private, used within one call

function keep(p: u32, n: u32): u32 {
  const at = next;
  memory.copy(at, p, n);
  next += n;
  return <u32>at;
}

/**
 * Copies `head` to `to` (headCopySize bytes); returns the first free address behind it. No entry of the copy is CLEAN: its lines
 * no longer follow one another.
 */
export function headCopy(to: usize, head: usize): usize {
  const h = changetype<Head>(head);
  memory.copy(to, head, HEAD_ENTRIES + ((<usize>h.count) << 4));
  const c = changetype<Head>(to);
  next = to + HEAD_ENTRIES + ((<usize>h.count + ROOM_ENTRIES) << 4);
  c.method = keep(h.method, h.methodLength);
  c.path = keep(h.path, h.pathLength);
  c.authority = keep(h.authority, h.authorityLength);
  c.reason = keep(h.reason, h.reasonLength);
  for (let i: u32 = 0; i < h.count; i++) {
    const e = changetype<HeaderEntry>(entryAt(to, i));
    e.name = keep(e.name, e.nameLength);
    e.value = keep(e.value, e.valueLength);
    e.flags &= ~ENTRY_CLEAN;
  }
  return next;
}
