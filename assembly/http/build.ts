// Builds an HcmConfig inside a Listener object: called by control through host/compile/. 0 means "out of memory".
import { headerNameId } from '../http1/header_names';
import { objectAlloc } from '../memory/object';
import { filterIdNew } from '../route/policy';
import {
  AccessLogPlan,
  LogHeader,
  LOG_PSEUDO_AUTHORITY,
  LOG_PSEUDO_METHOD,
  LOG_PSEUDO_PATH,
  LOG_PSEUDO_SCHEME,
} from '../access_log/plan';
import { Cidr, FilterConfig, HcmConfig, UpgradeEntry, UpgradeList } from './hcm_config';

export function hcmNew(object: usize): usize {
  return objectAlloc(object, <u32>offsetof<HcmConfig>());
}

export function hcmSetBasics(
  address: usize,
  stats: u32,
  routeConfig: u32,
  flags: u32,
  bufferLimit: u32,
  codecType: u32,
): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.stats = stats;
  hcm.routeConfig = routeConfig;
  hcm.flags = flags;
  hcm.bufferLimit = bufferLimit;
  hcm.codecType = <u8>codecType;
}

export function hcmSetLimits(
  address: usize,
  maxRequestHeaders: u32,
  maxHeadersCount: u32,
  maxRequestsPerConnection: u32,
): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.maxRequestHeaders = maxRequestHeaders;
  hcm.maxHeadersCount = maxHeadersCount;
  hcm.maxRequestsPerConnection = maxRequestsPerConnection;
}

/** Of connections; ms, 0 = none. */
export function hcmSetConnectionTimeouts(
  address: usize,
  idleTimeout: u32,
  maxConnectionDuration: u32,
  drainTimeout: u32,
  delayedCloseTimeout: u32,
): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.idleTimeout = idleTimeout;
  hcm.maxConnectionDuration = maxConnectionDuration;
  hcm.drainTimeout = drainTimeout;
  hcm.delayedCloseTimeout = delayedCloseTimeout;
}

/** Of streams; ms, 0 = none. */
export function hcmSetStreamTimeouts(
  address: usize,
  streamIdleTimeout: u32,
  requestTimeout: u32,
  requestHeadersTimeout: u32,
  maxStreamDuration: u32,
): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.streamIdleTimeout = streamIdleTimeout;
  hcm.requestTimeout = requestTimeout;
  hcm.requestHeadersTimeout = requestHeadersTimeout;
  hcm.maxStreamDuration = maxStreamDuration;
}

/** `schemeToOverwrite`: 0 none, 1 http, 2 https. */
export function hcmSetForwarding(
  address: usize,
  xffNumTrustedHops: u32,
  forwardClientCertDetails: u32,
  schemeToOverwrite: u32,
  localAddress: u32,
  localAddressLength: u32,
): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.xffNumTrustedHops = xffNumTrustedHops;
  hcm.forwardClientCertDetails = <u8>forwardClientCertDetails;
  hcm.schemeToOverwrite = <u8>schemeToOverwrite;
  hcm.localAddress = localAddress;
  hcm.localAddressLength = localAddressLength;
}

export function hcmSetServer(address: usize, transformation: u32, name: u32, length: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.serverHeaderTransformation = <u8>transformation;
  hcm.serverName = name;
  hcm.serverNameLength = length;
}

export function hcmSetVia(address: usize, via: u32, length: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.via = via;
  hcm.viaLength = length;
}

export function hcmSetUserAgent(address: usize, name: u32, length: u32, nodeName: u32, nodeNameLength: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.userAgent = name;
  hcm.userAgentLength = length;
  hcm.nodeName = nodeName;
  hcm.nodeNameLength = nodeNameLength;
}

export function hcmSetDefaultHost(address: usize, host: u32, length: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.defaultHost = host;
  hcm.defaultHostLength = length;
}

/** Both by Envoy's numbers, the default resolved: 0 keep, 1 reject, 2 redirect, 3 forward; 0 allow, 1 reject, 2 drop. */
export function hcmSetStrictness(address: usize, escapedSlashes: u32, underscores: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.pathWithEscapedSlashesAction = <u8>escapedSlashes;
  hcm.headersWithUnderscoresAction = <u8>underscores;
}

/** Makes room for `count` ranges of internal_address_config; false when memory is exhausted. */
export function hcmSetInternalRanges(object: usize, address: usize, count: u32): bool {
  const hcm = changetype<HcmConfig>(address);
  if (!count) return true;
  const p = objectAlloc(object, count * <u32>offsetof<Cidr>());
  hcm.internalCidrs = <u32>p;
  hcm.internalCidrCount = p ? count : 0;
  return p != 0;
}

