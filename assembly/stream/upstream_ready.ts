// A connection upstream that is free: it serves who has waited longest, or waits itself.
import { REPLY_OVERFLOW } from '../abi';
import { localReplyBegin } from '../http/local_reply';
import { Head } from '../http1/head';
import { bufferFree } from '../memory/buffer';
import { W_RESPONSE_HEAD } from '../memory/map';
import { scratchReset, W, WorkerState } from '../memory/worker_block';
import { requestsOpen } from '../upstream/circuit_breaker';
import { clusterAt, endpointState } from '../upstream/cluster';
import { downstreamResume } from './downstream';
import { upstreamClose } from './finish';
import { transmit } from './out_chain';
import { poolAttach, poolConnected, poolIdle, poolNextIsRaw, poolNextPending } from './pool';
import { poolHeaderSend } from './proxied_endpoint';
import { DS_BODY, DS_WAIT, SF_REUSED, Slot, slotAt, slotRead } from './slot';
import {
  Stream,
  ST_CONNECT,
  ST_IDEMPOTENT,
  ST_REQUEST_ENDED,
  ST_RETRIED,
  ST_TERMINATE_CONNECT,
  ST_UPGRADE,
} from './stream';
import { armStream } from './timers';
import * as stat from './upstream_stats';
import { responseStart } from './upstream';
import { failPending } from './upstream_failure';

/** The connection is established: it serves who has waited longest. */
export function upstreamConnected(u: Slot): void {
  poolConnected(u);
  const c = clusterAt(u.cluster);
  if (changetype<usize>(c) && c.proxyProtocol) poolHeaderSend(u, c);
  const es = endpointState(u.endpoint);
  if (es.removed && !es.pending) return upstreamClose(u, false);
  upstreamReady(u);
}

// The next stream that waits for the endpoint of `u`. Those that waited in vain, since max_requests is reached, end here.
function nextAdmitted(u: Slot): Stream | null {
  const c = clusterAt(u.cluster);
  let next = poolNextPending(u);
  while (next && changetype<usize>(c) && requestsOpen(c, (<Stream>next).priority)) {
    const st = <Stream>next;
    const d = slotAt(st.downstream - 1);
    stat.activeOverflow(c);
    failPending(st, REPLY_OVERFLOW);
    downstreamResume(d);
    next = poolNextPending(u);
  }
  return next;
}

/** Gives a connection without a stream to the next waiting one, or puts it on the idle list. */
export function upstreamReady(u: Slot): void {
  if (u.requests && poolNextIsRaw(u)) return upstreamClose(u, false);
  const next = nextAdmitted(u);
  if (!next) return poolIdle(u);
  const st = <Stream>next;
  const d = slotAt(st.downstream - 1);
  poolAttach(u, st);
  if (st.flags & ST_TERMINATE_CONNECT) return connectAccepted(st, u);
  sendPendingHead(u, st);
  if (st.flags & (ST_UPGRADE | ST_CONNECT)) return;
  d.state = st.flags & ST_REQUEST_ENDED ? DS_WAIT : DS_BODY;
  armStream(st, d);
  if (d.state == DS_BODY) {
    slotRead(d, true);
    downstreamResume(d);
  }
}

// A CONNECT that ends here: no head goes up, the connection itself is the answer.
function connectAccepted(st: Stream, u: Slot): void {
  bufferFree(st.pendingHead);
  st.pendingHead = 0;
  scratchReset();
  const head = W + W_RESPONSE_HEAD;
  localReplyBegin(head);
  changetype<Head>(head).status = 200;
  responseStart(st, u, changetype<Head>(head), 0, 0);
}

// The bytes leave from the out area, so that the command stays valid whatever becomes of the buffer.
function sendPendingHead(u: Slot, st: Stream): void {
  const w = changetype<WorkerState>(W);
  const out: usize = w.out;
  const b: usize = st.pendingHead;
  memory.copy(out, b, st.pendingLength);
  w.out = <u32>((out + st.pendingLength + 15) & ~15);
  st.pendingHead = 0;
  if (u.flags & SF_REUSED && st.flags & ST_IDEMPOTENT && !(st.flags & ST_RETRIED)) {
    if (u.sentHead) bufferFree(u.sentHead);
    u.sentHead = <u32>b; // doubles as the copy that may be sent once more
    u.sentLength = st.pendingLength;
  } else {
    bufferFree(b);
  }
  transmit(u, out, st.pendingLength);
}
