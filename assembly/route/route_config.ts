// RouteConfig: a compiled envoy.config.route.v3.RouteConfiguration. One object, published into ROUTE_DIR.
import { ObjectHeader } from '../memory/object';

@unmanaged
export class RouteConfig extends ObjectHeader {
  flags: u32; // CONFIG_*
  name: u32;
  nameLength: u32;
  exact: u32; // address of DomainTable: whole domains
  suffix: u32; // `*.example.com`, stored without the star
  prefix: u32; // `example.*`, stored without the star
  fallback: u32; // address of the VirtualHost of `*`, 0 = none
  tlsRedirect: u32; // address of the Route that require_tls leads to
  internalOnly: u32; // internal_only_headers: address of a HeaderGroup of removals, 0 = none
}

export const CONFIG_IGNORE_PORT: u32 = 1; // ignore_port_in_host_matching
export const CONFIG_IGNORE_PATH_PARAMETERS: u32 = 2; // ignore_path_parameters_in_path_matching

/**
 * Domains of one kind, by hash. `lengths` has a bit for each length in use: a lookup of a wildcard hashes the host once,
 * byte by byte from its fixed end, and probes only where a domain of that length exists.
 */
@unmanaged
export class DomainTable {
  mask: u32; // slots - 1
  slots: u32; // address of Domain[mask + 1]
  longest: u32;
  lengths: u32; // address of a bit map of longest + 1 bits; wildcards only
}

@unmanaged
export class Domain {
  name: u32; // lower case; 0 = free slot
  length: u32;
  hash: u32;
  virtualHost: u32;
}

@unmanaged
export class VirtualHost {
  name: u32;
  nameLength: u32;
  requireTls: u32; // TLS_*
  paths: u32; // address of the PathNode at the root of the case-sensitive paths, 0 = none
  pathsIgnoreCase: u32; // the same for case_sensitive: false; its labels are lower case
  connect: u32; // address of CandidateList: connect_matcher routes
  routeCount: u32;
}

export const TLS_NONE: u32 = 0;
export const TLS_EXTERNAL_ONLY: u32 = 1;
export const TLS_ALL: u32 = 2;

/** Routes that share a path, lowest rank first; nothing stands behind one without conditions. */
@unmanaged
export class CandidateList {
  plainRank: u32; // the one without conditions, NO_RANK = none
  plainRoute: u32;
  count: u32; // those with conditions; all rank below plainRank
  candidates: u32; // address of Candidate[count]
}

@unmanaged
export class Candidate {
  rank: u32;
  conditions: u32; // address of Conditions
  route: u32;
}

/** What a route asks besides its path. */
@unmanaged
export class Conditions {
  regex: u32; // address of Regex over the whole path, 0 = none
  headers: u32; // address of HeaderMatcher[headerCount]
  headerCount: u32;
  queries: u32; // address of QueryMatcher[queryCount]
  queryCount: u32;
  fraction: u32; // runtime_fraction: numerator
  denominator: u32; // 0 = no runtime_fraction
  flags: u32; // CONDITION_*
  runtimeKey: u32; // of runtime_fraction: index + 1, 0 = none
  weighted: u32; // the Route whose weights come from the runtime, 0 = none
}

export const CONDITION_GRPC: u32 = 1;
export const NO_RANK: u32 = 0xffffffff;
