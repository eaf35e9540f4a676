// The chunked transfer coding (RFC 9112 section 7.1).
//
// Decoding is strict: 1*16HEXDIG below 2^63, CRLF behind every size and every piece of data. Envoy also takes more leading zeros,
// a bare LF or any bytes up to a LF behind the data, and text after a blank without `;`: a hop that counts two bytes there reads
// another message, so we refuse them. Extensions are dropped, trailers are either dropped or left to `parseTrailers`.
import { isToken } from './scan';

/** Where a chunked body is; all zero at its start. 16 bytes. */
@unmanaged
export class ChunkState {
  left: u64; // data of this chunk still to come, or its size while that is being read
  state: u32; // what comes next, CHUNK_KEEP_TRAILERS
  count: u32; // digits of the size, then bytes of its extension, or bytes of the trailer section
}

if (offsetof<ChunkState>() != 16) ERROR('chunked: ChunkState is 16 bytes');

/** Set in ChunkState.state at the start of a body: stop in front of the trailer section. */
export const CHUNK_KEEP_TRAILERS: u32 = 0x100;

// Results of chunkDecode.
export const CHUNK_MORE: i32 = 0; // everything was consumed, the body goes on
export const CHUNK_DONE: i32 = 1; // the body is complete
export const CHUNK_TRAILERS: i32 = 2; // the body is complete; the trailer section starts at chunkConsumed
export const CHUNK_ERROR: i32 = -1;

/** What the last chunkDecode found: data, squeezed together, and the first byte it did not take. Instance-private, read at once. */
export let chunkDataStart: usize = 0;
export let chunkDataEnd: usize = 0;
export let chunkConsumed: usize = 0;
export let chunkInTrailers: bool = false; // with CHUNK_ERROR: all data had come

// States.
const SIZE: u32 = 0;
const AFTER_SIZE: u32 = 1; // blanks
const EXTENSION: u32 = 2;
const SIZE_LF: u32 = 3;
const DATA: u32 = 4;
const DATA_CR: u32 = 5;
const DATA_LF: u32 = 6;
const TRAILER_LINE: u32 = 7;
const TRAILER_NAME: u32 = 8;
const TRAILER_VALUE: u32 = 9;
const TRAILER_LF: u32 = 10;
const END_LF: u32 = 11;

const MAX_DIGITS: u32 = 16;
const MAX_EXTENSION: u32 = 16384; // bytes of one extension; Envoy has no limit
const MAX_TRAILERS: u32 = 61440; // bytes of a dropped trailer section: max_request_headers_kb

/**
 * Decodes [p, end) in place: the data of all chunks is moved together behind the first. Afterwards chunkDataStart,
 * chunkDataEnd and chunkConsumed are valid, also on error. Touches no byte outside [p, end).
 */
export function chunkDecode(state: usize, p: usize, end: usize): i32 {
  const s = changetype<ChunkState>(state);
  let at = s.state & ~CHUNK_KEEP_TRAILERS;
  let result = CHUNK_MORE;
  let to: usize = 0;
  chunkDataStart = p;
  while (p < end) {
    if (at == DATA) {
      const here = <u64>(end - p);
      const n = <usize>(here < s.left ? here : s.left);
      if (!to) {
        chunkDataStart = p;
        to = p;
      } else {
        moveDown(to, p, n);
      }
      to += n;
      p += n;
      s.left -= n;
      if (s.left) continue;
      at = DATA_CR;
      if (end - p >= 2 && load<u16>(p) == 0x0a0d) {
        p += 2;
        at = SIZE;
      }
      continue;
    }
    if (at == SIZE && !s.count && end - p >= 12) {
      // The usual size line lies whole in front of us; anything else goes byte by byte.
      const line = shortSizeLine(p);
      if (line) {
        s.left = shortSize;
        p += line;
        at = DATA;
        continue;
      }
    }
    const c = <u32>load<u8>(p++);
    chunkInTrailers = at >= TRAILER_LINE;
    at = at < DATA ? sizeStep(s, at, c) : afterDataStep(s, at, c);
    if (at == TRAILER_LINE && s.state & CHUNK_KEEP_TRAILERS) {
      result = CHUNK_TRAILERS;
      break;
    }
    if (at >= DONE) {
      result = at == DONE ? CHUNK_DONE : CHUNK_ERROR;
      break;
    }
  }
  s.state = (s.state & CHUNK_KEEP_TRAILERS) | at;
  chunkDataEnd = to ? to : chunkDataStart;
  chunkConsumed = p;
  return result;
}

