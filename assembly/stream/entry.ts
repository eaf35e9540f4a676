// What the host calls. Every entry may leave commands (memory/worker_block.ts); the host carries them out before it enters with
// bytes again, and at the latest at the end of its turn.
import {
  CLUSTER_STAT_BIND_ERRORS,
  BATCH_BYTES,
  BATCH_STRIDE,
  IO_CONNECTING,
  KIND_CLOSED,
  KIND_DOWNSTREAM_HTTP,
  KIND_DOWNSTREAM_NEW,
  KIND_DOWNSTREAM_TCP,
  KIND_FREE,
  KIND_UPSTREAM_HTTP,
  KIND_UPSTREAM_TCP,
  REFUSED_BIND,
  REFUSED_CONNECT,
  REPLY_CONNECT_FAILED,
  REPLY_CONNECT_FAILED_AT_ONCE,
  REPLY_LOCAL_CONNECT_FAILED,
  RESET_IMMEDIATE_CONNECTION_FAILURE,
  RESET_LOCAL_CONNECTION_FAILURE,
  REPLY_UPSTREAM_RESET,
} from '../abi';
import { newData, newEof, newError } from '../listener/accept';
import { factsInit } from '../http/conn_facts';
import { W_BATCH, W_RX } from '../memory/map';
import { listsCrowded, W, WorkerState } from '../memory/worker_block';
import { shutdownWrite, whenFlushed } from './connection';
import { deadlineDue } from './deadline';
import { downstreamData, downstreamResume } from './downstream';
import { downstreamAbort, downstreamClose, downstreamClosing, upstreamClose, endpointClose } from './finish';
import { outAppend, outSend, outTook } from './out_chain';
import {
  DS_BODY,
  DS_CLOSING,
  DS_HEAD,
  DS_TUNNEL,
  SF_CLOSE_AFTER_FLUSH,
  SF_DELAYED_CLOSE,
  SF_READ_EOF,
  SF_SHUTDOWN_AFTER_FLUSH,
  Slot,
  SLOT_FACTS,
  slotAt,
  slotFree,
  slotRead,
  US_CONNECTING,
  US_IDLE,
  US_TUNNEL,
} from './slot';
import { Stream } from './stream';
import { tcpAbort, tcpBroken, tcpClose, tcpConnected, tcpData, tcpEof, tcpFailed } from './tcp_proxy';
import { proxiedRemoved } from './proxied_endpoint';
import { slotTimer } from './timers';
import { tunnelEnd } from './tunnel';
import { upstreamData, upstreamEof } from './upstream';
import { upstreamFailed } from './upstream_failure';
import { upstreamConnected } from './upstream_ready';
import * as up from './upstream_stats';

/** `n` bytes have been received into W_RX. */
export function onData(slot: u32, n: u32): void {
  received(slot, W + W_RX, n);
}

/**
 * `n` bytes have been received into the buffer `place` of W_BATCH. The batch was received before anything of it was handled: reading
 * from this slot may have been stopped since, and these bytes are taken all the same (they are few, and where they cannot go on they are kept).
 */
export function onBatchData(slot: u32, place: u32, n: u32): void {
  received(slot, W + W_BATCH + <usize>place * BATCH_STRIDE + (BATCH_STRIDE - BATCH_BYTES), n);
}

function received(slot: u32, p: usize, n: u32): void {
  const s = slotAt(slot);
  switch (<i32>s.kind) {
    case KIND_DOWNSTREAM_NEW:
      return newData(s, p, n);
    case KIND_DOWNSTREAM_HTTP:
      return downstreamData(s, p, n);
    case KIND_UPSTREAM_HTTP:
      return upstreamData(s, p, n);
    case KIND_DOWNSTREAM_TCP:
    case KIND_UPSTREAM_TCP:
      return tcpData(s, p, n);
  }
}

