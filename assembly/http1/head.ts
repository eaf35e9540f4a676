// Head: a parsed HTTP message head, whatever codec it came from. It owns no bytes: names and values are addresses.
//
//   Head (HEAD_FIXED bytes) | HeaderEntry[HEAD_MAX_ENTRIES]
//
// The parser lower-cases names in place. An entry whose raw bytes are exactly `name: value CR LF`, directly followed by the
// next line, is CLEAN: the writer copies runs of such neighbours as one span. Every change goes through the functions
// here, which keep `known` right. Values made on the way live in the worker's scratch area (memory/worker_block.ts).
import * as abi from '../abi';
import { bytesEqual } from '../memory/bytes';
import { HEADER_ID_COUNT } from './header_names';

export { bytesEqual };

@unmanaged
export class Head {
  start: u32; // address of the first byte of the head
  end: u32; // address after the blank line
  method: u32; // request: address of the method
  path: u32; // request: :path (origin form, `*`, or the CONNECT authority is in `authority` and path is empty)
  authority: u32; // request: :authority, from Host or the absolute form
  methodLength: u32;
  pathLength: u32;
  authorityLength: u32; // 0 with AUTHORITY_PRESENT: an empty Host
  contentLength: u64; // valid with HEAD_CONTENT_LENGTH
  flags: u32; // HEAD_*
  count: u16; // entries in use, removed ones included
  status: u16; // response: status code
  methodId: u8; // METHOD_*
  minor: u8; // HTTP/1.minor
  scheme: u8; // 0 http, 1 https
  pad0: u8;
  reason: u32; // response: address of the reason phrase
  reasonLength: u32;
  live: u16; // entries not removed
  pad1: u16;
  // known[id] = index + 1 of the first live entry with that name id, 0 = absent: see HEAD_KNOWN
}

/** Offset of `known: u16[HEADER_ID_COUNT]`. */
export const HEAD_KNOWN: usize = 72;
/** Offset of the first HeaderEntry. */
export const HEAD_ENTRIES: usize = 72 + 2 * 128; // HEADER_ID_COUNT <= 128
export const HEAD_MAX_ENTRIES: u32 = 2000;

if (offsetof<Head>() > HEAD_KNOWN) ERROR('head: Head overlaps known');
if (offsetof<Head>('method') != abi.HEAD_AT_METHOD) ERROR('abi: HEAD_AT_METHOD');
if (offsetof<Head>('path') != abi.HEAD_AT_PATH) ERROR('abi: HEAD_AT_PATH');
if (offsetof<Head>('authority') != abi.HEAD_AT_AUTHORITY) ERROR('abi: HEAD_AT_AUTHORITY');
if (offsetof<Head>('methodLength') != abi.HEAD_AT_METHOD_LENGTH) ERROR('abi: HEAD_AT_METHOD_LENGTH');
if (offsetof<Head>('pathLength') != abi.HEAD_AT_PATH_LENGTH) ERROR('abi: HEAD_AT_PATH_LENGTH');
if (offsetof<Head>('authorityLength') != abi.HEAD_AT_AUTHORITY_LENGTH) ERROR('abi: HEAD_AT_AUTHORITY_LENGTH');
if (offsetof<Head>('contentLength') != abi.HEAD_AT_CONTENT_LENGTH) ERROR('abi: HEAD_AT_CONTENT_LENGTH');
if (offsetof<Head>('flags') != abi.HEAD_AT_FLAGS) ERROR('abi: HEAD_AT_FLAGS');
if (offsetof<Head>('count') != abi.HEAD_AT_COUNT) ERROR('abi: HEAD_AT_COUNT');
if (offsetof<Head>('status') != abi.HEAD_AT_STATUS) ERROR('abi: HEAD_AT_STATUS');
if (offsetof<Head>('minor') != abi.HEAD_AT_MINOR) ERROR('abi: HEAD_AT_MINOR');
if (offsetof<Head>('scheme') != abi.HEAD_AT_SCHEME) ERROR('abi: HEAD_AT_SCHEME');
if (offsetof<Head>('reason') != abi.HEAD_AT_REASON) ERROR('abi: HEAD_AT_REASON');
if (offsetof<Head>('reasonLength') != abi.HEAD_AT_REASON_LENGTH) ERROR('abi: HEAD_AT_REASON_LENGTH');
if (HEAD_ENTRIES != abi.HEAD_AT_ENTRIES) ERROR('abi: HEAD_AT_ENTRIES');
if (HEADER_ID_COUNT > 128) ERROR('head: too many header ids');
if (HEAD_ENTRIES + <usize>HEAD_MAX_ENTRIES * 16 > 0x8000) ERROR('head: W_REQUEST_HEAD is too small');

