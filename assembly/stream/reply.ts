// Answers that are made here and not upstream: one way out for all of them.
import {
  DETAILS_DIRECT_RESPONSE,
  DETAILS_HTTP1_CODEC_ERROR,
  FLAG_DPE,
  HCM_STAT_DOWNSTREAM_CX_PROTOCOL_ERROR,
  HCM_STAT_DOWNSTREAM_RQ_FAILED_PATH_NORMALIZATION,
  HCM_STAT_NO_CLUSTER,
  HCM_STAT_NO_ROUTE,
  HCM_STAT_RQ_DIRECT_RESPONSE,
  REPLY_CLUSTER_NOT_FOUND,
  REPLY_CONNECT_FAILED_AT_ONCE,
  REPLY_LOCAL_CONNECT_FAILED,
  REPLY_NO_HEALTHY_UPSTREAM,
  REPLY_NO_ROUTE,
  REPLY_PARSE,
  REPLY_PATH_NORMALIZATION_FAILED,
  REPLY_PATH_REDIRECT,
  REPLY_RESPONSE_TIMEOUT,
} from '../abi';
import { HCM_ACCEPT_HTTP_10, HcmConfig } from '../http/hcm_config';
import { putLiteral } from '../memory/literal';
import { captureResponse, recaptureRequest } from '../access_log/capture';
import {
  LOCAL_CLOSE,
  LOCAL_GRPC,
  LOCAL_NO_BODY,
  LOCAL_REQUEST_ENDED,
  localReplyBegin,
  statusCloses,
  writeLocalReply,
  writeReply,
} from '../http/local_reply';
import { replyDetails, replyFlag, replyStatus } from '../http/reply_table';
import { Head, HEAD_CONTENT_LENGTH, HEAD_HTTP_10, headerAdd } from '../http1/head';
import { H_LOCATION, headerNameAddress, headerNameLength } from '../http1/header_names';
import { W_OUT_END, W_REQUEST_HEAD, W_RESPONSE_HEAD } from '../memory/map';
import { scratch, scratchReset, W, WorkerState } from '../memory/worker_block';
import { Route } from '../route/route';
import { routeRedirectLocation } from '../route/redirect';
import { routeResponseHeaders } from '../route/transform';
import * as stat from './downstream_stats';
import { downstreamAbort, headStream, streamFinish, upstreamRelease } from './finish';
import { upstreamReply } from './upstream_stats';
import { responseHeadersApply } from './filter_room';
import { transmit } from './out_chain';
import { SF_DRAINING, Slot, SLOT_FACTS, slotAt } from './slot';
import { ST_CLOSE, ST_GRPC, ST_HEAD_REQUEST, ST_LOCAL, ST_REQUEST_ENDED, ST_RESPONSE_STARTED, Stream } from './stream';

const LOCATION_MAX: u32 = 65536;
const CRLF_CRLF: u32 = 0x0a0d0a0d;

// Whether the reply counts as the cluster's response.
function inUpstreamsPlace(code: u32): bool {
  if (code >= <u32>REPLY_NO_HEALTHY_UPSTREAM && code <= <u32>REPLY_RESPONSE_TIMEOUT) return true;
  return code == REPLY_LOCAL_CONNECT_FAILED || code == REPLY_CONNECT_FAILED_AT_ONCE;
}

/** Ends the stream with the reply of a REPLY_* code. */
export function localReply(st: Stream, code: u32): void {
  const route = changetype<Route>(<usize>st.route);
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  let status: u32 = 0;
  if (code == REPLY_CLUSTER_NOT_FOUND) {
    if (st.route) status = route.clusterNotFoundStatus;
    stat.count(hcm, HCM_STAT_NO_CLUSTER);
  }
  if (code == REPLY_NO_ROUTE) stat.count(hcm, HCM_STAT_NO_ROUTE);
  if (code == REPLY_PATH_NORMALIZATION_FAILED) stat.count(hcm, HCM_STAT_DOWNSTREAM_RQ_FAILED_PATH_NORMALIZATION);
  if (st.cluster && inUpstreamsPlace(code)) {
    upstreamReply(st.cluster - 1, replyStatus(code, true));
  }
  const ended = (st.flags & ST_REQUEST_ENDED) != 0;
  st.responseFlags |= replyFlag(code);
  st.details = replyDetails(code);
  begin(st, hcm, status ? status : replyStatus(code, ended));
  if (replyFlag(code) & FLAG_DPE) st.flags |= ST_CLOSE; // the client has broken the protocol
  const w = changetype<WorkerState>(W);
  const head = emptyHead(st);
  send(st, writeReply(hcm, head, code, st.status, st.capture, replyFlags(st), w.out, W + W_OUT_END), head);
}

