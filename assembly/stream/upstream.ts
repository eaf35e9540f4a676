// The upstream side of HTTP/1.1: the response of the stream that owns this connection, on its way to the client.
import {
  DETAILS_RESPONSE_HEADERS_TOO_LARGE,
  DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED,
  DETAILS_VIA_UPSTREAM,
  PARSE_PARTIAL,
  REPLY_UPSTREAM_PROTOCOL_ERROR,
  REPLY_UPSTREAM_RESET,
} from '../abi';
import { captureResponse } from '../access_log/capture';
import { HCM_ENABLE_TRAILERS, HCM_PROXY_100_CONTINUE, HcmConfig } from '../http/hcm_config';
import { mutateResponse, setServiceTime } from '../http/mutate_response';
import { Head, HEAD_CHUNKED, HEAD_CLOSE, HEAD_CONTENT_LENGTH, HEAD_HTTP_10 } from '../http1/head';
import { lastChunk } from '../http1/chunked';
import { writeResponseHead } from '../http1/head_writer';
import { parseResponse } from '../http1/response_parser';
import { W_OUT_END, W_RESPONSE_HEAD } from '../memory/map';
import { listsCrowded, scratchReset, W, WorkerState } from '../memory/worker_block';
import { routeResponseHeaders } from '../route/transform';
import { clusterAt, clusterTakesTrailers } from '../upstream/cluster';
import {
  BODY_COPY,
  bodyBegin,
  bodyDecode,
  bodyFrameChunk,
  bodySendTrailers,
  headSend,
  headSendWithPiece,
  pieceBroken,
  pieceEnd,
  pieceLast,
  pieceNext,
  pieceStart,
  pieceTrailers,
  pieceWait,
} from './body';
import { runResponseFilters } from './filter_chain';
import { responseEnded, streamReset } from './finish';
import { responseHeadersApply } from './filter_room';
import { inAppend, inClear, inKeep, inWorthParsing } from './in_buffer';
import { transmit } from './out_chain';
import { poolClose } from './pool';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_UNTIL_EOF,
  DS_BLOCKED,
  SF_DRAINING,
  SF_RX_STARTED,
  Slot,
  slotAt,
  US_BODY,
  US_HEAD,
  US_IDLE,
  US_TUNNEL,
} from './slot';
import {
  Stream,
  ST_CHUNKED_OUT,
  ST_CLOSE,
  ST_CONNECT,
  ST_HEAD_REQUEST,
  ST_NO_RESPONSE_BODY,
  ST_REQUEST_ENDED,
  ST_RESPONSE_STARTED,
  ST_UPGRADE,
} from './stream';
import { tunnelBegin, tunnelForward } from './tunnel';
import { SPLICE_MINIMUM, spliceOffer } from './splice';
import * as stat from './upstream_stats';
import { cutShort, upstreamFailed } from './upstream_failure';

const DEFAULT_MAX_HEAD: u32 = 80 * 1024; // Envoy's, for responses

/** `n` bytes at `p` arrived from the endpoint. */
export function upstreamData(u: Slot, p: usize, n: u32): void {
  u.rxBytes += n;
  stat.received(u, n);
  if (u.state == US_IDLE) {
    // A response that no request asked for (response-queue poisoning): the connection cannot be trusted.
    stat.protocolError(u);
    return poolClose(u, false);
  }
  if (!(u.flags & SF_RX_STARTED)) {
    u.flags |= SF_RX_STARTED;
    u.sentLength = 0;
  }
  let from = p;
  let end = p + n;
  if (u.inLength) {
    if (!inAppend(u, p, n)) return upstreamFailed(u, REPLY_UPSTREAM_RESET);
    if (u.state == US_HEAD && u.inLength < DEFAULT_MAX_HEAD && !inWorthParsing(u, n)) return;
    from = <usize>u.inBuffer + u.inOffset;
    end = from + u.inLength;
  }
  upstreamRun(u, from, end);
}

/** Goes on with retained bytes. */
export function upstreamRun(u: Slot, from: usize, end: usize): void {
  let p = from;
  const generation = u.generation;
  const requests = u.requests;
  while (p < end) {
    switch (u.state) {
      case US_HEAD: {
        p = responseHead(u, p, end);
        break;
      }
      case US_BODY: {
        p = responseBody(u, p, end);
        break;
      }
      case US_TUNNEL: {
        tunnelForward(u, p, <u32>(end - p));
        p = end;
        break;
      }
      default: {
        return;
      }
    }
    if (!p || u.generation != generation || u.requests != requests || !u.stream) return;
  }
  inClear(u);
}

