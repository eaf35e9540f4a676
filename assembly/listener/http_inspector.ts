// http_inspector: which HTTP a connection in the clear speaks, by its preface or its first line. As lenient about the line as Envoy's
// parser, for which every byte up to 0x20 is white space.
import { isToken } from '../http1/scan';
import {
  HTTP_INSPECTOR_STAT_HTTP10_FOUND,
  HTTP_INSPECTOR_STAT_HTTP11_FOUND,
  HTTP_INSPECTOR_STAT_HTTP2_FOUND,
  HTTP_INSPECTOR_STAT_HTTP_NOT_FOUND,
  HTTP_INSPECTOR_STAT_READ_ERROR,
} from '../abi';
import { RX_SIZE } from '../memory/map';
import { putText } from '../memory/bytes';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { statInc } from '../stats/counters';
import { Slot } from '../stream/slot';
import { foundSetProtocols } from './found';
import { ListenerFilter } from './listener';
import { STEPS_CLOSE, STEPS_DONE, STEPS_WAIT } from './steps';

const VERSION_PREFIX: u64 = 0x2f50545448; // "HTTP/"
const PREFACE_SIZE: u32 = 24;

// "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
const PREFACE_0: u64 = 0x5448202a20495250;
const PREFACE_1: u64 = 0x0a0d302e322f5054;
const PREFACE_2: u64 = 0x0a0d0a0d4d530a0d;

export function httpInspect(d: Slot, f: ListenerFilter, p: usize, n: u32): i32 {
  if (isPreface(p, n)) {
    if (n < PREFACE_SIZE) return STEPS_WAIT;
    return found(d, f, HTTP_INSPECTOR_STAT_HTTP2_FOUND, '\x03h2c', 4);
  }
  if (!isToken(load<u8>(p))) return notFound(f);
  const end = p + n;
  let lineEnd = p;
  while (lineEnd < end && load<u8>(lineEnd) != 0x0a) lineEnd++;
  if (lineEnd == end) {
    if (n < RX_SIZE) return STEPS_WAIT;
    statInc(f.stats + HTTP_INSPECTOR_STAT_READ_ERROR);
    return STEPS_CLOSE;
  }
  const version = versionOf(p, lineEnd);
  if (version < 0) return notFound(f);
  if (version == 11) return found(d, f, HTTP_INSPECTOR_STAT_HTTP11_FOUND, '\x08http/1.1', 9);
  return found(d, f, HTTP_INSPECTOR_STAT_HTTP10_FOUND, '\x08http/1.0', 9);
}

function isPreface(p: usize, n: u32): bool {
  const whole = n < PREFACE_SIZE ? n : PREFACE_SIZE;
  for (let i: u32 = 0; i < whole; i++) {
    const word = i < 8 ? PREFACE_0 : i < 16 ? PREFACE_1 : PREFACE_2;
    if (load<u8>(p + i) != <u8>(word >> ((i & 7) << 3))) return false;
  }
  return true;
}

function notFound(f: ListenerFilter): i32 {
  statInc(f.stats + HTTP_INSPECTOR_STAT_HTTP_NOT_FOUND);
  return STEPS_DONE;
}

// `protocol`: a list of one protocol, as ALPN has it.
function found(d: Slot, f: ListenerFilter, stat: u32, protocol: string, n: u32): i32 {
  statInc(f.stats + stat);
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const list = scratch(32);
  if (list) {
    putText(list, protocol);
    foundSetProtocols(d, list, n);
  }
  w.scratch = mark;
  return STEPS_DONE;
}

// The version of a request line as two digits, 9 where it has none, -1 where the line is none.
function versionOf(p: usize, end: usize): i32 {
  while (end > p && isBlank(load<u8>(end - 1))) end--;
  const methodEnd = wordEnd(p, end);
  for (let q = p; q < methodEnd; q++) if (!isToken(load<u8>(q))) return -1;
  const target = wordStart(methodEnd, end);
  const targetEnd = wordEnd(target, end);
  const connect = methodEnd - p == 7 && load<u32>(p) == 0x4e4e4f43 && load<u32>(p, 3) == 0x5443454e;
  if (!isTarget(target, targetEnd, connect)) return -1;
  const version = wordStart(targetEnd, end);
  if (version == end) return 9;
  if (end - version != 8 || (load<u64>(version) & 0xff_ffff_ffff) != VERSION_PREFIX) return -1;
  const major = <u32>load<u8>(version, 5) - 0x30;
  const minor = <u32>load<u8>(version, 7) - 0x30;
  return major > 9 || minor > 9 || load<u8>(version, 6) != 0x2e ? -1 : <i32>(major * 10 + minor);
}

function isBlank(c: u32): bool {
  return c <= 0x20;
}

function wordStart(p: usize, end: usize): usize {
  while (p < end && isBlank(load<u8>(p))) p++;
  return p;
}

function wordEnd(p: usize, end: usize): usize {
  while (p < end && !isBlank(load<u8>(p))) p++;
  return p;
}

function isAlpha(c: u32): bool {
  return (c | 0x20) - 0x61 < 26;
}

function isAlphanumeric(c: u32): bool {
  return isAlpha(c) || c - 0x30 < 10;
}

// origin-form, `*`, absolute-form, and for CONNECT an authority.
function isTarget(p: usize, end: usize, connect: bool): bool {
  if (p == end) return false;
  const first = load<u8>(p);
  if (first == 0x2f || first == 0x2a) return isPath(p + 1, end);
  if (!connect) {
    if (!isAlpha(first)) return false;
    while (p < end && isScheme(load<u8>(p))) p++;
    if (end - p < 3 || load<u16>(p) != 0x2f3a || load<u8>(p, 2) != 0x2f) return false;
    p += 3;
  }
  while (p < end && load<u8>(p) != 0x2f && load<u8>(p) != 0x3f) {
    if (!isHost(load<u8>(p)) || (load<u8>(p) == 0x40 && p + 1 < end && load<u8>(p, 1) == 0x40)) return false;
    p++;
  }
  return isPath(p, end);
}

function isScheme(c: u32): bool {
  return isAlphanumeric(c) || c == 0x2b || c == 0x2d || c == 0x2e;
}

function isPath(p: usize, end: usize): bool {
  for (; p < end; p++) if (load<u8>(p) > 126) return false;
  return true;
}

// Letters, digits and !$%&'()*+,-.:;=@[]_~
function isHost(c: u32): bool {
  if (isAlphanumeric(c)) return true;
  if (c == 0x21 || (c >= 0x24 && c <= 0x2e)) return true;
  return c == 0x3a || c == 0x3b || c == 0x3d || c == 0x40 || c == 0x5b || c == 0x5d || c == 0x5f || c == 0x7e;
}
