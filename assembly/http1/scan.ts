// Classification of sixteen bytes at a time. Each function returns a bit mask, bit i for byte i. Whoever scans loads up to 15
// bytes past the end of its range (the guard) and ignores what it finds there.

// Sets of ASCII: the low nibble of a byte picks a set of high nibbles, one bit each; bytes >= 0x80 are in none.
// tchar (RFC 9110 section 5.6.2):
const TOKEN_LOW = i8x16(
  <i8>0xe8,
  <i8>0xfc,
  <i8>0xf8,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xf8,
  <i8>0xf8,
  <i8>0xf4,
  <i8>0x54,
  <i8>0xd0,
  <i8>0x54,
  <i8>0xf4,
  <i8>0x70,
);
// ! $%&'()*+,-. 0-9 : ; = @ A-Z [ ] _ a-z ~
const AUTHORITY_LOW = i8x16(
  <i8>0xb8,
  <i8>0xfc,
  <i8>0xf8,
  <i8>0xf8,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0xfc,
  <i8>0x7c,
  <i8>0x54,
  <i8>0x7c,
  <i8>0xd4,
  <i8>0x70,
);
const HIGH_BIT = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
const INDEX = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

export class Scan {
  /** Bytes that are not a tchar. */
  @inline static notToken(v: v128): i32 {
    return Scan.notIn(TOKEN_LOW, v);
  }

  /** Bytes that Envoy does not take in a Host header. */
  @inline static notAuthority(v: v128): i32 {
    return Scan.notIn(AUTHORITY_LOW, v);
  }

  @inline static notIn(set: v128, v: v128): i32 {
    const nibble = i8x16.splat(0x0f);
    const low = i8x16.swizzle(set, v128.and(v, nibble));
    const high = i8x16.swizzle(HIGH_BIT, v128.and(i16x8.shr_u(v, 4), nibble));
    return i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)));
  }

  /** Bytes that may not stand in a field value: controls but HTAB, and DEL (RFC 9110 section 5.5). CR and LF are among them. */
  @inline static notValue(v: v128): i32 {
    const control = v128.andnot(i8x16.lt_u(v, i8x16.splat(0x20)), i8x16.eq(v, i8x16.splat(0x09)));
    return i8x16.bitmask(v128.or(control, i8x16.eq(v, i8x16.splat(0x7f))));
  }

  /** The same and HTAB, which saves two instructions in the loop that sees most bytes. */
  @inline static endsValue(v: v128): i32 {
    return i8x16.bitmask(v128.or(i8x16.lt_u(v, i8x16.splat(0x20)), i8x16.eq(v, i8x16.splat(0x7f))));
  }

  /** Bytes that end a request target: all but %x21-7E. */
  @inline static notTarget(v: v128): i32 {
    return i8x16.bitmask(i8x16.gt_u(i8x16.sub(v, i8x16.splat(0x21)), i8x16.splat(0x7e - 0x21)));
  }

  @inline static equal(v: v128, byte: i8): i32 {
    return i8x16.bitmask(i8x16.eq(v, i8x16.splat(byte)));
  }

  /** The vector with the letters of its first `n` bytes in lower case. */
  @inline static lower(v: v128, n: u32): v128 {
    const letters = i8x16.lt_u(i8x16.sub(v, i8x16.splat(0x41)), i8x16.splat(26));
    const wanted = v128.and(letters, i8x16.lt_u(INDEX, i8x16.splat(<i8>n)));
    return v128.or(v, v128.and(wanted, i8x16.splat(0x20)));
  }
}

/** Lower-cases [p, p + n) in place. */
export function lowerCase(p: usize, n: u32): void {
  while (n > 16) {
    v128.store(p, Scan.lower(v128.load(p), 16));
    p += 16;
    n -= 16;
  }
  v128.store(p, Scan.lower(v128.load(p), n));
}
