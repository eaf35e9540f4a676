// HTTP/1.1 request heads (RFC 9112), exactly as strict as Envoy 1.40 by default, stricter where a next hop could read otherwise:
// a bare CR anywhere and a second Host are refused, Content-Length ends at 2^63 - 1, and a nominated Content-Length stays.
//
// Sizes are the caller's business: Envoy's max_request_headers_kb (60) counts the request line and every header line.
import { PARSE_ACCEPT_HTTP_10, PARSE_BAD_REQUEST, PARSE_BODY_DISALLOWED, PARSE_INVALID_AUTHORITY } from '../abi';
import { PARSE_INVALID_TRANSFER_ENCODING, PARSE_LOW_VERSION } from '../abi';
import { bytesEqualLower } from '../memory/bytes';
import { hostHeaderValid } from './authority';
import {
  connectionTokens,
  headerHasClose,
  keepTrailersOnly,
  keepUpgradeOnly,
  plainConnection,
  removeNominated,
  upgradeToken,
} from './connection_header';
import { messageFraming } from './framing';
import {
  Head,
  HEAD_ABSOLUTE_FORM,
  HEAD_AUTHORITY_PRESENT,
  HEAD_CHUNKED,
  HEAD_CLOSE,
  HEAD_CONTENT_LENGTH,
  HEAD_EXPECT_CONTINUE,
  HEAD_KEEP_ALIVE,
  HEAD_UPGRADE,
  HeaderEntry,
  headerFind,
  headerNext,
  headerRemove,
  METHOD_CONNECT,
} from './head';
import { bit, parseHeaderBlock, presentNames, removeKnown, repeatedNames } from './header_block';
import {
  H_CONNECTION,
  H_CONTENT_LENGTH,
  H_EXPECT,
  H_HOST,
  H_HTTP2_SETTINGS,
  H_KEEP_ALIVE,
  H_PROXY_CONNECTION,
  H_TE,
  H_UPGRADE,
} from './header_names';
import { joinRequestHeaders } from './inline_headers';
import { requestLine, skipEmptyLines, targetEnd, targetStart } from './request_line';
import { requestTarget } from './request_target';

const CONTINUE: usize = memory.data<u8>([0x31, 0x30, 0x30, 0x2d, 0x63, 0x6f, 0x6e, 0x74, 0x69, 0x6e, 0x75, 0x65]); // 100-continue
const H2C: usize = memory.data<u8>([0x68, 0x32, 0x63]);

/**
 * Parses the request head at [p, end), behind which 16 bytes must be readable; what they hold changes nothing. Returns the bytes
 * consumed, empty lines before the head included, or a PARSE_* code. On PARSE_PARTIAL call again with the same start and more
 * bytes: what is changed in place (names to lower case, folds to blanks, nominated names to lower case) parses to the same.
 * Host is the `authority` and no entry; of the hop-by-hop headers only what goes on stays an entry.
 */
export function parseRequest(head: usize, p: usize, end: usize, maxHeaders: u32, flags: u32): i32 {
  const start = skipEmptyLines(p, end);
  if (start <= 0) return start;
  const h = changetype<Head>(head);
  h.flags = 0;
  h.scheme = 0;
  h.authority = 0;
  h.authorityLength = 0;
  h.pathLength = 0;
  h.contentLength = 0;
  h.minor = 1; // until the request line says otherwise
  const headers = requestLine(head, start, end);
  if (headers <= 0) return headers;
  const after = parseHeaderBlock(head, headers, end, maxHeaders);
  if (after <= 0) return after;
  h.end = after;
  const code = requestSemantics(head, flags);
  return code ? code : <i32>(<usize>after - p);
}

// What the header section as a whole must satisfy, in Envoy's order; 0 or a PARSE_* code.
function requestSemantics(head: usize, flags: u32): i32 {
  const h = changetype<Head>(head);
  if (repeatedNames) joinRequestHeaders(head, repeatedNames);
  let code = h.methodId == METHOD_CONNECT ? connectFraming(head) : messageFraming(head);
  if (!code) code = requestConnection(head);
  if (!code) code = requestTarget(head, targetStart, targetEnd);
  if (!code) code = hostHeader(head);
  if (code) return code;
  if (presentNames & bit(H_EXPECT) && headerFind(head, H_EXPECT)) expectHeader(head);
  return h.minor == 1 || (h.minor == 0 && flags & PARSE_ACCEPT_HTTP_10) ? 0 : PARSE_LOW_VERSION;
}

