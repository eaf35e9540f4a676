// Textual IP addresses, as strict as inet_pton.
import { FAMILY_IP4, FAMILY_IP6, FAMILY_NONE } from './conn_facts';

/** Reads an address from [p, p + n) into `out` (16 bytes, network order); FAMILY_NONE if it is none. */
export function parseAddress(p: usize, n: u32, out: usize): u8 {
  store<u64>(out, 0);
  store<u64>(out, 0, 8);
  if (!n || n > 64) return FAMILY_NONE;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(p + i) == 0x3a) return parse6(p, p + n, out) ? FAMILY_IP6 : FAMILY_NONE;
  return parse4(p, p + n, out) ? FAMILY_IP4 : FAMILY_NONE;
}

function parse4(p: usize, end: usize, out: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    if (i && (p >= end || load<u8>(p++) != 0x2e)) return false;
    const first = p;
    let value: u32 = 0;
    while (p < end && p - first < 3) {
      const d = <u32>load<u8>(p) - 0x30;
      if (d > 9) break;
      value = value * 10 + d;
      p++;
    }
    if (p == first || value > 255 || (p - first > 1 && load<u8>(first) == 0x30)) return false;
    store<u8>(out + i, <u8>value);
  }
  return p == end;
}

function hexDigit(c: u32): u32 {
  if (c - 0x30 < 10) return c - 0x30;
  const lower = c | 0x20;
  return lower - 0x61 < 6 ? lower - 0x57 : 16;
}

function parse6(p: usize, end: usize, out: usize): bool {
  let filled: usize = 0; // bytes written
  let gap: isize = -1; // where "::" stands
  if (p + 1 < end && load<u16>(p) == 0x3a3a) {
    gap = 0;
    p += 2;
  }
  while (p < end) {
    if (filled >= 16) return false;
    const first = p;
    let value: u32 = 0;
    while (p < end && p - first < 4) {
      const d = hexDigit(load<u8>(p));
      if (d > 15) break;
      value = (value << 4) | d;
      p++;
    }
    if (p < end && load<u8>(p) == 0x2e) {
      // the last four bytes in dotted form
      if (filled > 12 || !parse4(first, end, out + filled)) return false;
      filled += 4;
      p = end;
      break;
    }
    if (p == first) return false;
    store<u16>(out + filled, bswap<u16>(<u16>value));
    filled += 2;
    if (p == end) break;
    if (load<u8>(p++) != 0x3a) return false;
    if (p == end) return false;
    if (load<u8>(p) == 0x3a) {
      if (gap >= 0) return false;
      gap = <isize>filled;
      p++;
    }
  }
  if (gap < 0) return filled == 16;
  if (filled == 16) return false;
  const tail = filled - <usize>gap;
  memory.copy(out + 16 - tail, out + <usize>gap, tail);
  memory.fill(out + <usize>gap, 0, 16 - filled);
  return true;
}

/** A port from [p, end), or -1; as Envoy reads it: a plus sign and leading zeros are no reason to refuse it. */
export function readPort(p: usize, end: usize): i32 {
  if (p < end && load<u8>(p) == 0x2b) p++;
  if (p >= end) return -1;
  let value: u32 = 0;
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) return -1;
    value = value * 10 + digit;
    if (value > 0xffff) return -1;
  }
  return <i32>value;
}
