// ASCII letters: lower-casing and comparing without regard to case, eight bytes at a time.

export function lowerByte(c: u32): u32 {
  return c - 0x41 < 26 ? c | 0x20 : c;
}

/** Lower-cases the ASCII letters among eight bytes. */
export function lowerWord(x: u64): u64 {
  const low = x & 0x7f7f7f7f7f7f7f7f;
  const fromA = low + 0x3f3f3f3f3f3f3f3f; // the high bit of a byte says: >= 'A'
  const pastZ = low + 0x2525252525252525; // > 'Z'
  return x | (((fromA ^ pastZ) & ~x & 0x8080808080808080) >> 2);
}

/** Compares `n` bytes at `p`, lower-cased, with the bytes at `lower`. */
export function lowerEqual(lower: usize, p: usize, n: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) if (load<u64>(lower + i) != lowerWord(load<u64>(p + i))) return false;
  for (; i < n; i++) if (load<u8>(lower + i) != lowerByte(load<u8>(p + i))) return false;
  return true;
}
