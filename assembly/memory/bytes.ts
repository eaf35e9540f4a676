// Small comparisons of byte ranges.

/** Whether `n` bytes are the same. Reads only those. */
export function bytesEqual(a: usize, b: usize, n: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  for (; i < n; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Whether `n` bytes are the same as the lower-case bytes at `b`, letters in either case. Reads only those. */
export function bytesEqualLower(a: usize, b: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (lowerByte(load<u8>(a + i)) != <u32>load<u8>(b + i)) return false;
  return true;
}

export function lowerByte(c: u32): u32 {
  return c - 0x41 < 26 ? c | 0x20 : c;
}
