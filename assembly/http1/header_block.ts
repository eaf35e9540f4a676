// The header section of a message, and the trailer section of a chunked body: lines up to and including the blank one.
//
// Strictness is that of Envoy's parser: a line ends in CRLF or LF, a name is a token directly before the colon, a value holds no
// control but HTAB, obs-fold is joined. Stricter: a bare CR is refused wherever it stands (Envoy drops it from values).
import { PARSE_BAD_REQUEST, PARSE_INVALID_CHARACTERS, PARSE_PARTIAL, PARSE_TOO_MANY_HEADERS } from '../abi';
import {
  entryAt,
  ENTRY_CLEAN,
  ENTRY_REMOVED,
  Head,
  headerRemove,
  HeaderEntry,
  HEAD_ENTRIES,
  HEAD_KNOWN,
  HEAD_MAX_ENTRIES,
} from './head';
import { HEADER_ID_COUNT, headerNameId, NameSlot } from './header_names';
import { lowerCase, Scan } from './scan';

const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
const CRLF: u32 = 0x0a0d;
const SP: u32 = 0x20;
const COLON: i8 = 0x3a;
const MAX_NAME: usize = 0xffff;

/** Bit id of every well-known name with id < 64 that the last header section held, and held more than once. */
export let presentNames: u64 = 0;
export let repeatedNames: u64 = 0;

/** The bit of a name in the two sets. */
export function bit(id: u32): u64 {
  return (<u64>1) << id;
}

/** `headerRemove` for a name with id < 64 of the section that was parsed last: what was there once is not searched for. */
export function removeKnown(head: usize, id: u32): void {
  if (repeatedNames & bit(id)) {
    headerRemove(head, id);
    return;
  }
  const k = head + HEAD_KNOWN + ((<usize>id) << 1);
  const index = load<u16>(k);
  if (!index) return;
  store<u16>(k, 0);
  const h = changetype<Head>(head);
  h.live--;
  changetype<HeaderEntry>(entryAt(head, index - 1)).flags |= ENTRY_REMOVED;
}

/**
 * Parses header lines from `p` into `head` (whose `count` and `known` are cleared here) and lower-cases names in place.
 * Returns the address after the blank line, or a PARSE_* code. May be repeated from the start of the head with more bytes.
 *
 * One pass finds the lines by colon and line end: each must know where the last one ended, so it does nothing else. A second one
 * checks and reads the names, which do not wait for each other.
 */
export function parseHeaderBlock(head: usize, p: usize, end: usize, maxHeaders: u32): i32 {
  const limit = entryAt(head, maxHeaders < HEAD_MAX_ENTRIES ? maxHeaders : HEAD_MAX_ENTRIES);
  let entry = head + HEAD_ENTRIES;
  let code: i32 = PARSE_PARTIAL;
  while (p < end) {
    let colon = p + <usize>ctz(Scan.equal(v128.load(p), COLON)); // ctz(0) = 32
    if (colon - p > 15 || load<u8>(p) < SP || colon >= end) {
      if (isLineEnd(load<u8>(p))) {
        code = lineEnd(p, end);
        break;
      }
      code = nameEnd(p, end);
      if (code <= 0) break;
      colon = code;
    }
    if (entry == limit) {
      code = nameEnd(p, end);
      if (code > 0) code = PARSE_TOO_MANY_HEADERS;
      break;
    }
    let stop = colon + 1;
    let mask = Scan.endsValue(v128.load(stop));
    while (!mask && stop < end) {
      stop += 16;
      mask = Scan.endsValue(v128.load(stop < end ? stop : end));
    }
    stop += ctz(mask);
    let value = colon + 2;
    let next = stop + 2;
    let flags: u64 = ENTRY_CLEAN;
    // Canonical: `: `, a value without blanks at its ends, CRLF, and the next line is there and no fold.
    if (
      next >= end ||
      load<u16>(stop) != CRLF ||
      load<u8>(colon, 1) != SP ||
      isBlank(load<u8>(value)) ||
      isBlank(load<u8>(next)) ||
      (isBlank(load<u8>(stop - 1)) && stop != value)
    ) {
      code = oddValue(colon + 1, stop, end);
      if (code) {
        // The name comes first.
        const name = nameEnd(p, end);
        if (name <= 0) code = name;
        break;
      }
      flags = 0;
      value = oddStart;
      stop = oddEnd;
      next = oddNext;
    }
    store<u64>(entry, (<u64>p) | ((<u64>value) << 32));
    store<u64>(entry, (<u64>(stop - value)) | ((<u64>(colon - p)) << 32) | (flags << 56), 8);
    entry += 16;
    p = next;
    code = PARSE_PARTIAL;
  }
  const count = <u32>((entry - head - HEAD_ENTRIES) >> 4);
  const bad = readNames(head, count);
  if (bad) return bad;
  const h = changetype<Head>(head);
  h.count = <u16>count;
  h.live = <u16>count;
  return code;
}

