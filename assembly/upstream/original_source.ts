// Where connections upstream start from for the client of a listener with original_src: the client's own address, from a port of the
// kernel's choice. It comes before the source address of the cluster, as in Envoy.
import { ORIGINAL_SOURCE_AT_LENGTH, ORIGINAL_SOURCE_AT_MARK, ORIGINAL_SOURCE_AT_SOCKADDR } from '../abi';
import { putAddressPort } from '../http/conn_facts';
import { Found, foundHasSource } from '../listener/found';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { clientOf } from '../stream/proxied_endpoint';
import { Slot, slotAt } from '../stream/slot';
import { putSockaddr } from './dynamic_endpoint';

/** What the host is told, in the scratch area: it reads it at once. */
@unmanaged
class OriginalSource {
  mark: u32; // SO_MARK, 0 = none
  length: u32; // of the sockaddr behind it
}

const SIZE: u32 = ORIGINAL_SOURCE_AT_SOCKADDR + 28;

if (offsetof<OriginalSource>('mark') != ORIGINAL_SOURCE_AT_MARK) ERROR('abi: ORIGINAL_SOURCE_AT_MARK');
if (offsetof<OriginalSource>('length') != ORIGINAL_SOURCE_AT_LENGTH) ERROR('abi: ORIGINAL_SOURCE_AT_LENGTH');
if (offsetof<OriginalSource>() != ORIGINAL_SOURCE_AT_SOCKADDR) ERROR('abi: ORIGINAL_SOURCE_AT_SOCKADDR');

function foundOf(u: Slot): Found | null {
  const d = clientOf(u);
  return d && foundHasSource(<Slot>d) ? changetype<Found>(<usize>(<Slot>d).found) : null;
}

/** The OriginalSource of a connection upstream, valid until the core is called again; 0: it has none. */
export function upstreamOriginalSource(slot: u32): usize {
  const found = foundOf(slotAt(slot));
  if (!found) return 0;
  const f = <Found>found;
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const p = scratch(SIZE);
  w.scratch = mark;
  if (!p) return 0;
  const s = changetype<OriginalSource>(p);
  s.mark = f.sourceMark;
  s.length = putSockaddr(p + ORIGINAL_SOURCE_AT_SOCKADDR, f.sourceFamily, f.source0, f.source1, 0);
  return p;
}

/** Writes "10.0.0.1:0" and returns the address behind it; nothing where `d` has no source of its own. */
export function putOriginalSource(out: usize, d: Slot): usize {
  if (!foundHasSource(d)) return out;
  const f = changetype<Found>(<usize>d.found);
  return putAddressPort(out, changetype<usize>(f) + offsetof<Found>('source0'), f.sourceFamily, 0);
}