/** The peer has ended its side, and everything before that has been received. */
export function onEof(slot: u32): void {
  const s = slotAt(slot);
  switch (<i32>s.kind) {
    case KIND_DOWNSTREAM_NEW:
      return newEof(s);
    case KIND_DOWNSTREAM_HTTP: {
      if (s.state == DS_TUNNEL) return tunnelEnd(s);
      s.flags |= SF_READ_EOF;
      if (s.stream || (s.state == DS_HEAD && s.inLength)) return downstreamAbort(s);
      // It may still be reading what it was answered.
      if (s.state == DS_CLOSING) return whenFlushed(s, SF_CLOSE_AFTER_FLUSH);
      return downstreamClosing(s, false);
    }
    case KIND_UPSTREAM_HTTP: {
      if (s.state == US_TUNNEL) return tunnelEnd(s);
      s.flags |= SF_READ_EOF;
      return upstreamEof(s);
    }
    case KIND_DOWNSTREAM_TCP:
    case KIND_UPSTREAM_TCP:
      return tcpEof(s);
  }
}

/** The connection is broken (a reset, a failed connect, a broken pipe); `errno`: as far as it is known, else 0. */
export function onError(slot: u32, errno: u32): void {
  const s = slotAt(slot);
  switch (<i32>s.kind) {
    case KIND_DOWNSTREAM_NEW:
      return newError(s);
    case KIND_DOWNSTREAM_HTTP: {
      s.flags |= SF_READ_EOF;
      if (s.state == DS_TUNNEL) {
        const st = changetype<Stream>(<usize>s.stream);
        return tunnelEnd(slotAt(st.downstream - 1));
      }
      return downstreamAbort(s);
    }
    case KIND_UPSTREAM_HTTP: {
      if (s.state == US_TUNNEL) return tunnelEnd(s);
      s.flags |= SF_READ_EOF;
      if (s.state == US_IDLE) return upstreamClose(s, false);
      return upstreamFailed(s, s.state == US_CONNECTING ? REPLY_CONNECT_FAILED : REPLY_UPSTREAM_RESET);
    }
    case KIND_DOWNSTREAM_TCP:
      return tcpBroken(s, errno);
    case KIND_UPSTREAM_TCP:
      return s.state == US_CONNECTING ? tcpFailed(s, false) : tcpBroken(s, errno);
  }
}

/** A connect came to nothing before the kernel sent anything: `why` (REFUSED_*), `errno` 0 where none is told. */
export function onConnectRefused(slot: u32, why: u32, errno: u32): void {
  const s = slotAt(slot);
  const local = why != REFUSED_CONNECT;
  s.errno = <u8>errno;
  s.reset = <u8>(local ? RESET_LOCAL_CONNECTION_FAILURE : RESET_IMMEDIATE_CONNECTION_FAILURE);
  if (!local) s.flags |= SF_READ_EOF;
  if (why == REFUSED_BIND) up.count(s.cluster, CLUSTER_STAT_BIND_ERRORS);
  if (s.kind == KIND_UPSTREAM_TCP) return tcpFailed(s, false);
  upstreamFailed(s, local ? REPLY_LOCAL_CONNECT_FAILED : REPLY_CONNECT_FAILED_AT_ONCE);
}

/** The peer has ended its side while the core does not want to read: noticed early for who waits for a response. */
export function onHangup(slot: u32): void {
  const s = slotAt(slot);
  if (s.kind != KIND_DOWNSTREAM_HTTP || s.state == DS_BODY || s.state == DS_TUNNEL || s.state == DS_HEAD) return;
  onEof(slot);
}

/** Tells the local address (a sockaddr) of a connection to an endpoint, for the access log. Called before onConnected. */
export function onLocalAddress(slot: u32, local: usize): void {
  factsInit(changetype<usize>(slotAt(slot)) + SLOT_FACTS, local, local, false);
}

/** A connect has succeeded. */
export function onConnected(slot: u32): void {
  const s = slotAt(slot);
  if (!(s.io & IO_CONNECTING)) return;
  if (s.kind == KIND_UPSTREAM_HTTP) upstreamConnected(s);
  else if (s.kind == KIND_UPSTREAM_TCP) tcpConnected(s);
}

/** The socket takes bytes again. */
export function onWritable(slot: u32): void {
  const s = slotAt(slot);
  if (s.kind != KIND_FREE && s.kind != KIND_CLOSED) outSend(s);
}

/** The kernel did not take [p, p + n) (or something waits before it): queue it, and stop whoever it came from. */
export function onUnsent(slot: u32, p: usize, n: u32): void {
  const s = slotAt(slot);
  if (s.kind == KIND_FREE || s.kind == KIND_CLOSED) return;
  if (!outAppend(s, p, n)) return slotAbort(s);
  const from = sourceOf(s);
  if (from) slotRead(<Slot>from, false);
}

