// Local replies: answers that this proxy gives itself, with Envoy's headers in Envoy's order.
//
//   localReplyBegin(head)   an empty response head; the caller adds what the reply carries besides (location, …)
//   writeReply              the reply of a REPLY_* code
//   writeLocalReply         direct_response, redirect, a filter's reply
import { REPLY_OVERFLOW } from '../abi';
import {
  Head,
  HEAD_CHUNKED,
  HEAD_CLOSE,
  HEAD_CONTENT_LENGTH,
  HEAD_HTTP_10,
  HEAD_KNOWN,
  headerFind,
} from '../http1/head';
import {
  H_CONTENT_LENGTH,
  H_CONTENT_TYPE,
  H_GRPC_MESSAGE,
  H_GRPC_STATUS,
  H_X_ENVOY_OVERLOADED,
  HEADER_ID_COUNT,
} from '../http1/header_names';
import { writeResponseHead } from '../http1/head_writer';
import { literalLength, putBytes, putDecimal, putLiteral } from '../memory/literal';
import { scratch } from '../memory/worker_block';
import { addKnown, addLiteral, setKnown, setLiteral } from './header';
import { HCM_STREAM_ERROR_ON_INVALID, HcmConfig } from './hcm_config';
import { mutateResponse } from './mutate_response';
import { replyBody, replyStatus } from './reply_table';

// Flags of writeReply and writeLocalReply
export const LOCAL_CLOSE: u32 = 1; // the connection ends with this reply
export const LOCAL_NO_BODY: u32 = 2; // the answer to HEAD: the headers of a body without the body
export const LOCAL_REQUEST_ENDED: u32 = 4; // the request had been received whole: a timeout is the upstream's
export const LOCAL_GRPC: u32 = 8; // the answer to a gRPC request (isGrpc): status and body go into gRPC's headers

/** Makes `head` an empty response head. */
export function localReplyBegin(head: usize): void {
  memory.fill(head, 0, HEAD_KNOWN + ((<usize>HEADER_ID_COUNT) << 1));
}

/**
 * Writes the reply of a REPLY_* code into [out, limit) and returns its end, or 0 when it does not fit. `status` overrules
 * the table's unless it is 0. `capture`: see access_log/capture.ts, 0 = none.
 */
export function writeReply(
  hcm: HcmConfig,
  head: usize,
  code: u32,
  status: u32,
  capture: usize,
  flags: u32,
  out: usize,
  limit: usize,
): usize {
  const text = replyBody(code);
  const n = literalLength(text);
  const body = n ? scratch(n + 8) : 0;
  if (n && !body) return 0;
  if (n) putLiteral(body, text);
  if (code == REPLY_OVERFLOW) addLiteral(head, H_X_ENVOY_OVERLOADED, 'true');
  if (!status) status = replyStatus(code, (flags & LOCAL_REQUEST_ENDED) != 0);
  return writeLocalReply(hcm, head, status, body, n, capture, flags, out, limit);
}

/** Writes a reply with a body of one's own; `head` holds its further headers. */
export function writeLocalReply(
  hcm: HcmConfig,
  head: usize,
  status: u32,
  body: usize,
  bodyLength: u32,
  capture: usize,
  flags: u32,
  out: usize,
  limit: usize,
): usize {
  const h = changetype<Head>(head);
  h.minor = 1;
  if (flags & LOCAL_GRPC) {
    addGrpcHeaders(head, status, body, bodyLength);
    status = 200;
    bodyLength = 0;
  }
  h.status = <u16>status;
  const bodiless = status < 200 || status == 204 || status == 304;
  const n = bodiless ? 0 : bodyLength;
  if (n) addBodyHeaders(head, n);
  mutateResponse(hcm, head, capture);
  // Without a body: a length of 0, added by the writer; for HEAD, Envoy's codec says chunked.
  if (!n && !bodiless)
    h.flags |= flags & LOCAL_NO_BODY && !(h.flags & HEAD_HTTP_10) ? HEAD_CHUNKED : HEAD_CONTENT_LENGTH;
  if (flags & LOCAL_CLOSE) h.flags |= HEAD_CLOSE;
  const end = writeResponseHead(head, out, limit);
  if (!end || !n || flags & LOCAL_NO_BODY) return end;
  return end + n > limit ? 0 : putBytes(end, body, n);
}

/** Whether a status closes the connection by itself: Envoy takes a 400 for a broken message. */
export function statusCloses(hcm: HcmConfig, status: u32): bool {
  return status == 400 && !(hcm.flags & HCM_STREAM_ERROR_ON_INVALID);
}

function addContentLength(head: usize, n: u32): void {
  const h = changetype<Head>(head);
  h.contentLength = n;
  h.flags |= HEAD_CONTENT_LENGTH;
  const value = scratch(24);
  if (value) addKnown(head, H_CONTENT_LENGTH, value, <u32>(putDecimal(value, n) - value));
}

function addBodyHeaders(head: usize, n: u32): void {
  addContentLength(head, n);
  if (!headerFind(head, H_CONTENT_TYPE)) addLiteral(head, H_CONTENT_TYPE, 'text/plain');
}

// The status for gRPC is that of its HTTP mapping; the body becomes grpc-message, percent-encoded.
function addGrpcHeaders(head: usize, status: u32, body: usize, bodyLength: u32): void {
  setLiteral(head, H_CONTENT_TYPE, 'application/grpc');
  const code = scratch(8);
  if (code) setKnown(head, H_GRPC_STATUS, code, <u32>(putDecimal(code, grpcStatus(status)) - code));
  const message = bodyLength ? scratch(bodyLength * 3) : 0;
  if (message) setKnown(head, H_GRPC_MESSAGE, message, <u32>(putPercentEncoded(message, body, bodyLength) - message));
}

function grpcStatus(status: u32): u32 {
  switch (status) {
    case 400:
      return 13; // INTERNAL
    case 401:
      return 16; // UNAUTHENTICATED
    case 403:
      return 7; // PERMISSION_DENIED
    case 404:
      return 12; // UNIMPLEMENTED
    case 429:
    case 502:
    case 503:
    case 504:
      return 14; // UNAVAILABLE
    default:
      return 2; // UNKNOWN
  }
}

function putPercentEncoded(out: usize, p: usize, n: u32): usize {
  let o = out;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(p + i);
    if (c >= 0x20 && c < 0x7f && c != 0x25) {
      store<u8>(o++, <u8>c);
      continue;
    }
    store<u8>(o, 0x25);
    store<u8>(o, hexDigit(c >> 4), 1);
    store<u8>(o, hexDigit(c & 15), 2);
    o += 3;
  }
  return o;
}

function hexDigit(d: u32): u8 {
  return <u8>(d < 10 ? 0x30 + d : 0x37 + d);
}
