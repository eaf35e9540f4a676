// proxy_protocol: the header by which a load balancer says whose connection it passes on (version 1: a line, version 2: binary). It is
// taken out of the kernel; what follows it is the connection's.
import { isSpace } from '../memory/bytes';
import {
  PROXY_ALLOWS_NONE,
  PROXY_NO_V1,
  PROXY_NO_V2,
  PROXY_PROTOCOL_STAT_DOWNSTREAM_CX_PROXY_PROTO_ERROR,
  PROXY_PROTOCOL_STAT_NOT_FOUND_ALLOWED,
  PROXY_PROTOCOL_STAT_NOT_FOUND_DISALLOWED,
  PROXY_PROTOCOL_STAT_VERSIONS_V1_DISALLOWED,
  PROXY_PROTOCOL_STAT_VERSIONS_V1_ERROR,
  PROXY_PROTOCOL_STAT_VERSIONS_V1_FOUND,
  PROXY_PROTOCOL_STAT_VERSIONS_V2_DISALLOWED,
  PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR,
  PROXY_PROTOCOL_STAT_VERSIONS_V2_FOUND,
} from '../abi';
import { FAMILY_IP4, FAMILY_IP6, factsProxy } from '../http/conn_facts';
import { parseAddress, readPort } from '../http/ip_address';
import { RX_SIZE } from '../memory/map';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { statInc } from '../stats/counters';
import { Slot, SLOT_FACTS } from '../stream/slot';
import { foundKeepPeer } from './found';
import { ListenerFilter } from './listener';
import { STEPS_CLOSE, STEPS_DONE, STEPS_WAIT } from './steps';

const V1_SIGNATURE_SIZE: u32 = 6; // "PROXY "
const V1_MAX: u32 = 108; // bytes of the longest line
const V2_SIGNATURE_SIZE: u32 = 12; // CR LF CR LF NUL CR LF "QUIT" LF
const V2_HEADER: u32 = 16;
const V2_LOCAL: u32 = 0x20; // version and command
const V2_PROXY: u32 = 0x21;
const V2_FAMILY_IP4: u32 = 1;
const V2_FAMILY_IP6: u32 = 2;
const V2_FAMILY_UNIX: u32 = 3;
const V2_STREAM: u32 = 1;
const V2_DGRAM: u32 = 2;

/** Bytes to be taken out of the kernel after the last call. Instance-private, read by the caller at once. */
export let proxyConsumed: u32 = 0;

export function proxyInspect(d: Slot, f: ListenerFilter, p: usize, n: u32): i32 {
  proxyConsumed = 0;
  if (d.parsed) return skip(d, n);
  const v1 = signature1(p, n);
  const v2 = signature2(p, n);
  if (f.flags & PROXY_ALLOWS_NONE && !isPossible(f, v1, v2)) {
    statInc(f.stats + PROXY_PROTOCOL_STAT_NOT_FOUND_ALLOWED);
    return STEPS_DONE;
  }
  if (v2) return n < V2_HEADER ? STEPS_WAIT : version2(d, f, p, n);
  if (n >= V2_HEADER && !v1) return notFound(f);
  return version1(d, f, p, n);
}

// Whether the bytes so far begin as a version does that is not disallowed.
function isPossible(f: ListenerFilter, v1: bool, v2: bool): bool {
  return (v1 && !(f.flags & PROXY_NO_V1)) || (v2 && !(f.flags & PROXY_NO_V2));
}

function signature1(p: usize, n: u32): bool {
  const word: u64 = 0x2059584f5250;
  for (let i: u32 = 0; i < n && i < V1_SIGNATURE_SIZE; i++) {
    if (load<u8>(p + i) != <u8>(word >> (i << 3))) return false;
  }
  return true;
}

function signature2(p: usize, n: u32): bool {
  for (let i: u32 = 0; i < n && i < V2_SIGNATURE_SIZE; i++) {
    const word: u64 = i < 8 ? 0x510a0d000a0d0a0d : 0x0a544955;
    if (load<u8>(p + i) != <u8>(word >> ((i & 7) << 3))) return false;
  }
  return true;
}

