// The end of a worker: connections that carry nothing are closed, so that only work holds the process.
import { KIND_DOWNSTREAM_HTTP } from '../abi';
import { listsCrowded, W, WorkerState } from '../memory/worker_block';
import { downstreamClose } from './finish';
import { DS_HEAD, Slot, slotAt } from './slot';

/** A connection that was accepted a moment ago will carry a request; one that has been silent for this long (ms) will not. */
const SILENT: u32 = 1000;

function isIdle(d: Slot): bool {
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
    if (d.kind != KIND_DOWNSTREAM_HTTP || !isIdle(d)) continue;
    if (listsCrowded()) return true;
    downstreamClose(d, false);
  }
  return false;
}