// The facts of a reply that do not depend on what it says.
function begin(st: Stream, hcm: HcmConfig, status: u32): void {
  scratchReset();
  note(st, hcm, status);
}

function note(st: Stream, hcm: HcmConfig, status: u32): void {
  const w = changetype<WorkerState>(W);
  st.status = <u16>status;
  st.flags |= ST_LOCAL | ST_RESPONSE_STARTED;
  st.responseStarted = w.now;
  const drains = w.draining != 0 || (slotAt(st.downstream - 1).flags & SF_DRAINING) != 0;
  if (!(st.flags & ST_REQUEST_ENDED) || drains || statusCloses(hcm, status)) st.flags |= ST_CLOSE;
}

function replyFlags(st: Stream): u32 {
  return (
    (st.flags & ST_CLOSE ? LOCAL_CLOSE : 0) |
    (st.flags & ST_HEAD_REQUEST ? LOCAL_NO_BODY : 0) |
    (st.flags & ST_GRPC ? LOCAL_GRPC : 0) |
    (st.flags & ST_REQUEST_ENDED ? LOCAL_REQUEST_ENDED : 0)
  );
}

// Hands [w.out, end) to the client's connection and ends the stream. `head`: of the reply, for the access log.
function send(st: Stream, end: usize, head: usize): void {
  const w = changetype<WorkerState>(W);
  const d = slotAt(st.downstream - 1);
  if (!end) return downstreamAbort(d);
  st.capture = <u32>captureResponse(changetype<HcmConfig>(<usize>st.hcm), head, st.capture);
  const h = changetype<Head>(head);
  if (!(st.flags & ST_HEAD_REQUEST) && h.flags & HEAD_CONTENT_LENGTH) st.bytesSent = h.contentLength;
  const out: usize = w.out;
  st.status = changetype<Head>(head).status; // as it was sent: a gRPC request is answered 200
  st.bytesSent = <u64>(end - bodyOf(out, end));
  w.out = <u32>((end + 15) & ~15);
  transmit(d, out, <u32>(end - out));
  upstreamRelease(st, true);
  streamFinish(st, d);
}

// Where the body of the message in [p, end) begins.
function bodyOf(p: usize, end: usize): usize {
  while (p + 4 <= end && load<u32>(p) != CRLF_CRLF) p++;
  return p + 4 <= end ? p + 4 : end;
}

function emptyHead(st: Stream): usize {
  const head = W + W_RESPONSE_HEAD;
  localReplyBegin(head);
  if (st.minor == 0) changetype<Head>(head).flags |= HEAD_HTTP_10;
  responseHeadersApply(st, head);
  return head;
}

/** Answers with the route's direct_response. */
export function directResponse(st: Stream, r: Route): void {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  stat.count(hcm, HCM_STAT_RQ_DIRECT_RESPONSE);
  st.details = DETAILS_DIRECT_RESPONSE;
  begin(st, hcm, r.status);
  const head = emptyHead(st);
  changetype<Head>(head).status = <u16>r.status;
  routeResponseHeaders(changetype<usize>(r), head);
  const w = changetype<WorkerState>(W);
  send(
    st,
    writeLocalReply(hcm, head, r.status, r.body, r.bodyLength, st.capture, replyFlags(st), w.out, W + W_OUT_END),
    head,
  );
}

/** Ends a stream with a filter's reply, whose headers stand in the response head already. */
export function filterReplySend(st: Stream, status: u32, body: usize, bodyLength: u32, details: u32): void {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  const w = changetype<WorkerState>(W);
  const head = W + W_RESPONSE_HEAD;
  st.details = details;
  note(st, hcm, status);
  responseHeadersApply(st, head);
  send(
    st,
    writeLocalReply(hcm, head, status, body, bodyLength, st.capture, replyFlags(st), w.out, W + W_OUT_END),
    head,
  );
}

