// method SP request-target SP HTTP-version (RFC 9112 section 3). As lenient as Envoy about white space between and after the
// three (RFC 9112 section 3 allows it, and it never leaves here), and about CRLFs before the line.
import { PARSE_BAD_REQUEST, PARSE_INVALID_CHARACTERS, PARSE_LOW_VERSION, PARSE_PARTIAL } from '../abi';
import { Head, HEAD_FRAGMENT, METHOD_CONNECT } from './head';
import { lineEnd } from './header_block';
import { METHOD_UNKNOWN, methodId } from './method';
import { requestTarget } from './request_target';
import { Scan } from './scan';

const VERSION_11: u64 = 0x312e_312f_5054_5448; // "HTTP/1.1"
const VERSION_PREFIX: u64 = 0x002f_5054_5448; // "HTTP/"

/** `minor` of a version that is neither 1.1 nor 1.0. */
export const OTHER_VERSION: u8 = 255;

/** Where the target stands that `requestLine` found. Instance-private, read at once by the caller. */
export let targetStart: usize = 0;
export let targetEnd: usize = 0;

/** Skips line ends before a request line (RFC 9112 section 2.2). Returns the first other byte, or a PARSE_* code. */
export function skipEmptyLines(p: usize, end: usize): i32 {
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c != 0x0d && c != 0x0a) return <i32>p;
    const next = lineEnd(p, end);
    if (next <= 0) return next;
    p = next;
  }
  return PARSE_PARTIAL;
}

/** Reads the request line at `p` into method and minor and finds the target; the address after it, or a PARSE_* code. */
export function requestLine(head: usize, p: usize, end: usize): i32 {
  const h = changetype<Head>(head);
  h.start = <u32>p;
  h.method = <u32>p;
  const stop = Scan.notToken(v128.load(p));
  if (!stop) return p + 16 > end ? PARSE_PARTIAL : PARSE_BAD_REQUEST; // no method is as long
  let q = p + ctz(stop);
  if (q >= end) return PARSE_PARTIAL;
  const length = <u32>(q - p);
  const id = methodId(p, length);
  if (id == METHOD_UNKNOWN || !isBlank(load<u8>(q))) return PARSE_BAD_REQUEST;
  h.methodLength = length;
  h.methodId = <u8>id;

  q = skipBlanks(q + 1, end);
  const target = q;
  let fragment = false;
  while (q < end) {
    const v = v128.load(q);
    const stop = Scan.notTarget(v);
    const hash = Scan.equal(v, 0x23);
    if (stop) {
      const n = ctz(stop);
      if (hash && <u32>ctz(hash) < <u32>n) fragment = true;
      q += n;
      break;
    }
    if (hash) fragment = true;
    q += 16;
  }
  if (q >= end) return PARSE_PARTIAL;
  if (q == target) return PARSE_BAD_REQUEST;
  if (isControl(load<u8>(q))) return PARSE_INVALID_CHARACTERS;
  targetStart = target;
  targetEnd = q;
  if (fragment) h.flags |= HEAD_FRAGMENT;
  if (isBlank(load<u8>(q))) q = skipBlanks(q + 1, end);
  const headers = httpVersion(h, q, end);
  // Without a version the target is looked at first.
  if (headers != PARSE_LOW_VERSION) return headers;
  const wrong = requestTarget(head, targetStart, targetEnd);
  return wrong == PARSE_BAD_REQUEST || (wrong && id == METHOD_CONNECT) ? wrong : headers;
}

function httpVersion(h: Head, p: usize, end: usize): i32 {
  if (p >= end) return PARSE_PARTIAL;
  const c = <u32>load<u8>(p);
  if (c == 0x0d || c == 0x0a) {
    // HTTP/0.9: a request without a version has no headers.
    const next = lineEnd(p, end);
    return next > 0 ? PARSE_LOW_VERSION : next;
  }
  if (p + 8 > end) return holdsLineEnd(p, end) ? PARSE_BAD_REQUEST : PARSE_PARTIAL;
  const word = load<u64>(p);
  if (word == VERSION_11) {
    h.minor = 1;
  } else {
    const major = (<u32>(word >> 40)) & 0xff;
    const minor = <u32>(word >> 56);
    if ((word & 0xff_ffff_ffff) != VERSION_PREFIX || ((<u32>(word >> 48)) & 0xff) != 0x2e) return PARSE_BAD_REQUEST;
    if (major - 0x30 > 9 || minor - 0x30 > 9) return PARSE_BAD_REQUEST;
    h.minor = major == 0x31 && minor == 0x30 ? 0 : OTHER_VERSION;
  }
  p = skipBlanks(p + 8, end);
  if (p >= end) return PARSE_PARTIAL;
  const next = lineEnd(p, end);
  return next > 0 || next == PARSE_PARTIAL ? next : PARSE_BAD_REQUEST;
}

/** Whether a LF stands in [p, end), which is a few bytes. */
export function holdsLineEnd(p: usize, end: usize): bool {
  for (; p < end; p++) if (load<u8>(p) == 0x0a) return true;
  return false;
}

function skipBlanks(p: usize, end: usize): usize {
  while (p < end && isBlank(load<u8>(p))) p++;
  return p;
}

// Of the bytes that no target holds: those for which Envoy has a reason of its own.
function isControl(c: u32): bool {
  return (c < 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) || c == 0x7f;
}

function isBlank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}
