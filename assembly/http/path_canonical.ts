// normalize_path: the path rules of a URL canonicalizer (RFC 3986 6.2.2, WHATWG URL path state), with the choices of the one
// that Envoy calls: dot segments are resolved, `\` is `/`, escapes of unreserved characters are undone, other escapes keep
// their case, characters that may not stand in a path are escaped, an escape that is none is left alone.
import { Head } from '../http1/head';
import { scratch } from '../memory/worker_block';

// What to do with a character, plain and escaped.
const PASS: u8 = 0; // as it stands
const SPECIAL: u8 = 1; // `.`, `\`, `%`
const ESCAPE: u8 = 2; // is escaped when plain
const UNESCAPE: u8 = 4; // is plain when escaped
const INVALID: u8 = 8; // NUL

// prettier-ignore
const CLASS: StaticArray<u8> = [
  8, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 0, 2, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0,
  4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0, 0, 2, 0, 2, 2,
  0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
  4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0, 1, 0, 2, 4,
  2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
  4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 4, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
];

/** Rewrites the path proper of a request in its canonical form; false when it has none. */
export function canonicalPath(q: Head): bool {
  const p: usize = q.path;
  if (isCanonical(p, q.pathLength)) return true;
  let n: u32 = 0;
  while (n < q.pathLength && load<u8>(p + n) != 0x3f) n++;
  const out = scratch(q.pathLength * 3 + 8);
  if (!out) return false;
  const end = canonicalize(p, p + n, out);
  if (!end) return false;
  memory.copy(end, p + n, q.pathLength - n);
  q.pathLength += <u32>(end - out) - n;
  q.path = <u32>out;
  return true;
}

// The common case, 16 bytes at a time: no character in the path proper needs a look.
function isCanonical(p: usize, n: u32): bool {
  const end = p + n;
  for (let q = p; q < end; q += 16) {
    const stop = notPlain(v128.load(q));
    if (!stop) continue;
    const at = q + ctz(stop);
    return at >= end || load<u8>(at) == 0x3f;
  }
  return true;
}

// A bit for each byte that is `?` or has a class other than PASS and UNESCAPE. The tables give, by low and by high half, one bit
// for each row of 16 characters that has such; rows 0 and 1, and those from 8 on, have nothing else.
function notPlain(v: v128): i32 {
  const low = i8x16(105, 96, 97, 97, 96, 97, 96, 96, 96, 96, 96, 112, 118, 112, 103, 114);
  const high = i8x16(32, 32, 1, 2, 0, 4, 8, 16, 64, 64, 64, 64, 64, 64, 64, 64);
  const a = v128.swizzle(low, v128.and(v, i8x16.splat(15)));
  const b = v128.swizzle(high, i8x16.shr_u(v, 4));
  return i8x16.bitmask(i8x16.ne(v128.and(a, b), i8x16.splat(0)));
}

function classOf(c: u32): u8 {
  return load<u8>(changetype<usize>(CLASS) + c);
}

function isSlash(c: u32): bool {
  return c == 0x2f || c == 0x5c;
}

// Length of the dot at `p`: 1 for ".", 3 for "%2e", 0 for none.
function dotLength(p: usize, end: usize): usize {
  if (p >= end) return 0;
  if (load<u8>(p) == 0x2e) return 1;
  return p + 3 <= end && load<u8>(p) == 0x25 && load<u8>(p, 1) == 0x32 && (load<u8>(p, 2) | 0x20) == 0x65 ? 3 : 0;
}

function hexValue(c: u32): u32 {
  if (c - 0x30 < 10) return c - 0x30;
  const lower = c | 0x20;
  return lower - 0x61 < 6 ? lower - 0x57 : 16;
}

// Where the segment of dots [p, after) ends, 0 if more than dots stands in it. Parameters do not count ("..;x" is "..") where
// plain dots follow a plain slash.
function segmentEnd(p: usize, after: usize, from: usize, end: usize): usize {
  if (after == end || isSlash(load<u8>(after))) return after;
  if (load<u8>(after) != 0x3b || p == from || load<u8>(p - 1) != 0x2f) return 0;
  for (let q = p; q < after; q++) if (load<u8>(q) != 0x2e) return 0;
  let q = after;
  while (q < end && load<u8>(q) != 0x2f) q++;
  return q;
}

