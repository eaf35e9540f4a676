// Builder of Routes and of what they do to messages.
import { UpgradeEntry, UpgradeList } from '../http/hcm_config';
import { objectAlloc } from '../memory/object';
import { HeaderGroup, HeaderOp, HeaderOps } from './header_ops';
import { Redirect, Rewrite, Route, ROUTE_IDLE_TIMEOUT, WeightedClusters, WeightedPart } from './route';

export function routeNew(object: usize, action: u32, flags: u32, index: u32, virtualHost: usize): usize {
  const p = objectAlloc(object, offsetof<Route>());
  if (!p) return 0;
  const r = changetype<Route>(p);
  r.action = <u8>action;
  r.flags = <u8>flags;
  r.index = index;
  r.virtualHost = <u32>virtualHost;
  return p;
}

export function routeSetName(route: usize, name: usize, length: u32): void {
  const r = changetype<Route>(route);
  r.name = <u32>name;
  r.nameLength = length;
}

export function routeSetCluster(route: usize, cluster: u32, notFoundStatus: u32, priority: u32): void {
  const r = changetype<Route>(route);
  r.cluster = cluster;
  r.clusterNotFoundStatus = notFoundStatus;
  r.priority = <u8>priority;
}

export function routeSetClusterHeader(route: usize, id: u32, name: usize, length: u32): void {
  const r = changetype<Route>(route);
  r.clusterHeader = <u32>name;
  r.clusterHeaderLength = <u16>length;
  r.clusterHeaderId = <u8>id;
}

/** Milliseconds; idleTimeout counts only with `hasIdleTimeout`. */
export function routeSetTimeouts(
  route: usize,
  timeout: u32,
  hasIdleTimeout: bool,
  idleTimeout: u32,
  maxStreamDuration: u32,
): void {
  const r = changetype<Route>(route);
  r.timeout = timeout;
  r.idleTimeout = idleTimeout;
  r.maxStreamDuration = maxStreamDuration;
  if (hasIdleTimeout) r.flags |= ROUTE_IDLE_TIMEOUT;
}

export function routeSetDirectResponse(route: usize, status: u32, body: usize, bodyLength: u32): void {
  const r = changetype<Route>(route);
  r.status = status;
  r.body = <u32>body;
  r.bodyLength = bodyLength;
}

/** Addresses of HeaderOps, 0 = none. */
export function routeSetHeaderOps(route: usize, request: usize, response: usize): void {
  const r = changetype<Route>(route);
  r.requestHeaders = <u32>request;
  r.responseHeaders = <u32>response;
}

export function routeSetUpgrades(route: usize, upgrades: usize): void {
  changetype<Route>(route).upgrades = <u32>upgrades;
}

export function weightedNew(object: usize, route: usize, count: u32, headerId: u32, header: usize, length: u32): usize {
  const p = objectAlloc(object, offsetof<WeightedClusters>());
  if (!p) return 0;
  const w = changetype<WeightedClusters>(p);
  w.count = count;
  w.header = <u32>header;
  w.headerLength = <u16>length;
  w.headerId = <u8>headerId;
  w.parts = <u32>objectAlloc(object, count * offsetof<WeightedPart>());
  changetype<Route>(route).weighted = <u32>p;
  return w.parts ? p : 0;
}

/** Parts are set in order; `end` is the sum of the weights so far, the last one the total. */
export function weightedSet(weighted: usize, i: u32, end: u32, route: usize): void {
  const w = changetype<WeightedClusters>(weighted);
  const part = changetype<WeightedPart>(<usize>w.parts + <usize>i * offsetof<WeightedPart>());
  part.end = end;
  part.route = <u32>route;
  w.total = end;
}

/** runtime_key_prefix: `keys` are the runtime keys of the weights, as conditionsNew takes one (wordsNew). */
export function weightedSetKeys(weighted: usize, keys: usize): void {
  changetype<WeightedClusters>(weighted).keys = <u32>keys;
}

