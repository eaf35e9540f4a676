// Classification of sixteen bytes at a time. Each function returns a bit mask, bit i for byte i. Whoever scans loads up to 15
// bytes past the end of its range (the guard) and ignores what it finds there.

// Constants stand in memory: an engine loads them, where it would build a v128.const anew in every round of a loop.
// Comparisons are `le` and `eq`, which are one or two instructions of x64; `lt`, `gt` and `ne` are four.

// Sets of ASCII: the low nibble of a byte picks a set of high nibbles, one bit each; bytes >= 0x80 are in none.
// tchar (RFC 9110 section 5.6.2):
const TOKEN: usize = memory.data<u8>(
  [0xe8, 0xfc, 0xf8, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xf8, 0xf8, 0xf4, 0x54, 0xd0, 0x54, 0xf4, 0x70],
  16,
);
// ! $%&'()*+,-. 0-9 : ; = @ A-Z [ ] _ a-z ~
const AUTHORITY: usize = memory.data<u8>(
  [0xb8, 0xfc, 0xf8, 0xf8, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0x7c, 0x54, 0x7c, 0xd4, 0x70],
  16,
);
const HIGH_BIT: usize = memory.data<u8>([1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0], 16);
// 0x20 for the first n bytes: the vector at CASE_BIT + 16 - n.
const CASE_BIT: usize = memory.data<u8>(
  [
    0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0,
  ],
  16,
);

export class Scan {
  /** Bytes that are not a tchar. */
  @inline static notToken(v: v128): i32 {
    return Scan.notIn(TOKEN, v);
  }

  /** Bytes that Envoy does not take in a Host header. */
  @inline static notAuthority(v: v128): i32 {
    return Scan.notIn(AUTHORITY, v);
  }

  @inline static notIn(set: usize, v: v128): i32 {
    const nibble = i8x16.splat(0x0f);
    const low = i8x16.swizzle(v128.load(set), v128.and(v, nibble));
    const high = i8x16.swizzle(v128.load(HIGH_BIT), v128.and(i16x8.shr_u(v, 4), nibble));
    return i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)));
  }

  /** Bytes that may not stand in a field value: controls but HTAB, and DEL (RFC 9110 section 5.5). CR and LF are among them. */
  @inline static notValue(v: v128): i32 {
    const control = v128.andnot(i8x16.le_u(v, i8x16.splat(0x1f)), i8x16.eq(v, i8x16.splat(0x09)));
    return i8x16.bitmask(v128.or(control, i8x16.eq(v, i8x16.splat(0x7f))));
  }

  /** The same and HTAB, which saves two instructions in the loop that sees most bytes. */
  @inline static endsValue(v: v128): i32 {
    return i8x16.bitmask(v128.or(i8x16.le_u(v, i8x16.splat(0x1f)), i8x16.eq(v, i8x16.splat(0x7f))));
  }

  /** Bytes that end a request target: all but %x21-7E. */
  @inline static notTarget(v: v128): i32 {
    return i8x16.bitmask(i8x16.le_u(i8x16.splat(0x7f - 0x21), i8x16.sub(v, i8x16.splat(0x21))));
  }

  @inline static equal(v: v128, byte: i8): i32 {
    return i8x16.bitmask(i8x16.eq(v, i8x16.splat(byte)));
  }

  /** The vector with the letters of its first `n` bytes in lower case, n <= 16. */
  @inline static lower(v: v128, n: u32): v128 {
    const letters = i8x16.le_u(i8x16.sub(v, i8x16.splat(0x41)), i8x16.splat(25));
    return v128.or(v, v128.and(letters, v128.load(CASE_BIT + 16 - n)));
  }
}

/** Whether a byte may stand in a token (RFC 9110 section 5.6.2). */
export function isToken(c: u32): bool {
  return !(Scan.notToken(i8x16.splat(<i8>c)) & 1);
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
