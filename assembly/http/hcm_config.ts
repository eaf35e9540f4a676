// HcmConfig: a compiled HttpConnectionManager. Field names are Envoy's; times in ms (0 = disabled), sizes in bytes.
// Part of its Listener object.
import * as abi from '../abi';

@unmanaged
export class HcmConfig {
  // With a constructor `asc` hands addresses of it over the boundary, and not copies, for which it would need an allocator.
  constructor() {}

  stats: u32; // first index of its HCM_STAT_* block
  routeConfig: u32; // index into ROUTE_DIR
  flags: u32; // HCM_*
  bufferLimit: u32; // the listener's per_connection_buffer_limit_bytes
  maxRequestHeaders: u32; // max_request_headers_kb in bytes
  maxHeadersCount: u32; // common_http_protocol_options.max_headers_count
  maxRequestsPerConnection: u32;
  idleTimeout: u32; // common_http_protocol_options.idle_timeout (default 1 h)
  maxConnectionDuration: u32;
  maxStreamDuration: u32;
  streamIdleTimeout: u32; // default 5 min
  requestTimeout: u32;
  requestHeadersTimeout: u32;
  drainTimeout: u32; // default 5 s
  delayedCloseTimeout: u32; // default 1 s
  xffNumTrustedHops: u32;
  serverName: u32; // address
  serverNameLength: u32;
  via: u32;
  viaLength: u32;
  serverHeaderTransformation: u8; // 0 OVERWRITE, 1 APPEND_IF_ABSENT, 2 PASS_THROUGH
  pathWithEscapedSlashesAction: u8; // 0 keep, 1 reject, 2 unescape and redirect, 3 unescape and forward
  headersWithUnderscoresAction: u8; // 0 allow, 1 reject, 2 drop
  forwardClientCertDetails: u8;
  filters: u32; // address of FilterConfig[filterCount], the router last
  filterCount: u32;
  upgrades: u32; // address of UpgradeList, 0 = none
  accessLog: u32; // address of AccessLogPlan, 0 = none
  codecType: u8; // 0 AUTO, 1 HTTP1, 2 HTTP2
  schemeToOverwrite: u8; // scheme_header_transformation: 0 none, 1 http, 2 https
  pad1: u16;
  localAddress: u32; // text of this host's address: what x-forwarded-for gets for a loopback peer
  localAddressLength: u32;
  internalCidrs: u32; // internal_address_config: address of Cidr[internalCidrCount]
  internalCidrCount: u32;
  userAgent: u32; // add_user_agent: local_info's cluster name, 0 = off
  userAgentLength: u32;
  nodeName: u32; // with add_user_agent: x-envoy-downstream-service-node
  nodeNameLength: u32;
  defaultHost: u32; // http_protocol_options.default_host_for_http_10
  defaultHostLength: u32;
}

/** A CIDR range; the address in network order, IPv4 in the first four bytes. */
@unmanaged
export class Cidr {
  address0: u64;
  address1: u64;
  family: u8; // FAMILY_*
  bits: u8;
  pad: u16;
  pad1: u32;
}

export const HCM_USE_REMOTE_ADDRESS: u32 = abi.HCM_USE_REMOTE_ADDRESS;
export const HCM_SKIP_XFF_APPEND: u32 = abi.HCM_SKIP_XFF_APPEND;
export const HCM_GENERATE_REQUEST_ID: u32 = abi.HCM_GENERATE_REQUEST_ID;
export const HCM_PRESERVE_EXTERNAL_REQUEST_ID: u32 = abi.HCM_PRESERVE_EXTERNAL_REQUEST_ID;
export const HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE: u32 = abi.HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE;
export const HCM_NORMALIZE_PATH: u32 = abi.HCM_NORMALIZE_PATH;
export const HCM_MERGE_SLASHES: u32 = abi.HCM_MERGE_SLASHES;
export const HCM_STRIP_MATCHING_HOST_PORT: u32 = abi.HCM_STRIP_MATCHING_HOST_PORT;
export const HCM_STRIP_ANY_HOST_PORT: u32 = abi.HCM_STRIP_ANY_HOST_PORT;
export const HCM_STRIP_TRAILING_HOST_DOT: u32 = abi.HCM_STRIP_TRAILING_HOST_DOT;
export const HCM_ACCEPT_HTTP_10: u32 = abi.HCM_ACCEPT_HTTP_10;
export const HCM_ENABLE_TRAILERS: u32 = abi.HCM_ENABLE_TRAILERS;
export const HCM_REPRESENT_IPV4_AS_MAPPED: u32 = abi.HCM_REPRESENT_IPV4_AS_MAPPED;
export const HCM_PROXY_100_CONTINUE: u32 = abi.HCM_PROXY_100_CONTINUE;
export const HCM_STREAM_ERROR_ON_INVALID: u32 = abi.HCM_STREAM_ERROR_ON_INVALID;
export const HCM_SUPPRESS_ENVOY_HEADERS: u32 = abi.HCM_SUPPRESS_ENVOY_HEADERS;
export const HCM_APPEND_X_FORWARDED_PORT: u32 = abi.HCM_APPEND_X_FORWARDED_PORT;
export const HCM_INTERNAL_UNIX_SOCKETS: u32 = abi.HCM_INTERNAL_UNIX_SOCKETS;
export const HCM_INTERNAL_PRIVATE: u32 = abi.HCM_INTERNAL_PRIVATE;
export const HCM_NO_PROXY_STATE: u32 = abi.HCM_NO_PROXY_STATE;
export const HCM_RESPECT_EXPECTED_RQ_TIMEOUT: u32 = abi.HCM_RESPECT_EXPECTED_RQ_TIMEOUT;

/** One HTTP filter of the chain. */
@unmanaged
export class FilterConfig {
  kind: u32; // FILTER_*
  id: u32; // host: never given again, so that a worker may keep what it has made of the text
  name: u32; // the filter's name in the chain, by which routes speak of it
  nameLength: u32;
  text: u32; // host: its type and configuration, JSON
  textLength: u32;
  phases: u8; // FILTER_ON_*
  disabled: u8; // 1: unless a route says otherwise
  pad: u16;
}

if (offsetof<FilterConfig>('id') != abi.FILTER_CONFIG_AT_ID) ERROR('abi: FILTER_CONFIG_AT_ID');
if (offsetof<FilterConfig>('name') != abi.FILTER_CONFIG_AT_NAME) ERROR('abi: FILTER_CONFIG_AT_NAME');
if (offsetof<FilterConfig>('text') != abi.FILTER_CONFIG_AT_TEXT) ERROR('abi: FILTER_CONFIG_AT_TEXT');

export const FILTER_ROUTER: u32 = abi.FILTER_ROUTER;
export const FILTER_HOST: u32 = abi.FILTER_HOST;

/** upgrade_configs: names are lower-case. */
@unmanaged
export class UpgradeList {
  count: u32;
  entries: u32; // address of UpgradeEntry[count]
}

@unmanaged
export class UpgradeEntry {
  name: u32;
  nameLength: u32;
  enabled: u32;
  connectConfig: u32; // CONNECT: 1 = terminate and forward the payload
}
