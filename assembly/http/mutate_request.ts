// What the connection manager does to a request head before routing: Envoy's checks of HttpConnectionManager decodeHeaders and
// ConnectionManagerUtility::mutateRequestHeaders, in their order.
import {
  REPLY_ABSOLUTE_PATH,
  REPLY_INVALID_SCHEME,
  REPLY_MISSING_HOST,
  REPLY_NO_ROUTE,
  REPLY_NONE,
  REPLY_QUERY_WITHOUT_CONTENT_TYPE,
} from '../abi';
import {
  Head,
  HEAD_ABSOLUTE_FORM,
  HEAD_AUTHORITY_PRESENT,
  HEAD_CHUNKED,
  HEAD_CONTENT_LENGTH,
  HEAD_KNOWN,
  HEAD_UPGRADE,
  HeaderEntry,
  headerFind,
  headerRemove,
  METHOD_CONNECT,
  METHOD_QUERY,
} from '../http1/head';
import * as h from '../http1/header_names';
import { putDecimal } from '../memory/literal';
import { scratch } from '../memory/worker_block';
import { ConnFacts, FACT_INTERNAL, FACT_TLS } from './conn_facts';
import {
  appendForwardedFor,
  remoteFromForwardedFor,
  remoteIsInternal,
  remoteIsPeer,
  remoteText,
  remoteTextLength,
  singleAddress,
} from './forwarded';
import {
  HCM_APPEND_X_FORWARDED_PORT,
  HCM_GENERATE_REQUEST_ID,
  HCM_PRESERVE_EXTERNAL_REQUEST_ID,
  HCM_SKIP_XFF_APPEND,
  HCM_USE_REMOTE_ADDRESS,
  HcmConfig,
} from './hcm_config';
import { addKnown, appendKnown, mergeKnown, setKnown } from './header';
import { normalizeHost } from './host';
import { normalizePath } from './path';
import { isReferer } from './referer';
import { newUuid, UUID_LENGTH } from './request_id';
import { checkUnderscores } from './underscore';

const HTTP: usize = memory.data<u8>([0x68, 0x74, 0x74, 0x70]);
const HTTPS: usize = memory.data<u8>([0x68, 0x74, 0x74, 0x70, 0x73]);
const TRUE: usize = memory.data<u8>([0x74, 0x72, 0x75, 0x65]);
const ZERO: usize = memory.data<u8>([0x30]);

const XFCC_ALWAYS_FORWARD_ONLY: u8 = 4;

/**
 * Checks and changes a request head. Returns REPLY_NONE, or the REPLY_* that ends the request here (REPLY_PATH_REDIRECT: to the
 * path that `head` has now). Sets the remote address and FACT_INTERNAL of `facts`, the address of a ConnFacts.
 */
export function mutateRequest(hcm: HcmConfig, head: usize, facts: usize): u32 {
  const refused = checkRequest(hcm, head, facts);
  if (!refused) {
    normalizeHost(hcm, changetype<Head>(head), changetype<ConnFacts>(facts).localPort);
    return mutateHeaders(hcm, head, facts);
  }
  remoteIsPeer(facts);
  changetype<ConnFacts>(facts).flags &= ~FACT_INTERNAL;
  return refused;
}

// What refuses a request, or answers it here.
function checkRequest(hcm: HcmConfig, head: usize, facts: usize): u32 {
  const q = changetype<Head>(head);
  if (hcm.headersWithUnderscoresAction) {
    const refused = checkUnderscores(head, hcm.headersWithUnderscoresAction);
    if (refused) return refused;
  }
  if (q.flags & HEAD_ABSOLUTE_FORM && schemeForbidden(hcm, q, changetype<ConnFacts>(facts)))
    return REPLY_INVALID_SCHEME;
  if (!(q.flags & HEAD_AUTHORITY_PRESENT)) {
    if (q.minor || !hcm.defaultHostLength) return REPLY_MISSING_HOST;
    q.authority = hcm.defaultHost;
    q.authorityLength = hcm.defaultHostLength;
    q.flags |= HEAD_AUTHORITY_PRESENT;
  }
  if (q.pathLength) {
    const refused = load<u8>(q.path) == 0x2f ? normalizePath(hcm, q) : REPLY_ABSOLUTE_PATH;
    if (refused) return refused;
  }
  return q.methodId == METHOD_QUERY && !hasContentType(head) ? REPLY_QUERY_WITHOUT_CONTENT_TYPE : REPLY_NONE;
}

// The content of a QUERY is its query, which means nothing without a type.
function hasContentType(head: usize): bool {
  const e = headerFind(head, h.H_CONTENT_TYPE);
  return e != 0 && changetype<HeaderEntry>(e).valueLength != 0;
}

// An edge proxy (use_remote_address, no trusted hops) does not take a client's word for encryption that did not take place.
function schemeForbidden(hcm: HcmConfig, q: Head, f: ConnFacts): bool {
  if (q.scheme != 1 || f.flags & FACT_TLS) return false;
  return (hcm.flags & HCM_USE_REMOTE_ADDRESS) != 0 && !hcm.xffNumTrustedHops;
}

