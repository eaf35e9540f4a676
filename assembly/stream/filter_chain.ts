// The HTTP filter chain of a stream. Native filters are functions here; a host filter parks the stream: the head is copied out of
// the receive buffer, the body stays unread, and the host calls onFilterDone when it knows.
//
// Requests pass the chain from the first filter to the router, responses from the router to the first.
import {
  CMD_FILTER,
  CMD_FILTER_RESPONSE,
  CMD_STREAM_END,
  DETAILS_FILTER,
  FILTER_HOST,
  FILTER_ON_REQUEST,
  FILTER_ON_RESPONSE,
  POLICY_FILTER,
  REPLY_INTERNAL_ERROR,
} from '../abi';
import { FilterConfig, HcmConfig } from '../http/hcm_config';
import { Head } from '../http1/head';
import { headCopy, headCopySize } from '../http1/head_copy';
import { bufferAlloc, bufferCapacity } from '../memory/buffer';
import { command, scratchReset } from '../memory/worker_block';
import { Policy, policyFind } from '../route/policy';
import { downstreamAbort, streamReset } from './finish';
import { downstreamResume } from './downstream';
import { keptFree } from './filter_room';
import { inKeep } from './in_buffer';
import { localReply } from './reply';
import { chooseRoute, routerRequest } from './router';
import { DS_BLOCKED, DS_BODY, DS_WAIT, Slot, slotAt, slotRead, US_BLOCKED } from './slot';
import { ST_HOST, ST_PARKED, ST_PARKED_RESPONSE, ST_REQUEST_ENDED, Stream, streamAt, streamIndex } from './stream';
import { responseSend, upstreamRun } from './upstream';

/** Runs the chain from its first filter; returns the address up to which [p, end) was consumed. */
export function runFilters(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  const refused = chooseRoute(st, d, head);
  if (refused) {
    localReply(st, refused);
    return p;
  }
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  if (hcm.filterCount > 1) st.filtersOff = filtersOff(hcm, st.route);
  return requestFilters(st, d, head, p, end);
}

function filterAt(hcm: HcmConfig, index: u32): FilterConfig {
  return changetype<FilterConfig>(<usize>hcm.filters + <usize>index * offsetof<FilterConfig>());
}

// Which filters do not run: as in Envoy, decided once, by the route that the request has when it meets the chain.
function filtersOff(hcm: HcmConfig, route: usize): u64 {
  let off: u64 = 0;
  for (let i: u32 = 0; i + 1 < hcm.filterCount; i++) {
    const f = filterAt(hcm, i);
    const policy = policyFind(route, POLICY_FILTER, f.name, f.nameLength);
    const disabled = policy ? changetype<Policy>(policy).disabled : f.disabled;
    if (disabled) off |= (<u64>1) << i;
  }
  return off;
}

function runs(st: Stream, f: FilterConfig, index: u32, phase: u8): bool {
  return f.kind == FILTER_HOST && (f.phases & phase) != 0 && !((st.filtersOff >> index) & 1);
}

function requestFilters(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  while (<u32>st.filterIndex + 1 < hcm.filterCount) {
    const index: u32 = st.filterIndex;
    st.filterIndex++;
    const f = filterAt(hcm, index);
    if (!runs(st, f, index, <u8>FILTER_ON_REQUEST)) continue;
    if (!st.head) st.head = copyHead(st, head);
    if (!st.head) {
      localReply(st, REPLY_INTERNAL_ERROR);
      return p;
    }
    st.flags |= ST_PARKED | ST_HOST;
    d.state = DS_BLOCKED;
    command(CMD_FILTER, streamIndex(st), changetype<usize>(f), st.id);
    return p;
  }
  if (st.refused) {
    localReply(st, st.refused);
    return p;
  }
  return routerRequest(st, d, head, p, end);
}

function copyHead(st: Stream, head: usize): u32 {
  const copy = bufferAlloc(headCopySize(head));
  if (!copy) return 0;
  st.room = <u32>headCopy(copy, head);
  st.roomEnd = <u32>copy + bufferCapacity(copy);
  return <u32>copy;
}

/** Runs the chain backwards over a response head; true when a filter holds it now, and [p, end) is kept for later. */
export function runResponseFilters(st: Stream, u: Slot, head: usize, p: usize, end: usize): bool {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  while (st.filterIndex > 0) {
    st.filterIndex--;
    const index: u32 = st.filterIndex;
    const f = filterAt(hcm, index);
    if (!runs(st, f, index, <u8>FILTER_ON_RESPONSE)) continue;
    if (!st.responseHead) {
      st.responseHead = copyHead(st, head);
      if (!st.responseHead || !inKeep(u, p, end)) {
        streamReset(st, DETAILS_FILTER);
        return true;
      }
      u.state = US_BLOCKED;
      slotRead(u, false);
    }
    st.flags |= ST_PARKED_RESPONSE | ST_HOST;
    command(CMD_FILTER_RESPONSE, streamIndex(st), changetype<usize>(f), st.id);
    return true;
  }
  return false;
}

/** A host filter lets the stream pass. `id`: the stream's when it was called. */
export function onFilterDone(index: u32, id: u32): void {
  const st = streamAt(index);
  if (!st.downstream || st.id != id) return; // gone meanwhile
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

/** The stream is over: host filters that have seen it are told, and what they have left goes. */
export function filtersEnd(st: Stream): void {
  if (st.flags & ST_HOST) command(CMD_STREAM_END, streamIndex(st), st.id, 0);
  keptFree(st);
}
