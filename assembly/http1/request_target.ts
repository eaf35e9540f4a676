// The request target (RFC 9112 section 3.2): origin, absolute, authority or asterisk form, as strict as Envoy.
import { PARSE_BAD_REQUEST, PARSE_INVALID_SCHEME, PARSE_INVALID_URL } from '../abi';
import { lowerByte } from '../memory/bytes';
import { hostPortValid, userinfoValid } from './authority';
import { Head, HEAD_ABSOLUTE_FORM, HEAD_AUTHORITY_PRESENT, METHOD_CONNECT, METHOD_OPTIONS } from './head';

const SLASH: u32 = 0x2f;
const ROOT: usize = memory.data<u8>([0x2f]);

/** Reads the target [p, end), not empty, all %x21-7E, into path, authority and scheme; 0 or a PARSE_* code. */
export function requestTarget(head: usize, p: usize, end: usize): i32 {
  const h = changetype<Head>(head);
  const first = <u32>load<u8>(p);
  if (h.methodId == METHOD_CONNECT) return authorityForm(h, p, end);
  if (first == SLASH || first == 0x2a) {
    // `*` stands for the server itself and makes sense with OPTIONS only.
    if (first != SLASH && h.methodId != METHOD_OPTIONS) return PARSE_INVALID_URL;
    h.path = <u32>p;
    h.pathLength = <u32>(end - p);
    return 0;
  }
  return absoluteForm(h, p, end);
}

function setAuthority(h: Head, p: usize, end: usize): void {
  h.authority = <u32>p;
  h.authorityLength = <u32>(end - p);
  h.flags |= HEAD_AUTHORITY_PRESENT | HEAD_ABSOLUTE_FORM;
}

function authorityForm(h: Head, p: usize, end: usize): i32 {
  if (!hostPortValid(p, end, true)) return PARSE_INVALID_URL;
  setAuthority(h, p, end);
  return 0;
}

// scheme "://" [userinfo "@"] host [":" port] [path]; userinfo is dropped, as Envoy does.
function absoluteForm(h: Head, p: usize, end: usize): i32 {
  let q = p;
  while (q < end && lowerByte(load<u8>(q)) - 0x61 < 26) q++;
  const scheme = <u32>(q - p);
  if (end - q < 3 || load<u8>(q) != 0x3a || load<u16>(q, 1) != 0x2f2f || !scheme) return PARSE_BAD_REQUEST;
  const secure = scheme == 5;
  if (scheme < 4 || scheme > 5 || (load<u32>(p) | 0x20202020) != 0x70747468) return PARSE_INVALID_SCHEME; // "http"
  if (secure && ((<u32>load<u8>(p, 4)) | 0x20) != 0x73) return PARSE_INVALID_SCHEME;
  let host = q + 3;
  q = host;
  while (q < end) {
    const c = <u32>load<u8>(q);
    if (c == SLASH || c == 0x3f) break;
    if (c == 0x23) return PARSE_BAD_REQUEST; // `#` before any path
    q++;
  }
  const authorityEnd = q;
  while (q > host && load<u8>(q - 1) != 0x40) q--;
  if (q > host && !userinfoValid(host, q - 1)) return PARSE_BAD_REQUEST;
  host = q;
  if (!hostPortValid(host, authorityEnd, false)) return PARSE_INVALID_URL;
  setAuthority(h, host, authorityEnd);
  h.scheme = secure ? 1 : 0;
  h.path = <u32>(authorityEnd < end ? authorityEnd : ROOT);
  h.pathLength = authorityEnd < end ? <u32>(end - authorityEnd) : 1;
  return 0;
}
