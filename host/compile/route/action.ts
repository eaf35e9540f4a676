// The action of a route: cluster, weighted clusters, cluster_header, direct response, redirect; rewrites, timeouts, upgrades.
import type { envoy } from '../../../proto/generated/api.js';
import { durationMs, wrapped } from '../../config/message.js';
import { oneofOf, lowerAscii, type RouteBuilder } from './builder.js';
import { headerGroups, type HeaderGroups, type HeaderOpsTable } from './header_ops.js';
import { readPolicies, type PolicyLevel, type PolicyTable } from './policies.js';
import { readableHeader } from './matchers.js';

type Route = envoy.config.route.v3.Route;
type RouteAction = envoy.config.route.v3.RouteAction;
type WeightedCluster = envoy.config.route.v3.WeightedCluster;
type RedirectAction = envoy.config.route.v3.RedirectAction;

const ACTION_NONE = 0;
const ACTION_CLUSTER = 1;
const ACTION_WEIGHTED = 2;
const ACTION_CLUSTER_HEADER = 3;
const ACTION_REDIRECT = 4;
const ACTION_DIRECT_RESPONSE = 5;
const ROUTE_CONNECT = 2;
const REWRITE_PREFIX = 1;
const REWRITE_PATH = 2;
const REWRITE_HOST = 4;
const REWRITE_APPEND_HOST = 8;
const REDIRECT_STRIP_QUERY = 1;
const REDIRECT_PATH_HAS_QUERY = 2;
const NOT_FOUND_STATUS = [503, 404, 500]; // ClusterNotFoundResponseCode
const REDIRECT_STATUS = [301, 302, 303, 307, 308]; // RedirectResponseCode
const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_BODY_LIMIT = 4096; // max_direct_response_body_size_bytes

/** What a route inherits from where it stands. */
export interface RoutePlace {
  readonly index: number;
  readonly virtualHost: number;
  readonly path: string;
  /** Header groups of the levels above, the route's own first. */
  readonly levels: readonly HeaderGroups[];
  /** The groups of the weighted cluster. */
  readonly weighted?: HeaderGroups;
  readonly ops: HeaderOpsTable;
  /** What all levels say to filters, the most specific first. */
  readonly policyLevels: readonly PolicyLevel[];
  readonly policies: PolicyTable;
  readonly mostSpecificWins: boolean;
  readonly validateClusters: boolean;
  readonly bodyLimit: number;
  /** Bytes of the path that the match consumed, or 'path' for all of it. */
  readonly matched: number | 'path';
  readonly ignorePathParameters: boolean;
  readonly isConnect: boolean;
}

export { DEFAULT_BODY_LIMIT };

function newRoute(b: RouteBuilder, action: number, place: RoutePlace, route: Route): number {
  const flags = place.isConnect ? ROUTE_CONNECT : 0;
  const at = b.made(b.core.exports.routeNew(b.object, action, flags, place.index, place.virtualHost));
  if (route.name) {
    const name = b.text(route.name);
    b.core.exports.routeSetName(at, name.address, name.length);
  }
  setHeaderOps(b, at, place);
  b.core.exports.routeSetPolicies(at, place.policies.address(place.policyLevels));
  return at;
}

// Most specific first, so that the least specific is applied last and wins; most_specific_header_mutations_wins turns it
// round, except for a weighted cluster, which Envoy applies first in either case.
function setHeaderOps(b: RouteBuilder, at: number, place: RoutePlace): void {
  const levels = place.mostSpecificWins ? place.levels.toReversed() : place.levels;
  const order = place.weighted === undefined ? levels : [place.weighted, ...levels];
  const request = place.ops.address(order.map((g) => g.request));
  const response = place.ops.address(order.map((g) => g.response));
  b.core.exports.routeSetHeaderOps(at, request, response);
}

// ---- route ----

