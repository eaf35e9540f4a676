// How streams and connections end: each ending in one place, whoever noticed it.
import {
  CLUSTER_STAT_UPSTREAM_CX_MAX_DURATION_REACHED,
  DETAILS_DOWNSTREAM_REMOTE_DISCONNECT,
  FLAG_DC,
  KIND_DOWNSTREAM_TCP,
} from '../abi';
import { HcmConfig } from '../http/hcm_config';
import { bufferFree } from '../memory/buffer';
import { listsCrowded, unpin, W, WorkerState } from '../memory/worker_block';
import { clusterAt, endpointState } from '../upstream/cluster';
import { endpointById } from '../upstream/endpoint';
import { bodyDecode, pieceEnd, pieceStart } from './body';
import { slotClose, whenFlushed } from './connection';
import { releaseProxied } from './proxied_endpoint';
import { before, deadlineAt } from './deadline';
import { downstreamResume } from './downstream';
import { filtersEnd } from './filter_chain';
import { inClear } from './in_buffer';
import { poolClose, poolDequeue, poolDetach, poolReplenish, releaseRoutes } from './pool';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  DS_CLOSING,
  DS_HEAD,
  SF_CLOSE_AFTER_FLUSH,
  SF_DELAYED_CLOSE,
  SF_DRAINING,
  SF_READ_EOF,
  Slot,
  slotAt,
  slotIndex,
  slotRead,
} from './slot';
import * as down from './downstream_stats';
import * as up from './upstream_stats';
import { logListener, logStream } from '../access_log/record';
import { ST_CLOSE, ST_PENDING, ST_REQUEST_ENDED, Stream, streamFree, streamNew } from './stream';
import { upstreamReady } from './upstream_ready';

/** The response has gone out whole. `spoiled`: the connection upstream cannot carry another request. */
export function responseEnded(st: Stream, d: Slot, u: Slot, spoiled: bool): void {
  const c = clusterAt(u.cluster);
  let keep =
    !spoiled &&
    u.keepAlive != 0 &&
    (st.flags & ST_REQUEST_ENDED) != 0 &&
    !(u.flags & SF_READ_EOF) &&
    !u.outBytes &&
    !endpointState(u.endpoint).removed;
  if (!changetype<usize>(c)) keep = false;
  else if (c.maxRequestsPerConnection && u.requests >= c.maxRequestsPerConnection) {
    keep = false;
    up.maxRequests(u);
  } else if (c.maxConnectionDuration && changetype<WorkerState>(W).now - u.opened >= c.maxConnectionDuration) {
    keep = false;
    up.count(u.cluster, CLUSTER_STAT_UPSTREAM_CX_MAX_DURATION_REACHED);
  }
  up.responseEnded(u, st);
  poolDetach(st);
  st.upstream = 0;
  u.stream = 0;
  inClear(u);
  slotRead(u, true);
  if (!keep && !(st.flags & ST_REQUEST_ENDED)) up.requestCut(u);
  if (keep) upstreamReady(u);
  else upstreamClose(u, false);
  streamFinish(st, d);
  if (d.stream == 0) downstreamResume(d);
}

/** Closes an upstream connection and opens another where streams still wait for one. */
export function upstreamClose(u: Slot, reset: bool): void {
  const cluster = u.cluster;
  const endpoint = u.endpoint;
  poolClose(u, reset);
  const c = clusterAt(cluster);
  if (!changetype<usize>(c)) return;
  const e = endpointById(c, endpoint);
  if (e) poolReplenish(c, e);
}

/**
 * Connections to the endpoint `id` close, those in use when they are done. True: the lists are full before all idle ones have, where
 * `stop` lets that end it; the host carries them out and asks again.
 */
export function endpointClose(id: u32, stop: bool): bool {
  const es = endpointState(id);
  es.removed = 1;
  while (es.idle) {
    if (stop && listsCrowded()) return true;
    upstreamClose(slotAt(es.idle - 1), false);
  }
  return false;
}

/** Takes the stream off its connection upstream, or out of the queue for one; a connection in use is closed. */
export function upstreamRelease(st: Stream, reset: bool): void {
  if (st.flags & ST_PENDING) poolDequeue(st);
  if (st.pendingHead) bufferFree(st.pendingHead);
  st.pendingHead = 0;
  poolDetach(st);
  if (!st.upstream) return;
  const u = slotAt(st.upstream - 1);
  st.upstream = 0;
  u.stream = 0;
  up.requestCut(u);
  upstreamClose(u, reset);
}