function notFound(f: ListenerFilter): i32 {
  statInc(f.stats + PROXY_PROTOCOL_STAT_NOT_FOUND_DISALLOWED);
  statInc(f.stats + PROXY_PROTOCOL_STAT_DOWNSTREAM_CX_PROXY_PROTO_ERROR);
  return STEPS_CLOSE;
}

function refuse(f: ListenerFilter, stat: u32): i32 {
  statInc(f.stats + stat);
  statInc(f.stats + PROXY_PROTOCOL_STAT_DOWNSTREAM_CX_PROXY_PROTO_ERROR);
  return STEPS_CLOSE;
}

// What is left of a header that was longer than what could be peeked at.
function skip(d: Slot, n: u32): i32 {
  proxyConsumed = d.parsed < n ? d.parsed : n;
  d.parsed -= proxyConsumed;
  return d.parsed ? STEPS_WAIT : STEPS_DONE;
}

// === version 1: PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 CR LF ===

function version1(d: Slot, f: ListenerFilter, p: usize, n: u32): i32 {
  const length = lineLength(p, n);
  if (!length) return n > V1_MAX ? notFound(f) : STEPS_WAIT;
  if (!signature1(p, length)) return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V1_ERROR);
  if (f.flags & PROXY_NO_V1) {
    statInc(f.stats + PROXY_PROTOCOL_STAT_VERSIONS_V1_FOUND);
    statInc(f.stats + PROXY_PROTOCOL_STAT_VERSIONS_V1_DISALLOWED);
    return STEPS_CLOSE;
  }
  if (length > V1_MAX) return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V1_ERROR);
  const addresses = scratchAddresses();
  const result = addresses ? readLine(d, p, p + length - 2, addresses) : STEPS_CLOSE;
  scratchFree(addresses);
  if (result == STEPS_CLOSE) return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V1_ERROR);
  statInc(f.stats + PROXY_PROTOCOL_STAT_VERSIONS_V1_FOUND);
  proxyConsumed = length;
  return STEPS_DONE;
}

// Bytes of the line with its CR LF, 0: it has not ended yet.
function lineLength(p: usize, n: u32): u32 {
  for (let i: u32 = 1; i < n; i++) if (load<u16>(p + i - 1) == 0x0a0d) return i + 1;
  return 0;
}

function readLine(d: Slot, p: usize, end: usize, out: usize): i32 {
  while (end > p && isSpace(load<u8>(end - 1))) end--;
  const kind = p + V1_SIGNATURE_SIZE;
  if (kind > end) return STEPS_CLOSE;
  const kindEnd = wordEnd(kind, end);
  if (kindEnd - kind == 7 && load<u32>(kind) == 0x4e4b4e55 && load<u32>(kind, 3) == 0x4e574f4e) return STEPS_DONE; // UNKNOWN
  if (kindEnd - kind != 4 || (load<u32>(kind) & 0xffffff) != 0x504354) return STEPS_CLOSE; // TCP
  const family: u8 = load<u8>(kind, 3) - 0x30;
  if (family != FAMILY_IP4 && family != FAMILY_IP6) return STEPS_CLOSE;
  const from = kindEnd + 1;
  const fromEnd = wordEnd(from, end);
  const to = fromEnd + 1;
  const toEnd = wordEnd(to, end);
  const fromPort = toEnd + 1;
  const fromPortEnd = wordEnd(fromPort, end);
  const toPort = fromPortEnd + 1;
  if (toPort > end || wordEnd(toPort, end) != end) return STEPS_CLOSE;
  if (parseAddress(from, <u32>(fromEnd - from), out) != family) return STEPS_CLOSE;
  if (parseAddress(to, <u32>(toEnd - to), out + 16) != family) return STEPS_CLOSE;
  const peerPort = readPort(fromPort, fromPortEnd);
  const localPort = readPort(toPort, end);
  if (peerPort < 0 || localPort < 0) return STEPS_CLOSE;
  if (!isUnicast(out, family) || !isUnicast(out + 16, family) || !foundKeepPeer(d)) return STEPS_CLOSE;
  factsProxy(changetype<usize>(d) + SLOT_FACTS, out, family, <u16>peerPort, <u16>localPort);
  return STEPS_DONE;
}

