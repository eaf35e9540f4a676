// Where the body of a message ends: Content-Length and Transfer-Encoding (RFC 9112 section 6), as strict as Envoy.
import { PARSE_BAD_REQUEST, PARSE_CONTENT_LENGTH_AND_CHUNKED, PARSE_INVALID_TRANSFER_ENCODING } from '../abi';
import { bytesEqualLower } from '../memory/bytes';
import { Head, HEAD_CHUNKED, HEAD_CONTENT_LENGTH, HeaderEntry, headerFind, headerSetValue } from './head';
import { bit, presentNames, removeKnown, repeatedNames } from './header_block';
import { H_CONTENT_LENGTH, H_TRANSFER_ENCODING } from './header_names';

const CHUNKED: usize = memory.data<u8>([0x63, 0x68, 0x75, 0x6e, 0x6b, 0x65, 0x64]);

/**
 * Sets HEAD_CONTENT_LENGTH with `contentLength`, or HEAD_CHUNKED; removes Transfer-Encoding (the writer frames anew).
 * Returns 0 or a PARSE_* code. A Content-Length with leading zeros goes on without them.
 */
export function messageFraming(head: usize): i32 {
  if (!(presentNames & (bit(H_CONTENT_LENGTH) | bit(H_TRANSFER_ENCODING)))) return 0;
  const length = headerFind(head, H_CONTENT_LENGTH);
  const encoding = headerFind(head, H_TRANSFER_ENCODING);
  if (length) {
    // Two are refused even if they agree.
    if (repeatedNames & bit(H_CONTENT_LENGTH)) return PARSE_BAD_REQUEST;
    if (!contentLength(head, length)) return PARSE_BAD_REQUEST;
  }
  if (!encoding) return 0;
  if (length) return PARSE_CONTENT_LENGTH_AND_CHUNKED;
  // Several Transfer-Encoding headers are one list, and a list is refused: only `chunked` alone is known.
  if (repeatedNames & bit(H_TRANSFER_ENCODING)) return PARSE_INVALID_TRANSFER_ENCODING;
  const e = changetype<HeaderEntry>(encoding);
  if (e.valueLength != 7 || !bytesEqualLower(e.value, CHUNKED, 7)) return PARSE_INVALID_TRANSFER_ENCODING;
  changetype<Head>(head).flags |= HEAD_CHUNKED;
  removeKnown(head, H_TRANSFER_ENCODING);
  return 0;
}

// 1*DIGIT below 2^63, so that no signed reader further on takes it for a negative one.
function contentLength(head: usize, entry: usize): bool {
  const e = changetype<HeaderEntry>(entry);
  let p: usize = e.value;
  const last = p + e.valueLength;
  if (p == last) return false;
  while (p + 1 < last && load<u8>(p) == 0x30) p++;
  const digits = <u32>(last - p);
  if (digits > 19) return false;
  if (p != <usize>e.value) headerSetValue(entry, p, digits);
  let n: u64 = 0;
  for (; p < last; p++) {
    const d = <u32>load<u8>(p) - 0x30;
    if (d > 9) return false;
    n = n * 10 + d;
  }
  if (<i64>n < 0) return false;
  const h = changetype<Head>(head);
  h.contentLength = n;
  h.flags |= HEAD_CONTENT_LENGTH;
  return true;
}
