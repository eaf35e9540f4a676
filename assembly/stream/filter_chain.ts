// The HTTP filter chain of a stream. Native filters are functions here; a host filter parks the stream: the head is copied out of
// the receive buffer, the body stays unread, and the host calls onFilterDone when it knows.
//
// Requests pass the chain from the first filter to the router, responses from the router to the first.
import { CMD_FILTER, DETAILS_FILTER, FILTER_REQUEST, FILTER_RESPONSE, REPLY_INTERNAL_ERROR } from '../abi';
import { ConnFacts, putAddress } from '../http/conn_facts';
import { FILTER_HOST, FilterConfig, HcmConfig } from '../http/hcm_config';
import { localReplyBegin } from '../http/local_reply';
import { Head, headerAdd } from '../http1/head';
import { headCopy, headCopySize } from '../http1/head_copy';
import { headerNameId } from '../http1/header_names';
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { W_RESPONSE_HEAD } from '../memory/map';
import { command, scratch, scratchReset, W } from '../memory/worker_block';
import { downstreamAbort, streamReset } from './finish';
import { downstreamResume } from './downstream';
import { inKeep } from './in_buffer';
import { filterReplySend, localReply } from './reply';
import { chooseRoute, routerRequest } from './router';
import { DS_BLOCKED, DS_BODY, DS_WAIT, Slot, SLOT_FACTS, slotAt, slotRead, US_BLOCKED } from './slot';
import { ST_PARKED, ST_PARKED_RESPONSE, ST_REQUEST_ENDED, Stream, streamAt, streamIndex } from './stream';
import { responseSend, upstreamRun } from './upstream';

/** Runs the chain from its first filter; returns the address up to which [p, end) was consumed. */
export function runFilters(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  const refused = chooseRoute(st, d, head);
  if (refused) {
    localReply(st, refused);
    return p;
  }
  return requestFilters(st, d, head, p, end);
}

function filterAt(hcm: HcmConfig, index: u32): FilterConfig {
  return changetype<FilterConfig>(<usize>hcm.filters + <usize>index * offsetof<FilterConfig>());
}

function requestFilters(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  while (<u32>st.filterIndex + 1 < hcm.filterCount) {
    const f = filterAt(hcm, st.filterIndex++);
    if (f.kind != FILTER_HOST) continue;
    if (!st.head) st.head = copyHead(st, head);
    if (!st.head) {
      localReply(st, REPLY_INTERNAL_ERROR);
      return p;
    }
    st.flags |= ST_PARKED;
    d.state = DS_BLOCKED;
    command(CMD_FILTER, streamIndex(st), f.config, FILTER_REQUEST);
    return p;
  }
  return routerRequest(st, d, head, p, end);
}

function copyHead(st: Stream, head: usize): u32 {
  const copy = bufferAlloc(headCopySize(head));
  if (copy) st.room = <u32>headCopy(copy, head);
  return <u32>copy;
}

/** Runs the chain backwards over a response head; true when a filter holds it now, and [p, end) is kept for later. */
export function runResponseFilters(st: Stream, u: Slot, head: usize, p: usize, end: usize): bool {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  while (st.filterIndex > 0) {
    const f = filterAt(hcm, --st.filterIndex);
    if (f.kind != FILTER_HOST) continue;
    if (!st.responseHead) {
      st.responseHead = copyHead(st, head);
      if (!st.responseHead || !inKeep(u, p, end)) {
        streamReset(st, DETAILS_FILTER);
        return true;
      }
      u.state = US_BLOCKED;
      slotRead(u, false);
    }
    st.flags |= ST_PARKED_RESPONSE;
    command(CMD_FILTER, streamIndex(st), f.config, FILTER_RESPONSE);
    return true;
  }
  return false;
}

// === What the host's filters call ===

/** The id of the stream in a place: places are used again, ids are not. 0: no stream there. */
export function streamId(index: u32): u32 {
  const st = streamAt(index);
  return st.downstream ? st.id : 0;
}

