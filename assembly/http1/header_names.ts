// Well-known header names and their ids. An id is an index into the constant tables below; 0 means "not well known".
// After adding one: `node scripts/generate_header_names.mjs`.
import { bytesEqual } from '../memory/bytes';
import { HASH_MIDDLE, HASH_LAST, HASH_LENGTH, NAME_BYTES, NAME_OFFSETS, NAME_SLOTS } from './header_name_table';

export const H_HOST: u32 = 1;
export const H_CONTENT_LENGTH: u32 = 2;
export const H_TRANSFER_ENCODING: u32 = 3;
export const H_CONNECTION: u32 = 4;
export const H_KEEP_ALIVE: u32 = 5;
export const H_PROXY_CONNECTION: u32 = 6;
export const H_EXPECT: u32 = 7;
export const H_UPGRADE: u32 = 8;
export const H_TE: u32 = 9;
export const H_TRAILER: u32 = 10;
export const H_DATE: u32 = 11;
export const H_SERVER: u32 = 12;
export const H_VIA: u32 = 13;
export const H_X_REQUEST_ID: u32 = 14;
export const H_X_FORWARDED_FOR: u32 = 15;
export const H_X_FORWARDED_PROTO: u32 = 16;
export const H_X_FORWARDED_HOST: u32 = 17;
export const H_X_FORWARDED_PORT: u32 = 18;
export const H_X_FORWARDED_CLIENT_CERT: u32 = 19;
export const H_X_ENVOY_INTERNAL: u32 = 20;
export const H_X_ENVOY_EXTERNAL_ADDRESS: u32 = 21;
export const H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS: u32 = 22;
export const H_X_ENVOY_UPSTREAM_SERVICE_TIME: u32 = 23;
export const H_X_ENVOY_ORIGINAL_PATH: u32 = 24;
export const H_X_ENVOY_ORIGINAL_HOST: u32 = 25;
export const H_X_ENVOY_ATTEMPT_COUNT: u32 = 26;
export const H_X_ENVOY_OVERLOADED: u32 = 27;
export const H_X_ENVOY_DECORATOR_OPERATION: u32 = 28;
export const H_X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER: u32 = 29;
export const H_X_ENVOY_DOWNSTREAM_SERVICE_NODE: u32 = 30;
export const H_X_ENVOY_RETRY_ON: u32 = 31;
export const H_X_ENVOY_RETRY_GRPC_ON: u32 = 32;
export const H_X_ENVOY_MAX_RETRIES: u32 = 33;
export const H_X_ENVOY_UPSTREAM_ALT_STAT_NAME: u32 = 34;
export const H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_MS: u32 = 35;
export const H_X_ENVOY_UPSTREAM_RQ_PER_TRY_TIMEOUT_MS: u32 = 36;
export const H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_ALT_RESPONSE: u32 = 37;
export const H_X_ENVOY_FORCE_TRACE: u32 = 38;
export const H_X_ENVOY_IP_TAGS: u32 = 39;
export const H_X_ENVOY_HEDGE_ON_PER_TRY_TIMEOUT: u32 = 40;
export const H_X_ENVOY_RETRIABLE_STATUS_CODES: u32 = 41;
export const H_X_ENVOY_RETRIABLE_HEADER_NAMES: u32 = 42;
export const H_X_ENVOY_IS_TIMEOUT_RETRY: u32 = 43;
export const H_X_ENVOY_UPSTREAM_STREAM_DURATION_MS: u32 = 44;
export const H_X_ENVOY_IMMEDIATE_HEALTH_CHECK_FAIL: u32 = 45;
export const H_X_ENVOY_RATELIMITED: u32 = 46;
export const H_X_ENVOY_UPSTREAM_HEALTHCHECKED_CLUSTER: u32 = 47;
export const H_USER_AGENT: u32 = 48;
export const H_CONTENT_TYPE: u32 = 49;
export const H_LOCATION: u32 = 50;
export const H_COOKIE: u32 = 51;
export const H_AUTHORIZATION: u32 = 52;
export const H_REFERER: u32 = 53;
export const H_ACCEPT: u32 = 54;
export const H_ACCEPT_ENCODING: u32 = 55;
export const H_ORIGIN: u32 = 56;
export const H_CONTENT_ENCODING: u32 = 57;
export const H_CACHE_CONTROL: u32 = 58;
export const H_ETAG: u32 = 59;
export const H_SET_COOKIE: u32 = 60;
export const H_HTTP2_SETTINGS: u32 = 61;
export const H_GRPC_STATUS: u32 = 62;
export const H_GRPC_MESSAGE: u32 = 63;
export const H_GRPC_TIMEOUT: u32 = 64;
export const H_X_REAL_IP: u32 = 65;
export const H_X_CLIENT_TRACE_ID: u32 = 66;
export const H_RETRY_AFTER: u32 = 67;
export const H_WWW_AUTHENTICATE: u32 = 68;
export const H_PROXY_AUTHENTICATE: u32 = 69;
export const H_ALT_SVC: u32 = 70;
export const H_X_ENVOY_ORIGINAL_URL: u32 = 71;
export const HEADER_ID_COUNT: u32 = 72;

/** The id of a lower-case name, 0 if it is not well known. Reads only the name. */
export function headerNameId(name: usize, length: u32): u32 {
  if (length < 4) return shortNameId(name, length);
  const slot = NameSlot.find(name, length);
  if (NameSlot.length(slot) != length || !bytesEqual(name, NameSlot.address(slot), length)) return 0;
  return NameSlot.id(slot);
}

/** An entry of NAME_SLOTS. */
export class NameSlot {
  /** The only well-known name of four bytes or more that this one can be. The hash is blind to case. */
  @inline static find(name: usize, length: u32): u32 {
    const middle = load<u32>(name + (length >> 1) - 2) | 0x20202020;
    const last = load<u32>(name + length - 4) | 0x20202020;
    const hash = ((middle * HASH_MIDDLE) ^ (last * HASH_LAST) ^ (length * HASH_LENGTH)) >>> 24;
    return load<u32>(NAME_SLOTS + ((<usize>hash) << 2));
  }

  @inline static id(slot: u32): u32 {
    return slot & 0xff;
  }

  @inline static length(slot: u32): u32 {
    return (slot >> 8) & 0xff;
  }

  @inline static address(slot: u32): usize {
    return NAME_BYTES + (slot >> 16);
  }
}

// The hash wants four bytes.
export function shortNameId(name: usize, length: u32): u32 {
  if (length == 2) return load<u16>(name) == 0x6574 ? H_TE : 0; // "te"
  if (length == 3 && load<u16>(name) == 0x6976 && load<u8>(name, 2) == 0x61) return H_VIA; // "via"
  return 0;
}

/** The address of the name of an id, for entries that others add. */
export function headerNameAddress(id: u32): usize {
  return NAME_BYTES + load<u16>(NAME_OFFSETS + ((<usize>id) << 1));
}

export function headerNameLength(id: u32): u32 {
  const p = NAME_OFFSETS + ((<usize>id) << 1);
  return <u32>load<u16>(p, 2) - load<u16>(p);
}
