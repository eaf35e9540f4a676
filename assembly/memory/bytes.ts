// Small comparisons and copies of byte ranges.

/** Whether `n` bytes are the same. Reads only those. */
export function bytesEqual(a: usize, b: usize, n: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  for (; i < n; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Whether `n` bytes are the same as the lower-case letters, digits and hyphens at `b`, whatever their case. Reads only those. */
export function bytesEqualLower(a: usize, b: usize, n: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) if ((load<u64>(a + i) | 0x2020_2020_2020_2020) != load<u64>(b + i)) return false;
  for (; i < n; i++) if (lowerByte(load<u8>(a + i)) != <u32>load<u8>(b + i)) return false;
  return true;
}

/** FNV-1a, with its high bits folded into those that a small table looks at. */
export function bytesHash(p: usize, n: u32): u32 {
  let h: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < n; i++) h = (h ^ load<u8>(p + i)) * 0x01000193;
  return h ^ (h >> 15);
}

/** White space of the C locale: HTAB, LF, VT, FF, CR and SP. */
export function isSpace(c: u32): bool {
  return c == 0x20 || c - 9 < 5;
}

export function lowerByte(c: u32): u32 {
  return c - 0x41 < 26 ? c | 0x20 : c;
}

/**
 * Copies `n` bytes and returns the address behind them. Reads and writes up to 15 bytes more, so both sides need a guard, and
 * what stands behind the target is lost. The ranges must not overlap.
 */
export function copyBytes(to: usize, from: usize, n: usize): usize {
  const end = to + n;
  if (n > 512) {
    memory.copy(to, from, n);
    return end;
  }
  for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  return end;
}

/**
 * Writes an ASCII literal, as putLiteral does in shorter steps; returns the address behind. Writes up to 15 bytes more, and
 * reads as many behind the literal.
 */
export function putText(to: usize, text: string): usize {
  let from = changetype<usize>(text); // UTF-16
  const end = to + text.length;
  for (; to < end; to += 16, from += 32) {
    v128.store(to, i8x16.narrow_i16x8_u(v128.load(from), v128.load(from, 16)));
  }
  return end;
}