/** The Head that a filter may read and change in a phase, or 0. */
export function streamHead(index: u32, phase: u32): usize {
  return phase == FILTER_REQUEST ? streamAt(index).head : streamAt(index).responseHead;
}

/** `n` bytes that live as long as the head of the phase being filtered; 0 when its room is used up. */
export function streamRoom(index: u32, phase: u32, n: u32): usize {
  const st = streamAt(index);
  const head = streamHead(index, phase);
  if (!head || <usize>st.room + n > head + bufferCapacity(head)) return 0;
  const at: usize = st.room;
  st.room += n;
  return at;
}

/** Writes the client's address as text to `out` (ADDRESS_TEXT_MAX bytes) and returns its length. */
export function streamRemoteAddress(index: u32, out: usize): u32 {
  const facts = changetype<usize>(slotAt(streamAt(index).downstream - 1)) + SLOT_FACTS;
  return <u32>(
    (putAddress(out, facts + offsetof<ConnFacts>('remote0'), changetype<ConnFacts>(facts).remoteFamily) - out)
  );
}

/** Begins a filter's reply; filterReplyHeader adds headers to it, filterReply sends it. All three in one turn. */
export function filterReplyBegin(): void {
  scratchReset();
  localReplyBegin(W + W_RESPONSE_HEAD);
}

/** Adds a header; the lower-case name and the value are copied. */
export function filterReplyHeader(name: usize, nameLength: u32, value: usize, valueLength: u32): bool {
  const at = scratch(nameLength + valueLength);
  if (!at) return false;
  memory.copy(at, name, nameLength);
  memory.copy(at + nameLength, value, valueLength);
  const head = W + W_RESPONSE_HEAD;
  return headerAdd(head, headerNameId(at, nameLength), at, nameLength, at + nameLength, valueLength) != 0;
}

/** Ends a parked stream with the reply begun before. */
export function filterReply(index: u32, status: u32, body: usize, bodyLength: u32): void {
  const st = streamAt(index);
  const d = slotAt(st.downstream - 1);
  if (!(st.flags & (ST_PARKED | ST_PARKED_RESPONSE))) return;
  st.flags &= ~(ST_PARKED | ST_PARKED_RESPONSE);
  d.state = st.flags & ST_REQUEST_ENDED ? DS_WAIT : DS_BODY;
  filterReplySend(st, status, body, bodyLength);
  downstreamResume(d);
}

/** A host filter lets the stream pass. `id`: what streamId said when it was called. */
export function onFilterDone(index: u32, id: u32): void {
  if (streamId(index) != id) return; // gone meanwhile
  const st = streamAt(index);
  if (st.flags & ST_PARKED) requestDone(st);
  else if (st.flags & ST_PARKED_RESPONSE) responseDone(st);
}

function requestDone(st: Stream): void {
  st.flags &= ~ST_PARKED;
  const d = slotAt(st.downstream - 1);
  d.state = st.flags & ST_REQUEST_ENDED ? DS_WAIT : DS_BODY;
  const from = <usize>d.inBuffer + d.inOffset;
  const end = from + d.inLength;
  scratchReset();
  const p = requestFilters(st, d, st.head, from, end);
  if (!p) return;
  if (d.inLength && !inKeep(d, p, end)) return downstreamAbort(d);
  slotRead(d, true);
  downstreamResume(d);
}

function responseDone(st: Stream): void {
  st.flags &= ~ST_PARKED_RESPONSE;
  const d = slotAt(st.downstream - 1);
  const u = slotAt(st.upstream - 1);
  if (runResponseFilters(st, u, st.responseHead, 0, 0)) return;
  const from = <usize>u.inBuffer + u.inOffset;
  const end = from + u.inLength;
  scratchReset();
  slotRead(u, true);
  const p = responseSend(st, d, u, changetype<Head>(<usize>st.responseHead), from, end, false);
  if (p && p < end) upstreamRun(u, p, end);
}

/** Frees the copies of a stream's heads. */
export function releaseHeads(st: Stream): void {
  if (st.head) bufferFree(st.head);
  if (st.responseHead) bufferFree(st.responseHead);
  st.head = 0;
  st.responseHead = 0;
}