function mutateHeaders(hcm: HcmConfig, head: usize, facts: usize): u32 {
  const q = changetype<Head>(head);
  const f = changetype<ConnFacts>(facts);
  // The parser joins the lines of other names; it does not count these.
  mergeKnown(head, h.H_GRPC_TIMEOUT);
  mergeKnown(head, h.H_X_CLIENT_TRACE_ID);
  if (anyHopByHop(head)) removeHopByHop(head, q);
  const envoyHeaders = anyEnvoyHeader(head);
  if (envoyHeaders) headerRemove(head, h.H_X_ENVOY_INTERNAL);
  const referer = headerFind(head, h.H_REFERER);
  if (referer && !isReferer(referer)) headerRemove(head, h.H_REFERER);

  const trusted =
    (hcm.flags & HCM_USE_REMOTE_ADDRESS) != 0 ? ownAddress(hcm, head, facts) : foundAddress(hcm, head, facts);
  forwardedProto(hcm, head, f);
  const internal = trusted && remoteIsInternal(hcm, facts);
  const edge = !internal && (hcm.flags & HCM_USE_REMOTE_ADDRESS) != 0;
  if (internal) {
    f.flags |= FACT_INTERNAL;
    addKnown(head, h.H_X_ENVOY_INTERNAL, TRUE, 4);
  } else {
    f.flags &= ~FACT_INTERNAL;
    if (envoyHeaders) sanitize(head, edge);
  }
  if (hcm.userAgentLength) addUserAgent(hcm, head);
  if (hcm.viaLength) appendKnown(head, h.H_VIA, hcm.via, hcm.viaLength, ', ');
  if (edge) externalAddress(head, facts);
  if (hcm.flags & HCM_GENERATE_REQUEST_ID) requestId(hcm, head, edge);
  // Without a client certificate that this connection has proved, x-forwarded-client-cert is somebody's claim.
  if (hcm.forwardClientCertDetails != XFCC_ALWAYS_FORWARD_ONLY) headerRemove(head, h.H_X_FORWARDED_CLIENT_CERT);
  return noProto(head) ? REPLY_NO_ROUTE : REPLY_NONE;
}

// No route matches a request whose x-forwarded-proto is empty.
function noProto(head: usize): bool {
  return !changetype<HeaderEntry>(headerFind(head, h.H_X_FORWARDED_PROTO)).valueLength;
}

// One load tells that there is nothing to do: the ids from Transfer-Encoding to Trailer are neighbours.
function anyHopByHop(head: usize): bool {
  return v128.any_true(v128.load(head + HEAD_KNOWN + ((<usize>h.H_TRANSFER_ENCODING) << 1)));
}

function removeHopByHop(head: usize, q: Head): void {
  headerRemove(head, h.H_TRANSFER_ENCODING);
  headerRemove(head, h.H_KEEP_ALIVE);
  headerRemove(head, h.H_PROXY_CONNECTION);
  if (!(q.flags & HEAD_UPGRADE)) {
    headerRemove(head, h.H_CONNECTION);
    headerRemove(head, h.H_UPGRADE);
  }
}

// The same for x-envoy-*: ids 20 to 47.
function anyEnvoyHeader(head: usize): bool {
  const p = head + HEAD_KNOWN + ((<usize>h.H_X_ENVOY_INTERNAL) << 1);
  const any = v128.or(v128.or(v128.load(p), v128.load(p, 16)), v128.load(p, 32));
  if (v128.any_true(v128.or(any, v128.load64_zero(p, 48)))) return true;
  return headerFind(head, h.H_X_ENVOY_ORIGINAL_URL) != 0;
}
if (h.H_X_ENVOY_INTERNAL != 20 || h.H_X_ENVOY_UPSTREAM_HEALTHCHECKED_CLUSTER != 47)
  ERROR('mutate_request: x-envoy-* ids moved');
if (h.H_TRANSFER_ENCODING != 3 || h.H_TRAILER != 10) ERROR('mutate_request: hop-by-hop ids moved');

// use_remote_address: the client is the peer, or stands xff_num_trusted_hops before it. Returns whether its address is to be
// trusted as internal.
function ownAddress(hcm: HcmConfig, head: usize, facts: usize): bool {
  const xff = headerFind(head, h.H_X_FORWARDED_FOR);
  const hops = hcm.xffNumTrustedHops;
  if (!hops || !remoteFromForwardedFor(facts, xff, hops - 1)) remoteIsPeer(facts);
  if (!(hcm.flags & HCM_SKIP_XFF_APPEND)) appendForwardedFor(hcm, head, facts);
  const f = changetype<ConnFacts>(facts);
  if (!hops || !headerFind(head, h.H_X_FORWARDED_PROTO)) setForwardedProto(head, (f.flags & FACT_TLS) != 0);
  if (hcm.flags & HCM_APPEND_X_FORWARDED_PORT && (!hops || !headerFind(head, h.H_X_FORWARDED_PORT)))
    forwardedPort(head, f);
  return xff == 0;
}

