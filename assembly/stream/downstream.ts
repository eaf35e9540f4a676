// The downstream side of HTTP/1.1: requests of one client connection, one after another.
//
// A connection is a loop over (state, bytes): a head is parsed and turned into a stream, body pieces are forwarded, whatever
// belongs to a later step is retained and reading stops. Every step returns the address it has consumed up to, or 0 when the
// loop must end (the rest is retained, or the connection is gone).
import {
  CMD_RESUME,
  PARSE_ACCEPT_HTTP_10,
  PARSE_BAD_REQUEST,
  PARSE_HEADERS_TOO_LARGE,
  PARSE_PARTIAL,
  REPLY_PATH_REDIRECT,
  REPLY_UNDERSCORE,
} from '../abi';
import { captureRequest } from '../access_log/capture';
import { clusterTakesTrailers } from '../upstream/cluster';
import { HCM_ACCEPT_HTTP_10, HCM_ENABLE_TRAILERS, HCM_PROXY_100_CONTINUE, HcmConfig } from '../http/hcm_config';
import { isGrpc } from '../http/grpc';
import { mutateRequest } from '../http/mutate_request';
import {
  Head,
  HEAD_CHUNKED,
  HEAD_CLOSE,
  HEAD_CONTENT_LENGTH,
  HEAD_EXPECT_CONTINUE,
  HEAD_UPGRADE,
  headerRemove,
  METHOD_CONNECT,
  METHOD_DELETE,
  METHOD_GET,
  METHOD_HEAD,
  METHOD_OPTIONS,
  METHOD_PUT,
  METHOD_TRACE,
} from '../http1/head';
import { H_EXPECT } from '../http1/header_names';
import { follow } from '../listener/follow';
import { Listener, listenerAt } from '../listener/listener';
import { parseRequest } from '../http1/request_parser';
import { W_REQUEST_HEAD } from '../memory/map';
import { command, listsCrowded, scratchReset, W, WorkerState } from '../memory/worker_block';
import {
  bodyBegin,
  bodyDecode,
  bodyFrameChunk,
  bodySendTrailers,
  pieceBroken,
  pieceEnd,
  pieceLast,
  pieceNext,
  pieceStart,
  pieceTrailers,
  pieceWait,
} from './body';
import { deadlineAt } from './deadline';
import { runFilters } from './filter_chain';
import { inAppend, inClear, inKeep, inWorthParsing } from './in_buffer';
import { transmit } from './out_chain';
import { codecError, headError, localReply, pathRedirect, replyContinue } from './reply';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  DS_BODY,
  DS_CLOSING,
  DS_HEAD,
  DS_TUNNEL,
  DS_WAIT,
  Slot,
  SLOT_FACTS,
  slotAt,
  slotIndex,
  slotRead,
} from './slot';
import { SPLICE_MINIMUM, spliceOffer } from './splice';
import * as stat from './downstream_stats';
import {
  Stream,
  ST_CLOSE,
  ST_CHUNKED_UP,
  ST_CONNECT,
  ST_GRPC,
  ST_HEAD_REQUEST,
  ST_IDEMPOTENT,
  ST_REQUEST_ENDED,
  ST_UPGRADE,
  streamNew,
} from './stream';
import { armStream, downstreamClosed } from './timers';
import { tunnelForward } from './tunnel';
import { downstreamAbort } from './finish';

/** `n` bytes at `p` arrived from the client. */
export function downstreamData(d: Slot, p: usize, n: u32): void {
  d.rxBytes += n;
  stat.received(d, n);
  if (!d.inLength) return downstreamRun(d, p, p + n);
  if (!inAppend(d, p, n)) return downstreamAbort(d);
  if (
    d.state == DS_HEAD &&
    d.inLength <= changetype<HcmConfig>(<usize>d.hcm).maxRequestHeaders &&
    !inWorthParsing(d, n)
  )
    return;
  const from = <usize>d.inBuffer + d.inOffset;
  downstreamRun(d, from, from + d.inLength);
}

/** Goes on with what was retained, after the connection's state has changed. */
export function downstreamResume(d: Slot): void {
  const from = <usize>d.inBuffer + d.inOffset;
  downstreamRun(d, from, from + d.inLength);
}

