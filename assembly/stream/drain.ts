// Connections that are to end: those of a worker that ends, of a listener whose traffic runs out, and of one that was replaced or removed.
import { KIND_DOWNSTREAM_HTTP, KIND_DOWNSTREAM_NEW, KIND_DOWNSTREAM_TCP } from '../abi';
import { newClose } from '../listener/accept';
import { FilterChain, Listener } from '../listener/listener';
import { listsCrowded, W, WorkerState } from '../memory/worker_block';
import { before, deadlineAt } from './deadline';
import { downstreamAbort, downstreamClose } from './finish';
import { DS_HEAD, SF_DRAINING, Slot, slotAt } from './slot';
import { tcpAbort } from './tcp_proxy';

/** A connection that was accepted a moment ago will carry a request; one that has been silent for this long (ms) will not. */
const SILENT: u32 = 1000;

function isIdle(d: Slot): bool {
  if (d.kind == KIND_DOWNSTREAM_NEW) return changetype<WorkerState>(W).now - d.accepted > SILENT;
  if (d.state != DS_HEAD || d.stream || d.inLength || d.outBytes) return false;
  return d.requests != 0 || changetype<WorkerState>(W).now - d.opened > SILENT;
}

/**
 * Closes the downstream HTTP connections that are between two requests, or never had one. Draining only. True: the lists are full, so
 * the host carries them out and asks again.
 */
export function closeIdle(): bool {
  const count = changetype<WorkerState>(W).slotCount;
  for (let i: u32 = 0; i < count; i++) {
    const d = slotAt(i);
    if ((d.kind != KIND_DOWNSTREAM_HTTP && d.kind != KIND_DOWNSTREAM_NEW) || !isIdle(d)) continue;
    if (listsCrowded()) return true;
    if (d.kind == KIND_DOWNSTREAM_NEW) newClose(d);
    else downstreamClose(d, false);
  }
  return false;
}

/** The next response on this downstream connection is its last; without a request it closes after `idleMs`. */
export function drainConnection(slot: u32, idleMs: u32): void {
  const d = slotAt(slot);
  if (d.kind == KIND_DOWNSTREAM_TCP || d.flags & SF_DRAINING) return; // TCP says nothing of its end
  d.flags |= SF_DRAINING;
  d.drainEnd = changetype<WorkerState>(W).now + idleMs;
  deadlineAt(d, d.drainEnd);
}

/** The same for every connection that the listener has accepted so far. */
export function drainListener(listener: u32, idleMs: u32): void {
  const count = changetype<WorkerState>(W).slotCount;
  for (let i: u32 = 0; i < count; i++) {
    const d = slotAt(i);
    if (d.kind != KIND_DOWNSTREAM_HTTP && d.kind != KIND_DOWNSTREAM_NEW) continue;
    if (changetype<Listener>(<usize>d.listener).index != listener) continue;
    drainConnection(i, idleMs);
  }
}

function isRetired(d: Slot, number: u32): bool {
  if (d.kind == KIND_DOWNSTREAM_NEW) return changetype<Listener>(<usize>d.listener).retired == number;
  if (d.kind != KIND_DOWNSTREAM_HTTP && d.kind != KIND_DOWNSTREAM_TCP) return false;
  return d.chain != 0 && d.listener != 0 && changetype<FilterChain>(<usize>d.chain).retired == number;
}

/**
 * Filter chains have been replaced or removed, with their listener or alone: the HTTP connections that began on them end with their next
 * response, and those that carry nothing in `ms`. (Closing them at once would meet requests that are on their way.)
 */
export function retire(number: u32, ms: u32): void {
  const w = changetype<WorkerState>(W);
  for (let i: u32 = 0; i < w.slotCount; i++) {
    const d = slotAt(i);
    if (d.kind != KIND_DOWNSTREAM_HTTP || !isRetired(d, number)) continue;
    const end = w.now + ms;
    if (!(d.flags & SF_DRAINING) || before(end, d.drainEnd)) d.drainEnd = end;
    d.flags |= SF_DRAINING;
    deadlineAt(d, d.drainEnd);
  }
}

/** The drain time of a retirement is over: what is left is cut off. True: the lists are full, ask again. */
export function closeRetired(number: u32): bool {
  const count = changetype<WorkerState>(W).slotCount;
  for (let i: u32 = 0; i < count; i++) {
    const d = slotAt(i);
    if (!isRetired(d, number)) continue;
    if (listsCrowded()) return true;
    if (d.kind == KIND_DOWNSTREAM_HTTP) downstreamAbort(d);
    else if (d.kind == KIND_DOWNSTREAM_NEW) newClose(d);
    else tcpAbort(d);
  }
  return false;
}
