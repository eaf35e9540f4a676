// Route: what a match leads to. Part of its RouteConfig object; built by assembly/route/build.ts.

@unmanaged
export class Route {
  action: u8; // ACTION_*
  flags: u8; // ROUTE_*
  priority: u8; // 0 DEFAULT, 1 HIGH
  pad: u8;
  cluster: u32; // ACTION_CLUSTER: cluster index
  weighted: u32; // ACTION_WEIGHTED: address of WeightedClusters
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
}

export const ACTION_NONE: u8 = 0;
export const ACTION_CLUSTER: u8 = 1;
export const ACTION_WEIGHTED: u8 = 2;
export const ACTION_CLUSTER_HEADER: u8 = 3;
export const ACTION_REDIRECT: u8 = 4;
export const ACTION_DIRECT_RESPONSE: u8 = 5;

export const ROUTE_IDLE_TIMEOUT: u8 = 1; // the route sets idle_timeout
export const ROUTE_CONNECT: u8 = 2; // connect_matcher
