// Tunnels: two connections whose bytes pass through unread. After an accepted upgrade or CONNECT the pair belongs to a stream;
// under tcp_proxy it belongs to a listener. Half-close is passed on for tcp_proxy; an HTTP tunnel ends as a whole, as in Envoy.
import {
  DETAILS_DOWNSTREAM_REMOTE_DISCONNECT,
  DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED,
  FLAG_DC,
  FLAG_UC,
  KIND_DOWNSTREAM_HTTP,
  RESET_CONNECTION_TERMINATION,
} from '../abi';
import { W, WorkerState } from '../memory/worker_block';
import { shutdownWrite, whenFlushed } from './connection';
import { streamFinish, upstreamClose } from './finish';
import { downstreamResume } from './downstream';
import { transmit } from './out_chain';
import { poolDetach } from './pool';
import { DS_TUNNEL, SF_READ_EOF, SF_SHUTDOWN_AFTER_FLUSH, Slot, slotAt, slotIndex, slotRead, US_TUNNEL } from './slot';
import { ST_CLOSE, ST_REQUEST_ENDED, ST_TERMINATE_CONNECT, Stream } from './stream';

/** Joins the two sides of an accepted upgrade. */
export function tunnelBegin(st: Stream, d: Slot, u: Slot): void {
  d.state = DS_TUNNEL;
  u.state = US_TUNNEL;
  d.peer = slotIndex(u) + 1;
  u.peer = slotIndex(d) + 1;
  slotRead(d, true);
  downstreamResume(d);
}

/** `n` bytes at `p` from one side go to the other. */
export function tunnelForward(from: Slot, p: usize, n: u32): void {
  if (!from.peer) return;
  const to = slotAt(from.peer - 1);
  const w = changetype<WorkerState>(W);
  from.activity = w.now;
  to.activity = w.now;
  if (from.stream) {
    const st = changetype<Stream>(<usize>from.stream);
    st.activity = w.now;
    if (from.kind == KIND_DOWNSTREAM_HTTP) st.bytesReceived += n;
    else st.bytesSent += n;
  }
  transmit(to, p, n);
}

/** One side of an HTTP tunnel has ended: what is queued for the client still leaves, then both close. */
export function tunnelEnd(s: Slot): void {
  const st = changetype<Stream>(<usize>s.stream);
  const d = slotAt(st.downstream - 1);
  const u = slotAt(st.upstream - 1);
  if (s === d) {
    d.flags |= SF_READ_EOF;
    st.responseFlags |= FLAG_DC;
    st.details = DETAILS_DOWNSTREAM_REMOTE_DISCONNECT;
  } else if (!(st.flags & ST_TERMINATE_CONNECT)) {
    st.responseFlags |= FLAG_UC;
    st.details = DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED | (RESET_CONNECTION_TERMINATION << 16);
  }
  st.flags |= ST_REQUEST_ENDED | ST_CLOSE;
  poolDetach(st);
  st.upstream = 0;
  u.stream = 0;
  u.peer = 0;
  d.peer = 0;
  upstreamClose(u, false);
  streamFinish(st, d);
}

/** Half-close: `from` will send no more, so `to` is told once it has everything. */
export function halfClose(from: Slot, to: Slot): void {
  from.flags |= SF_READ_EOF;
  if (to.outBytes) whenFlushed(to, SF_SHUTDOWN_AFTER_FLUSH);
  else shutdownWrite(to);
}