// Otherwise the proxies before us have named the client in x-forwarded-for.
function foundAddress(hcm: HcmConfig, head: usize, facts: usize): bool {
  const xff = headerFind(head, h.H_X_FORWARDED_FOR);
  if (xff && remoteFromForwardedFor(facts, xff, hcm.xffNumTrustedHops)) return singleAddress;
  remoteIsPeer(facts);
  return false;
}

function setForwardedProto(head: usize, tls: bool): void {
  setKnown(head, h.H_X_FORWARDED_PROTO, tls ? HTTPS : HTTP, tls ? 5 : 4);
}

function forwardedPort(head: usize, f: ConnFacts): void {
  const p = scratch(8);
  if (p) setKnown(head, h.H_X_FORWARDED_PORT, p, <u32>(putDecimal(p, f.localPort) - p));
}

// x-forwarded-proto and with it the scheme, unless the target has named one.
function forwardedProto(hcm: HcmConfig, head: usize, f: ConnFacts): void {
  const q = changetype<Head>(head);
  const tls = (f.flags & FACT_TLS) != 0;
  let e = headerFind(head, h.H_X_FORWARDED_PROTO);
  if (!e) addKnown(head, h.H_X_FORWARDED_PROTO, tls ? HTTPS : HTTP, tls ? 5 : 4);
  if (hcm.flags & HCM_APPEND_X_FORWARDED_PORT && !headerFind(head, h.H_X_FORWARDED_PORT)) forwardedPort(head, f);
  if (hcm.schemeToOverwrite) {
    q.scheme = hcm.schemeToOverwrite - 1;
    setForwardedProto(head, q.scheme == 1);
  } else if (!(q.flags & HEAD_ABSOLUTE_FORM)) {
    q.scheme = <u8>(tls ? 1 : 0);
    if (e) {
      const v = changetype<HeaderEntry>(e);
      if (isWord(v, HTTP, 4)) q.scheme = 0;
      else if (isWord(v, HTTPS, 5)) q.scheme = 1;
    }
  }
}

// Case-insensitive; `word` is lower-case letters.
function isWord(e: HeaderEntry, word: usize, n: u32): bool {
  if (e.valueLength != n) return false;
  for (let i: u32 = 0; i < n; i++) if ((load<u8>(e.value + i) | 0x20) != load<u8>(word + i)) return false;
  return true;
}

// What only an internal client may say.
function sanitize(head: usize, edge: bool): void {
  if (edge) {
    headerRemove(head, h.H_X_ENVOY_DECORATOR_OPERATION);
    headerRemove(head, h.H_X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER);
    headerRemove(head, h.H_X_ENVOY_DOWNSTREAM_SERVICE_NODE);
    headerRemove(head, h.H_X_ENVOY_ORIGINAL_PATH);
    headerRemove(head, h.H_X_ENVOY_ORIGINAL_HOST);
  }
  headerRemove(head, h.H_X_ENVOY_RETRIABLE_STATUS_CODES);
  headerRemove(head, h.H_X_ENVOY_RETRIABLE_HEADER_NAMES);
  headerRemove(head, h.H_X_ENVOY_RETRY_ON);
  headerRemove(head, h.H_X_ENVOY_RETRY_GRPC_ON);
  headerRemove(head, h.H_X_ENVOY_MAX_RETRIES);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_ALT_STAT_NAME);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_MS);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_RQ_PER_TRY_TIMEOUT_MS);
  headerRemove(head, h.H_X_ENVOY_UPSTREAM_RQ_TIMEOUT_ALT_RESPONSE);
  headerRemove(head, h.H_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS);
  headerRemove(head, h.H_X_ENVOY_FORCE_TRACE);
  headerRemove(head, h.H_X_ENVOY_IP_TAGS);
  headerRemove(head, h.H_X_ENVOY_ORIGINAL_URL);
  headerRemove(head, h.H_X_ENVOY_HEDGE_ON_PER_TRY_TIMEOUT);
}

function addUserAgent(hcm: HcmConfig, head: usize): void {
  setKnown(head, h.H_X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER, hcm.userAgent, hcm.userAgentLength);
  const e = headerFind(head, h.H_USER_AGENT);
  if (!e || !changetype<HeaderEntry>(e).valueLength) setKnown(head, h.H_USER_AGENT, hcm.userAgent, hcm.userAgentLength);
  if (hcm.nodeNameLength) setKnown(head, h.H_X_ENVOY_DOWNSTREAM_SERVICE_NODE, hcm.nodeName, hcm.nodeNameLength);
}

function externalAddress(head: usize, facts: usize): void {
  const p = remoteText(facts);
  if (p) setKnown(head, h.H_X_ENVOY_EXTERNAL_ADDRESS, p, remoteTextLength);
}

// Ours replaces what an edge client sent, unless that is to be kept.
function requestId(hcm: HcmConfig, head: usize, edge: bool): void {
  const replace = edge && !(hcm.flags & HCM_PRESERVE_EXTERNAL_REQUEST_ID);
  const e = headerFind(head, h.H_X_REQUEST_ID);
  if (e && !replace && changetype<HeaderEntry>(e).valueLength) return;
  const p = newUuid();
  if (p) setKnown(head, h.H_X_REQUEST_ID, p, UUID_LENGTH);
}