function wordEnd(p: usize, end: usize): usize {
  while (p < end && load<u8>(p) != 0x20) p++;
  return p;
}

// Whether a connection can have the address: it is not the unspecified one, a multicast or the broadcast one.
function isUnicast(p: usize, family: u8): bool {
  if (family == FAMILY_IP6) return load<u8>(p) != 0xff && (load<u64>(p) != 0 || load<u64>(p, 8) != 0);
  const word = load<u32>(p);
  return word != 0 && word != 0xffffffff && (load<u8>(p) & 0xf0) != 0xe0;
}

// === version 2 ===

function version2(d: Slot, f: ListenerFilter, p: usize, n: u32): i32 {
  if (f.flags & PROXY_NO_V2) {
    statInc(f.stats + PROXY_PROTOCOL_STAT_VERSIONS_V2_FOUND);
    statInc(f.stats + PROXY_PROTOCOL_STAT_VERSIONS_V2_DISALLOWED);
    return STEPS_CLOSE;
  }
  const command: u32 = load<u8>(p, V2_SIGNATURE_SIZE);
  const family: u32 = load<u8>(p, V2_SIGNATURE_SIZE + 1) >> 4;
  const length: u32 = bswap<u16>(load<u16>(p, V2_HEADER - 2));
  const addresses: u32 = command == V2_LOCAL ? 0 : addressesLength(family);
  if (command != V2_LOCAL && command != V2_PROXY) return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR);
  if (command == V2_PROXY && (!addresses || addresses > length))
    return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR);
  const whole = V2_HEADER + length;
  if (command == V2_PROXY && whole > RX_SIZE) return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR);
  if (command == V2_PROXY && n < whole) return STEPS_WAIT;
  if (command == V2_PROXY && !areExtensions(p + V2_HEADER + addresses, p + whole))
    return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR);
  if (command == V2_PROXY && !readAddresses(d, p, family)) return refuse(f, PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR);
  statInc(f.stats + PROXY_PROTOCOL_STAT_VERSIONS_V2_FOUND);
  d.parsed = whole;
  return skip(d, n);
}

// Extensions (TLVs) that nobody asks for, but that must be whole.
function areExtensions(p: usize, end: usize): bool {
  while (p < end) {
    if (end - p < 3) return false;
    p += 3 + <usize>bswap<u16>(load<u16>(p, 1));
  }
  return p == end;
}

function addressesLength(family: u32): u32 {
  if (family == V2_FAMILY_IP4) return 12;
  if (family == V2_FAMILY_IP6) return 36;
  return family == V2_FAMILY_UNIX ? 216 : 0;
}

function readAddresses(d: Slot, p: usize, family: u32): bool {
  const transport: u32 = load<u8>(p, V2_SIGNATURE_SIZE + 1) & 15;
  if (transport != V2_STREAM && transport != V2_DGRAM) return false;
  if (family != V2_FAMILY_IP4 && family != V2_FAMILY_IP6) return false;
  const out = scratchAddresses();
  if (!out) return false;
  const known = takeAddresses(d, p, family, out);
  scratchFree(out);
  return known;
}

function takeAddresses(d: Slot, p: usize, family: u32, out: usize): bool {
  const size: u32 = family == V2_FAMILY_IP4 ? 4 : 16;
  memory.copy(out, p + V2_HEADER, size);
  memory.copy(out + 16, p + V2_HEADER + size, size);
  const version: u8 = size == 4 ? FAMILY_IP4 : FAMILY_IP6;
  if (!isUnicast(out, version) || !isUnicast(out + 16, version) || !foundKeepPeer(d)) return false;
  const ports = p + V2_HEADER + 2 * size;
  const facts = changetype<usize>(d) + SLOT_FACTS;
  factsProxy(facts, out, version, bswap<u16>(load<u16>(ports)), bswap<u16>(load<u16>(ports, 2)));
  return true;
}

// Two addresses of 16 bytes, zeroed.
function scratchAddresses(): usize {
  const p = scratch(32);
  if (p) memory.fill(p, 0, 32);
  return p;
}

function scratchFree(p: usize): void {
  if (p) changetype<WorkerState>(W).scratch = <u32>p;
}