/** The kernel took `n` bytes of the out chain's front. `more`: it may take the next piece at once. */
export function onQueueSent(slot: u32, n: u32, more: bool): void {
  const s = slotAt(slot);
  if (s.kind == KIND_FREE || s.kind == KIND_CLOSED) return;
  outTook(s, n);
  if (!s.outBytes) return drained(s);
  if (more) outSend(s);
}

/** Answers CMD_FLUSHED: everything sent before has been taken. */
export function onFlushed(slot: u32): void {
  const s = slotAt(slot);
  if (s.kind != KIND_FREE && s.kind != KIND_CLOSED && !s.outBytes) drained(s);
}

function drained(s: Slot): void {
  if (s.flags & SF_CLOSE_AFTER_FLUSH) return slotEnd(s);
  if (s.flags & SF_SHUTDOWN_AFTER_FLUSH) shutdownWrite(s);
  if (s.kind == KIND_DOWNSTREAM_HTTP) {
    if (s.state == DS_CLOSING) {
      if (s.flags & SF_DELAYED_CLOSE) {
        if (s.flags & SF_READ_EOF) slotEnd(s);
      }
      return;
    }
    if (s.state == DS_HEAD && s.inLength) downstreamResume(s);
  }
  if (s.kind == KIND_FREE || s.kind == KIND_CLOSED) return;
  const from = sourceOf(s);
  if (from && wantsBytes(<Slot>from)) slotRead(<Slot>from, true);
}

// Whose bytes fill this slot's out chain.
function sourceOf(s: Slot): Slot | null {
  if (s.peer) return slotAt(s.peer - 1);
  if (!s.stream) return null;
  const st = changetype<Stream>(<usize>s.stream);
  if (s.kind == KIND_UPSTREAM_HTTP) return slotAt(st.downstream - 1);
  return st.upstream ? slotAt(st.upstream - 1) : null;
}

function wantsBytes(s: Slot): bool {
  if (s.kind == KIND_DOWNSTREAM_HTTP) return s.state == DS_BODY || s.state == DS_TUNNEL;
  return s.kind != KIND_FREE && s.kind != KIND_CLOSED;
}

function slotAbort(s: Slot): void {
  if (s.kind == KIND_DOWNSTREAM_HTTP) downstreamAbort(s);
  else if (s.kind == KIND_UPSTREAM_HTTP) upstreamFailed(s, REPLY_UPSTREAM_RESET);
  else tcpAbort(s);
}

function slotEnd(s: Slot): void {
  if (s.kind == KIND_DOWNSTREAM_HTTP) downstreamClose(s, false);
  else if (s.kind == KIND_UPSTREAM_HTTP) upstreamClose(s, false);
  else tcpClose(s, false);
}

/** Answers CMD_RESUME. */
export function onResume(slot: u32): void {
  const s = slotAt(slot);
  if (s.kind == KIND_DOWNSTREAM_HTTP && !s.outBytes && s.inLength) downstreamResume(s);
}

/** Answers CMD_CLOSE: the descriptor is closed and the slot may be used again. */
export function onClosed(slot: u32): void {
  slotFree(slotAt(slot));
}

/**
 * The worker leaves its loop: connections under tcp_proxy that are still open end, so that they are logged, as in Envoy. True: the lists
 * are full, so the host carries them out and asks again.
 */
export function onStop(): bool {
  const w = changetype<WorkerState>(W);
  for (let i: u32 = 0; i < w.slotCount; i++) {
    const s = slotAt(i);
    if (s.kind != KIND_DOWNSTREAM_TCP || !s.peer) continue;
    if (listsCrowded()) return true;
    tcpAbort(s);
  }
  return false;
}

/** Acts on the deadlines that have come; those that are left when the lists are full are due at once in the next turn. */
export function onTimers(): void {
  while (!listsCrowded()) {
    const s = deadlineDue();
    if (!s) return;
    slotTimer(<Slot>s);
  }
}

/**
 * Endpoint `id` has left its cluster: its idle connections close, those in use close when they are done. True: the lists are full, so
 * the host carries them out and asks again.
 */
export function onEndpointRemoved(id: u32): bool {
  return endpointClose(id, true) || proxiedRemoved(id);
}
