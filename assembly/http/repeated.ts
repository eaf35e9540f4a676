// Headers that stand more than once: Envoy joins those that it has a slot for by commas; others stay as they are.
import { repeatedNames } from '../http1/header_block';
import * as h from '../http1/header_names';
import { mergeKnown } from './header';

const BIT: u64 = 1;
// Bits of the names below 64 that Envoy joins.
const MERGED: u64 =
  (BIT << h.H_EXPECT) |
  (BIT << h.H_VIA) |
  (BIT << h.H_X_REQUEST_ID) |
  (BIT << h.H_X_FORWARDED_FOR) |
  (BIT << h.H_X_FORWARDED_PROTO) |
  (BIT << h.H_X_FORWARDED_HOST) |
  (BIT << h.H_X_FORWARDED_PORT) |
  (BIT << h.H_X_ENVOY_EXTERNAL_ADDRESS) |
  (BIT << h.H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS) |
  (BIT << h.H_X_ENVOY_ORIGINAL_PATH) |
  (BIT << h.H_X_ENVOY_ORIGINAL_HOST) |
  (BIT << h.H_X_ENVOY_ATTEMPT_COUNT) |
  (BIT << h.H_X_ENVOY_DECORATOR_OPERATION) |
  (BIT << h.H_X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER) |
  (BIT << h.H_X_ENVOY_DOWNSTREAM_SERVICE_NODE) |
  (BIT << h.H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_MS) |
  (BIT << h.H_X_ENVOY_UPSTREAM_RQ_PER_TRY_TIMEOUT_MS) |
  (BIT << h.H_X_ENVOY_IS_TIMEOUT_RETRY) |
  (BIT << h.H_USER_AGENT) |
  (BIT << h.H_CONTENT_TYPE) |
  (BIT << h.H_AUTHORIZATION) |
  (BIT << h.H_REFERER) |
  (BIT << h.H_ACCEPT) |
  (BIT << h.H_ACCEPT_ENCODING) |
  (BIT << h.H_ORIGIN) |
  (BIT << h.H_CONTENT_ENCODING) |
  (BIT << h.H_CACHE_CONTROL);

/** Joins what the head just parsed holds more than once. */
export function mergeRepeated(head: usize): void {
  let left = repeatedNames & MERGED;
  while (left) {
    mergeKnown(head, <u32>ctz(left));
    left &= left - 1;
  }
  // The parser does not count these.
  mergeKnown(head, h.H_GRPC_TIMEOUT);
  mergeKnown(head, h.H_X_CLIENT_TRACE_ID);
}