// Parses the head of a response; interim ones are skipped.
function responseHead(u: Slot, p: usize, end: usize): usize {
  const st = changetype<Stream>(<usize>u.stream);
  const head = W + W_RESPONSE_HEAD;
  const c = clusterAt(u.cluster);
  scratchReset();
  let limit = DEFAULT_MAX_HEAD;
  let count: u32 = 100;
  if (changetype<usize>(c)) {
    if (c.maxResponseHeaders) limit = c.maxResponseHeaders;
    if (c.maxResponseHeadersCount) count = c.maxResponseHeadersCount;
  }
  const n = parseResponse(head, p, end, count, 0);
  if (n <= 0 || <u32>n > limit) {
    if (n == PARSE_PARTIAL && <u32>(end - p) <= limit) {
      if (!inKeep(u, p, end)) upstreamFailed(u, REPLY_UPSTREAM_RESET);
      return 0;
    }
    stat.protocolError(u);
    upstreamFailed(u, REPLY_UPSTREAM_PROTOCOL_ERROR);
    return 0;
  }
  const h = changetype<Head>(head);
  if (h.status < 200) {
    if (h.status == 101 && st.flags & ST_UPGRADE) return responseStart(st, u, h, p + n, end);
    if (h.status == 101) {
      stat.protocolError(u);
      upstreamFailed(u, REPLY_UPSTREAM_PROTOCOL_ERROR);
      return 0;
    }
    const hcm = changetype<HcmConfig>(<usize>st.hcm);
    // Those that Envoy knows: continue, processing, early hints, upload resumption.
    const known = h.status == 100 || (h.status >= 102 && h.status <= 104);
    // An upstream may send any number in one read; what the lists cannot take is left out.
    if (known && st.minor && hcm.flags & HCM_PROXY_100_CONTINUE && !listsCrowded()) forwardInterim(st, head);
    return p + n;
  }
  return responseStart(st, u, h, p + n, end);
}

// proxy_100_continue, in spite of its name, is about all of them.
function forwardInterim(st: Stream, head: usize): void {
  const w = changetype<WorkerState>(W);
  const out: usize = w.out;
  const end = writeResponseHead(head, out, W + W_OUT_END);
  if (!end) return;
  w.out = <u32>((end + 15) & ~15);
  transmit(slotAt(st.downstream - 1), out, <u32>(end - out));
}

/** Sends the head on, with the first piece of the body where there is one. */
export function responseStart(st: Stream, u: Slot, h: Head, p: usize, end: usize): usize {
  const w = changetype<WorkerState>(W);
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  const d = slotAt(st.downstream - 1);
  const head = changetype<usize>(h);
  u.keepAlive = h.flags & HEAD_CLOSE ? 0 : 1;
  st.responseStarted = w.now;
  st.activity = w.now;
  st.status = h.status;
  st.details = DETAILS_VIA_UPSTREAM;
  stat.responseStarted(u, st, h.status);
  const tunnel = h.status == 101 || (h.status < 300 && (st.flags & ST_CONNECT) != 0);
  framing(st, u, h, tunnel);
  // How long the upstream took is said of whole requests only.
  if (st.flags & ST_REQUEST_ENDED) setServiceTime(hcm, head, w.now - st.requestEnded);
  if (st.route) routeResponseHeaders(st.route, head);
  if (st.responseHeaders) responseHeadersApply(st, head);
  if (!tunnel) closing(st, d);
  if (hcm.filterCount > 1 && !tunnel) {
    const parked = runResponseFilters(st, u, head, p, end);
    if (parked) return 0;
  }
  return responseSend(st, d, u, h, p, end, tunnel);
}

/** Sends the response head that the filters have let pass, and what there is of the body. */
export function responseSend(st: Stream, d: Slot, u: Slot, h: Head, p: usize, end: usize, tunnel: bool): usize {
  const w = changetype<WorkerState>(W);
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  const head = changetype<usize>(h);
  st.flags |= ST_RESPONSE_STARTED;
  st.status = h.status;
  mutateResponse(hcm, head, st.capture);
  st.capture = <u32>captureResponse(hcm, head, st.capture);
  if (st.minor == 0) h.flags |= HEAD_HTTP_10;
  if (st.flags & ST_CLOSE) h.flags |= HEAD_CLOSE;
  else h.flags &= ~HEAD_CLOSE;
  const out: usize = w.out;
  const outEnd = writeResponseHead(head, out, W + W_OUT_END - BODY_COPY - 64);
  if (!outEnd) {
    streamReset(st, DETAILS_RESPONSE_HEADERS_TOO_LARGE);
    return 0;
  }
  if (tunnel) {
    headSend(d, out, outEnd);
    tunnelBegin(st, d, u);
    return p;
  }
  u.state = US_BODY;
  return sendStart(st, d, u, out, outEnd, p, end);
}

