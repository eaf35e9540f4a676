// What host filters write down for a stream: values of headers, and headers for its response. It stands behind the copy of the head that
// they look at, and when that is full in further buffers, as long as the stream lives.
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { entryAt, Head, headerAdd, headerFindName, headerSet } from '../http1/head';
import { headerNameId } from '../http1/header_names';
import { OP_ADD_IF_ABSENT, OP_APPEND_IF_EXISTS_OR_ADD, OP_OVERWRITE_IF_EXISTS } from '../route/header_ops';
import { Stream } from './stream';

/** A header that a filter wants in the response, whoever makes it. */
@unmanaged
class ResponseHeader {
  next: u32;
  valueLength: u32;
  nameLength: u16;
  action: u8; // OP_*: HeaderValueOption.HeaderAppendAction
  id: u8; // header_names.ts
  // name, value
}

const KEPT_HEADER: u32 = 16; // u32 next buffer
const KEPT_LEAST: u32 = 4000; // one buffer of the pool
const KEPT_MOST: u32 = 1024 * 1024; // bytes of one stream

/** `n` bytes that live as long as the stream; 0 when there are no more. */
export function streamKeep(st: Stream, n: u32): usize {
  if (<u64>st.room + n > <u64>st.roomEnd && !grow(st, n)) return 0;
  const at: usize = st.room;
  st.room += n;
  return at;
}

function grow(st: Stream, n: u32): bool {
  if (n > KEPT_MOST || st.keptBytes + n > KEPT_MOST) return false;
  const size = KEPT_HEADER + (n > KEPT_LEAST ? n : KEPT_LEAST);
  const p = bufferAlloc(size);
  if (!p) return false;
  store<u32>(p, st.kept);
  st.kept = <u32>p;
  st.keptBytes += size;
  st.room = <u32>p + KEPT_HEADER;
  st.roomEnd = <u32>p + bufferCapacity(p);
  return true;
}

/** Whether the copy of a head that filters look at has room for another entry: its names and values stand right behind the entries. */
export function headHasRoom(head: usize): bool {
  const h = changetype<Head>(head);
  return entryAt(head, h.count) + 16 <= <usize>h.method;
}

/** Room for a header of the response: returns where its name and then its value are to be written, 0 when there is none. */
export function responseHeaderKeep(st: Stream, action: u32, nameLength: u32, valueLength: u32): usize {
  if (nameLength > 0xffff) return 0;
  const p = (streamKeep(st, <u32>offsetof<ResponseHeader>() + nameLength + valueLength + 4) + 3) & ~3;
  if (p < 4) return 0;
  const r = changetype<ResponseHeader>(p);
  r.next = 0;
  r.valueLength = valueLength;
  r.nameLength = <u16>nameLength;
  r.action = <u8>action;
  r.id = 0;
  if (st.responseHeadersLast) changetype<ResponseHeader>(<usize>st.responseHeadersLast).next = <u32>p;
  else st.responseHeaders = <u32>p;
  st.responseHeadersLast = <u32>p;
  return p + offsetof<ResponseHeader>();
}

/** Applies what filters have left to the head of the response; false when it has no room. */
export function responseHeadersApply(st: Stream, head: usize): bool {
  for (let p: usize = st.responseHeaders; p; p = changetype<ResponseHeader>(p).next) {
    if (!apply(changetype<ResponseHeader>(p), head)) return false;
  }
  return true;
}

function apply(r: ResponseHeader, head: usize): bool {
  const name = changetype<usize>(r) + offsetof<ResponseHeader>();
  const value = name + r.nameLength;
  const id = headerNameId(name, r.nameLength);
  if (r.action == OP_APPEND_IF_EXISTS_OR_ADD) return headerAdd(head, id, name, r.nameLength, value, r.valueLength) != 0;
  const exists = headerFindName(head, id, name, r.nameLength) != 0;
  if (r.action == OP_ADD_IF_ABSENT && exists) return true;
  if (r.action == OP_OVERWRITE_IF_EXISTS && !exists) return true;
  return headerSet(head, id, name, r.nameLength, value, r.valueLength) != 0;
}

/** Frees the copies of a stream's heads and everything else that filters have left. */
export function keptFree(st: Stream): void {
  if (st.head) bufferFree(st.head);
  if (st.responseHead) bufferFree(st.responseHead);
  st.head = 0;
  st.responseHead = 0;
  st.responseHeaders = 0;
  st.responseHeadersLast = 0;
  for (let p: usize = st.kept; p;) {
    const next = load<u32>(p);
    bufferFree(p);
    p = next;
  }
  st.kept = 0;
}
