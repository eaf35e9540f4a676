// The addresses of all listeners, for those that hand connections over to the listener of their original destination.
import type { ListenerAddress, ListenerModel } from '../compile/listener.js';
import { putBytes, type Core } from '../core/load.js';
import { ipBytes } from '../io/address.js';

interface Entry {
  readonly bytes: Uint8Array;
  readonly port: number;
  readonly listener: number;
}

export interface PlacedListener {
  readonly index: number;
  readonly model: ListenerModel;
}

/** Publishes address -> listener, as the set of listeners is now. */
export function publishListenerAddresses(core: Core, listeners: readonly PlacedListener[]): void {
  if (!listeners.some(({ model }) => model.handsOver)) return;
  const entries = new Map<string, Entry>();
  for (const { index, model } of listeners) {
    for (const entry of addressesOf(model, index)) {
      const key = `${entry.bytes.join('.')} ${entry.port}`;
      if (!entries.has(key)) entries.set(key, entry);
    }
  }
  const x = core.exports;
  const object = required(x.listenerAddressesNew(entries.size));
  for (const { bytes, port, listener } of entries.values()) {
    const { address } = putBytes(core, object, bytes);
    const family = bytes.length === 4 ? 4 : 6;
    required(Number(x.listenerAddressesAdd(object, address, family, port, listener)));
  }
  x.listenerAddressesPublish(object);
}

function addressesOf({ addresses }: ListenerModel, listener: number): Entry[] {
  return addresses.flatMap((each) => entriesOf(each, listener));
}

// A listener of all IPv6 addresses that takes IPv4 connections too is the one of all IPv4 addresses as well.
function entriesOf({ address, ipv4Compat }: ListenerAddress, listener: number): Entry[] {
  if (address.family === 'unix') return [];
  const bytes = ipBytes(address.address);
  if (!bytes) return [];
  const entry = { bytes, port: address.port, listener };
  const isAny = ipv4Compat && address.family === 'ipv6' && bytes.every((byte) => byte === 0);
  return isAny ? [entry, { ...entry, bytes: new Uint8Array(4) }] : [entry];
}

function required(address: number): number {
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  return address;
}