function clusterIndex(b: RouteBuilder, name: string, place: RoutePlace, path: string): number {
  const index = b.context.clusterIndex(name);
  if (index !== undefined) return index;
  if (!place.validateClusters) return b.context.reserveCluster?.(name) ?? 0xffff_ffff;
  b.report('WEFT1401', path, `there is no cluster "${name}"`, { value: name });
  return 0xffff_ffff;
}

function setForwarding(b: RouteBuilder, at: number, action: RouteAction, place: RoutePlace, host: string): void {
  const x = b.core.exports;
  const timeout = durationMs(action.timeout, DEFAULT_TIMEOUT_MS);
  const idle = durationMs(action.idle_timeout);
  const longest = durationMs(action.max_stream_duration?.max_stream_duration, 0);
  x.routeSetTimeouts(at, timeout, idle !== undefined, idle ?? 0, longest);
  setUpgrades(b, at, action);
  setRewrite(b, at, action, place, host);
}

function setUpgrades(b: RouteBuilder, at: number, action: RouteAction): void {
  const upgrades = action.upgrade_configs ?? [];
  if (upgrades.length === 0) return;
  const x = b.core.exports;
  const list = b.made(x.upgradeListNew(b.object, upgrades.length));
  upgrades.forEach((u, i) => {
    const name = b.text(lowerAscii(u.upgrade_type));
    const terminate = u.connect_config !== null && u.connect_config !== undefined;
    x.upgradeListSet(list, i, name.address, name.length, wrapped(u.enabled, true), terminate);
  });
  x.routeSetUpgrades(at, list);
}

/** Envoy refuses both when it builds the route. */
function checkUpgrades(b: RouteBuilder, action: RouteAction, path: string): void {
  const seen = new Set<string>();
  for (const [i, { upgrade_type, connect_config }] of (action.upgrade_configs ?? []).entries()) {
    const name = lowerAscii(upgrade_type);
    const at = `${path}.upgrade_configs[${i}]`;
    if (seen.has(name)) b.report('WEFT1402', at, 'an upgrade type stands twice', { value: upgrade_type });
    seen.add(name);
    if (connect_config && name !== 'connect') {
      b.report('WEFT1405', `${at}.connect_config`, 'connect_config belongs to the upgrade type CONNECT', {
        value: upgrade_type,
      });
    }
  }
}

function setPrefixRewrite(b: RouteBuilder, rewrite: number, prefix: string, place: RoutePlace): void {
  const bytes = b.text(prefix);
  const matched = place.matched === 'path' ? Number(place.ignorePathParameters) : place.matched;
  b.core.exports.rewriteSetPrefix(rewrite, matched, bytes.address, bytes.length);
}

function prefixFlag(place: RoutePlace): number {
  return place.matched === 'path' ? REWRITE_PATH : REWRITE_PREFIX;
}

function setRewrite(b: RouteBuilder, at: number, action: RouteAction, place: RoutePlace, host: string): void {
  for (const name of ['regex_rewrite', 'path_rewrite_policy', 'host_rewrite_path_regex'] as const) {
    if (action[name]) b.report('WEFT1301', `${place.path}.route.${name}`, 'this rewrite is not supported yet');
  }
  for (const name of ['host_rewrite_header'] as const) {
    if (action[name]) b.report('WEFT1301', `${place.path}.route.${name}`, 'this rewrite is not supported yet');
  }
  if (wrapped(action.auto_host_rewrite, false)) {
    b.report('WEFT1301', `${place.path}.route.auto_host_rewrite`, 'this rewrite is not supported yet');
  }
  let flags = action.prefix_rewrite ? prefixFlag(place) : 0;
  if (host) flags |= REWRITE_HOST | (action.append_x_forwarded_host ? REWRITE_APPEND_HOST : 0);
  if (flags === 0) return;
  const rewrite = b.made(b.core.exports.rewriteNew(b.object, at, flags));
  if (action.prefix_rewrite) setPrefixRewrite(b, rewrite, action.prefix_rewrite, place);
  if (host) {
    const bytes = b.text(host);
    b.core.exports.rewriteSetHost(rewrite, bytes.address, bytes.length);
  }
}

