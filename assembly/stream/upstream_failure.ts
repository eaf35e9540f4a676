// How a connection upstream is lost, and what becomes of the streams that had it or waited for it: answered, sent once more, or reset.
import {
  CLUSTER_STAT_UPSTREAM_RQ_PENDING_FAILURE_EJECT,
  DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED,
  FLAG_UPE,
  REPLY_CONNECT_FAILED,
  REPLY_CONNECT_TIMEOUT,
  REPLY_OVERFLOW,
  REPLY_UPSTREAM_PROTOCOL_ERROR,
  REPLY_UPSTREAM_RESET,
  RESET_PROTOCOL_ERROR,
} from '../abi';
import { bufferFree } from '../memory/buffer';
import { clusterAt, Endpoint } from '../upstream/cluster';
import { endpointById } from '../upstream/endpoint';
import { downstreamResume } from './downstream';
import { streamReset, upstreamRelease } from './finish';
import {
  poolClose,
  poolDetach,
  poolNextPending,
  poolReplenish,
  POOL_FAILED,
  POOL_OVERFLOW,
  POOL_PENDING,
  poolFresh,
} from './pool';
import { localReply } from './reply';
import { BODY_NONE, DS_BLOCKED, DS_BODY, SF_REUSED, SF_RX_STARTED, Slot, slotAt, US_CONNECTING, US_IDLE } from './slot';
import { Stream, ST_IDEMPOTENT, ST_RESPONSE_STARTED, ST_RETRIED } from './stream';
import * as stat from './upstream_stats';

/** A body that ends too early is a broken message, as in Envoy. */
export function cutShort(u: Slot, st: Stream): void {
  stat.protocolError(u);
  st.responseFlags |= FLAG_UPE;
  streamReset(st, DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED | (RESET_PROTOCOL_ERROR << 16));
}

/** The connection is lost with `code` as the reason; the stream is answered, sent once more, or reset. */
export function upstreamFailed(u: Slot, code: u32): void {
  if (u.state == US_IDLE) return poolClose(u, false);
  if (u.state == US_CONNECTING) return connectFailed(u, code);
  const st = changetype<Stream>(<usize>u.stream);
  if (st.flags & ST_RESPONSE_STARTED) {
    return cutShort(u, st);
  }
  // Half a head: Envoy's codec calls it a broken message too.
  if (code == REPLY_UPSTREAM_RESET && u.inLength) return upstreamFailed(u, REPLY_UPSTREAM_PROTOCOL_ERROR);
  if (code == REPLY_UPSTREAM_RESET && mayResend(st, u)) return resend(st, u);
  const d = slotAt(st.downstream - 1);
  upstreamRelease(st, true);
  localReply(st, code);
  downstreamResume(d);
}

// A reused connection was reset before any byte of the response, and the request is idempotent and without a body:
// it is sent once more on a fresh connection (docs/differences.md).
function mayResend(st: Stream, u: Slot): bool {
  return (
    (u.flags & SF_REUSED) != 0 &&
    !(u.flags & SF_RX_STARTED) &&
    u.sentLength != 0 &&
    !(st.flags & ST_RETRIED) &&
    (st.flags & ST_IDEMPOTENT) != 0
  );
}

function resend(st: Stream, u: Slot): void {
  const d = slotAt(st.downstream - 1);
  const c = clusterAt(u.cluster);
  const e = changetype<usize>(c) ? endpointById(c, u.endpoint) : null;
  stat.resent(u);
  stat.requestCut(u);
  st.attempts++;
  st.flags |= ST_RETRIED;
  st.pendingHead = u.sentHead;
  st.pendingLength = u.sentLength;
  u.sentHead = 0;
  poolDetach(st);
  st.upstream = 0;
  u.stream = 0;
  poolClose(u, false);
  const result = e ? poolFresh(st, c, <Endpoint>e) : POOL_FAILED;
  if (result == POOL_PENDING) return;
  if (e) poolReplenish(c, <Endpoint>e); // others may have waited for the connection that is gone
  failPending(st, result == POOL_OVERFLOW ? REPLY_OVERFLOW : REPLY_UPSTREAM_RESET);
  downstreamResume(d);
}

function connectFailed(u: Slot, code: u32): void {
  if (code == REPLY_CONNECT_TIMEOUT) stat.connectTimeout(u);
  stat.connectFail(u);
  // Everything that waits for this endpoint fails with it, as in Envoy's pools.
  const reply = code == REPLY_UPSTREAM_RESET ? REPLY_CONNECT_FAILED : code;
  for (;;) {
    const next = poolNextPending(u);
    if (!next) break;
    const st = <Stream>next;
    const d = slotAt(st.downstream - 1);
    st.errno = u.errno;
    stat.count(u.cluster, CLUSTER_STAT_UPSTREAM_RQ_PENDING_FAILURE_EJECT);
    bodyDrain(d);
    if (!d.stream) continue;
    failPending(st, reply);
    downstreamResume(d);
  }
  poolClose(u, false);
}

// What has come of the body of a request that will have no upstream belongs to it all the same: counted, and perhaps whole.
function bodyDrain(d: Slot): void {
  if (d.state != DS_BLOCKED || d.bodyMode == BODY_NONE || !d.inLength) return;
  d.state = DS_BODY;
  downstreamResume(d);
}

/** A stream that waits for a connection gets `reply` instead. */
export function failPending(st: Stream, reply: u32): void {
  if (st.pendingHead) bufferFree(st.pendingHead);
  st.pendingHead = 0;
  localReply(st, reply);
}