// Results of a step that end decoding; never left.
const DONE: u32 = 12;
const FAILED: u32 = 13;

// Copies to a lower address; the ranges may overlap. Piece by piece forward, because a short memory.copy costs more.
function moveDown(to: usize, from: usize, n: usize): void {
  if (n > 256) {
    memory.copy(to, from, n);
    return;
  }
  const end = from + n;
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from++, to++) store<u8>(to, load<u8>(from));
}

let shortSize: u32 = 0;

// The length of a line of 1 to 7 digits that are not zero and CRLF, 0 if `p` holds something else; sets `shortSize`.
function shortSizeLine(p: usize): usize {
  let size: u32 = 0;
  let digits: usize = 0;
  let digit = hexDigit(load<u8>(p));
  while (digit < 16 && digits < 7) {
    size = (size << 4) | digit;
    digit = hexDigit(load<u8>(p + ++digits));
  }
  if (!size || load<u16>(p + digits) != 0x0a0d) return 0;
  shortSize = size;
  return digits + 2;
}

// One byte of the line that holds a size.
function sizeStep(s: ChunkState, at: u32, c: u32): u32 {
  switch (at) {
    case SIZE: {
      const digit = hexDigit(c);
      if (digit < 16) {
        if (++s.count > MAX_DIGITS || s.left >> 59) return FAILED;
        s.left = (s.left << 4) | digit;
        return SIZE;
      }
      if (!s.count) return FAILED;
      s.count = 0;
      return afterSize(c);
    }
    case AFTER_SIZE: {
      if (++s.count > MAX_EXTENSION) return FAILED;
      return afterSize(c);
    }
    case EXTENSION: {
      if (++s.count > MAX_EXTENSION) return FAILED;
      if (c == 0x0d) return SIZE_LF;
      return isControl(c) ? FAILED : EXTENSION;
    }
  }
  if (c != 0x0a) return FAILED;
  s.count = 0;
  return s.left ? DATA : TRAILER_LINE;
}

function afterSize(c: u32): u32 {
  if (c == 0x0d) return SIZE_LF;
  if (c == 0x3b) return EXTENSION;
  return c == 0x20 || c == 0x09 ? AFTER_SIZE : FAILED;
}

// One byte behind data or of a trailer section that is checked like a header section and dropped.
function afterDataStep(s: ChunkState, at: u32, c: u32): u32 {
  switch (at) {
    case DATA_CR:
      return c == 0x0d ? DATA_LF : FAILED;
    case DATA_LF:
      return c == 0x0a ? SIZE : FAILED;
    case END_LF:
      return c == 0x0a ? DONE : FAILED;
  }
  if (++s.count > MAX_TRAILERS) return FAILED;
  switch (at) {
    case TRAILER_LINE: {
      if (c == 0x0a) return DONE;
      if (c == 0x0d) return END_LF;
      if (c == 0x20 || c == 0x09) return s.count > 1 ? TRAILER_VALUE : FAILED; // a folded line
      return isToken(c) ? TRAILER_NAME : FAILED;
    }
    case TRAILER_NAME: {
      if (c == 0x3a) return TRAILER_VALUE;
      return isToken(c) ? TRAILER_NAME : FAILED;
    }
    case TRAILER_VALUE: {
      if (c == 0x0a) return TRAILER_LINE;
      if (c == 0x0d) return TRAILER_LF;
      return isControl(c) ? FAILED : TRAILER_VALUE;
    }
  }
  return c == 0x0a ? TRAILER_LINE : FAILED;
}

function hexDigit(c: u32): u32 {
  const digit = c - 0x30;
  if (digit < 10) return digit;
  const letter = (c | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}

function isControl(c: u32): bool {
  return (c < 0x20 && c != 0x09) || c == 0x7f;
}

/** Writes the size line of a chunk of `n` bytes directly before its data at `p` (10 bytes at most); returns where it starts. */
export function chunkHeadBefore(p: usize, n: u32): usize {
  p -= 2;
  store<u16>(p, 0x0a0d);
  do {
    const digit = n & 15;
    store<u8>(--p, digit < 10 ? digit + 0x30 : digit + 0x57);
    n >>= 4;
  } while (n);
  return p;
}

/** Ends the data of a chunk at `p`; returns the address behind. */
export function chunkTail(p: usize): usize {
  store<u16>(p, 0x0a0d);
  return p + 2;
}

/** Writes the last chunk without trailers; returns the address behind. */
export function lastChunk(p: usize): usize {
  store<u32>(p, 0x0d0a0d30); // 0 CR LF CR
  store<u8>(p, 0x0a, 4);
  return p + 5;
}
