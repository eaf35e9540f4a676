// What the router filter does to a request head on its way upstream, besides the route's own changes (Envoy: Router::Filter
// decodeHeaders, FilterUtility::finalTimeout, RetryStateImpl).
import { HEAD_KNOWN, HeaderEntry, headerFind, headerRemove } from '../http1/head';
import * as h from '../http1/header_names';
import { putDecimal } from '../memory/literal';
import { scratch } from '../memory/worker_block';
import { HCM_RESPECT_EXPECTED_RQ_TIMEOUT, HCM_SUPPRESS_ENVOY_HEADERS, HcmConfig } from './hcm_config';
import { setKnown } from './header';

/**
 * Changes the head for the upstream. `timeout`: the route's, in ms, 0 = none. Returns the timeout that holds for this request:
 * a client that is trusted may set its own (x-envoy-upstream-rq-timeout-ms; the connection manager has dropped others').
 */
export function mutateUpstreamRequest(hcm: HcmConfig, head: usize, timeout: u32): u32 {
  expected = timeout;
  let t: u64 = timeout;
  if (anyRetryHeader(head)) t = readHeaders(head, timeout);
  if (hcm.flags & HCM_RESPECT_EXPECTED_RQ_TIMEOUT) {
    const own = milliseconds(headerFind(head, h.H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS));
    if (own >= 0) {
      t = own;
      expected = own;
    }
  }
  if (expected && !(hcm.flags & HCM_SUPPRESS_ENVOY_HEADERS)) {
    const p = scratch(32);
    if (p) setKnown(head, h.H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS, p, <u32>(putDecimal(p, expected) - p));
  }
  return t < LONGEST ? <u32>t : <u32>LONGEST;
}

/** What the upstream is told: set by readHeaders. */
let expected: u64 = 0;

const LONGEST: u64 = 0x7fffffff; // timers are signed differences of u32 milliseconds

// Ids 31 to 45: what a client may ask of the router.
function anyRetryHeader(head: usize): bool {
  const p = head + HEAD_KNOWN + ((<usize>h.H_X_ENVOY_RETRY_ON) << 1);
  return v128.any_true(v128.or(v128.load(p), v128.load(p, 14)));
}
if (h.H_X_ENVOY_RETRY_ON != 31 || h.H_X_ENVOY_IMMEDIATE_HEALTH_CHECK_FAIL != 45) ERROR('router: x-envoy-* ids moved');

// Without retries a timeout per try is one more limit on the only try.
function readHeaders(head: usize, timeout: u32): u64 {
  let t: u64 = timeout;
  const own = milliseconds(headerFind(head, h.H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_MS));
  if (own >= 0) t = own;
  expected = t;
  const perTry = milliseconds(headerFind(head, h.H_X_ENVOY_UPSTREAM_RQ_PER_TRY_TIMEOUT_MS));
  if (perTry > 0 && (!t || <u64>perTry < t)) {
    t = perTry;
    expected = t;
  }
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_MS);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_RQ_PER_TRY_TIMEOUT_MS);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_ALT_RESPONSE);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_ALT_STAT_NAME);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_STREAM_DURATION_MS);
  headerRemove(head, h.H_X_ENVOY_RETRY_ON);
  headerRemove(head, h.H_X_ENVOY_RETRY_GRPC_ON);
  headerRemove(head, h.H_X_ENVOY_MAX_RETRIES);
  headerRemove(head, h.H_X_ENVOY_HEDGE_ON_PER_TRY_TIMEOUT);
  headerRemove(head, h.H_X_ENVOY_RETRIABLE_HEADER_NAMES);
  headerRemove(head, h.H_X_ENVOY_RETRIABLE_STATUS_CODES);
  return t;
}

// The number of milliseconds in a header (entry 0: absent): a decimal number, perhaps with a plus sign; -1 when it is none.
function milliseconds(entry: usize): i64 {
  if (!entry) return -1;
  const e = changetype<HeaderEntry>(entry);
  let p: usize = e.value;
  const end = p + e.valueLength;
  if (p < end && load<u8>(p) == 0x2b) p++;
  if (p == end || end - p > 18) return -1;
  let value: i64 = 0;
  for (; p < end; p++) {
    const d = <u32>load<u8>(p) - 0x30;
    if (d > 9) return -1;
    value = value * 10 + d;
  }
  return value;
}