function downstreamRun(d: Slot, from: usize, end: usize): void {
  let p = from;
  const generation = d.generation;
  for (;;) {
    switch (d.state) {
      case DS_HEAD: {
        if (p >= end) {
          inClear(d);
          return slotRead(d, true);
        }
        if (crowded(d)) {
          if (!inKeep(d, p, end)) return downstreamAbort(d);
          slotRead(d, false);
          return command(CMD_RESUME, slotIndex(d), 0, 0);
        }
        p = requestHead(d, p, end);
        break;
      }
      case DS_BODY: {
        if (p >= end) {
          inClear(d);
          return wantMore(d);
        }
        p = requestBody(d, p, end);
        break;
      }
      case DS_TUNNEL: {
        if (p < end) tunnelForward(d, p, <u32>(end - p));
        inClear(d);
        return;
      }
      case DS_CLOSING: {
        inClear(d);
        return slotRead(d, true);
      }
      default: {
        // DS_BLOCKED, DS_WAIT
        if (!inKeep(d, p, end)) return downstreamAbort(d);
        return slotRead(d, false);
      }
    }
    if (!p || d.generation != generation || downstreamClosed(d)) return;
  }
}

// Whether the host should carry out what was decided before the next pipelined request is looked at: the command and out
// areas are finite, and a client that does not read its responses gets no more of them.
function crowded(d: Slot): bool {
  if (listsCrowded()) return true;
  return d.outBytes > changetype<HcmConfig>(<usize>d.hcm).bufferLimit >> 1;
}

// Parses a head and starts its stream.
function requestHead(d: Slot, p: usize, end: usize): usize {
  const l = changetype<Listener>(<usize>d.listener);
  const now = listenerAt(l.index);
  if (changetype<usize>(now) != changetype<usize>(l)) follow(d, now);
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  const w = changetype<WorkerState>(W);
  const head = W + W_REQUEST_HEAD;
  scratchReset();
  const flags: u32 = hcm.flags & HCM_ACCEPT_HTTP_10 ? PARSE_ACCEPT_HTTP_10 : 0;
  const n = parseRequest(head, p, end, hcm.maxHeadersCount, flags);
  if (n <= 0) {
    if (n == PARSE_PARTIAL) return partialHead(d, hcm, p, end);
    headError(d, n);
    return 0;
  }
  if (<u32>n > hcm.maxRequestHeaders) {
    codecError(d, PARSE_HEADERS_TOO_LARGE);
    return 0;
  }
  const fresh = streamNew();
  if (!fresh) {
    downstreamAbort(d);
    return 0;
  }
  const st = <Stream>fresh;
  const begun = d.inLength ? d.activity : w.now; // the first byte of the head
  streamBegin(st, d, hcm, changetype<Head>(head), begun);
  const h = changetype<Head>(head);
  if (h.flags & HEAD_EXPECT_CONTINUE && !(hcm.flags & HCM_PROXY_100_CONTINUE)) expectation(st, d, head);
  const code = mutateRequest(hcm, head, changetype<usize>(d) + SLOT_FACTS);
  // Envoy's codec refuses underscores before there is a request that a log could describe.
  if (code != REPLY_UNDERSCORE) st.capture = <u32>captureRequest(hcm, head, changetype<usize>(d) + SLOT_FACTS);
  if (code) {
    if (code == REPLY_PATH_REDIRECT) pathRedirect(st, head);
    else localReply(st, code);
    return p + n;
  }
  return runFilters(st, d, head, p + n, end);
}

// The expectation is met here and goes no further. One in HTTP/1.0 must be ignored (RFC 9110 10.1.1).
function expectation(st: Stream, d: Slot, head: usize): void {
  if (st.minor) replyContinue(st, d);
  headerRemove(head, H_EXPECT);
}

function streamBegin(st: Stream, d: Slot, hcm: HcmConfig, h: Head, begun: u32): void {
  const w = changetype<WorkerState>(W);
  d.stream = <u32>changetype<usize>(st);
  d.requests++;
  st.downstream = slotIndex(d) + 1;
  st.hcm = d.hcm;
  st.started = begun;
  st.activity = w.now;
  st.wall = w.wallMillis - <u64>(w.now - begun);
  st.methodId = h.methodId;
  st.minor = h.minor;
  st.idleTimeout = hcm.streamIdleTimeout;
  st.maxDuration = hcm.maxStreamDuration;
  let flags: u32 = 0;
  if (h.flags & HEAD_CLOSE) flags |= ST_CLOSE;
  if (h.methodId == METHOD_HEAD) flags |= ST_HEAD_REQUEST;
  if (h.methodId == METHOD_CONNECT) flags |= ST_CONNECT;
  if (h.flags & HEAD_UPGRADE) flags |= ST_UPGRADE;
  if (isGrpc(changetype<usize>(h))) flags |= ST_GRPC;
  if (h.flags & HEAD_CHUNKED) {
    bodyBegin(d, BODY_CHUNKED, 0, (hcm.flags & HCM_ENABLE_TRAILERS) != 0);
    flags |= ST_CHUNKED_UP;
    d.state = DS_BODY;
  } else if (h.flags & HEAD_CONTENT_LENGTH && h.contentLength) {
    bodyBegin(d, BODY_LENGTH, h.contentLength, false);
    d.state = DS_BODY;
  } else {
    bodyBegin(d, BODY_NONE, 0, false);
    d.state = DS_WAIT;
    if (!(flags & (ST_CONNECT | ST_UPGRADE))) {
      flags |= ST_REQUEST_ENDED;
      st.requestEnded = w.now;
      if (isIdempotent(h.methodId)) flags |= ST_IDEMPOTENT;
    }
  }
  st.flags = flags;
  if (hcm.requestTimeout && !(flags & ST_REQUEST_ENDED)) st.deadlineRequest = begun + hcm.requestTimeout;
  stat.requestBegun(d, hcm);
  armStream(st, d);
}

