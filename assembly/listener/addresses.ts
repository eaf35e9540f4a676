// ListenerAddresses: address -> listener, for listeners that hand restored connections over (use_original_dst). One object, published
// into GLOBAL_LISTENER_ADDRESSES.
import { ConnFacts, FAMILY_NONE } from '../http/conn_facts';
import { bytesTableAdd, bytesTableFind, bytesTableNew } from '../memory/bytes_table';
import { GLOBAL_BASE, GLOBAL_LISTENER_ADDRESSES } from '../memory/map';
import { ObjectHeader, objectAlloc, objectNew, publish } from '../memory/object';
import { scratch, scratchReset } from '../memory/worker_block';
import { Listener, listenerAt } from './listener';

@unmanaged
export class ListenerAddresses extends ObjectHeader {
  table: u32; // BytesTable: AddressKey -> listener index + 1
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
  const table = bytesTableNew(object, count);
  changetype<ListenerAddresses>(object).table = <u32>table;
  return table ? object : 0;
}

/** Adds an address (4 or 16 bytes in network order at `bytes`); false when memory is exhausted. */
export function listenerAddressesAdd(object: usize, bytes: usize, family: u16, port: u16, listener: u32): bool {
  const key = objectAlloc(object, <u32>offsetof<AddressKey>());
  if (!key) return false;
  const k = changetype<AddressKey>(key);
  memory.copy(key, bytes, family == 4 ? 4 : 16);
  k.port = port;
  k.family = family;
  bytesTableAdd(changetype<ListenerAddresses>(object).table, key, KEY_SIZE, listener + 1);
  return true;
}

export function listenerAddressesPublish(object: usize): void {
  publish(GLOBAL_BASE + GLOBAL_LISTENER_ADDRESSES, object);
}

/** The listener at a connection's local address, else the one at that port of the wildcard address, else null. */
export function listenerByAddress(f: ConnFacts): Listener | null {
  const object: usize = atomic.load<u32>(GLOBAL_BASE + GLOBAL_LISTENER_ADDRESSES);
  if (!object || f.localFamily == FAMILY_NONE) return null;
  const table: usize = changetype<ListenerAddresses>(object).table;
  scratchReset(); // no head is being handled
  const p = scratch(KEY_SIZE);
  const key = changetype<AddressKey>(p);
  key.high = f.local0;
  key.low = f.local1;
  key.port = f.localPort;
  key.family = f.localFamily;
  let found = bytesTableFind(table, changetype<usize>(key), KEY_SIZE);
  if (!found) {
    key.high = 0;
    key.low = 0;
    found = bytesTableFind(table, changetype<usize>(key), KEY_SIZE);
  }
  if (!found) return null;
  const l = listenerAt(found - 1);
  return changetype<usize>(l) ? l : null;
}
