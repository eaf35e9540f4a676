// The timers of a connection, derived from its state: what is due now, and when to look again.
import {
  HCM_STAT_DOWNSTREAM_CX_DELAYED_CLOSE_TIMEOUT,
  HCM_STAT_DOWNSTREAM_CX_IDLE_TIMEOUT,
  HCM_STAT_DOWNSTREAM_CX_MAX_DURATION_REACHED,
  HCM_STAT_DOWNSTREAM_RQ_HEADER_TIMEOUT,
  HCM_STAT_DOWNSTREAM_RQ_IDLE_TIMEOUT,
  HCM_STAT_DOWNSTREAM_RQ_MAX_DURATION_REACHED,
  HCM_STAT_DOWNSTREAM_RQ_TIMEOUT,
  CLUSTER_STAT_UPSTREAM_CX_IDLE_TIMEOUT,
  CLUSTER_STAT_UPSTREAM_CX_MAX_DURATION_REACHED,
  CLUSTER_STAT_UPSTREAM_RQ_TIMEOUT,
  KIND_CLOSED,
  KIND_DOWNSTREAM_HTTP,
  KIND_DOWNSTREAM_NEW,
  KIND_ENDPOINTS,
  KIND_UPSTREAM_HTTP,
  REPLY_CONNECT_TIMEOUT,
  REPLY_REQUEST_HEADERS_TIMEOUT,
  REPLY_MAX_DURATION,
  REPLY_REQUEST_TIMEOUT,
  REPLY_STREAM_IDLE_TIMEOUT,
  REPLY_RESPONSE_TIMEOUT,
} from '../abi';
import { newTimer } from '../listener/accept';
import { HcmConfig } from '../http/hcm_config';
import { replyDetails, replyFlag } from '../http/reply_table';
import { W, WorkerState } from '../memory/worker_block';
import { clusterAt } from '../upstream/cluster';
import { before, deadlineAt } from './deadline';
import * as down from './downstream_stats';
import { endpointOwnerTimer } from './endpoint_owner';
import { downstreamResume } from './downstream';
import { downstreamAbort, downstreamClose, streamReset, upstreamClose, upstreamRelease } from './finish';
import { partialHeadReply, localReply } from './reply';
import { DS_CLOSING, DS_TUNNEL, SF_DRAINING, Slot, US_CONNECTING, US_IDLE } from './slot';
import { ST_REQUEST_ENDED, ST_RESPONSE_STARTED, Stream } from './stream';
import { tcpTimer } from './tcp_proxy';
import { upstreamFailed } from './upstream_failure';
import * as up from './upstream_stats';

export function downstreamClosed(d: Slot): bool {
  return d.kind == KIND_CLOSED;
}

// The earliest of the times noted since `earliestBegin`: instance-private, used within one call.
let earliest: u32 = 0;
let any: bool = false;

function note(start: u32, span: u32): void {
  if (!span) return;
  const at = start + span;
  if (!any || before(at, earliest)) earliest = at;
  any = true;
}

function due(start: u32, span: u32): bool {
  return span != 0 && !before(changetype<WorkerState>(W).now, start + span);
}

function noteStream(st: Stream): void {
  note(st.activity, st.idleTimeout);
  note(st.started, st.maxDuration);
  if (st.flags & ST_REQUEST_ENDED) note(st.requestEnded, st.routeTimeout);
  else if (st.deadlineRequest) note(st.started, st.deadlineRequest - st.started);
}

/** Makes sure that the earliest timer of the stream is looked at. */
export function armStream(st: Stream, d: Slot): void {
  any = false;
  noteStream(st);
  if (any) deadlineAt(d, earliest);
}

/** The slot's deadline has come: act on what is due, and look again when something is left. */
export function slotTimer(s: Slot): void {
  if (s.kind == KIND_DOWNSTREAM_HTTP) return downstreamTimer(s);
  if (s.kind == KIND_UPSTREAM_HTTP) return upstreamTimer(s);
  if (s.kind == KIND_DOWNSTREAM_NEW) return newTimer(s);
  if (s.kind == KIND_ENDPOINTS) return endpointOwnerTimer(s);
  tcpTimer(s);
}

function downstreamTimer(d: Slot): void {
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  const st = changetype<Stream>(<usize>d.stream);
  if (d.state == DS_CLOSING) {
    const patience = hcm.delayedCloseTimeout ? hcm.delayedCloseTimeout : 1000;
    if (due(d.activity, patience)) {
      down.count(hcm, HCM_STAT_DOWNSTREAM_CX_DELAYED_CLOSE_TIMEOUT);
      return downstreamClose(d, false);
    }
    return deadlineAt(d, d.activity + patience);
  }
  if (d.stream) streamTimer(st, d, hcm);
  else idleTimer(d, hcm);
  if (downstreamClosed(d) || d.state == DS_CLOSING) return;
  if (d.flags & SF_DRAINING) {
    const over = !d.stream && !d.inLength && !before(changetype<WorkerState>(W).now, d.drainEnd);
    if (over) return downstreamClose(d, false);
  } else if (due(d.opened, hcm.maxConnectionDuration)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_CX_MAX_DURATION_REACHED);
    if (d.state == DS_TUNNEL) return downstreamAbort(d);
    drainBegin(d, hcm);
    if (downstreamClosed(d)) return;
  }
  rearmDownstream(d, hcm);
}

