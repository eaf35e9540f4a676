// prefix_rewrite, regex_rewrite and host_rewrite_literal.
import {
  bytesEqual,
  Head,
  HEAD_AUTHORITY_PRESENT,
  headerAdd,
  headerFind,
  HeaderEntry,
  headerSet,
  headerSetValue,
} from '../http1/head';
import {
  H_X_ENVOY_ORIGINAL_HOST,
  H_X_ENVOY_ORIGINAL_PATH,
  H_X_FORWARDED_HOST,
  headerNameAddress,
  headerNameLength,
} from '../http1/header_names';
import { scratch } from '../memory/worker_block';
import { pathEnd } from './match';
import { Rewrite, REWRITE_APPEND_HOST, REWRITE_HOST, REWRITE_PATH, REWRITE_PREFIX } from './route';

/** Writes the rewritten path; false when the scratch area is full. */
export function rewritePath(rw: Rewrite, head: usize, keepOriginal: bool): bool {
  if (!(rw.flags & (REWRITE_PREFIX | REWRITE_PATH))) return true;
  const h = changetype<Head>(head);
  const from: usize = h.path;
  const end = from + h.pathLength;
  const matched = rw.flags & REWRITE_PATH ? <u32>(pathEnd(from, end, rw.matched != 0) - from) : rw.matched;
  const rest = h.pathLength - matched;
  const to = scratch(rw.prefixLength + rest);
  if (!to) return false;
  memory.copy(to, rw.prefix, rw.prefixLength);
  memory.copy(to + rw.prefixLength, from + matched, rest);
  if (keepOriginal) {
    const id = H_X_ENVOY_ORIGINAL_PATH;
    if (!headerSet(head, id, headerNameAddress(id), headerNameLength(id), from, h.pathLength)) return false;
  }
  h.path = <u32>to;
  h.pathLength = rw.prefixLength + rest;
  return true;
}

// The last element of a comma-separated list is exactly [p, p + n): as Envoy, with the spaces before it, empty ones left out.
function lastIs(e: HeaderEntry, p: usize, n: u32): bool {
  const start: usize = e.value;
  let end = start + e.valueLength;
  while (end > start && load<u8>(end - 1) == 0x2c) end--;
  let at = end;
  while (at > start && load<u8>(at - 1) != 0x2c) at--;
  return <u32>(end - at) == n && bytesEqual(at, p, n);
}

// append_x_forwarded_host: the host as it came, unless it is the last one already.
function appendForwardedHost(h: Head, head: usize): bool {
  if (!h.authorityLength) return true;
  const id = H_X_FORWARDED_HOST;
  const entry = headerFind(head, id);
  if (!entry) {
    return headerAdd(head, id, headerNameAddress(id), headerNameLength(id), h.authority, h.authorityLength) != 0;
  }
  const e = changetype<HeaderEntry>(entry);
  if (lastIs(e, h.authority, h.authorityLength)) return true;
  const length = e.valueLength + 1 + h.authorityLength;
  const to = scratch(length);
  if (!to) return false;
  memory.copy(to, e.value, e.valueLength);
  store<u8>(to + e.valueLength, 0x2c);
  memory.copy(to + e.valueLength + 1, h.authority, h.authorityLength);
  headerSetValue(entry, to, length);
  return true;
}

/** Writes the rewritten authority; false when the head is full. */
export function rewriteHost(rw: Rewrite, head: usize, keepOriginal: bool): bool {
  if (!(rw.flags & REWRITE_HOST)) return true;
  const h = changetype<Head>(head);
  if (keepOriginal) {
    const id = H_X_ENVOY_ORIGINAL_HOST;
    if (!headerSet(head, id, headerNameAddress(id), headerNameLength(id), h.authority, h.authorityLength)) return false;
  }
  if (rw.flags & REWRITE_APPEND_HOST && !appendForwardedHost(h, head)) return false;
  h.authority = rw.host;
  h.authorityLength = rw.hostLength;
  h.flags |= HEAD_AUTHORITY_PRESENT;
  return true;
}
