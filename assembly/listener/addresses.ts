// ListenerAddresses: address -> listener, for listeners that hand restored connections over (use_original_dst). One object, published
// into GLOBAL_LISTENER_ADDRESSES.
import { ConnFacts, FAMILY_NONE } from '../http/conn_facts';
import { GLOBAL_BASE, GLOBAL_LISTENER_ADDRESSES } from '../memory/map';
import { ObjectHeader, objectAlloc, objectNew, publish } from '../memory/object';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { matchNodeAddBytes, matchNodeNew } from './build_match';
import { Listener, listenerAt } from './listener';
import { childOf, MatchNode } from './match';

@unmanaged
export class ListenerAddresses extends ObjectHeader {
  node: u32; // MatchNode whose children are listener indices + 1
}

/** A key: 16 bytes of address in network order, the port, the family. */
@unmanaged
class AddressKey {
  high: u64;
  low: u64;
  port: u16;
  family: u16;
}
const KEY_SIZE: u32 = 20;

/** A table for `count` addresses; 0 when memory is exhausted. */
export function listenerAddressesNew(count: u32): usize {
  const object = objectNew(<u32>offsetof<ListenerAddresses>());
  if (!object) return 0;
  const node = matchNodeNew(object, 1, count, 0, 0);
  changetype<ListenerAddresses>(object).node = <u32>node;
  return node ? object : 0;
}

/** Adds an address (4 or 16 bytes in network order at `bytes`); false when memory is exhausted. */
export function listenerAddressesAdd(object: usize, bytes: usize, family: u16, port: u16, listener: u32): bool {
  const key = objectAlloc(object, <u32>offsetof<AddressKey>());
  if (!key) return false;
  const k = changetype<AddressKey>(key);
  memory.copy(key, bytes, family == 4 ? 4 : 16);
  k.port = port;
  k.family = family;
  matchNodeAddBytes(changetype<ListenerAddresses>(object).node, <u32>key, KEY_SIZE, listener + 1);
  return true;
}

export function listenerAddressesPublish(object: usize): void {
  publish(GLOBAL_BASE + GLOBAL_LISTENER_ADDRESSES, object);
}

function find(node: MatchNode, key: AddressKey): u32 {
  return childOf(node, changetype<usize>(key), KEY_SIZE);
}

/** The listener at a connection's local address, else the one at that port of the wildcard address, else null. */
export function listenerByAddress(f: ConnFacts): Listener | null {
  const object: usize = atomic.load<u32>(GLOBAL_BASE + GLOBAL_LISTENER_ADDRESSES);
  if (!object || f.localFamily == FAMILY_NONE) return null;
  const node = changetype<MatchNode>(<usize>changetype<ListenerAddresses>(object).node);
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const p = scratch(KEY_SIZE);
  if (!p) return null;
  const key = changetype<AddressKey>(p);
  key.high = f.local0;
  key.low = f.local1;
  key.port = f.localPort;
  key.family = f.localFamily;
  let found = find(node, key);
  if (!found) {
    key.high = 0;
    key.low = 0;
    found = find(node, key);
  }
  w.scratch = mark;
  if (!found) return null;
  const l = listenerAt(found - 1);
  return changetype<usize>(l) ? l : null;
}
