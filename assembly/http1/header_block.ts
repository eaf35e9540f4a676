// The header section of a message, and the trailer section of a chunked body: lines up to and including the blank one.
//
// Strictness is that of Envoy's parser: a line ends in CRLF or LF, a name is a token directly before the colon, a value holds no
// control but HTAB, obs-fold is joined. Stricter: a bare CR is refused wherever it stands (Envoy drops it from values).
import { PARSE_BAD_REQUEST, PARSE_INVALID_CHARACTERS, PARSE_PARTIAL, PARSE_TOO_MANY_HEADERS } from '../abi';
import { entryAt, ENTRY_CLEAN, Head, HEAD_KNOWN, HEAD_MAX_ENTRIES, HeaderEntry } from './head';
import { HEADER_ID_COUNT, headerNameId } from './header_names';
import { lowerCase, Scan } from './scan';

const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
const MAX_NAME: usize = 0xffff;

/** Bit id of every well-known name with id < 64 that the last header section held more than once. */
export let repeatedNames: u64 = 0;

/**
 * Parses header lines from `p` into `head` (whose `count` and `known` are cleared here) and lower-cases names in place.
 * Returns the address after the blank line, or a PARSE_* code. May be repeated from the start of the head with more bytes.
 */
export function parseHeaderBlock(head: usize, p: usize, end: usize, maxHeaders: u32): i32 {
  headClear(head);
  const limit = maxHeaders < HEAD_MAX_ENTRIES ? maxHeaders : HEAD_MAX_ENTRIES;
  let count: u32 = 0;
  let repeated: u64 = 0;
  while (p < end) {
    const first = <u32>load<u8>(p);
    if (first == CR || first == LF) {
      const after = lineEnd(p, end);
      if (after > 0) {
        const h = changetype<Head>(head);
        h.count = <u16>count;
        h.live = <u16>count;
        repeatedNames = repeated;
      }
      return after;
    }
    const colon = nameEnd(p, end);
    if (colon <= 0) return colon;
    if (count == limit) return PARSE_TOO_MANY_HEADERS;
    const length = <u32>(<usize>colon - p);
    lowerCase(p, length);
    const id = headerNameId(p, length);

    let value: usize = colon + 1;
    while (value < end && isBlank(load<u8>(value))) value++;
    let stop = valueEnd(value, end);
    let next: i32 = stop < end ? lineEnd(stop, end) : PARSE_PARTIAL;
    if (next <= 0) return next;
    if (<usize>next >= end) return PARSE_PARTIAL; // whether a fold follows is not known
    let clean = value == colon + 2 && load<u8>(colon, 1) == 0x20 && <usize>next == stop + 2;
    if (isBlank(load<u8>(next))) {
      clean = false;
      const folded = foldEnd(next, end);
      if (folded <= 0) return folded;
      stop = folded;
      value = unfold(value, stop);
      next = lineEnd(stop, end);
      if (<usize>next >= end) return PARSE_PARTIAL;
    }
    let last = stop;
    while (last > value && isBlank(load<u8>(last - 1))) last--;
    if (last != stop) clean = false;

    const e = changetype<HeaderEntry>(entryAt(head, count));
    e.name = <u32>p;
    e.value = <u32>value;
    e.valueLength = <u32>(last - value);
    e.nameLength = <u16>length;
    e.id = <u8>id;
    e.flags = clean ? ENTRY_CLEAN : 0;
    count++;
    if (id) {
      const k = head + HEAD_KNOWN + ((<usize>id) << 1);
      if (!load<u16>(k)) store<u16>(k, <u16>count);
      else if (id < 64) repeated |= (<u64>1) << id;
    }
    p = next;
  }
  return PARSE_PARTIAL;
}

/** Forgets all entries. */
export function headClear(head: usize): void {
  const h = changetype<Head>(head);
  h.count = 0;
  h.live = 0;
  memory.fill(head + HEAD_KNOWN, 0, (((<usize>HEADER_ID_COUNT) << 1) + 15) & ~15);
}

function isBlank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}

// The address of the colon after the name at `p`.
function nameEnd(p: usize, end: usize): i32 {
  let q = p;
  let stop = Scan.notToken(v128.load(q));
  while (!stop) {
    q += 16;
    if (q >= end) return PARSE_PARTIAL;
    stop = Scan.notToken(v128.load(q));
  }
  q += ctz(stop);
  if (q >= end) return PARSE_PARTIAL;
  const c = <u32>load<u8>(q);
  if (c != 0x3a) return c == 0 ? PARSE_INVALID_CHARACTERS : PARSE_BAD_REQUEST;
  if (q == p || q - p > MAX_NAME) return PARSE_BAD_REQUEST;
  return <i32>q;
}

/** The first byte from `p` on that cannot stand in a value, or an address >= `end`. */
export function valueEnd(p: usize, end: usize): usize {
  while (p < end) {
    const stop = Scan.notValue(v128.load(p));
    if (stop) return p + ctz(stop);
    p += 16;
  }
  return end;
}

/** The address after the line end at `p`. */
export function lineEnd(p: usize, end: usize): i32 {
  const c = <u32>load<u8>(p);
  if (c == LF) return <i32>(p + 1);
  if (c != CR) return PARSE_INVALID_CHARACTERS;
  if (p + 1 >= end) return PARSE_PARTIAL;
  return <u32>load<u8>(p, 1) == LF ? <i32>(p + 2) : PARSE_BAD_REQUEST;
}

// The address of the line end of the last continuation line, of which the first starts at `p`.
function foldEnd(p: usize, end: usize): i32 {
  while (true) {
    const stop = valueEnd(p, end);
    if (stop >= end) return PARSE_PARTIAL;
    const next = lineEnd(stop, end);
    if (next <= 0) return next;
    if (<usize>next >= end) return PARSE_PARTIAL;
    if (!isBlank(load<u8>(next))) return <i32>stop;
    p = next;
  }
}

// Takes the line ends out of [value, stop) as Envoy does and puts blanks before the value instead, so that a later parse of the
// same bytes finds the same value. Returns the new start of the value.
function unfold(value: usize, stop: usize): usize {
  let to = stop;
  for (let from = stop; from > value;) {
    from--;
    const c = <u32>load<u8>(from);
    if (c != CR && c != LF) store<u8>(--to, c);
  }
  const start = to;
  while (to > value) store<u8>(--to, 0x20);
  to = start;
  while (to < stop && isBlank(load<u8>(to))) to++;
  return to;
}