@unmanaged
export class HeaderEntry {
  name: u32;
  value: u32;
  valueLength: u32;
  nameLength: u16;
  id: u8; // header_names.ts; 0 = not a well-known name
  flags: u8; // ENTRY_*
}

// Head.flags
export const HEAD_CONTENT_LENGTH: u32 = 1;
export const HEAD_CHUNKED: u32 = 2; // Transfer-Encoding: chunked
export const HEAD_CLOSE: u32 = 4; // Connection: close, or HTTP/1.0 without keep-alive
export const HEAD_EXPECT_CONTINUE: u32 = 8;
export const HEAD_UPGRADE: u32 = 16; // Connection: upgrade with an Upgrade header
export const HEAD_AUTHORITY_PRESENT: u32 = 32;
export const HEAD_KEEP_ALIVE: u32 = 64; // Connection: keep-alive
export const HEAD_TRAILERS: u32 = 128; // TE: trailers
export const HEAD_ABSOLUTE_FORM: u32 = 256; // the target was in absolute form
export const HEAD_HTTP_10: u32 = 1024; // response: the client speaks HTTP/1.0, so the status line does
export const HEAD_FRAGMENT: u32 = 512; // the path holds a `#`: Envoy answers 400 path_normalization_failed with an empty body

// HeaderEntry.flags
export const ENTRY_CLEAN: u8 = 1; // raw bytes are canonical and the next entry's name follows directly
export const ENTRY_REMOVED: u8 = 2;
export const ENTRY_ADDED: u8 = 4; // not from the wire

// Head.methodId
export const METHOD_OTHER: u8 = 0; // a method of Envoy's list without an id of its own
export const METHOD_GET: u8 = 1;
export const METHOD_HEAD: u8 = 2;
export const METHOD_POST: u8 = 3;
export const METHOD_PUT: u8 = 4;
export const METHOD_DELETE: u8 = 5;
export const METHOD_CONNECT: u8 = 6;
export const METHOD_OPTIONS: u8 = 7;
export const METHOD_TRACE: u8 = 8;
export const METHOD_PATCH: u8 = 9;
export const METHOD_QUERY: u8 = 10; // Envoy answers 400 query_missing_content_type without a Content-Type

export function entryAt(head: usize, index: u32): usize {
  return head + HEAD_ENTRIES + ((<usize>index) << 4);
}

/** The first live entry with a well-known name id, or 0. */
export function headerFind(head: usize, id: u32): usize {
  const k = load<u16>(head + HEAD_KNOWN + ((<usize>id) << 1));
  return k ? entryAt(head, k - 1) : 0;
}

/** The next live entry after `entry` with the same name, or 0. */
export function headerNext(head: usize, entry: usize): usize {
  const e = changetype<HeaderEntry>(entry);
  const last = entryAt(head, changetype<Head>(head).count);
  for (let p = entry + 16; p < last; p += 16) {
    const n = changetype<HeaderEntry>(p);
    if (n.id != e.id || n.nameLength != e.nameLength || n.flags & ENTRY_REMOVED) continue;
    if (n.id || bytesEqual(n.name, e.name, e.nameLength)) return p;
  }
  return 0;
}