// Checks and lower-cases the names of the first `count` entries and fills in their ids and `known`; 0, or the code of a bad one.
function readNames(head: usize, count: u32): i32 {
  const known = head + HEAD_KNOWN;
  for (let k: usize = 0; k < (<usize>HEADER_ID_COUNT) << 1; k += 16) v128.store(known + k, i64x2.splat(0));
  let present: u64 = 0;
  let repeated: u64 = 0;
  let entry = head + HEAD_ENTRIES;
  for (let i: u32 = 1; i <= count; i++, entry += 16) {
    const name: usize = load<u32>(entry);
    const length: u32 = load<u16>(entry, 12);
    let id: u32 = 0;
    if (length - 4 < 13) {
      // Everything is read before the store: a load of what a wider store has just written would wait for it.
      const slot = NameSlot.find(name, length);
      const v = v128.load(name);
      const wanted = (1 << length) - 1;
      if (Scan.notToken(v) & wanted) return badName(name, length);
      const lower = Scan.lower(v, length);
      const equal = i8x16.bitmask(i8x16.eq(lower, v128.load(NameSlot.address(slot))));
      v128.store(name, lower);
      id = NameSlot.length(slot) == length && (equal & wanted) == wanted ? NameSlot.id(slot) : 0;
    } else {
      const bad = badName(name, length);
      if (bad) return bad;
      lowerCase(name, length);
      id = headerNameId(name, length);
    }
    if (!id) continue;
    store<u8>(entry, <u8>id, 14);
    const k = known + ((<usize>id) << 1);
    if (!load<u16>(k)) store<u16>(k, <u16>i);
    else if (id < 64) repeated |= (<u64>1) << id;
    if (id < 64) present |= (<u64>1) << id;
  }
  presentNames = present;
  repeatedNames = repeated;
  return 0;
}

// Why a name is none, or 0.
function badName(p: usize, length: u32): i32 {
  const end = p + length;
  for (; p < end; p += 16) {
    const stop = Scan.notToken(v128.load(p));
    if (!stop) continue;
    p += ctz(stop);
    if (p < end) return load<u8>(p) ? PARSE_BAD_REQUEST : PARSE_INVALID_CHARACTERS;
    break;
  }
  return length ? 0 : PARSE_BAD_REQUEST;
}

/** Forgets all entries. */
export function headClear(head: usize): void {
  const h = changetype<Head>(head);
  h.count = 0;
  h.live = 0;
  readNames(head, 0);
}

// What `oddValue` found.
let oddStart: usize = 0;
let oddEnd: usize = 0;
let oddNext: usize = 0;

// A value that is not written the way it goes out: `p` is behind the colon, `stop` the first byte that no value has. 0 or a code.
function oddValue(p: usize, stop: usize, end: usize): i32 {
  stop = valueEnd(stop, end); // a HTAB may stand in a value
  if (stop >= end) return PARSE_PARTIAL;
  let next = lineEnd(stop, end);
  if (next <= 0) return next;
  if (<usize>next >= end) return PARSE_PARTIAL; // whether a fold follows is not known
  if (isBlank(load<u8>(next))) {
    const folded = foldEnd(next, end);
    if (folded <= 0) return folded;
    stop = folded;
    p = unfold(p, stop);
    next = lineEnd(stop, end);
  }
  while (p < stop && isBlank(load<u8>(p))) p++;
  while (stop > p && isBlank(load<u8>(stop - 1))) stop--;
  oddStart = p;
  oddEnd = stop;
  oddNext = next;
  return 0;
}

function isBlank(c: u32): bool {
  return c == SP || c == 0x09;
}

function isLineEnd(c: u32): bool {
  return c == CR || c == LF;
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
  if (c != <u32>COLON) return c == 0 ? PARSE_INVALID_CHARACTERS : PARSE_BAD_REQUEST;
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
// same bytes finds the same value. Returns where what is left starts.
function unfold(value: usize, stop: usize): usize {
  let to = stop;
  for (let from = stop; from > value;) {
    from--;
    const c = <u32>load<u8>(from);
    if (c != CR && c != LF) store<u8>(--to, c);
  }
  const start = to;
  while (to > value) store<u8>(--to, 0x20);
  return start;
}