function toCluster(
  b: RouteBuilder,
  route: Route,
  action: RouteAction,
  place: RoutePlace,
  target: { cluster?: string; header?: string; path: string; host?: string },
): number {
  const x = b.core.exports;
  const at = newRoute(b, target.header ? ACTION_CLUSTER_HEADER : ACTION_CLUSTER, place, route);
  const index = target.header ? 0xffff_ffff : clusterIndex(b, target.cluster ?? '', place, target.path);
  const notFound = NOT_FOUND_STATUS[action.cluster_not_found_response_code ?? 0];
  x.routeSetCluster(at, index, notFound, action.priority ?? 0);
  if (target.header) {
    const header = readableHeader(b, target.header);
    x.routeSetClusterHeader(at, header.id, header.address, header.length);
  }
  setForwarding(b, at, action, place, target.host || action.host_rewrite_literal);
  return at;
}

function toWeighted(b: RouteBuilder, route: Route, action: RouteAction, place: RoutePlace): number {
  const x = b.core.exports;
  const weighted = action.weighted_clusters as WeightedCluster;
  const path = `${place.path}.route.weighted_clusters`;
  if (wrapped(weighted.use_hash_policy, false)) {
    b.report('WEFT1301', `${path}.use_hash_policy`, 'hash policies are not supported yet');
  }
  const at = newRoute(b, ACTION_WEIGHTED, place, route);
  const clusters = weighted.clusters ?? [];
  const header = weighted.header_name ? readableHeader(b, weighted.header_name) : { id: 0, address: 0, length: 0 };
  const table = b.made(x.weightedNew(b.object, at, clusters.length, header.id, header.address, header.length));
  const prefix = weighted.runtime_key_prefix;
  const keyOf = (name: string): string => (prefix === '' ? '' : `${prefix}.${name}`);
  if (prefix) x.weightedSetKeys(table, b.words(clusters.map(({ name }) => b.runtimeKey(keyOf(name)))));
  let sum = 0;
  let now = 0; // as the runtime has it: Envoy refuses weights that are nothing when the route is loaded
  clusters.forEach((c, i) => {
    const own = `${path}.clusters[${i}]`;
    const weight = wrapped(c.weight, 0);
    sum += weight;
    now += b.context.runtime?.integer(keyOf(c.name), weight) ?? weight;
    const policyLevels = [readPolicies(b, c.typed_per_filter_config, own), ...place.policyLevels];
    const part = { ...place, weighted: headerGroups(b, c, own), policyLevels };
    const target = { cluster: c.name, header: c.cluster_header, path: `${own}.name`, host: c.host_rewrite_literal };
    x.weightedSet(table, i, Math.min(sum, 0xffff_ffff), toCluster(b, route, action, part, target));
  });
  checkTotal(b, now, weighted, path);
  return at;
}

function checkTotal(b: RouteBuilder, sum: number, weighted: WeightedCluster, path: string): void {
  const total = wrapped(weighted.total_weight, 0);
  if (sum === 0) b.report('WEFT1410', `${path}.clusters`, 'the weights have a sum of 0');
  else if (sum > 0xffff_ffff) b.report('WEFT1410', `${path}.clusters`, 'the sum of the weights is above 4294967295');
  else if (total !== 0 && total !== sum) {
    b.report('WEFT1410', `${path}.total_weight`, `the weights have a sum of ${sum}`, { value: total });
  }
}

function compileRouteAction(b: RouteBuilder, route: Route, place: RoutePlace): number {
  const action = route.route as RouteAction;
  const path = `${place.path}.route`;
  checkUpgrades(b, action, path);
  const kinds = ['cluster', 'cluster_header', 'weighted_clusters'] as const;
  const kind = oneofOf(action, 'cluster_specifier', kinds);
  if (kind === 'cluster')
    return toCluster(b, route, action, place, { cluster: action.cluster, path: `${path}.cluster` });
  if (kind === 'weighted_clusters') return toWeighted(b, route, action, place);
  if (kind === 'cluster_header') return toCluster(b, route, action, place, { header: action.cluster_header, path });
  b.report('WEFT1301', path, 'this kind of cluster is not supported yet', { allowed: kinds.join(', ') });
  return newRoute(b, ACTION_NONE, place, route);
}