// A CONNECT has no body: Content-Length 0 goes, anything else is refused.
function connectFraming(head: usize): i32 {
  const code = messageFraming(head);
  if (code) return code;
  const h = changetype<Head>(head);
  if (h.flags & HEAD_CONTENT_LENGTH) {
    if (h.contentLength) return PARSE_BODY_DISALLOWED;
    headerRemove(head, H_CONTENT_LENGTH);
    h.flags &= ~HEAD_CONTENT_LENGTH;
  }
  return h.flags & HEAD_CHUNKED ? PARSE_INVALID_TRANSFER_ENCODING : 0;
}

// Connection, Upgrade and the other hop-by-hop headers: what they say goes into flags, and what must not go on is removed.
function requestConnection(head: usize): i32 {
  const h = changetype<Head>(head);
  const present = presentNames;
  let upgrade: usize = 0;
  if (present & bit(H_CONNECTION) && !plainConnection(head)) {
    connectionTokens(head);
    upgrade = upgradeToken;
    const code = removeNominated(head);
    if (code) return code;
  }
  // A transfer coding in HTTP/1.0 is faulty framing: the connection is not used again (RFC 9112 section 6.1).
  if (h.minor != 1 && (!(h.flags & HEAD_KEEP_ALIVE) || h.flags & HEAD_CHUNKED)) h.flags |= HEAD_CLOSE;
  if (present & bit(H_PROXY_CONNECTION)) {
    if (headerHasClose(head, H_PROXY_CONNECTION)) h.flags |= HEAD_CLOSE;
    removeKnown(head, H_PROXY_CONNECTION);
  }
  if (present & bit(H_KEEP_ALIVE)) removeKnown(head, H_KEEP_ALIVE);
  if (present & bit(H_TE) && headerFind(head, H_TE)) keepTrailersOnly(head);
  if (present & bit(H_UPGRADE) && headerFind(head, H_UPGRADE)) requestUpgrade(head, upgrade);
  else if (present & bit(H_CONNECTION)) removeKnown(head, H_CONNECTION);
  return 0;
}

// An upgrade goes on with its one word of Connection, in the case it came in; h2c is never taken up (RFC 9113 section 3.1).
function requestUpgrade(head: usize, token: usize): void {
  const entry = headerFind(head, H_UPGRADE);
  const e = changetype<HeaderEntry>(entry);
  const h2c = e.valueLength == 3 && bytesEqualLower(e.value, H2C, 3) && !headerNext(head, entry);
  if (!token || h2c) {
    if (token) headerRemove(head, H_HTTP2_SETTINGS);
    headerRemove(head, H_UPGRADE);
    headerRemove(head, H_CONNECTION);
    return;
  }
  changetype<Head>(head).flags |= HEAD_UPGRADE;
  keepUpgradeOnly(head, token);
}

// Only `100-continue` alone asks for an interim answer; another expectation goes on as it is.
function expectHeader(head: usize): void {
  const entry = headerFind(head, H_EXPECT);
  const e = changetype<HeaderEntry>(entry);
  if (e.valueLength != 12 || !bytesEqualLower(e.value, CONTINUE, 12) || headerNext(head, entry)) return;
  changetype<Head>(head).flags |= HEAD_EXPECT_CONTINUE;
}

// Host becomes the authority unless the target has brought one. Envoy joins two Hosts with a comma; we refuse them.
function hostHeader(head: usize): i32 {
  const entry = headerFind(head, H_HOST);
  if (!entry) return 0;
  if (repeatedNames & bit(H_HOST)) return PARSE_BAD_REQUEST;
  const h = changetype<Head>(head);
  const e = changetype<HeaderEntry>(entry);
  removeKnown(head, H_HOST);
  if (h.flags & HEAD_ABSOLUTE_FORM) return 0;
  if (!hostHeaderValid(e.value, e.valueLength)) return PARSE_INVALID_AUTHORITY;
  h.authority = e.value;
  h.authorityLength = e.valueLength;
  h.flags |= HEAD_AUTHORITY_PRESENT;
  return 0;
}
