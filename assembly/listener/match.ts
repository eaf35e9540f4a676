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
import { bytesTableFind } from '../memory/bytes_table';
import { scratch, scratchReset } from '../memory/worker_block';
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
  children: u32; // BytesTable: key -> child
  prefixes: u32; // address of u16[prefixCount]: family | bits << 8
}

/** The key of a prefix: both halves of the address, masked, and family | bits << 8. */
@unmanaged
export class PrefixKey {
  high: u64;
  low: u64;
  prefix: u64;
}

function childOf(node: MatchNode, p: usize, n: u32): u32 {
  return bytesTableFind(node.children, p, n);
}

// A number as a key: ports, transport protocols, source types.
function childOfNumber(node: MatchNode, value: u32): u32 {
  scratchReset(); // no head is being handled
  const key = scratch(4);
  store<u32>(key, value);
  return childOf(node, key, 4);
}

/** The first `bits` bits of a word in network order. */
export function masked(word: u64, bits: u32): u64 {
  if (!bits) return 0;
  return bits >= 64 ? word : word & bswap(~(<u64>0) << (64 - bits));
}

// The child of the longest prefix that holds the address. As in Envoy, a UNIX socket's stands for 255.255.255.255.
function childOfAddress(node: MatchNode, family: u8, high: u64, low: u64): u32 {
  const f: u32 = family == FAMILY_NONE ? FAMILY_IP4 : family;
  const h: u64 = family == FAMILY_NONE ? 0xffffffff : high;
  scratchReset(); // no head is being handled
  const p = scratch(<u32>offsetof<PrefixKey>());
  const key = changetype<PrefixKey>(p);
  for (let i: u32 = 0; i < node.prefixCount; i++) {
    const prefix: u32 = load<u16>(<usize>node.prefixes + ((<usize>i) << 1));
    if ((prefix & 0xff) != f) continue;
    const bits = prefix >> 8;
    key.high = masked(h, bits);
    key.low = bits > 64 ? masked(low, bits - 64) : 0;
    key.prefix = prefix;
    const child = childOf(node, p, <u32>offsetof<PrefixKey>());
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