/** Answers with the route's redirect. */
export function redirect(st: Stream, r: Route, requestHead: usize): void {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  stat.count(hcm, HCM_STAT_RQ_DIRECT_RESPONSE); // as Envoy counts a redirect that stands in the configuration
  st.details = DETAILS_DIRECT_RESPONSE;
  // The location is made before begin() gives the scratch area away again.
  const w = changetype<WorkerState>(W);
  const at = W + W_OUT_END - LOCATION_MAX;
  const n = routeRedirectLocation(changetype<usize>(r), requestHead, false, at, LOCATION_MAX);
  // A rewrite of the path shows in the access log, as in Envoy.
  const facts = changetype<usize>(slotAt(st.downstream - 1)) + SLOT_FACTS;
  st.capture = <u32>recaptureRequest(hcm, requestHead, facts, st.capture);
  begin(st, hcm, r.status);
  const head = emptyHead(st);
  changetype<Head>(head).status = <u16>r.status;
  headerAdd(head, H_LOCATION, headerNameAddress(H_LOCATION), headerNameLength(H_LOCATION), at, n);
  routeResponseHeaders(changetype<usize>(r), head);
  send(st, writeLocalReply(hcm, head, r.status, 0, 0, st.capture, replyFlags(st), w.out, at), head);
}

/** Sends the client to the normalized path that the request's head has now (UNESCAPE_AND_REDIRECT). */
export function pathRedirect(st: Stream, requestHead: usize): void {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  st.details = replyDetails(REPLY_PATH_REDIRECT);
  const q = changetype<Head>(requestHead);
  const w = changetype<WorkerState>(W);
  const at = W + W_OUT_END - LOCATION_MAX;
  const n = q.pathLength < LOCATION_MAX ? q.pathLength : LOCATION_MAX;
  memory.copy(at, q.path, n);
  begin(st, hcm, replyStatus(REPLY_PATH_REDIRECT, true));
  const head = emptyHead(st);
  headerAdd(head, H_LOCATION, headerNameAddress(H_LOCATION), headerNameLength(H_LOCATION), at, n);
  send(st, writeLocalReply(hcm, head, st.status, 0, 0, st.capture, replyFlags(st), w.out, at), head);
}

/** The bytes of the client are no HTTP that can be served (`parse`: a PARSE_* code). A stream that has begun ends with it. */
export function codecError(d: Slot, parse: i32): void {
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  stat.count(hcm, HCM_STAT_DOWNSTREAM_CX_PROTOCOL_ERROR);
  if (d.stream) {
    const open = changetype<Stream>(<usize>d.stream);
    if (open.flags & ST_RESPONSE_STARTED) return downstreamAbort(d);
    upstreamRelease(open, false);
    open.flags |= ST_CLOSE;
    return localReply(open, REPLY_PARSE - parse);
  }
  bareReply(d, REPLY_PARSE - parse, 1);
}

/**
 * A head that is no request. As Envoy, it is answered in the version that it names if that is served; but not where its bytes are no
 * message at all, because then the version was not looked at.
 */
export function headError(d: Slot, parse: i32): void {
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  const code = REPLY_PARSE - parse;
  const read = hcm.flags & HCM_ACCEPT_HTTP_10 && replyDetails(code) != DETAILS_HTTP1_CODEC_ERROR;
  stat.count(hcm, HCM_STAT_DOWNSTREAM_CX_PROTOCOL_ERROR);
  bareReply(d, code, read && changetype<Head>(W + W_REQUEST_HEAD).minor == 0 ? 0 : 1);
}

/** A reply to a head that never became a request. */
export function partialHeadReply(d: Slot, code: u32): void {
  bareReply(d, code, 1);
}

function bareReply(d: Slot, code: u32, minor: u8): void {
  const st = headStream(d);
  if (!st) return downstreamAbort(d);
  st.minor = minor;
  localReply(st, code);
}

/** Answers `Expect: 100-continue` before the body comes (RFC 9110 10.1.1). */
export function replyContinue(st: Stream, d: Slot): void {
  const w = changetype<WorkerState>(W);
  const out: usize = w.out;
  const end = putLiteral(out, 'HTTP/1.1 100 Continue\r\n\r\n');
  w.out = <u32>((end + 15) & ~15);
  transmit(d, out, <u32>(end - out));
}