// ---- redirect ----

function compileRedirect(b: RouteBuilder, route: Route, place: RoutePlace): number {
  const x = b.core.exports;
  const r = route.redirect as RedirectAction;
  if (r.regex_rewrite) {
    b.report('WEFT1301', `${place.path}.redirect.regex_rewrite`, 'this rewrite is not supported yet');
  }
  const at = newRoute(b, ACTION_REDIRECT, place, route);
  const path = r.path_redirect ?? '';
  const flags = (r.strip_query ? REDIRECT_STRIP_QUERY : 0) | (path.includes('?') ? REDIRECT_PATH_HAS_QUERY : 0);
  const redirect = b.made(x.redirectNew(b.object, at, REDIRECT_STATUS[r.response_code ?? 0], flags));
  const scheme = b.text(r.https_redirect ? 'https' : (r.scheme_redirect ?? ''));
  const host = b.text(r.host_redirect ?? '');
  const port = b.text(r.port_redirect ? `:${r.port_redirect}` : '');
  x.redirectSetAuthority(redirect, scheme.address, scheme.length, host.address, host.length, port.address, port.length);
  const bytes = b.text(path);
  x.redirectSetPath(redirect, bytes.address, bytes.length);
  if (r.prefix_rewrite) {
    setPrefixRewrite(b, b.made(x.rewriteNew(b.object, at, prefixFlag(place))), r.prefix_rewrite, place);
  }
  return at;
}

// ---- direct_response ----

function directBody(b: RouteBuilder, route: Route, place: RoutePlace): Uint8Array {
  const body = route.direct_response?.body;
  const path = `${place.path}.direct_response.body`;
  const none = new Uint8Array(0);
  if (!body) return none;
  const kinds = ['inline_string', 'inline_bytes', 'filename', 'environment_variable'] as const;
  const kind = oneofOf(body, 'specifier', kinds);
  if (kind === 'inline_string') return Buffer.from(body.inline_string);
  if (kind === 'inline_bytes') return body.inline_bytes;
  try {
    if (kind === 'filename' && b.context.readFile) return b.context.readFile(body.filename);
  } catch (error) {
    b.report('WEFT1410', path, `cannot be read: ${String(error)}`, { value: body.filename });
    return none;
  }
  const variable = kind === 'environment_variable' ? process.env[body.environment_variable] : undefined;
  if (variable !== undefined) return Buffer.from(variable);
  b.report('WEFT1410', path, 'the body cannot be read', { value: kind, allowed: 'inline_string, inline_bytes' });
  return none;
}

function compileDirectResponse(b: RouteBuilder, route: Route, place: RoutePlace): number {
  const at = newRoute(b, ACTION_DIRECT_RESPONSE, place, route);
  const body = directBody(b, route, place);
  if (body.length > place.bodyLimit) {
    b.report('WEFT1410', `${place.path}.direct_response.body`, `the body has ${body.length} bytes`, {
      allowed: `at most ${place.bodyLimit} bytes (max_direct_response_body_size_bytes)`,
    });
  }
  const bytes = b.bytes(body);
  b.core.exports.routeSetDirectResponse(at, route.direct_response?.status ?? 0, bytes.address, bytes.length);
  return at;
}

/** The address of the Route. */
export function compileAction(b: RouteBuilder, route: Route, place: RoutePlace): number {
  const kinds = ['route', 'redirect', 'direct_response'] as const;
  const kind = oneofOf(route, 'action', kinds);
  if (kind === 'route') return compileRouteAction(b, route, place);
  if (kind === 'redirect') return compileRedirect(b, route, place);
  if (kind === 'direct_response') return compileDirectResponse(b, route, place);
  b.report('WEFT1301', place.path, 'this action is not supported yet', { value: kind, allowed: kinds.join(', ') });
  return newRoute(b, ACTION_NONE, place, route);
}
