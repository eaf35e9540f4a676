// What listener filters have found out about a connection besides its facts: one buffer of the slot, where there is anything.
//
//   | Found | server name | application protocols: (length u8, bytes)* |
import { ConnFacts } from '../http/conn_facts';
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { Slot, SLOT_FACTS } from '../stream/slot';

@unmanaged
export class Found {
  direct0: u64; // (first) the socket's peer, where PROXY protocol has put another address in its place
  direct1: u64;
  directPort: u16;
  directFamily: u8; // FAMILY_*
  proxied: u8; // 1: the direct address counts
  nameLength: u16;
  protocolsLength: u16;
}

const FOUND_SIZE: usize = 32;
if (offsetof<Found>() > FOUND_SIZE) ERROR('found: Found overlaps its texts');

/** The slot's Found, made where there is none; null when memory is exhausted. */
export function foundOf(d: Slot): Found | null {
  if (!d.found) {
    const p = bufferAlloc(2048);
    if (!p) return null;
    memory.fill(p, 0, FOUND_SIZE);
    d.found = <u32>p;
  }
  return changetype<Found>(<usize>d.found);
}

export function foundFree(d: Slot): void {
  if (d.found) bufferFree(d.found);
  d.found = 0;
}

/** Keeps the socket's peer, before PROXY protocol puts another address in its place; false when memory is exhausted. */
export function foundKeepPeer(d: Slot): bool {
  const found = foundOf(d);
  if (!found) return false;
  const f = <Found>found;
  if (f.proxied) return true;
  const peer = facts(d);
  f.proxied = 1;
  f.direct0 = peer.peer0;
  f.direct1 = peer.peer1;
  f.directPort = peer.peerPort;
  f.directFamily = peer.peerFamily;
  return true;
}

/** Keeps a server name, lower-cased; false when memory is exhausted or it is too long. */
export function foundSetServerName(d: Slot, p: usize, n: u32): bool {
  const found = foundOf(d);
  if (!found) return false;
  const f = <Found>found;
  const at = changetype<usize>(f) + FOUND_SIZE;
  if (<u32>FOUND_SIZE + n + f.protocolsLength > bufferCapacity(changetype<usize>(f))) return false;
  memory.copy(at + n, at + f.nameLength, f.protocolsLength);
  for (let i: u32 = 0; i < n; i++) {
    const c: u32 = load<u8>(p + i);
    store<u8>(at + i, <u8>(c - 0x41 < 26 ? c | 0x20 : c));
  }
  f.nameLength = <u16>n;
  return true;
}

/** Keeps application protocols, a list as ALPN has it, instead of those before. What does not fit is left out. */
export function foundSetProtocols(d: Slot, p: usize, n: u32): bool {
  const found = foundOf(d);
  if (!found) return false;
  const f = <Found>found;
  const room = bufferCapacity(changetype<usize>(f)) - <u32>FOUND_SIZE - f.nameLength;
  let fits: u32 = 0;
  while (fits < n) {
    const next = fits + 1 + load<u8>(p + fits);
    if (next > n || next > room) break;
    fits = next;
  }
  memory.copy(changetype<usize>(f) + FOUND_SIZE + f.nameLength, p, fits);
  f.protocolsLength = <u16>fits;
  return true;
}

export function foundServerName(d: Slot): usize {
  return <usize>d.found + FOUND_SIZE;
}

export function foundServerNameLength(d: Slot): u32 {
  return d.found ? changetype<Found>(<usize>d.found).nameLength : 0;
}

export function foundProtocols(d: Slot): usize {
  return <usize>d.found + FOUND_SIZE + foundServerNameLength(d);
}

export function foundProtocolsLength(d: Slot): u32 {
  return d.found ? changetype<Found>(<usize>d.found).protocolsLength : 0;
}

/** Whether the peer's address is what a PROXY protocol header said, and Found has the socket's own. */
export function foundProxied(d: Slot): bool {
  return d.found != 0 && changetype<Found>(<usize>d.found).proxied != 0;
}

function facts(d: Slot): ConnFacts {
  return changetype<ConnFacts>(changetype<usize>(d) + SLOT_FACTS);
}

export function foundDirectFamily(d: Slot): u8 {
  return foundProxied(d) ? changetype<Found>(<usize>d.found).directFamily : facts(d).peerFamily;
}

export function foundDirectHigh(d: Slot): u64 {
  return foundProxied(d) ? changetype<Found>(<usize>d.found).direct0 : facts(d).peer0;
}

export function foundDirectLow(d: Slot): u64 {
  return foundProxied(d) ? changetype<Found>(<usize>d.found).direct1 : facts(d).peer1;
}
