// Trailer sections (RFC 9110 section 6.5): parsed like a header section, kept apart from the head, and cleaned of every field that
// would say something about framing, routing, authentication or the hop if a receiver merged it. Envoy forwards those.
import { entryAt, Head, HEAD_ENTRIES, headerRemove } from './head';
import { parseHeaderBlock } from './header_block';
import {
  H_ALT_SVC,
  H_AUTHORIZATION,
  H_CACHE_CONTROL,
  H_CONNECTION,
  H_CONTENT_ENCODING,
  H_CONTENT_LENGTH,
  H_CONTENT_TYPE,
  H_COOKIE,
  H_EXPECT,
  H_HOST,
  H_HTTP2_SETTINGS,
  H_KEEP_ALIVE,
  H_LOCATION,
  H_PROXY_AUTHENTICATE,
  H_PROXY_CONNECTION,
  H_RETRY_AFTER,
  H_SET_COOKIE,
  H_TE,
  H_TRAILER,
  H_TRANSFER_ENCODING,
  H_UPGRADE,
  H_VIA,
  H_WWW_AUTHENTICATE,
  H_X_ENVOY_INTERNAL,
  H_X_ENVOY_UPSTREAM_HEALTHCHECKED_CLUSTER,
  H_X_FORWARDED_CLIENT_CERT,
  H_X_FORWARDED_FOR,
  H_X_REAL_IP,
  H_X_REQUEST_ID,
} from './header_names';
import { writeEntries } from './head_writer';

/**
 * Parses the trailer section at [p, end) into `head`, as `parseHeaderBlock` does, and removes forbidden fields. Returns the
 * address after it, or a PARSE_* code; PARSE_PARTIAL means: again from `p` with more bytes.
 */
export function parseTrailers(head: usize, p: usize, end: usize, maxHeaders: u32): i32 {
  const after = parseHeaderBlock(head, p, end, maxHeaders);
  if (after > 0) removeForbidden(head);
  return after;
}

function removeForbidden(head: usize): void {
  const last = entryAt(head, changetype<Head>(head).count);
  for (let p = head + HEAD_ENTRIES; p < last; p += 16) {
    const id = <u32>load<u8>(p, 14);
    if (id && forbidden(id)) headerRemove(head, id);
  }
}

function forbidden(id: u32): bool {
  switch (id) {
    case H_HOST:
    case H_CONTENT_LENGTH:
    case H_TRANSFER_ENCODING:
    case H_CONNECTION:
    case H_KEEP_ALIVE:
    case H_PROXY_CONNECTION:
    case H_EXPECT:
    case H_UPGRADE:
    case H_TE:
    case H_TRAILER:
    case H_VIA:
    case H_CONTENT_TYPE:
    case H_CONTENT_ENCODING:
    case H_LOCATION:
    case H_COOKIE:
    case H_SET_COOKIE:
    case H_AUTHORIZATION:
    case H_CACHE_CONTROL:
    case H_HTTP2_SETTINGS:
    case H_RETRY_AFTER:
    case H_WWW_AUTHENTICATE:
    case H_PROXY_AUTHENTICATE:
    case H_ALT_SVC:
    case H_X_REQUEST_ID:
    case H_X_REAL_IP:
      return true;
  }
  return (
    (id >= H_X_FORWARDED_FOR && id <= H_X_FORWARDED_CLIENT_CERT) ||
    (id >= H_X_ENVOY_INTERNAL && id <= H_X_ENVOY_UPSTREAM_HEALTHCHECKED_CLUSTER)
  );
}

/** Writes the last chunk with the trailers of `head`; the address behind, or 0 if it does not fit. */
export function writeTrailers(head: usize, out: usize, outEnd: usize): usize {
  if (out + 3 + 16 > outEnd) return 0;
  store<u16>(out, 0x0d30);
  store<u8>(out, 0x0a, 2);
  out = writeEntries(head, out + 3, outEnd);
  if (!out || out + 2 > outEnd) return 0;
  store<u16>(out, 0x0a0d);
  return out + 2;
}