// RFC 9110 9.2.2
function isIdempotent(method: u8): bool {
  return (
    method == METHOD_GET ||
    method == METHOD_HEAD ||
    method == METHOD_PUT ||
    method == METHOD_DELETE ||
    method == METHOD_OPTIONS ||
    method == METHOD_TRACE
  );
}

// More of the head has to come.
function partialHead(d: Slot, hcm: HcmConfig, p: usize, end: usize): usize {
  if (<u32>(end - p) > hcm.maxRequestHeaders) {
    codecError(d, PARSE_HEADERS_TOO_LARGE);
    return 0;
  }
  // Empty lines before a request line mean nothing (RFC 9112 2.2): they are not looked at again.
  while (p < end && (load<u8>(p) == 0x0d || load<u8>(p) == 0x0a)) p++;
  if (!d.inLength) {
    // The timers of a stream start with its first byte.
    const w = changetype<WorkerState>(W);
    d.activity = w.now;
    if (hcm.requestHeadersTimeout) deadlineAt(d, w.now + hcm.requestHeadersTimeout);
    if (hcm.requestTimeout) deadlineAt(d, w.now + hcm.requestTimeout);
    if (hcm.streamIdleTimeout) deadlineAt(d, w.now + hcm.streamIdleTimeout);
  }
  if (inKeep(d, p, end)) wantMore(d);
  else downstreamAbort(d);
  return 0;
}

// Reads on, where a pipelined request had stopped it, unless the upstream has yet to take what is there.
function wantMore(d: Slot): void {
  if (d.stream) {
    const st = changetype<Stream>(<usize>d.stream);
    if (st.upstream && slotAt(st.upstream - 1).outBytes) return;
  }
  slotRead(d, true);
}

// Decodes one piece of the request body and sends it up.
function requestBody(d: Slot, p: usize, end: usize): usize {
  const st = changetype<Stream>(<usize>d.stream);
  if (!bodyDecode(d, p, end)) {
    codecError(d, PARSE_BAD_REQUEST);
    return 0;
  }
  const next = pieceNext;
  const n = <u32>(pieceEnd - pieceStart);
  st.bytesReceived += n;
  st.activity = changetype<WorkerState>(W).now;
  const last = pieceLast;
  const broken = pieceBroken;
  if (st.flags & ST_CHUNKED_UP) bodyFrameChunk(end);
  const bytes = <u32>(pieceEnd - pieceStart);
  if (bytes && st.upstream) transmit(slotAt(st.upstream - 1), pieceStart, bytes);
  if (broken) {
    codecError(d, PARSE_BAD_REQUEST);
    return 0;
  }
  if (pieceTrailers && st.upstream) {
    const u = slotAt(st.upstream - 1);
    bodySendTrailers(u, clusterTakesTrailers(u.cluster));
  }
  if (pieceWait) return keepTrailers(d, next, end);
  if (last) requestEnded(st, d);
  else if (d.left >= SPLICE_MINIMUM && st.upstream) spliceOffer(d, slotAt(st.upstream - 1));
  return next;
}

// An unfinished trailer section waits for its rest.
function keepTrailers(d: Slot, p: usize, end: usize): usize {
  if (inKeep(d, p, end)) wantMore(d);
  else downstreamAbort(d);
  return 0;
}

/** The request has been received whole: the route timeout starts. */
export function requestEnded(st: Stream, d: Slot): void {
  const w = changetype<WorkerState>(W);
  st.flags |= ST_REQUEST_ENDED;
  st.requestEnded = w.now;
  if (d.state == DS_BODY) d.state = DS_WAIT;
  armStream(st, d);
}
