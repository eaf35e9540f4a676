// Local replies as Envoy gives them: a code of abi.ts to status, response flag, response code details and body.
import {
  DETAILS_ABSOLUTE_PATH_REJECTED,
  DETAILS_CLUSTER_NOT_FOUND,
  DETAILS_FILTER,
  DETAILS_HTTP1_BODY_DISALLOWED,
  DETAILS_HTTP1_CODEC_ERROR,
  DETAILS_HTTP1_CONNECTION_HEADER_REJECTED,
  DETAILS_HTTP1_CONTENT_LENGTH_AND_CHUNKED_NOT_ALLOWED,
  DETAILS_HTTP1_HEADERS_TOO_LARGE,
  DETAILS_HTTP1_INVALID_CHARACTERS,
  DETAILS_HTTP1_INVALID_SCHEME,
  DETAILS_HTTP1_INVALID_TRANSFER_ENCODING,
  DETAILS_HTTP1_INVALID_URL,
  DETAILS_HTTP1_TOO_MANY_HEADERS,
  DETAILS_HTTP1_UNEXPECTED_UNDERSCORE,
  DETAILS_INVALID_AUTHORITY,
  DETAILS_LOW_VERSION,
  DETAILS_MAX_DURATION_TIMEOUT,
  DETAILS_MISSING_HOST_HEADER,
  DETAILS_NO_HEALTHY_UPSTREAM,
  DETAILS_NONE,
  DETAILS_OVERLOAD,
  DETAILS_PATH_NORMALIZATION_FAILED,
  DETAILS_QUERY_MISSING_CONTENT_TYPE,
  DETAILS_REQUEST_HEADER_TIMEOUT,
  DETAILS_REQUEST_OVERALL_TIMEOUT,
  DETAILS_REQUEST_PAYLOAD_TOO_LARGE,
  DETAILS_RESPONSE_TIMEOUT,
  DETAILS_ROUTE_NOT_FOUND,
  DETAILS_STREAM_IDLE_TIMEOUT,
  DETAILS_UPGRADE_FAILED,
  DETAILS_UPSTREAM_RESET_BEFORE_RESPONSE_STARTED,
  FLAG_DPE,
  FLAG_NC,
  FLAG_NR,
  FLAG_SI,
  FLAG_UC,
  FLAG_UF,
  FLAG_UH,
  FLAG_UO,
  FLAG_UPE,
  FLAG_UT,
  REPLY_CONNECT_FAILED,
  REPLY_CONNECT_FAILED_AT_ONCE,
  REPLY_CONNECT_TIMEOUT,
  REPLY_INVALID_SCHEME,
  REPLY_LOCAL_CONNECT_FAILED,
  REPLY_MAX_DURATION,
  REPLY_NO_HEALTHY_UPSTREAM,
  REPLY_OVERFLOW,
  REPLY_PARSE,
  REPLY_PAYLOAD_TOO_LARGE,
  REPLY_REQUEST_HEADERS_TIMEOUT,
  REPLY_REQUEST_TIMEOUT,
  REPLY_RESPONSE_TIMEOUT,
  REPLY_STREAM_IDLE_TIMEOUT,
  REPLY_UNDERSCORE,
  REPLY_UPSTREAM_PROTOCOL_ERROR,
  REPLY_UPSTREAM_RESET,
  RESET_CONNECTION_TERMINATION,
  RESET_CONNECTION_TIMEOUT,
  RESET_IMMEDIATE_CONNECTION_FAILURE,
  RESET_LOCAL_CONNECTION_FAILURE,
  RESET_OVERFLOW,
  RESET_PROTOCOL_ERROR,
  RESET_REMOTE_CONNECTION_FAILURE,
} from '../abi';
import { reasonPhrase } from '../http1/reason_phrase';

const BEFORE: u32 = DETAILS_UPSTREAM_RESET_BEFORE_RESPONSE_STARTED;

// Rows of [status, response flag, details] by code.
// prettier-ignore
const ROWS: StaticArray<u32> = [
  500, 0, DETAILS_NONE,
  404, FLAG_NR, DETAILS_ROUTE_NOT_FOUND,
  503, FLAG_NC, DETAILS_CLUSTER_NOT_FOUND,
  503, FLAG_UH, DETAILS_NO_HEALTHY_UPSTREAM,
  503, FLAG_UO, BEFORE | (RESET_OVERFLOW << 16),
  503, FLAG_UF, BEFORE | (RESET_REMOTE_CONNECTION_FAILURE << 16),
  503, FLAG_UF, BEFORE | (RESET_CONNECTION_TIMEOUT << 16),
  503, FLAG_UC, BEFORE | (RESET_CONNECTION_TERMINATION << 16),
  502, FLAG_UPE, BEFORE | (RESET_PROTOCOL_ERROR << 16),
  504, FLAG_UT, DETAILS_RESPONSE_TIMEOUT,
  408, FLAG_SI, DETAILS_STREAM_IDLE_TIMEOUT,
  408, 0, DETAILS_REQUEST_OVERALL_TIMEOUT,
  408, 0, DETAILS_REQUEST_HEADER_TIMEOUT,
  408, 0, DETAILS_MAX_DURATION_TIMEOUT,
  400, 0, DETAILS_MISSING_HOST_HEADER,
  404, 0, DETAILS_ABSOLUTE_PATH_REJECTED,
  400, 0, DETAILS_PATH_NORMALIZATION_FAILED,
  307, 0, DETAILS_PATH_NORMALIZATION_FAILED,
  403, 0, DETAILS_UPGRADE_FAILED,
  400, 0, DETAILS_INVALID_AUTHORITY,
  400, FLAG_DPE, DETAILS_HTTP1_UNEXPECTED_UNDERSCORE,
  413, 0, DETAILS_REQUEST_PAYLOAD_TOO_LARGE,
  500, 0, DETAILS_OVERLOAD,
  500, 0, DETAILS_FILTER,
  400, 0, DETAILS_QUERY_MISSING_CONTENT_TYPE,
  403, FLAG_DPE, DETAILS_HTTP1_INVALID_SCHEME,
  503, FLAG_UF, BEFORE | (RESET_LOCAL_CONNECTION_FAILURE << 16),
  503, FLAG_UF, BEFORE | (RESET_IMMEDIATE_CONNECTION_FAILURE << 16),
];

