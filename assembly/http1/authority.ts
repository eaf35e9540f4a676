// What may stand in :authority, whichever way it came: Host, absolute form, or the target of CONNECT.

import { Scan } from './scan';

// Bit sets of the bytes 0x00-0x3f and 0x40-0x7f.
const USERINFO_LOW: u64 = 0x2fff_7ff2_0000_0000; // ! $%&'()*+,-. 0-9 : ; =
const USERINFO_HIGH: u64 = 0x47ff_fffe_87ff_fffe; // A-Z _ a-z ~
const NAME_LOW: u64 = 0x03ff_6000_0000_0000; // -. 0-9
const NAME_HIGH: u64 = 0x07ff_fffe_07ff_fffe; // A-Z a-z
const ADDRESS_LOW: u64 = 0x07ff_4000_0000_0000; // . 0-9 :
const ADDRESS_HIGH: u64 = 0x0000_007e_0000_007e; // A-F a-f

function allOf(p: usize, end: usize, low: u64, high: u64): bool {
  for (; p < end; p++) {
    const c = <u32>load<u8>(p);
    if (c > 0x7f) return false;
    if (!(((c < 0x40 ? low : high) >> (c & 0x3f)) & 1)) return false;
  }
  return true;
}

/** Whether a Host header may be the authority, as Envoy sees it: any mix of the bytes of an authority, or nothing. */
export function hostHeaderValid(p: usize, length: u32): bool {
  while (length > 16) {
    if (Scan.notAuthority(v128.load(p))) return false;
    p += 16;
    length -= 16;
  }
  return !(Scan.notAuthority(v128.load(p)) & ((1 << length) - 1));
}

export function userinfoValid(p: usize, end: usize): bool {
  return allOf(p, end, USERINFO_LOW, USERINFO_HIGH);
}

/** Whether [p, end) is host[:port] of a target URL. With `portNeeded` the port may not be missing (CONNECT). */
export function hostPortValid(p: usize, end: usize, portNeeded: bool): bool {
  let q = p;
  if (p < end && load<u8>(p) == 0x5b) {
    while (q < end && load<u8>(q) != 0x5d) q++;
    if (q == end || q - p < 3 || !allOf(p + 1, q, ADDRESS_LOW, ADDRESS_HIGH)) return false;
    q++;
  } else {
    while (q < end && load<u8>(q) != 0x3a) q++;
    if (q == p || !allOf(p, q, NAME_LOW, NAME_HIGH)) return false;
  }
  if (q == end) return !portNeeded;
  return load<u8>(q) == 0x3a && portValid(q + 1, end);
}

// 1*DIGIT up to 65535.
function portValid(p: usize, end: usize): bool {
  if (p == end) return false;
  let port: u32 = 0;
  for (; p < end; p++) {
    const d = <u32>load<u8>(p) - 0x30;
    if (d > 9) return false;
    port = port * 10 + d;
    if (port > 65535) return false;
  }
  return true;
}