// A client may be sending a request at this very moment, so a connection that has carried something does not close at once: for
// drain_timeout it still serves a request, whose response says `connection: close`.
function drainBegin(d: Slot, hcm: HcmConfig): void {
  if (!d.stream && (!d.rxBytes || !hcm.drainTimeout)) return downstreamClose(d, false);
  d.flags |= SF_DRAINING;
  d.drainEnd = changetype<WorkerState>(W).now + hcm.drainTimeout;
}

function rearmDownstream(d: Slot, hcm: HcmConfig): void {
  any = false;
  if (d.stream) noteStream(changetype<Stream>(<usize>d.stream));
  else if (d.inLength) {
    note(d.activity, hcm.requestHeadersTimeout);
    note(d.activity, hcm.requestTimeout);
    note(d.activity, hcm.streamIdleTimeout);
  } else if (!(d.flags & SF_DRAINING)) note(d.activity, hcm.idleTimeout);
  if (d.flags & SF_DRAINING) {
    const now = changetype<WorkerState>(W).now;
    if (before(now, d.drainEnd)) note(now, d.drainEnd - now);
  } else if (hcm.maxConnectionDuration && !due(d.opened, hcm.maxConnectionDuration))
    note(d.opened, hcm.maxConnectionDuration);
  if (any) deadlineAt(d, earliest);
}

// Between requests, or in a partial head.
function idleTimer(d: Slot, hcm: HcmConfig): void {
  if (!d.inLength) {
    if (d.flags & SF_DRAINING || !due(d.activity, hcm.idleTimeout)) return;
    down.count(hcm, HCM_STAT_DOWNSTREAM_CX_IDLE_TIMEOUT);
    return drainBegin(d, hcm);
  }
  if (due(d.activity, hcm.requestHeadersTimeout)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_RQ_HEADER_TIMEOUT);
    return partialHeadReply(d, REPLY_REQUEST_HEADERS_TIMEOUT);
  }
  if (due(d.activity, hcm.requestTimeout)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_RQ_TIMEOUT);
    return partialHeadReply(d, REPLY_REQUEST_TIMEOUT);
  }
  if (due(d.activity, hcm.streamIdleTimeout)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_RQ_IDLE_TIMEOUT);
    partialHeadReply(d, REPLY_STREAM_IDLE_TIMEOUT);
  }
}

function streamTimer(st: Stream, d: Slot, hcm: HcmConfig): void {
  const ended = (st.flags & ST_REQUEST_ENDED) != 0;
  if (due(st.started, st.maxDuration)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_RQ_MAX_DURATION_REACHED);
    return streamTimeout(st, d, REPLY_MAX_DURATION);
  }
  if (!ended && st.deadlineRequest && !before(changetype<WorkerState>(W).now, st.deadlineRequest)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_RQ_TIMEOUT);
    return streamTimeout(st, d, REPLY_REQUEST_TIMEOUT);
  }
  if (ended && d.state != DS_TUNNEL && due(st.requestEnded, st.routeTimeout)) {
    if (st.cluster) up.count(st.cluster - 1, CLUSTER_STAT_UPSTREAM_RQ_TIMEOUT);
    return streamTimeout(st, d, REPLY_RESPONSE_TIMEOUT);
  }
  if (due(st.activity, st.idleTimeout)) {
    down.count(hcm, HCM_STAT_DOWNSTREAM_RQ_IDLE_TIMEOUT);
    streamTimeout(st, d, REPLY_STREAM_IDLE_TIMEOUT);
  }
}

function streamTimeout(st: Stream, d: Slot, reply: u32): void {
  if (d.state == DS_TUNNEL || st.flags & ST_RESPONSE_STARTED) {
    st.responseFlags |= replyFlag(reply);
    return streamReset(st, replyDetails(reply));
  }
  upstreamRelease(st, false);
  localReply(st, reply);
  downstreamResume(d);
}

function upstreamTimer(u: Slot): void {
  const c = clusterAt(u.cluster);
  if (u.state == US_CONNECTING) {
    const span = changetype<usize>(c) ? c.connectTimeout : 5000;
    if (due(u.opened, span)) return upstreamFailed(u, REPLY_CONNECT_TIMEOUT);
    return deadlineAt(u, u.opened + span);
  }
  if (!changetype<usize>(c)) return;
  if (u.state != US_IDLE) return;
  if (due(u.activity, c.idleTimeout)) {
    up.count(u.cluster, CLUSTER_STAT_UPSTREAM_CX_IDLE_TIMEOUT);
    return upstreamClose(u, false);
  }
  if (due(u.opened, c.maxConnectionDuration)) {
    up.count(u.cluster, CLUSTER_STAT_UPSTREAM_CX_MAX_DURATION_REACHED);
    return upstreamClose(u, false);
  }
  any = false;
  note(u.activity, c.idleTimeout);
  note(u.opened, c.maxConnectionDuration);
  if (any) deadlineAt(u, earliest);
}