/** The i-th range; writes its address bytes into the result (16 bytes). */
export function hcmSetInternalRange(address: usize, i: u32, family: u32, bits: u32): usize {
  const hcm = changetype<HcmConfig>(address);
  const p = <usize>hcm.internalCidrs + <usize>i * offsetof<Cidr>();
  changetype<Cidr>(p).family = <u8>family;
  changetype<Cidr>(p).bits = <u8>bits;
  return p;
}

/** Makes room for `count` filters; false when memory is exhausted. */
export function hcmSetFilters(object: usize, address: usize, count: u32): bool {
  const hcm = changetype<HcmConfig>(address);
  const p = objectAlloc(object, count * <u32>offsetof<FilterConfig>());
  hcm.filters = <u32>p;
  hcm.filterCount = p ? count : 0;
  return p != 0;
}

/** `phases`: FILTER_ON_*. Returns the FilterConfig. */
export function hcmSetFilter(address: usize, i: u32, kind: u32, phases: u32, disabled: bool): usize {
  const hcm = changetype<HcmConfig>(address);
  const f = changetype<FilterConfig>(<usize>hcm.filters + <usize>i * offsetof<FilterConfig>());
  f.kind = kind;
  f.phases = <u8>phases;
  f.disabled = disabled ? 1 : 0;
  f.id = filterIdNew();
  return changetype<usize>(f);
}

/** `name`: in the chain; `text`: what the host makes the filter of. Both are bytes of the same object. */
export function filterSetText(filter: usize, name: u32, nameLength: u32, text: u32, textLength: u32): void {
  const f = changetype<FilterConfig>(filter);
  f.name = name;
  f.nameLength = nameLength;
  f.text = text;
  f.textLength = textLength;
}

/** An UpgradeList of `count` entries in any object. */
export function upgradesNew(object: usize, count: u32): usize {
  const p = objectAlloc(object, <u32>offsetof<UpgradeList>() + count * <u32>offsetof<UpgradeEntry>());
  if (!p) return 0;
  const list = changetype<UpgradeList>(p);
  list.count = count;
  list.entries = <u32>(p + offsetof<UpgradeList>());
  return p;
}

/** `name`: lower-case. */
export function upgradesSet(address: usize, i: u32, name: u32, length: u32, enabled: bool, connectConfig: bool): void {
  const list = changetype<UpgradeList>(address);
  const e = changetype<UpgradeEntry>(<usize>list.entries + <usize>i * offsetof<UpgradeEntry>());
  e.name = name;
  e.nameLength = length;
  e.enabled = enabled ? 1 : 0;
  e.connectConfig = connectConfig ? 1 : 0;
}

export function hcmSetUpgrades(address: usize, list: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.upgrades = list;
}

/** An AccessLogPlan (access_log/plan.ts) in any object. */
export function logPlanNew(
  object: usize,
  id: u32,
  need: u32,
  requestCount: u32,
  responseCount: u32,
  trailerCount: u32,
): usize {
  const fixed = <u32>offsetof<AccessLogPlan>();
  const each = <u32>offsetof<LogHeader>();
  const p = objectAlloc(object, fixed + (requestCount + responseCount) * each);
  if (!p) return 0;
  const plan = changetype<AccessLogPlan>(p);
  plan.id = id;
  plan.need = need;
  plan.requestCount = requestCount;
  plan.request = <u32>p + fixed;
  plan.responseCount = responseCount;
  plan.response = <u32>p + fixed + requestCount * each;
  plan.trailerCount = trailerCount;
  return p;
}

/** Header `i` of the plan: request headers first, response headers behind them. `name`: lower-case, pseudo-headers with colon. */
export function logPlanSetHeader(address: usize, i: u32, name: u32, length: u32, joined: bool): void {
  const plan = changetype<AccessLogPlan>(address);
  const h = changetype<LogHeader>(<usize>plan.request + <usize>i * offsetof<LogHeader>());
  h.name = name;
  h.length = length;
  h.joined = joined ? 1 : 0;
  h.id = load<u8>(name) == 0x3a ? pseudoId(load<u8>(name, 1)) : headerNameId(name, length);
}

// By its first letter: :path, :authority, :scheme, :method.
function pseudoId(letter: u32): u32 {
  switch (letter) {
    case 0x70:
      return LOG_PSEUDO_PATH;
    case 0x61:
      return LOG_PSEUDO_AUTHORITY;
    case 0x73:
      return LOG_PSEUDO_SCHEME;
    default:
      return LOG_PSEUDO_METHOD;
  }
}

export function hcmSetAccessLog(address: usize, plan: u32): void {
  const hcm = changetype<HcmConfig>(address);
  hcm.accessLog = plan;
}
