// filter_chain_match: a tree that is walked once, from the destination port to the source port, as Envoy does. At each level the most
// specific key that fits decides; what its subtree lacks is not looked for elsewhere. Levels that no chain asks about are left out.
import {
  MATCH_APPLICATION_PROTOCOL,
  MATCH_DESTINATION_IP,
  MATCH_DESTINATION_PORT,
  MATCH_DIRECT_SOURCE_IP,
  MATCH_SERVER_NAME,
  MATCH_SOURCE_IP,
  MATCH_SOURCE_PORT,
  MATCH_SOURCE_TYPE,
  MATCH_TRANSPORT_PROTOCOL,
  SOURCE_EXTERNAL,
  SOURCE_LOCAL,
} from '../abi';
import { ConnFacts, FAMILY_IP4, FAMILY_IP6, FAMILY_NONE } from '../http/conn_facts';
import { bytesEqual, bytesHash } from '../memory/bytes';
import { Slot, SLOT_FACTS } from '../stream/slot';
import {
  foundDirectFamily,
  foundDirectHigh,
  foundDirectLow,
  foundProtocols,
  foundProtocolsLength,
  foundServerName,
  foundServerNameLength,
} from './found';
import { FilterChain, Listener } from './listener';

@unmanaged
export class MatchNode {
  level: u8; // MATCH_*
  pad0: u8;
  prefixCount: u16; // levels of IP addresses: lengths of prefixes, the longest first
  any: u32; // the child (MatchNode or FilterChain) for what no key fits, 0 = none
  mask: u32; // slots - 1
  slots: u32; // address of MatchEntry[mask + 1]
  prefixes: u32; // address of u16[prefixCount]: family | bits << 8
}

/** A key with its child. The key of an address is three u64: both halves, masked, and the prefix. */
@unmanaged
export class MatchEntry {
  key: u32; // address, 0 = free slot
  length: u32;
  hash: u32;
  child: u32;
}

