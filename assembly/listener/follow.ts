// Connections of a listener whose object has been replaced in place: those whose filter chain is as it was go over to the new object
// between two requests, so that the old one can go and what has changed beside them counts from their next request on.
import { KIND_DOWNSTREAM_HTTP } from '../abi';
import { pin, unpin, W, WorkerState } from '../memory/worker_block';
import { DS_HEAD, Slot, slotAt } from '../stream/slot';
import { FilterChain, Listener, listenerAt } from './listener';

/** The chain of a serial in a listener, or 0. Its list is in ascending order. */
export function chainBySerial(l: Listener, serial: u32): usize {
  let low: u32 = 0;
  let high: u32 = l.chainCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    const chain: usize = load<u32>(<usize>l.chains + ((<usize>middle) << 2));
    const found = changetype<FilterChain>(chain).serial;
    if (found == serial) return chain;
    if (found < serial) low = middle + 1;
    else high = middle;
  }
  return 0;
}

/** The connection is between two requests, and its listener is no longer the one that accepts. */
export function follow(d: Slot, now: Listener): void {
  if (!changetype<usize>(now)) return; // the listener was removed
  const chain = chainBySerial(now, changetype<FilterChain>(<usize>d.chain).serial);
  if (!chain) return; // this chain was
  pin(changetype<usize>(now));
  unpin(d.listener);
  d.listener = <u32>changetype<usize>(now);
  d.chain = <u32>chain;
  d.hcm = changetype<FilterChain>(chain).hcm;
}

/** Lets what is idle go over at once. */
export function followListener(listener: u32): void {
  const now = listenerAt(listener);
  const count = changetype<WorkerState>(W).slotCount;
  for (let i: u32 = 0; i < count; i++) {
    const d = slotAt(i);
    if (d.kind != KIND_DOWNSTREAM_HTTP || d.state != DS_HEAD || d.stream || !d.listener) continue;
    const l = changetype<Listener>(<usize>d.listener);
    if (l.index == listener && changetype<usize>(l) != changetype<usize>(now)) follow(d, now);
  }
}
