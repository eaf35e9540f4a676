// The value a header matcher sees: all entries of a name joined by commas (Envoy: getAllOfHeaderAsString), or a pseudo-header.
// The result is an address in the lower half and a length in the upper one; ABSENT says that there is no such header.
import { Head, HEAD_AUTHORITY_PRESENT, HeaderEntry, headerFindName, headerNext } from '../http1/head';
import { scratch } from '../memory/worker_block';

export const ABSENT: u64 = 0xffffffffffffffff;

// Ids for names that are fields of a Head and not entries. They follow the ids of http1/header_names.ts.
export const NAME_AUTHORITY: u32 = 250;
export const NAME_PATH: u32 = 251;
export const NAME_METHOD: u32 = 252;
export const NAME_SCHEME: u32 = 253;

const HTTP = memory.data<u8>([0x68, 0x74, 0x74, 0x70, 0x73]);

export function valueAddress(v: u64): usize {
  return <usize>(v & 0xffffffff);
}

export function valueLength(v: u64): u32 {
  return <u32>(v >> 32);
}

function pack(p: usize, n: u32): u64 {
  return ((<u64>n) << 32) | p;
}

function pseudoHeader(head: usize, id: u32): u64 {
  const h = changetype<Head>(head);
  if (id == NAME_AUTHORITY) {
    return h.authorityLength || h.flags & HEAD_AUTHORITY_PRESENT ? pack(h.authority, h.authorityLength) : ABSENT;
  }
  if (id == NAME_PATH) return h.pathLength ? pack(h.path, h.pathLength) : ABSENT;
  if (id == NAME_METHOD) return pack(h.method, h.methodLength);
  return pack(HTTP, h.scheme ? 5 : 4);
}

// Joins the values from `first` on. Without room for it (more than the scratch area of repeated values) the header counts as absent.
function joined(head: usize, first: usize): u64 {
  let length: u32 = 0;
  for (let e = first; e; e = headerNext(head, e)) length += changetype<HeaderEntry>(e).valueLength + 1;
  const start = scratch(length);
  if (!start) return ABSENT;
  let p = start;
  for (let e = first; e; e = headerNext(head, e)) {
    if (e != first) store<u8>(p++, 0x2c);
    const entry = changetype<HeaderEntry>(e);
    memory.copy(p, entry.value, entry.valueLength);
    p += entry.valueLength;
  }
  return pack(start, length - 1);
}

/** The value of a header. A joined one stands in the scratch area: the caller gives it back. */
export function headerValue(head: usize, id: u32, name: usize, length: u32): u64 {
  if (id >= NAME_AUTHORITY) return pseudoHeader(head, id);
  const first = headerFindName(head, id, name, length);
  if (!first) return ABSENT;
  if (headerNext(head, first)) return joined(head, first);
  const e = changetype<HeaderEntry>(first);
  return pack(e.value, e.valueLength);
}