export function addressHash(high: u64, low: u64, prefix: u32): u32 {
  let h = (high ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
  h = ((h ^ (h >> 32)) + low) * 0xff51afd7ed558ccd;
  h = ((h ^ (h >> 32)) + prefix) * 0xff51afd7ed558ccd;
  return <u32>(h ^ (h >> 32));
}

export function entryAt(node: MatchNode, i: u32): MatchEntry {
  return changetype<MatchEntry>(<usize>node.slots + <usize>i * offsetof<MatchEntry>());
}

/** The child of a key, 0 where there is none. */
export function childOf(node: MatchNode, p: usize, n: u32): u32 {
  const hash = bytesHash(p, n);
  let i = hash & node.mask;
  while (true) {
    const e = entryAt(node, i);
    if (!e.key) return 0;
    if (e.hash == hash && e.length == n && bytesEqual(e.key, p, n)) return e.child;
    i = (i + 1) & node.mask;
  }
}

// A number as a key: ports, transport protocols, source types.
function childOfNumber(node: MatchNode, value: u32): u32 {
  const hash = numberHash(value);
  let i = hash & node.mask;
  while (true) {
    const e = entryAt(node, i);
    if (!e.key) return 0;
    if (e.hash == hash && load<u32>(e.key) == value) return e.child;
    i = (i + 1) & node.mask;
  }
}

export function numberHash(value: u32): u32 {
  const h = value * 0x9e3779b1;
  return h ^ (h >> 15);
}

/** The first `bits` bits of a word in network order. */
export function masked(word: u64, bits: u32): u64 {
  if (!bits) return 0;
  return bits >= 64 ? word : word & bswap(~(<u64>0) << (64 - bits));
}

function childOfPrefix(node: MatchNode, prefix: u32, high: u64, low: u64): u32 {
  const hash = addressHash(high, low, prefix);
  let i = hash & node.mask;
  while (true) {
    const e = entryAt(node, i);
    if (!e.key) return 0;
    if (e.hash == hash && load<u64>(e.key) == high && load<u64>(e.key, 8) == low && load<u64>(e.key, 16) == <u64>prefix)
      return e.child;
    i = (i + 1) & node.mask;
  }
}

// The child of the longest prefix that holds the address. As in Envoy, a UNIX socket's stands for 255.255.255.255.
function childOfAddress(node: MatchNode, family: u8, high: u64, low: u64): u32 {
  const f: u32 = family == FAMILY_NONE ? FAMILY_IP4 : family;
  const h: u64 = family == FAMILY_NONE ? 0xffffffff : high;
  for (let i: u32 = 0; i < node.prefixCount; i++) {
    const prefix: u32 = load<u16>(<usize>node.prefixes + ((<usize>i) << 1));
    if ((prefix & 0xff) != f) continue;
    const bits = prefix >> 8;
    const child = childOfPrefix(node, prefix, masked(h, bits), bits > 64 ? masked(low, bits - 64) : 0);
    if (child) return child;
  }
  return 0;
}

// `www.example.com`, then `*.example.com` and `*.com`, which are kept without their star.
function childOfServerName(node: MatchNode, p: usize, n: u32): u32 {
  if (!n) return 0;
  const whole = childOf(node, p, n);
  if (whole) return whole;
  for (let i: u32 = 1; i + 1 < n; i++) {
    if (load<u8>(p + i) != 0x2e) continue;
    const child = childOf(node, p + i, n - i);
    if (child) return child;
  }
  return 0;
}

// The first of the client's protocols (a list as ALPN has it) that a key names.
function childOfProtocols(node: MatchNode, p: usize, n: u32): u32 {
  const end = p + n;
  while (p < end) {
    const length: u32 = load<u8>(p);
    const child = childOf(node, p + 1, length);
    if (child) return child;
    p += 1 + length;
  }
  return 0;
}

// As in Envoy: a UNIX socket, the address 127.0.0.1 or ::1, or the same address on both sides.
function isLocal(f: ConnFacts): bool {
  if (f.peerFamily == FAMILY_NONE) return true;
  if (f.peerFamily == FAMILY_IP4 && <u32>f.peer0 == 0x0100007f) return true;
  if (f.peerFamily == FAMILY_IP6 && f.peer0 == 0 && f.peer1 == 0x0100000000000000) return true;
  return f.peerFamily == f.localFamily && f.peer0 == f.local0 && f.peer1 == f.local1;
}

function childFor(node: MatchNode, d: Slot): u32 {
  const f = changetype<ConnFacts>(changetype<usize>(d) + SLOT_FACTS);
  switch (<i32>node.level) {
    case MATCH_DESTINATION_PORT:
      return f.localFamily == FAMILY_NONE ? 0 : childOfNumber(node, f.localPort);
    case MATCH_DESTINATION_IP:
      return childOfAddress(node, f.localFamily, f.local0, f.local1);
    case MATCH_SERVER_NAME:
      return childOfServerName(node, foundServerName(d), foundServerNameLength(d));
    case MATCH_TRANSPORT_PROTOCOL:
      return childOfNumber(node, d.transport);
    case MATCH_APPLICATION_PROTOCOL:
      return childOfProtocols(node, foundProtocols(d), foundProtocolsLength(d));
    case MATCH_DIRECT_SOURCE_IP:
      return childOfAddress(node, foundDirectFamily(d), foundDirectHigh(d), foundDirectLow(d));
    case MATCH_SOURCE_TYPE:
      return childOfNumber(node, isLocal(f) ? SOURCE_LOCAL : SOURCE_EXTERNAL);
    case MATCH_SOURCE_IP:
      return childOfAddress(node, f.peerFamily, f.peer0, f.peer1);
    case MATCH_SOURCE_PORT:
      return childOfNumber(node, f.peerPort);
  }
  return 0;
}

/** The filter chain of a connection of which everything is known, the default one, or null. */
export function findFilterChain(l: Listener, d: Slot): FilterChain | null {
  let at: usize = l.match;
  while (at) {
    const node = changetype<MatchNode>(at);
    if (!node.level) return changetype<FilterChain>(at);
    const child = childFor(node, d);
    at = child ? child : node.any;
  }
  return l.fallback ? changetype<FilterChain>(<usize>l.fallback) : null;
}