export function redirectNew(object: usize, route: usize, status: u32, flags: u32): usize {
  const p = objectAlloc(object, offsetof<Redirect>());
  if (!p) return 0;
  changetype<Redirect>(p).flags = flags;
  const r = changetype<Route>(route);
  r.redirect = <u32>p;
  r.status = status;
  return p;
}

export function redirectSetAuthority(
  redirect: usize,
  scheme: usize,
  schemeLength: u32,
  host: usize,
  hostLength: u32,
  port: usize,
  portLength: u32,
): void {
  const r = changetype<Redirect>(redirect);
  r.scheme = <u32>scheme;
  r.schemeLength = schemeLength;
  r.host = <u32>host;
  r.hostLength = hostLength;
  r.port = <u32>port;
  r.portLength = portLength;
}

export function redirectSetPath(redirect: usize, path: usize, length: u32): void {
  const r = changetype<Redirect>(redirect);
  r.path = <u32>path;
  r.pathLength = length;
}

export function rewriteNew(object: usize, route: usize, flags: u32): usize {
  const p = objectAlloc(object, offsetof<Rewrite>());
  if (!p) return 0;
  changetype<Rewrite>(p).flags = flags;
  changetype<Route>(route).rewrite = <u32>p;
  return p;
}

/** `matched`: bytes of the path that the prefix replaces; with REWRITE_PATH whether path parameters are kept (0 or 1). */
export function rewriteSetPrefix(rewrite: usize, matched: u32, prefix: usize, length: u32): void {
  const r = changetype<Rewrite>(rewrite);
  r.matched = matched;
  r.prefix = <u32>prefix;
  r.prefixLength = length;
}

export function rewriteSetHost(rewrite: usize, host: usize, length: u32): void {
  const r = changetype<Rewrite>(rewrite);
  r.host = <u32>host;
  r.hostLength = length;
}

/** `words`: addresses of HeaderGroups in the order of their evaluation (wordsNew). */
export function headerOpsNew(object: usize, count: u32, words: usize): usize {
  const p = objectAlloc(object, offsetof<HeaderOps>());
  if (!p) return 0;
  const o = changetype<HeaderOps>(p);
  o.count = count;
  o.groups = <u32>words;
  return p;
}

export function headerGroupNew(object: usize, count: u32, removals: u32): usize {
  const p = objectAlloc(object, offsetof<HeaderGroup>());
  if (!p) return 0;
  const g = changetype<HeaderGroup>(p);
  g.count = count;
  g.removals = removals;
  g.ops = <u32>objectAlloc(object, count * offsetof<HeaderOp>());
  return g.ops ? p : 0;
}

/** `name` is lower case, `id` its well-known id or 0. */
export function headerOpSet(
  group: usize,
  i: u32,
  action: u32,
  id: u32,
  name: usize,
  nameLength: u32,
  value: usize,
  valueLength: u32,
): void {
  const at = <usize>changetype<HeaderGroup>(group).ops + <usize>i * offsetof<HeaderOp>();
  const op = changetype<HeaderOp>(at);
  op.action = <u8>action;
  op.id = <u8>id;
  op.name = <u32>name;
  op.nameLength = <u16>nameLength;
  op.value = <u32>value;
  op.valueLength = valueLength;
}

/** Room for `count` upgrade_configs. */
export function upgradeListNew(object: usize, count: u32): usize {
  const p = objectAlloc(object, offsetof<UpgradeList>());
  if (!p) return 0;
  const l = changetype<UpgradeList>(p);
  l.count = count;
  l.entries = <u32>objectAlloc(object, count * offsetof<UpgradeEntry>());
  return l.entries ? p : 0;
}

/** `name` is lower case. */
export function upgradeListSet(
  list: usize,
  i: u32,
  name: usize,
  length: u32,
  enabled: bool,
  connectConfig: bool,
): void {
  const at = <usize>changetype<UpgradeList>(list).entries + <usize>i * offsetof<UpgradeEntry>();
  const e = changetype<UpgradeEntry>(at);
  e.name = <u32>name;
  e.nameLength = length;
  e.enabled = enabled ? 1 : 0;
  e.connectConfig = connectConfig ? 1 : 0;
}
