// ConnFacts: what the connection manager must know of a connection. It lives in the connection's slot.
//
//   | peer address 16 | local address 16 | remote address 16 | ports | families, flags |
//
// "Peer" is who connected; "remote" is the client of the current request: the peer, or what x-forwarded-for says.
import { putDecimal, putLiteral } from '../memory/literal';

@unmanaged
export class ConnFacts {
  peer0: u64; // address bytes in network order; IPv4 in the first four
  peer1: u64;
  local0: u64;
  local1: u64;
  remote0: u64; // set by mutateRequest
  remote1: u64;
  peerPort: u16;
  localPort: u16;
  remotePort: u16;
  peerFamily: u8; // FAMILY_*
  localFamily: u8;
  remoteFamily: u8;
  flags: u8; // FACT_*
  socketPort: u16; // FACT_RESTORED: the local address of the socket itself
  socketFamily: u8;
  socket0: u64;
  socket1: u64;
}

export const FACTS_SIZE: usize = 80;
if (offsetof<ConnFacts>() > FACTS_SIZE) ERROR('conn_facts: too large for a slot');

export const FAMILY_NONE: u8 = 0; // a UNIX socket
export const FAMILY_IP4: u8 = 4;
export const FAMILY_IP6: u8 = 6;

export const FACT_TLS: u8 = 1;
export const FACT_LOOPBACK: u8 = 2; // the peer's address is a loopback address
export const FACT_INTERNAL: u8 = 4; // the current request is an internal one (x-envoy-internal); set by mutateRequest
export const FACT_RESTORED: u8 = 8; // the local address is the original destination of the connection

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/** Fills the facts of an accepted connection from the two `struct sockaddr` of it. */
export function factsInit(facts: usize, peer: usize, local: usize, tls: bool): void {
  memory.fill(facts, 0, FACTS_SIZE);
  const f = changetype<ConnFacts>(facts);
  f.peerFamily = addressOf(peer, facts + offsetof<ConnFacts>('peer0'));
  f.localFamily = addressOf(local, facts + offsetof<ConnFacts>('local0'));
  if (f.peerFamily) f.peerPort = bswap<u16>(load<u16>(peer, 2));
  if (f.localFamily) f.localPort = bswap<u16>(load<u16>(local, 2));
  if (tls) f.flags |= FACT_TLS;
  if (isLoopback(facts, f.peerFamily)) f.flags |= FACT_LOOPBACK;
}

/** Another local address, of a `struct sockaddr`. */
export function factsSetLocal(facts: usize, local: usize): void {
  const f = changetype<ConnFacts>(facts);
  f.local0 = 0;
  f.local1 = 0;
  f.localFamily = addressOf(local, facts + offsetof<ConnFacts>('local0'));
  f.localPort = f.localFamily ? bswap<u16>(load<u16>(local, 2)) : 0;
}

/** The connection went to the address of a `struct sockaddr` before it was redirected here. */
export function factsRestore(facts: usize, original: usize): void {
  const f = changetype<ConnFacts>(facts);
  keepSocketAddress(f);
  factsSetLocal(facts, original);
}

function keepSocketAddress(f: ConnFacts): void {
  if (f.flags & FACT_RESTORED) return;
  f.flags |= FACT_RESTORED;
  f.socket0 = f.local0;
  f.socket1 = f.local1;
  f.socketPort = f.localPort;
  f.socketFamily = f.localFamily;
}

/**
 * The connection is passed on by a proxy: `addresses` holds where it came from and where it went, 16 bytes each. As in Envoy, a local
 * address that is the socket's own counts as not restored.
 */
export function factsProxy(facts: usize, addresses: usize, family: u8, peerPort: u16, localPort: u16): void {
  const f = changetype<ConnFacts>(facts);
  f.peer0 = load<u64>(addresses);
  f.peer1 = load<u64>(addresses, 8);
  f.peerFamily = family;
  f.peerPort = peerPort;
  f.flags &= ~FACT_LOOPBACK;
  if (isLoopback(facts, family)) f.flags |= FACT_LOOPBACK;
  const high = load<u64>(addresses, 16);
  const low = load<u64>(addresses, 24);
  if (f.local0 == high && f.local1 == low && f.localFamily == family && f.localPort == localPort) return;
  keepSocketAddress(f);
  f.local0 = high;
  f.local1 = low;
  f.localFamily = family;
  f.localPort = localPort;
}

