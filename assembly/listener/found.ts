// What listener filters have found out about a connection besides its facts: one buffer of the slot, where there is anything.
//
//   | Found | server name | application protocols: (length u8, bytes)* |
import { ConnFacts, FAMILY_NONE } from '../http/conn_facts';
import { lowerByte } from '../memory/bytes';
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
  sourceMark: u32; // original_src: SO_MARK of the connections upstream, 0 = none
  source0: u64; // original_src: where the connections upstream are to start from
  source1: u64;
  sourceFamily: u8; // FAMILY_*; FAMILY_NONE = from wherever the cluster says
}

const FOUND_SIZE: usize = 64;
if (offsetof<Found>() > FOUND_SIZE) ERROR('found: Found overlaps its texts');

/** The slot's Found with room for `texts` bytes behind it, what it held kept; null when memory is exhausted. */
function foundWithRoom(d: Slot, texts: u32): Found | null {
  const old: usize = d.found;
  if (old && <u32>FOUND_SIZE + texts <= bufferCapacity(old)) return changetype<Found>(old);
  const p = bufferAlloc(<u32>FOUND_SIZE + texts);
  if (!p) return null;
  memory.fill(p, 0, FOUND_SIZE);
  if (old) {
    const f = changetype<Found>(old);
    memory.copy(p, old, FOUND_SIZE + f.nameLength + f.protocolsLength);
    bufferFree(old);
  }
  d.found = <u32>p;
  return changetype<Found>(p);
}

export function foundFree(d: Slot): void {
  if (d.found) bufferFree(d.found);
  d.found = 0;
}

/** Keeps the socket's peer, before PROXY protocol puts another address in its place; false when memory is exhausted. */
export function foundKeepPeer(d: Slot): bool {
  const found = foundWithRoom(d, 0);
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

/** original_src: connections upstream start from the peer's address; false when memory is exhausted. */
export function foundSetSource(d: Slot, mark: u32): bool {
  const peer = facts(d);
  if (!peer.peerFamily) return true; // as in Envoy: a UNIX socket has no address to start from
  const found = foundWithRoom(d, foundServerNameLength(d) + foundProtocolsLength(d));
  if (!found) return false;
  const f = <Found>found;
  f.sourceMark = mark;
  f.source0 = peer.peer0;
  f.source1 = peer.peer1;
  f.sourceFamily = peer.peerFamily;
  return true;
}

/** Whether connections upstream for `d` start from an address of their own. */
export function foundHasSource(d: Slot): bool {
  return d.found != 0 && changetype<Found>(<usize>d.found).sourceFamily != FAMILY_NONE;
}

/** Keeps a server name (at most 255 bytes), lower-cased; false when memory is exhausted. */
export function foundSetServerName(d: Slot, p: usize, n: u32): bool {
  const found = foundWithRoom(d, n + foundProtocolsLength(d));
  if (!found) return false;
  const f = <Found>found;
  const at = changetype<usize>(f) + FOUND_SIZE;
  memory.copy(at + n, at + f.nameLength, f.protocolsLength);
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, <u8>lowerByte(load<u8>(p + i)));
  f.nameLength = <u16>n;
  return true;
}

/** Keeps application protocols, a list as ALPN has it, instead of those before; false when memory is exhausted. */
export function foundSetProtocols(d: Slot, p: usize, n: u32): bool {
  const found = foundWithRoom(d, foundServerNameLength(d) + n);
  if (!found) return false;
  const f = <Found>found;
  memory.copy(changetype<usize>(f) + FOUND_SIZE + f.nameLength, p, n);
  f.protocolsLength = <u16>n;
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
