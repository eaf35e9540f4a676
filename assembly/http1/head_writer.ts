// Writes message heads as Envoy's HTTP/1.1 codec does: lower-case names, one space, CRLF, framing headers last. Whatever form a head
// came in, it leaves in this one.
import { copyBytes, putText } from '../memory/bytes';
import { putDecimal } from '../memory/literal';
import {
  entryAt,
  ENTRY_CLEAN,
  ENTRY_REMOVED,
  Head,
  HEAD_AUTHORITY_PRESENT,
  HEAD_CHUNKED,
  HEAD_CLOSE,
  HEAD_CONTENT_LENGTH,
  HEAD_ENTRIES,
  HEAD_HTTP_10,
  HEAD_UPGRADE,
  HeaderEntry,
  headerFind,
  METHOD_CONNECT,
  METHOD_DELETE,
  METHOD_GET,
  METHOD_HEAD,
  METHOD_TRACE,
} from './head';
import { H_CONNECTION, H_CONTENT_LENGTH } from './header_names';
import { reasonPhrase } from './reason_phrase';

const CRLF: u16 = 0x0a0d;
const COLON_SPACE: u16 = 0x203a;
const VERSION_11: u64 = 0x312e_312f_5054_5448; // "HTTP/1.1"
const VERSION_10: u64 = 0x302e_312f_5054_5448; // "HTTP/1.0"
// Room for a status line or the framing headers, and for the 16 bytes that vector stores write too many.
const FIXED: usize = 160;

/**
 * Writes a request head to `out` and returns the address behind it, or 0 if that and 160 bytes more do not fit before `outEnd`.
 * The framing header is that of the flags: chunked, a Content-Length (as the entry it is, else added), or no body; then
 * `content-length: 0` is added except for the methods that mean no body. HEAD_CLOSE is the client's wish and not written.
 */
export function writeRequestHead(head: usize, out: usize, outEnd: usize): usize {
  const h = changetype<Head>(head);
  const target = h.methodId == METHOD_CONNECT ? h.authority : h.path;
  const targetLength = h.methodId == METHOD_CONNECT ? h.authorityLength : h.pathLength;
  if (out + h.methodLength + targetLength + h.authorityLength + FIXED > outEnd) return 0;
  out = copyBytes(out, h.method, h.methodLength);
  store<u8>(out, 0x20);
  out = copyBytes(out + 1, target, targetLength);
  store<u8>(out, 0x20);
  store<u64>(out, VERSION_11, 1);
  store<u16>(out, CRLF, 9);
  out += 11;
  if (h.flags & HEAD_AUTHORITY_PRESENT) {
    out = putText(out, 'host: ');
    out = copyBytes(out, h.authority, h.authorityLength);
    store<u16>(out, CRLF);
    out += 2;
  }
  out = writeEntries(head, out, outEnd);
  if (!out || out + FIXED > outEnd) return 0;
  if (h.flags & HEAD_UPGRADE && !headerFind(head, H_CONNECTION)) out = putText(out, 'connection: upgrade\r\n');
  if (h.flags & (HEAD_CHUNKED | HEAD_CONTENT_LENGTH)) out = writeFraming(head, out);
  else if (!(h.flags & HEAD_UPGRADE) && bodyExpected(h.methodId)) out = putText(out, 'content-length: 0\r\n');
  store<u16>(out, CRLF);
  return out + 2;
}

// Methods without a Content-Length mean no body; for others its absence is said (RFC 9110 section 8.6).
function bodyExpected(method: u32): bool {
  switch (method) {
    case METHOD_GET:
    case METHOD_HEAD:
    case METHOD_DELETE:
    case METHOD_CONNECT:
    case METHOD_TRACE:
      return false;
  }
  return true;
}

/**
 * Writes a response head to `out` and returns the address behind it, or 0 if that and 160 bytes more do not fit before `outEnd`.
 * The reason phrase is the proxy's own. HEAD_UPGRADE, HEAD_CLOSE and HEAD_HTTP_10 decide about Connection; the framing header is that of the
 * flags, and none without HEAD_CHUNKED and HEAD_CONTENT_LENGTH (until close, or no body).
 */
export function writeResponseHead(head: usize, out: usize, outEnd: usize): usize {
  const h = changetype<Head>(head);
  if (out + FIXED > outEnd) return 0;
  store<u64>(out, h.flags & HEAD_HTTP_10 ? VERSION_10 : VERSION_11);
  store<u8>(out, 0x20, 8);
  putDigits3(out + 9, h.status);
  store<u8>(out, 0x20, 12);
  out = putText(out + 13, reasonPhrase(h.status));
  store<u16>(out, CRLF);
  out = writeEntries(head, out + 2, outEnd);
  if (!out || out + FIXED > outEnd) return 0;
  const upgrade = h.flags & HEAD_UPGRADE;
  if (upgrade) {
    if (!headerFind(head, H_CONNECTION)) out = putText(out, 'connection: upgrade\r\n');
  } else if (h.flags & HEAD_CLOSE) out = putText(out, 'connection: close\r\n');
  else if (h.flags & HEAD_HTTP_10) out = putText(out, 'connection: keep-alive\r\n');
  out = writeFraming(head, out);
  store<u16>(out, CRLF);
  return out + 2;
}

function writeFraming(head: usize, out: usize): usize {
  const h = changetype<Head>(head);
  if (h.flags & HEAD_CHUNKED) return putText(out, 'transfer-encoding: chunked\r\n');
  if (!(h.flags & HEAD_CONTENT_LENGTH) || headerFind(head, H_CONTENT_LENGTH)) return out;
  out = putDecimal(putText(out, 'content-length: '), h.contentLength);
  store<u16>(out, CRLF);
  return out + 2;
}

function putDigits3(p: usize, n: u32): void {
  store<u8>(p, 0x30 + n / 100);
  store<u8>(p, 0x30 + ((n / 10) % 10), 1);
  store<u8>(p, 0x30 + (n % 10), 2);
}

/**
 * Writes the live entries of a head as header lines; the address behind, or 0 if they do not fit with 16 bytes to spare. A run
 * of neighbours that came in as they go out is copied as one span.
 */
export function writeEntries(head: usize, out: usize, outEnd: usize): usize {
  const last = entryAt(head, changetype<Head>(head).count);
  let p = head + HEAD_ENTRIES;
  while (p < last) {
    const e = changetype<HeaderEntry>(p);
    p += 16;
    if (e.flags & ENTRY_REMOVED) continue;
    const value: usize = e.value;
    if (e.flags & ENTRY_CLEAN) {
      let end = value + e.valueLength;
      while (p < last) {
        const next = changetype<HeaderEntry>(p);
        if ((next.flags & (ENTRY_CLEAN | ENTRY_REMOVED)) != ENTRY_CLEAN) break;
        end = <usize>next.value + next.valueLength;
        p += 16;
      }
      const n = end + 2 - e.name;
      if (out + n + 16 > outEnd) return 0;
      out = copyBytes(out, e.name, n);
      continue;
    }
    if (out + e.nameLength + e.valueLength + 4 + 16 > outEnd) return 0;
    out = copyBytes(out, e.name, e.nameLength);
    store<u16>(out, COLON_SPACE);
    out = copyBytes(out + 2, value, e.valueLength);
    store<u16>(out, CRLF);
    out += 2;
  }
  return out;
}
