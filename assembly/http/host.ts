// :authority as configured: strip_trailing_host_dot, strip_any_host_port, strip_matching_host_port
// (Envoy: HeaderUtility::stripTrailingHostDot, stripPortFromHost).
import { Head } from '../http1/head';
import { scratch } from '../memory/worker_block';
import {
  HCM_STRIP_ANY_HOST_PORT,
  HCM_STRIP_MATCHING_HOST_PORT,
  HCM_STRIP_TRAILING_HOST_DOT,
  HcmConfig,
} from './hcm_config';

const STRIP: u32 = HCM_STRIP_ANY_HOST_PORT | HCM_STRIP_MATCHING_HOST_PORT | HCM_STRIP_TRAILING_HOST_DOT;

export function normalizeHost(hcm: HcmConfig, q: Head, localPort: u16): void {
  if (!(hcm.flags & STRIP) || !q.authorityLength) return;
  if (hcm.flags & HCM_STRIP_TRAILING_HOST_DOT) stripTrailingDot(q);
  if (hcm.flags & HCM_STRIP_ANY_HOST_PORT) stripPort(q, -1);
  else if (hcm.flags & HCM_STRIP_MATCHING_HOST_PORT) stripPort(q, localPort);
}

// "host." and "host.:port"
function stripTrailingDot(q: Head): void {
  const p: usize = q.authority;
  const dot = lastOf(p, q.authorityLength, 0x2e);
  if (dot < 0) return;
  const rest = q.authorityLength - <u32>dot - 1;
  if (!rest) {
    q.authorityLength--;
    return;
  }
  if (load<u8>(p + dot + 1) != 0x3a) return;
  const out = scratch(q.authorityLength);
  if (!out) return;
  memory.copy(out, p, dot);
  memory.copy(out + dot, p + dot + 1, rest);
  q.authority = <u32>out;
  q.authorityLength--;
}

// `only`: the port to strip, -1 = any.
function stripPort(q: Head, only: i32): void {
  const p: usize = q.authority;
  const colon = lastOf(p, q.authorityLength, 0x3a);
  if (colon < 0 || lastOf(p, q.authorityLength, 0x5d) > colon) return; // an IPv6 address without a port
  const port = portNumber(p + colon + 1, q.authorityLength - <u32>colon - 1);
  if (port < 0 || (only >= 0 && port != only)) return;
  q.authorityLength = <u32>colon;
}

function lastOf(p: usize, n: u32, c: u32): i32 {
  for (let i = <i32>n - 1; i >= 0; i--) if (load<u8>(p + i) == c) return i;
  return -1;
}

// Envoy takes any number that fits 32 bits, with or without a plus sign; one beyond 16 bits matches no port but may be stripped.
function portNumber(p: usize, n: u32): i64 {
  if (n && load<u8>(p) == 0x2b) {
    p++;
    n--;
  }
  if (!n || n > 20) return -1;
  let value: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const d = <u32>load<u8>(p + i) - 0x30;
    if (d > 9) return -1;
    value = value * 10 + d;
    if (value > 0xffffffff) return -1;
  }
  return value;
}