/** The stream is over as far as the client is concerned: log it, and ready the connection for what comes next. */
export function streamFinish(st: Stream, d: Slot): void {
  const w = changetype<WorkerState>(W);
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  const whole = (st.flags & ST_REQUEST_ENDED) != 0;
  const close = (st.flags & ST_CLOSE) != 0;
  if (!whole) down.responseBeforeRequest(hcm);
  streamEnd(st, d);
  if (!whole) return downstreamClosing(d, true);
  const drained = (d.flags & SF_DRAINING) != 0 && !before(w.now, d.drainEnd);
  if (close || drained || d.flags & SF_READ_EOF) return downstreamClosing(d, false);
  d.state = DS_HEAD;
  d.activity = w.now;
  if (hcm.idleTimeout) deadlineAt(d, w.now + hcm.idleTimeout);
  if (d.flags & SF_DRAINING) deadlineAt(d, d.drainEnd);
}

// Logs and frees the stream.
function streamEnd(st: Stream, d: Slot): void {
  logStream(st, d);
  down.requestFinished(d, st);
  filtersEnd(st);
  if (st.capture) bufferFree(st.capture);
  releaseRoutes(st);
  d.stream = 0;
  streamFree(st);
}

/**
 * No further request on this connection. `delayed`: the client may still be sending, so after the flush its bytes are
 * discarded until it closes or delayed_close_timeout is up (closing at once would reset what it has yet to read).
 */
export function downstreamClosing(d: Slot, delayed: bool): void {
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  d.state = DS_CLOSING;
  d.activity = changetype<WorkerState>(W).now;
  inClear(d);
  if (delayed && hcm.delayedCloseTimeout && !(d.flags & SF_READ_EOF)) {
    d.flags |= SF_DELAYED_CLOSE;
    slotRead(d, true);
    deadlineAt(d, d.activity + hcm.delayedCloseTimeout);
    return;
  }
  // A peer that takes nothing must not hold the connection for ever.
  deadlineAt(d, d.activity + (hcm.delayedCloseTimeout ? hcm.delayedCloseTimeout : 1000));
  whenFlushed(d, SF_CLOSE_AFTER_FLUSH);
}

/** The response cannot be completed: what went out so far is all the client gets. */
export function streamReset(st: Stream, details: u32): void {
  const d = slotAt(st.downstream - 1);
  st.details = details;
  upstreamRelease(st, true);
  down.responseReset(d, st);
  streamEnd(st, d);
  downstreamClosing(d, false);
}

/** A stream for a head that never became a request, so that it is counted and logged; null: there is none left. */
export function headStream(d: Slot): Stream | null {
  const fresh = streamNew();
  if (!fresh) return null;
  const st = <Stream>fresh;
  const w = changetype<WorkerState>(W);
  d.stream = <u32>changetype<usize>(st);
  st.downstream = slotIndex(d) + 1;
  st.hcm = d.hcm;
  st.started = d.inLength ? d.activity : w.now;
  st.activity = w.now;
  st.wall = w.wallMillis;
  st.minor = 1;
  st.flags = ST_CLOSE;
  down.requestBegun(d, changetype<HcmConfig>(<usize>d.hcm));
  return st;
}

// What has been received of a body counts, whether or not it could be sent on.
function countRetained(st: Stream, d: Slot): void {
  if (st.flags & ST_REQUEST_ENDED || !d.inLength) return;
  if (d.bodyMode != BODY_LENGTH && d.bodyMode != BODY_CHUNKED) return;
  const from = <usize>d.inBuffer + d.inOffset;
  bodyDecode(d, from, from + d.inLength);
  st.bytesReceived += <u64>(pieceEnd - pieceStart);
}

/** The client has gone, or cannot be served any more: everything of this connection ends. */
export function downstreamAbort(d: Slot): void {
  if (d.state == DS_HEAD && d.inLength && !d.stream) headStream(d);
  if (d.stream) {
    const st = changetype<Stream>(<usize>d.stream);
    countRetained(st, d);
    st.responseFlags |= FLAG_DC;
    st.details = DETAILS_DOWNSTREAM_REMOTE_DISCONNECT;
    down.clientGone(d, st);
    upstreamRelease(st, false); // as Envoy: what has been sent arrives, and then the end
    streamEnd(st, d);
  }
  downstreamClose(d, false);
}

/** Closes the connection now. */
export function downstreamClose(d: Slot, reset: bool): void {
  if (d.kind != KIND_DOWNSTREAM_TCP) logListener(d);
  down.connectionClosed(d);
  changetype<WorkerState>(W).openDownstream--;
  if (d.endpoints) releaseProxied(d);
  const listener: usize = d.listener;
  d.listener = 0;
  slotClose(d, reset);
  if (listener) unpin(listener);
}