// The same for the codec's errors, by -PARSE_*.
// prettier-ignore
const PARSE_ROWS: StaticArray<u32> = [
  400, FLAG_DPE, DETAILS_HTTP1_CODEC_ERROR,
  400, FLAG_DPE, DETAILS_HTTP1_CODEC_ERROR,
  400, FLAG_DPE, DETAILS_HTTP1_CODEC_ERROR,
  400, FLAG_DPE, DETAILS_HTTP1_INVALID_CHARACTERS,
  400, FLAG_DPE, DETAILS_INVALID_AUTHORITY,
  400, FLAG_DPE, DETAILS_HTTP1_INVALID_URL,
  400, FLAG_DPE, DETAILS_HTTP1_INVALID_SCHEME,
  400, FLAG_DPE, DETAILS_HTTP1_CONNECTION_HEADER_REJECTED,
  400, FLAG_DPE, DETAILS_HTTP1_CONTENT_LENGTH_AND_CHUNKED_NOT_ALLOWED,
  400, FLAG_DPE, DETAILS_HTTP1_BODY_DISALLOWED,
  501, FLAG_DPE, DETAILS_HTTP1_INVALID_TRANSFER_ENCODING,
  426, FLAG_DPE, DETAILS_LOW_VERSION,
  431, FLAG_DPE, DETAILS_HTTP1_TOO_MANY_HEADERS,
  431, FLAG_DPE, DETAILS_HTTP1_HEADERS_TOO_LARGE,
];

const ROW: usize = 12; // bytes
const COUNT: u32 = 28;
const PARSE_COUNT: u32 = 14;

function row(code: u32): usize {
  if (code < <u32>REPLY_PARSE) return changetype<usize>(ROWS) + (code < COUNT ? <usize>code : 0) * ROW;
  const n = code - <u32>REPLY_PARSE;
  return changetype<usize>(PARSE_ROWS) + (n < PARSE_COUNT ? <usize>n : 0) * ROW;
}

/** The status of a reply. `requestEnded`: the request had been received whole (a timeout is then the upstream's: 504). */
export function replyStatus(code: u32, requestEnded: bool): u32 {
  const timeout = code == REPLY_STREAM_IDLE_TIMEOUT || code == REPLY_REQUEST_TIMEOUT || code == REPLY_MAX_DURATION;
  return timeout && requestEnded ? 504 : load<u32>(row(code));
}

export function replyFlag(code: u32): u32 {
  return load<u32>(row(code), 4);
}

export function replyDetails(code: u32): u32 {
  return load<u32>(row(code), 8);
}

/** The body of a reply: an ASCII literal, '' for none. */
export function replyBody(code: u32): string {
  switch (code) {
    case REPLY_NO_HEALTHY_UPSTREAM:
      return 'no healthy upstream';
    case REPLY_OVERFLOW:
      return 'upstream connect error or disconnect/reset before headers. reset reason: overflow';
    case REPLY_CONNECT_FAILED:
    case REPLY_CONNECT_FAILED_AT_ONCE:
      return 'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure';
    case REPLY_LOCAL_CONNECT_FAILED:
      return 'upstream connect error or disconnect/reset before headers. reset reason: local connection failure';
    case REPLY_CONNECT_TIMEOUT:
      return 'upstream connect error or disconnect/reset before headers. reset reason: connection timeout';
    case REPLY_UPSTREAM_RESET:
      return 'upstream connect error or disconnect/reset before headers. reset reason: connection termination';
    case REPLY_UPSTREAM_PROTOCOL_ERROR:
      return 'upstream connect error or disconnect/reset before headers. reset reason: protocol error';
    case REPLY_RESPONSE_TIMEOUT:
      return 'upstream request timeout';
    case REPLY_STREAM_IDLE_TIMEOUT:
      return 'stream timeout';
    case REPLY_REQUEST_TIMEOUT:
      return 'request timeout';
    case REPLY_REQUEST_HEADERS_TIMEOUT:
      return 'request header timeout';
    case REPLY_MAX_DURATION:
      return 'downstream duration timeout';
    case REPLY_PAYLOAD_TOO_LARGE:
      return 'Payload Too Large';
    case REPLY_UNDERSCORE:
      return 'Bad Request';
    case REPLY_INVALID_SCHEME:
      return 'Forbidden';
    default:
      return code >= <u32>REPLY_PARSE ? reasonPhrase(replyStatus(code, false)) : '';
  }
}