// The byte that "%XY" at `p` escapes, or -1.
function escapedByte(p: usize, end: usize): i32 {
  if (p + 3 > end) return -1;
  const high = hexValue(load<u8>(p, 1));
  const low = hexValue(load<u8>(p, 2));
  return high > 15 || low > 15 ? -1 : <i32>((high << 4) | low);
}

function putEscaped(out: usize, c: u32): usize {
  store<u8>(out, 0x25);
  store<u8>(out, hexDigit(c >> 4), 1);
  store<u8>(out, hexDigit(c & 15), 2);
  return out + 3;
}

function hexDigit(d: u32): u8 {
  return <u8>(d < 10 ? 0x30 + d : 0x37 + d);
}

// Writes [p, end) in canonical form to `out`; the address behind it, or 0.
function canonicalize(from: usize, end: usize, out: usize): usize {
  let p = from;
  let o = out;
  let loose: usize = 0; // where the last `%` stands that begins no escape
  while (p < end) {
    const c = <u32>load<u8>(p);
    const kind = classOf(c);
    if (!(kind & (SPECIAL | ESCAPE | INVALID))) {
      store<u8>(o++, <u8>c);
      p++;
      continue;
    }
    const dot = dotLength(p, end);
    if (dot) {
      if (o > out && load<u8>(o - 1) == 0x2f) {
        const after = segmentEnd(p, p + dot, from, end);
        if (after) {
          p = after == end ? end : after + 1;
          continue;
        }
        const second = dotLength(p + dot, end);
        const last = second ? segmentEnd(p, p + dot + second, from, end) : 0;
        if (last) {
          o = parentOf(out, o);
          if (loose >= o) loose = 0;
          p = last == end ? end : last + 1;
          continue;
        }
      }
      store<u8>(o++, 0x2e);
      p += dot;
      continue;
    }
    if (c == 0x5c) {
      store<u8>(o++, 0x2f);
      p++;
    } else if (c == 0x25) {
      const escaped = escapedByte(p, end);
      if (escaped < 0) {
        loose = o;
        store<u8>(o++, 0x25);
        p++;
        continue;
      }
      if (!(classOf(escaped) & UNESCAPE)) {
        if (classOf(escaped) & INVALID) return 0;
        store<u8>(o, 0x25);
        store<u16>(o + 1, load<u16>(p, 1));
        o += 3;
        p += 3;
        continue;
      }
      store<u8>(o++, <u8>escaped);
      p += 3;
      if (loose && o - loose <= 3) o = nested(o, p, end, loose);
    } else {
      if (kind & INVALID) return 0;
      o = putEscaped(o, c);
      p++;
    }
  }
  return o;
}

// `o` stands behind a slash: the address behind the slash before it.
function parentOf(out: usize, o: usize): usize {
  let i = o - 1;
  if (i == out) return o;
  do {
    i--;
  } while (load<u8>(i) != 0x2f && i > out);
  return i + 1;
}

// An escape that was undone has made a new one with the loose `%` before it ("%%341" -> "%41"): the loose one is escaped, so
// that a second pass changes nothing.
function nested(o: usize, p: usize, end: usize, loose: usize): usize {
  const lastCharacter = load<u8>(o - 1);
  const appendNext = loose == o - 2;
  let e = o;
  if (appendNext) {
    if (p == end || load<u8>(p) >= 0x80) return o;
    store<u8>(e++, load<u8>(p));
  }
  if (escapedByte(loose, e) < 0) return o;
  if (!appendNext) {
    store<u8>(e, load<u8>(loose + 1));
    e++;
  }
  store<u16>(loose + 1, 0x3532); // "25"
  store<u8>(e++, lastCharacter);
  return e;
}
