// Route: what a match leads to. Part of its RouteConfig object; built by assembly/route/build.ts.

@unmanaged
export class Route {
  action: u8; // ACTION_*
  flags: u8; // ROUTE_*
  priority: u8; // 0 DEFAULT, 1 HIGH
  pad: u8;
  cluster: u32; // ACTION_CLUSTER: cluster index
  weighted: u32; // ACTION_WEIGHTED: address of WeightedClusters; routeMatch never returns such a route, but one of its parts
  clusterNotFoundStatus: u32; // cluster_not_found_response_code: 503, 404 or 500
  timeout: u32; // ms, 0 = none (route `timeout`, default 15,000)
  idleTimeout: u32; // ms; meaningful with ROUTE_IDLE_TIMEOUT, 0 = disabled
  maxStreamDuration: u32; // ms, 0 = none
  status: u32; // ACTION_DIRECT_RESPONSE, ACTION_REDIRECT: status code
  body: u32; // direct_response body
  bodyLength: u32;
  redirect: u32; // address of Redirect
  rewrite: u32; // address of Rewrite, 0 = none
  requestHeaders: u32; // address of the HeaderOps to apply to the request, most specific first as Envoy orders them
  responseHeaders: u32; // the same for the response
  upgrades: u32; // address of UpgradeList of the route (upgrade_configs), 0 = the connection manager's
  name: u32; // route name, for access logs
  nameLength: u32;
  virtualHost: u32; // address of the VirtualHost it belongs to
  clusterHeader: u32; // ACTION_CLUSTER_HEADER: lower-case name of the header that names the cluster
  clusterHeaderLength: u16;
  clusterHeaderId: u8; // header_names.ts or NAME_* of header_values.ts
  pad1: u8;
  index: u32; // position in its virtual host, for tests and logs
  policies: u32; // address of the PolicyList for filters, 0 = none
}

/** The parts of a weighted route: each is a Route of its own, so that whoever gets it sees no weights any more. */
@unmanaged
export class WeightedClusters {
  total: u32;
  count: u32;
  parts: u32; // address of WeightedPart[count]
  header: u32; // lower-case name of the header that carries the random value, 0 = none
  headerLength: u16;
  headerId: u8;
  pad: u8;
  keys: u32; // runtime_key_prefix: address of u32[count], the runtime key of each weight; 0 = none
}

@unmanaged
export class WeightedPart {
  end: u32; // sum of the weights up to and with this one
  route: u32; // address of Route
}

/** `redirect`. An address of 0 keeps the request's own. */
@unmanaged
export class Redirect {
  scheme: u32;
  schemeLength: u32;
  host: u32;
  hostLength: u32;
  port: u32; // ":8443"
  portLength: u32;
  path: u32; // path_redirect
  pathLength: u32;
  flags: u32; // REDIRECT_*
}

export const REDIRECT_STRIP_QUERY: u32 = 1;
export const REDIRECT_PATH_HAS_QUERY: u32 = 2; // path_redirect carries a query of its own

/** prefix_rewrite and host_rewrite_literal, of a route or of a redirect. */
@unmanaged
export class Rewrite {
  flags: u32; // REWRITE_*
  matched: u32; // REWRITE_PREFIX: length of what the match consumed; REWRITE_PATH: unused, the whole path
  prefix: u32;
  prefixLength: u32;
  host: u32;
  hostLength: u32;
  regex: u32; // REWRITE_REGEX: address of Regex
  substitution: u32; // REWRITE_REGEX: address of Substitution
}

export const REWRITE_PREFIX: u32 = 1; // replaces the first `matched` bytes
export const REWRITE_PATH: u32 = 2; // replaces the whole path, not the query
export const REWRITE_HOST: u32 = 4;
export const REWRITE_APPEND_HOST: u32 = 8; // append_x_forwarded_host
export const REWRITE_REGEX: u32 = 16; // regex_rewrite

export const ACTION_NONE: u8 = 0;
export const ACTION_CLUSTER: u8 = 1;
export const ACTION_WEIGHTED: u8 = 2;
export const ACTION_CLUSTER_HEADER: u8 = 3;
export const ACTION_REDIRECT: u8 = 4;
export const ACTION_DIRECT_RESPONSE: u8 = 5;

export const ROUTE_IDLE_TIMEOUT: u8 = 1; // the route sets idle_timeout
export const ROUTE_CONNECT: u8 = 2; // connect_matcher