/** The first live entry with this lower-case name (any name), or 0. `id` is its well-known id or 0. */
export function headerFindName(head: usize, id: u32, name: usize, length: u32): usize {
  if (id) return headerFind(head, id);
  const last = entryAt(head, changetype<Head>(head).count);
  for (let p = head + HEAD_ENTRIES; p < last; p += 16) {
    const e = changetype<HeaderEntry>(p);
    if (e.nameLength == length && !(e.flags & ENTRY_REMOVED) && bytesEqual(e.name, name, length)) return p;
  }
  return 0;
}

/** Removes one entry. */
export function headerRemoveEntry(head: usize, entry: usize): void {
  const h = changetype<Head>(head);
  const e = changetype<HeaderEntry>(entry);
  if (e.flags & ENTRY_REMOVED) return;
  e.flags |= ENTRY_REMOVED;
  h.live--;
  if (!e.id) return;
  const k = head + HEAD_KNOWN + ((<usize>e.id) << 1);
  if (entryAt(head, load<u16>(k) - 1) != entry) return;
  const next = headerNext(head, entry);
  store<u16>(k, next ? <u16>((next - head - HEAD_ENTRIES) >> 4) + 1 : 0);
}

/** Removes every entry with a well-known name id; returns whether there was one. */
export function headerRemove(head: usize, id: u32): bool {
  const k = head + HEAD_KNOWN + ((<usize>id) << 1);
  if (!load<u16>(k)) return false;
  const h = changetype<Head>(head);
  let p = entryAt(head, load<u16>(k) - 1);
  const last = entryAt(head, h.count);
  for (; p < last; p += 16) {
    const e = changetype<HeaderEntry>(p);
    if (e.id == id && !(e.flags & ENTRY_REMOVED)) {
      e.flags |= ENTRY_REMOVED;
      h.live--;
    }
  }
  store<u16>(k, 0);
  return true;
}

/** Removes every entry with this lower-case name. */
export function headerRemoveName(head: usize, id: u32, name: usize, length: u32): bool {
  if (id) return headerRemove(head, id);
  let found = false;
  let p = headerFindName(head, 0, name, length);
  while (p) {
    const next = headerNext(head, p);
    headerRemoveEntry(head, p);
    found = true;
    p = next;
  }
  return found;
}

/** Appends an entry; the bytes must outlive the head. Returns 0 when the head is full. */
export function headerAdd(head: usize, id: u32, name: usize, nameLength: u32, value: usize, valueLength: u32): usize {
  const h = changetype<Head>(head);
  if (h.count >= HEAD_MAX_ENTRIES) return 0;
  const p = entryAt(head, h.count);
  h.count++;
  h.live++;
  const e = changetype<HeaderEntry>(p);
  e.name = <u32>name;
  e.value = <u32>value;
  e.valueLength = valueLength;
  e.nameLength = <u16>nameLength;
  e.id = <u8>id;
  e.flags = ENTRY_ADDED;
  if (id) {
    const k = head + HEAD_KNOWN + ((<usize>id) << 1);
    if (!load<u16>(k)) store<u16>(k, h.count);
  }
  return p;
}

/** Gives an entry another value; it keeps its place in the order. */
export function headerSetValue(entry: usize, value: usize, valueLength: u32): void {
  const e = changetype<HeaderEntry>(entry);
  e.value = <u32>value;
  e.valueLength = valueLength;
  e.flags &= ~ENTRY_CLEAN;
}

/** Replaces all entries of a name by one at the place of the first, or appends it. */
export function headerSet(head: usize, id: u32, name: usize, nameLength: u32, value: usize, valueLength: u32): usize {
  const first = headerFindName(head, id, name, nameLength);
  if (!first) return headerAdd(head, id, name, nameLength, value, valueLength);
  let p = headerNext(head, first);
  while (p) {
    const next = headerNext(head, p);
    headerRemoveEntry(head, p);
    p = next;
  }
  headerSetValue(first, value, valueLength);
  return first;
}
