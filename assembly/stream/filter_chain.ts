// The HTTP filter chain of a stream. Native filters are functions here; a host filter parks the stream: its head is copied out
// of the receive buffer, its body stays unread, and the host calls onFilterDone when it knows.
import { CMD_FILTER, FILTER_REQUEST, REPLY_INTERNAL_ERROR, VERDICT_CONTINUE } from '../abi';
import { FILTER_HOST, FilterConfig, HcmConfig } from '../http/hcm_config';
import { headCopy, headCopySize } from '../http1/head_copy';
import { bufferAlloc, bufferFree } from '../memory/buffer';
import { command } from '../memory/worker_block';
import { downstreamResume } from './downstream';
import { inKeep } from './in_buffer';
import { localReply } from './reply';
import { routerRequest } from './router';
import { DS_BLOCKED, DS_BODY, DS_WAIT, Slot, slotAt, slotIndex, slotRead } from './slot';
import { ST_PARKED, ST_REQUEST_ENDED, Stream, streamAt, streamIndex } from './stream';
import { chooseRoute } from './router';

/** Runs the chain from its first filter; returns the address up to which [p, end) was consumed. */
export function runFilters(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  const refused = chooseRoute(st, d, head);
  if (refused) {
    localReply(st, refused);
    return p;
  }
  return continueFilters(st, d, head, p, end);
}

function continueFilters(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  while (<u32>st.filterIndex + 1 < hcm.filterCount) {
    const f = changetype<FilterConfig>(<usize>hcm.filters + <usize>st.filterIndex * offsetof<FilterConfig>());
    st.filterIndex++;
    if (f.kind == FILTER_HOST) return park(st, d, head, f.config, p);
  }
  return routerRequest(st, d, head, p, end);
}

function park(st: Stream, d: Slot, head: usize, filter: u32, p: usize): usize {
  if (!st.head) {
    const copy = bufferAlloc(headCopySize(head));
    if (!copy) {
      localReply(st, REPLY_INTERNAL_ERROR);
      return p;
    }
    headCopy(copy, head);
    st.head = <u32>copy;
  }
  st.flags |= ST_PARKED;
  d.state = DS_BLOCKED;
  command(CMD_FILTER, streamIndex(st), filter, FILTER_REQUEST);
  return p;
}

/** The host's filter has spoken: VERDICT_CONTINUE, or a REPLY_* code to answer with. */
export function filterDone(index: u32, verdict: u32): void {
  const st = streamAt(index);
  if (!(st.flags & ST_PARKED)) return; // gone meanwhile
  st.flags &= ~ST_PARKED;
  const d = slotAt(st.downstream - 1);
  d.state = st.flags & ST_REQUEST_ENDED ? DS_WAIT : DS_BODY;
  if (verdict != VERDICT_CONTINUE) {
    localReply(st, verdict);
  } else {
    const from = <usize>d.inBuffer + d.inOffset;
    const end = from + d.inLength;
    const p = continueFilters(st, d, st.head, from, end);
    if (p && d.inLength) inKeep(d, p, end);
  }
  slotRead(d, true);
  downstreamResume(d);
}

/** Frees what a parked stream holds. */
export function releaseHead(st: Stream): void {
  if (st.head) bufferFree(st.head);
  st.head = 0;
}

export function parkedSlot(st: Stream): u32 {
  return slotIndex(slotAt(st.downstream - 1));
}