// Copies the address bytes; an IPv4-mapped IPv6 address is the IPv4 address that it maps, as in Envoy.
function addressOf(sockaddr: usize, out: usize): u8 {
  const family = load<u16>(sockaddr);
  if (family == AF_INET) {
    store<u32>(out, load<u32>(sockaddr, 4));
    return FAMILY_IP4;
  }
  if (family != AF_INET6) return FAMILY_NONE;
  const high = load<u64>(sockaddr, 8);
  const low = load<u64>(sockaddr, 16);
  if (high == 0 && <u32>low == 0xffff0000) {
    store<u32>(out, <u32>(low >> 32));
    return FAMILY_IP4;
  }
  store<u64>(out, high);
  store<u64>(out, low, 8);
  return FAMILY_IP6;
}

/** Whether address bytes are a loopback address: 127.0.0.0/8, ::1. */
export function isLoopback(p: usize, family: u8): bool {
  if (family == FAMILY_IP4) return load<u8>(p) == 127;
  if (family == FAMILY_IP6) return load<u64>(p) == 0 && load<u64>(p, 8) == 0x0100000000000000;
  return false;
}

/** Whether address bytes are private (RFC 1918, RFC 4193) or loopback. */
export function isPrivate(p: usize, family: u8): bool {
  if (isLoopback(p, family)) return true;
  const a = load<u8>(p);
  if (family == FAMILY_IP6) return (a & 0xfe) == 0xfc;
  const b = load<u8>(p, 1);
  return a == 10 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168);
}

/** Longest text of an address without a port. */
export const ADDRESS_TEXT_MAX: u32 = 48;

/** Writes an address as text and returns the address behind it (RFC 5952 for IPv6, without brackets). */
export function putAddress(out: usize, p: usize, family: u8): usize {
  if (family == FAMILY_IP4) return putAddress4(out, p);
  if (family == FAMILY_IP6) return putAddress6(out, p);
  return out;
}

function putAddress4(out: usize, p: usize): usize {
  let o = putDecimal(out, load<u8>(p));
  for (let i: usize = 1; i < 4; i++) {
    store<u8>(o, 0x2e);
    o = putDecimal(o + 1, load<u8>(p + i));
  }
  return o;
}

function group(p: usize, i: u32): u32 {
  return bswap<u16>(load<u16>(p + ((<usize>i) << 1)));
}

function putAddress6(out: usize, p: usize): usize {
  if (load<u64>(p) == 0 && load<u32>(p, 8) == 0xffff0000) return putAddress4(putLiteral(out, '::ffff:'), p + 12);
  // The longest run of at least two zero groups, the first of equals, is written as "::".
  let best: u32 = 8;
  let bestLength: u32 = 1;
  for (let i: u32 = 0; i < 8; i++) {
    let n: u32 = 0;
    while (i + n < 8 && group(p, i + n) == 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
    if (n) i += n - 1;
  }
  let o = out;
  for (let i: u32 = 0; i < 8; i++) {
    if (i == best) {
      store<u16>(o, 0x3a3a);
      o += 2;
      i += bestLength - 1;
      continue;
    }
    if (i && i != best + bestLength) store<u8>(o++, 0x3a);
    o = putHex(o, group(p, i));
  }
  return o;
}

function putHex(out: usize, value: u32): usize {
  let o = out;
  let shift: u32 = 12;
  while (shift && value >> shift == 0) shift -= 4;
  for (let left = <i32>shift; left >= 0; left -= 4) {
    const d = (value >> (<u32>left)) & 15;
    store<u8>(o++, <u8>(d < 10 ? 0x30 + d : 0x57 + d));
  }
  return o;
}

/** Writes "address:port", "[address]:port", or nothing for a UNIX socket. */
export function putAddressPort(out: usize, p: usize, family: u8, port: u16): usize {
  if (!family) return out;
  let o = out;
  if (family == FAMILY_IP6) store<u8>(o++, 0x5b);
  o = putAddress(o, p, family);
  if (family == FAMILY_IP6) store<u8>(o++, 0x5d);
  store<u8>(o, 0x3a);
  return putDecimal(o + 1, port);
}