// How the body comes, and how it leaves (RFC 9112 6.3).
function framing(st: Stream, u: Slot, h: Head, tunnel: bool): void {
  const described = h.status != 204 && h.status != 304 && !tunnel;
  if (st.flags & ST_HEAD_REQUEST || !described) {
    // The response to a HEAD says how the body would be framed.
    if (st.minor == 0) h.flags &= ~HEAD_CHUNKED;
    else if (described && !(h.flags & HEAD_CONTENT_LENGTH)) h.flags |= HEAD_CHUNKED;
    st.flags |= ST_NO_RESPONSE_BODY;
    bodyBegin(u, BODY_NONE, 0, false);
    return;
  }
  if (h.flags & HEAD_CHUNKED) {
    const wanted = (changetype<HcmConfig>(<usize>st.hcm).flags & HCM_ENABLE_TRAILERS) != 0;
    bodyBegin(u, BODY_CHUNKED, 0, wanted && clusterTakesTrailers(u.cluster));
  } else if (h.flags & HEAD_CONTENT_LENGTH)
    bodyBegin(u, h.contentLength ? BODY_LENGTH : BODY_NONE, h.contentLength, false);
  else bodyBegin(u, BODY_UNTIL_EOF, 0, false);
  if (u.bodyMode == BODY_UNTIL_EOF) u.keepAlive = 0;
  if (u.bodyMode == BODY_CHUNKED || u.bodyMode == BODY_UNTIL_EOF) {
    if (st.minor == 0) {
      st.flags |= ST_CLOSE;
      h.flags &= ~HEAD_CHUNKED;
    } else {
      st.flags |= ST_CHUNKED_OUT;
      h.flags |= HEAD_CHUNKED;
    }
  }
}

// Whether this response is the connection's last.
function closing(st: Stream, d: Slot): void {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  // Nobody waits for the rest of a request that is answered already.
  if (changetype<WorkerState>(W).draining || d.flags & SF_DRAINING || !(st.flags & ST_REQUEST_ENDED)) {
    st.flags |= ST_CLOSE;
  }
  // Early bytes of an upgrade that is refused were received all the same.
  if (d.state == DS_BLOCKED) st.bytesReceived += d.inLength;
  if (hcm.maxRequestsPerConnection && d.requests >= hcm.maxRequestsPerConnection) st.flags |= ST_CLOSE;
}

function sendStart(st: Stream, d: Slot, u: Slot, out: usize, outEnd: usize, p: usize, end: usize): usize {
  if (u.bodyMode == BODY_NONE || p >= end) {
    headSend(d, out, outEnd);
    if (u.bodyMode == BODY_NONE) {
      responseEnded(st, d, u, p < end);
      return 0;
    }
    return p;
  }
  if (!bodyDecode(u, p, end)) {
    headSend(d, out, outEnd);
    cutShort(u, st);
    return 0;
  }
  const next = pieceNext;
  const last = pieceLast;
  st.bytesSent += <u64>(pieceEnd - pieceStart);
  if (st.flags & ST_CHUNKED_OUT) bodyFrameChunk(end);
  headSendWithPiece(d, out, outEnd);
  return pieceDone(st, d, u, next, end, last);
}

function pieceDone(st: Stream, d: Slot, u: Slot, next: usize, end: usize, last: bool): usize {
  if (pieceBroken) {
    cutShort(u, st);
    return 0;
  }
  if (pieceTrailers && st.flags & ST_CHUNKED_OUT) bodySendTrailers(d, true);
  if (pieceWait) {
    if (!inKeep(u, next, end)) streamReset(st, DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED);
    return 0;
  }
  if (!last) {
    if (u.left >= SPLICE_MINIMUM) spliceOffer(u, d);
    return next;
  }
  responseEnded(st, d, u, next < end);
  return 0;
}

function responseBody(u: Slot, p: usize, end: usize): usize {
  const st = changetype<Stream>(<usize>u.stream);
  const d = slotAt(st.downstream - 1);
  if (!bodyDecode(u, p, end)) {
    cutShort(u, st);
    return 0;
  }
  const next = pieceNext;
  const last = pieceLast;
  st.bytesSent += <u64>(pieceEnd - pieceStart);
  st.activity = changetype<WorkerState>(W).now;
  if (st.flags & ST_CHUNKED_OUT) bodyFrameChunk(end);
  if (pieceEnd > pieceStart) transmit(d, pieceStart, <u32>(pieceEnd - pieceStart));
  return pieceDone(st, d, u, next, end, last);
}

/** The endpoint has ended its side. */
export function upstreamEof(u: Slot): void {
  if (u.state == US_IDLE) return poolClose(u, false);
  if (u.state == US_BODY && u.bodyMode == BODY_UNTIL_EOF) {
    const st = changetype<Stream>(<usize>u.stream);
    const d = slotAt(st.downstream - 1);
    if (st.flags & ST_CHUNKED_OUT) {
      const w = changetype<WorkerState>(W);
      const out: usize = w.out;
      lastChunk(out);
      w.out += 16;
      transmit(d, out, 5);
    }
    return responseEnded(st, d, u, true);
  }
  if (u.state == US_BODY) {
    return cutShort(u, changetype<Stream>(<usize>u.stream));
  }
  // An end in the middle of a head breaks the protocol; one before it is a reset.
  const partial = u.state == US_HEAD && u.inLength != 0;
  if (partial) stat.protocolError(u);
  upstreamFailed(u, partial ? REPLY_UPSTREAM_PROTOCOL_ERROR : REPLY_UPSTREAM_RESET);
}
