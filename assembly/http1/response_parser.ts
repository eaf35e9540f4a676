// HTTP/1.1 response heads (RFC 9112) of upstreams, exactly as strict as Envoy 1.40; stricter: the status code has three digits, and
// a bare CR is refused.
import {
  PARSE_BAD_REQUEST,
  PARSE_CONTENT_LENGTH_NOT_ALLOWED,
  PARSE_PARTIAL,
  PARSE_TRANSFER_ENCODING_NOT_ALLOWED,
} from '../abi';
import { connectionTokens, headerHasClose, keepUpgradeOnly, plainConnection, upgradeToken } from './connection_header';
import { messageFraming } from './framing';
import {
  Head,
  HEAD_CHUNKED,
  HEAD_CLOSE,
  HEAD_CONTENT_LENGTH,
  HEAD_KEEP_ALIVE,
  HEAD_UPGRADE,
  headerRemove,
} from './head';
import { bit, lineEnd, parseHeaderBlock, presentNames, removeKnown, repeatedNames, valueEnd } from './header_block';
import { joinResponseHeaders } from './inline_headers';
import { holdsLineEnd } from './request_line';
import { H_CONNECTION, H_CONTENT_LENGTH, H_KEEP_ALIVE, H_PROXY_CONNECTION, H_UPGRADE } from './header_names';

const VERSION_PREFIX: u64 = 0x002f_5054_5448; // "HTTP/"

/**
 * Parses the response head at [p, end), behind which 16 bytes must be readable. Returns the bytes consumed or a PARSE_* code;
 * on PARSE_PARTIAL call again with the same start and more bytes. No `flags` are known yet. Whether a body follows is the
 * caller's to say: it knows the method. An HTTP/1.0 response has HEAD_CLOSE unless it says keep-alive.
 */
export function parseResponse(head: usize, p: usize, end: usize, maxHeaders: u32, flags: u32): i32 {
  const h = changetype<Head>(head);
  h.start = <u32>p;
  h.flags = 0;
  h.contentLength = 0;
  const headers = statusLine(h, p, end);
  if (headers <= 0) return headers;
  const after = parseHeaderBlock(head, headers, end, maxHeaders);
  if (after <= 0) return after;
  h.end = after;
  const code = responseFraming(head);
  if (code) return code;
  if (repeatedNames) joinResponseHeaders(head, repeatedNames);
  responseConnection(head);
  return <i32>(<usize>after - p);
}

// HTTP-version SP status-code [SP reason-phrase], with Envoy's leniency about blanks.
function statusLine(h: Head, p: usize, end: usize): i32 {
  if (end - p < 8) return mayBegin(p, end) ? PARSE_PARTIAL : PARSE_BAD_REQUEST;
  const word = load<u64>(p);
  if ((word & 0xff_ffff_ffff) != VERSION_PREFIX) return PARSE_BAD_REQUEST;
  const major = (<u32>(word >> 40)) & 0xff;
  const minor = <u32>(word >> 56);
  if (major - 0x30 > 9 || minor - 0x30 > 9 || ((<u32>(word >> 48)) & 0xff) != 0x2e) return PARSE_BAD_REQUEST;
  // Any version but 1.1 is treated as 1.0: the connection is not kept.
  h.minor = major == 0x31 && minor == 0x31 ? 1 : 0;
  p += 8;
  if (p >= end) return PARSE_PARTIAL;
  if (!isBlank(load<u8>(p))) return PARSE_BAD_REQUEST;
  p = skipBlanks(p, end);
  let status: u32 = 0;
  for (let i = 0; i < 3; i++, p++) {
    if (p >= end) return PARSE_PARTIAL;
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) return PARSE_BAD_REQUEST;
    status = status * 10 + digit;
  }
  if (status < 100) return PARSE_BAD_REQUEST;
  h.status = <u16>status;
  if (p >= end) return PARSE_PARTIAL;
  const c = <u32>load<u8>(p);
  if (!isBlank(c) && c != 0x0d && c != 0x0a) return PARSE_BAD_REQUEST;
  p = skipBlanks(p, end);
  let stop = valueEnd(p, end);
  if (stop >= end) return PARSE_PARTIAL;
  const next = lineEnd(stop, end);
  while (stop > p && isBlank(load<u8>(stop - 1))) stop--;
  h.reason = <u32>p;
  h.reasonLength = <u32>(stop - p);
  return next;
}

// 1xx and 204 have no body and may not announce one; a 304 describes the body it does not have.
function responseFraming(head: usize): i32 {
  const code = messageFraming(head);
  if (code) return code;
  const h = changetype<Head>(head);
  if (h.status == 304) {
    h.flags &= ~HEAD_CHUNKED;
    return 0;
  }
  if (h.status >= 200 && h.status != 204) return 0;
  if (h.flags & HEAD_CHUNKED) return PARSE_TRANSFER_ENCODING_NOT_ALLOWED;
  if (h.flags & HEAD_CONTENT_LENGTH) {
    if (h.contentLength) return PARSE_CONTENT_LENGTH_NOT_ALLOWED;
    headerRemove(head, H_CONTENT_LENGTH);
    h.flags &= ~HEAD_CONTENT_LENGTH;
  }
  return 0;
}

// What Connection says about this connection ends here; only a 101 keeps its Connection and Upgrade.
function responseConnection(head: usize): void {
  const h = changetype<Head>(head);
  const present = presentNames;
  let upgrade: usize = 0;
  if (present & bit(H_CONNECTION) && !plainConnection(head)) {
    connectionTokens(head);
    upgrade = upgradeToken;
  }
  if (present & bit(H_PROXY_CONNECTION)) {
    if (headerHasClose(head, H_PROXY_CONNECTION)) h.flags |= HEAD_CLOSE;
    removeKnown(head, H_PROXY_CONNECTION);
  }
  if (h.minor == 0 && (!(h.flags & HEAD_KEEP_ALIVE) || h.flags & HEAD_CHUNKED)) h.flags |= HEAD_CLOSE;
  if (present & bit(H_KEEP_ALIVE)) removeKnown(head, H_KEEP_ALIVE);
  if (h.status == 101 && upgrade && present & bit(H_UPGRADE)) {
    h.flags |= HEAD_UPGRADE;
    keepUpgradeOnly(head, upgrade);
    return;
  }
  if (present & bit(H_CONNECTION)) removeKnown(head, H_CONNECTION);
  if (present & bit(H_UPGRADE)) removeKnown(head, H_UPGRADE);
}

// Whether less than a version may become one.
function mayBegin(p: usize, end: usize): bool {
  let wanted = VERSION_PREFIX;
  for (; p < end && wanted; p++) {
    if (<u64>load<u8>(p) != (wanted & 0xff)) return false;
    wanted >>= 8;
  }
  return !holdsLineEnd(p, end);
}

function skipBlanks(p: usize, end: usize): usize {
  while (p < end && isBlank(load<u8>(p))) p++;
  return p;
}

function isBlank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}
