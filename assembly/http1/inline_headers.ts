// Headers that Envoy keeps as one ("inline" headers): a second line of such a name is appended to the first with a comma, so
// matchers, logs and the next hop see one value. Others stay lines of their own.
import { copyBytes } from '../memory/bytes';
import { scratch } from '../memory/worker_block';
import { headerFind, headerNext, headerRemoveEntry, headerSetValue, HeaderEntry } from './head';
import {
  H_ACCEPT,
  H_ACCEPT_ENCODING,
  H_AUTHORIZATION,
  H_CACHE_CONTROL,
  H_CONTENT_ENCODING,
  H_CONTENT_TYPE,
  H_DATE,
  H_ETAG,
  H_EXPECT,
  H_LOCATION,
  H_ORIGIN,
  H_REFERER,
  H_UPGRADE,
  H_USER_AGENT,
  H_VIA,
  H_X_ENVOY_ATTEMPT_COUNT,
  H_X_ENVOY_DECORATOR_OPERATION,
  H_X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER,
  H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS,
  H_X_ENVOY_EXTERNAL_ADDRESS,
  H_X_ENVOY_IMMEDIATE_HEALTH_CHECK_FAIL,
  H_X_ENVOY_INTERNAL,
  H_X_ENVOY_ORIGINAL_HOST,
  H_X_ENVOY_ORIGINAL_PATH,
  H_X_ENVOY_RATELIMITED,
  H_X_ENVOY_UPSTREAM_HEALTHCHECKED_CLUSTER,
  H_X_ENVOY_UPSTREAM_STREAM_DURATION_MS,
  H_X_FORWARDED_CLIENT_CERT,
  H_X_FORWARDED_FOR,
  H_X_REQUEST_ID,
} from './header_names';

/** Joins the lines of every inline name in `repeated` (bit id). */
export function joinRequestHeaders(head: usize, repeated: u64): void {
  for (; repeated; repeated &= repeated - 1) {
    const id = <u32>ctz(repeated);
    if (inlineInRequests(id)) joinHeader(head, id);
  }
}

export function joinResponseHeaders(head: usize, repeated: u64): void {
  for (; repeated; repeated &= repeated - 1) {
    const id = <u32>ctz(repeated);
    if (inlineInResponses(id)) joinHeader(head, id);
  }
}

function inlineInRequests(id: u32): bool {
  switch (id) {
    case H_EXPECT:
    case H_UPGRADE:
    case H_VIA:
    case H_X_REQUEST_ID:
    case H_X_ENVOY_INTERNAL:
    case H_X_ENVOY_EXTERNAL_ADDRESS:
    case H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS:
    case H_X_ENVOY_ORIGINAL_PATH:
    case H_X_ENVOY_ORIGINAL_HOST:
    case H_X_ENVOY_ATTEMPT_COUNT:
    case H_X_ENVOY_DECORATOR_OPERATION:
    case H_USER_AGENT:
    case H_CONTENT_TYPE:
    case H_AUTHORIZATION:
    case H_REFERER:
    case H_ACCEPT:
    case H_ACCEPT_ENCODING:
    case H_ORIGIN:
    case H_CONTENT_ENCODING:
    case H_CACHE_CONTROL:
      return true;
  }
  // x-forwarded-*, and what Envoy's router reads.
  if (id >= H_X_FORWARDED_FOR && id <= H_X_FORWARDED_CLIENT_CERT) return true;
  return id >= H_X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER && id <= H_X_ENVOY_UPSTREAM_STREAM_DURATION_MS;
}

function inlineInResponses(id: u32): bool {
  switch (id) {
    case H_DATE:
    case H_UPGRADE:
    case H_VIA:
    case H_X_REQUEST_ID:
    case H_X_ENVOY_ATTEMPT_COUNT:
    case H_X_ENVOY_DECORATOR_OPERATION:
    case H_X_ENVOY_IMMEDIATE_HEALTH_CHECK_FAIL:
    case H_X_ENVOY_RATELIMITED:
    case H_X_ENVOY_UPSTREAM_HEALTHCHECKED_CLUSTER:
    case H_CONTENT_TYPE:
    case H_LOCATION:
    case H_CONTENT_ENCODING:
    case H_CACHE_CONTROL:
    case H_ETAG:
      return true;
  }
  return false;
}

// The joined value lives in the scratch area; when that is full the lines stay as they are, which means the same. Empty lines
// leave no comma.
function joinHeader(head: usize, id: u32): void {
  const first = headerFind(head, id);
  let length: u32 = 0;
  for (let e = first; e; e = headerNext(head, e)) length += changetype<HeaderEntry>(e).valueLength + 1;
  const value = scratch(length + 16);
  if (!value) return;
  let to = value;
  for (let e = first; e; e = headerNext(head, e)) {
    const entry = changetype<HeaderEntry>(e);
    if (to != value && entry.valueLength) store<u8>(to++, 0x2c);
    to = copyBytes(to, entry.value, entry.valueLength);
  }
  for (let e = headerNext(head, first); e; e = headerNext(head, first)) headerRemoveEntry(head, e);
  headerSetValue(first, value, <u32>(to - value));
}
