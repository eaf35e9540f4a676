// routeMatch: from a request head to its Route.
import { Head, headerFind, HeaderEntry, headerNext, METHOD_CONNECT } from '../http1/head';
import { H_X_ENVOY_INTERNAL, H_X_FORWARDED_PROTO } from '../http1/header_names';
import { applyGroup, HeaderGroup } from './header_ops';
import { firstCandidate, NO_MATCH, walkConditional, walkPlain } from './path_tree';
import { ACTION_WEIGHTED, Route } from './route';
import {
  CandidateList,
  CONFIG_IGNORE_PATH_PARAMETERS,
  RouteConfig,
  TLS_ALL,
  TLS_NONE,
  VirtualHost,
} from './route_config';
import { findVirtualHost } from './virtual_host';
import { weightedPart } from './weighted';

/** End of the path in [p, end): the first `?` or `#`, and with `parameters` also `;`. */
export function pathEnd(p: usize, end: usize, parameters: bool): usize {
  const query = i8x16.splat(0x3f);
  const fragment = i8x16.splat(0x23);
  const parameter = i8x16.splat(parameters ? 0x3b : 0x3f);
  for (; p < end; p += 16) {
    const b = v128.load(p); // may read past the path, never past the memory
    const hit = v128.or(v128.or(i8x16.eq(b, query), i8x16.eq(b, fragment)), i8x16.eq(b, parameter));
    const mask = i8x16.bitmask(hit);
    if (mask) {
      const at = p + ctz(mask);
      return at < end ? at : end;
    }
  }
  return end;
}

function isHttps(head: usize, isTls: bool): bool {
  const e = headerFind(head, H_X_FORWARDED_PROTO);
  if (!e) return isTls;
  if (headerNext(head, e)) return false; // a list is no "https"
  const entry = changetype<HeaderEntry>(e);
  return entry.valueLength == 5 && load<u32>(entry.value) == 0x70747468 && load<u8>(entry.value, 4) == 0x73;
}

// Envoy: isEnvoyInternalRequest, x-envoy-internal: true
function isInternal(head: usize): bool {
  const e = headerFind(head, H_X_ENVOY_INTERNAL);
  if (!e || headerNext(head, e)) return false;
  const entry = changetype<HeaderEntry>(e);
  return entry.valueLength == 4 && load<u32>(entry.value) == 0x65757274;
}

function needsTlsRedirect(vh: VirtualHost, head: usize, isTls: bool): bool {
  if (vh.requireTls == TLS_NONE || isHttps(head, isTls)) return false;
  return vh.requireTls == TLS_ALL || !isInternal(head);
}

function matchPath(vh: VirtualHost, head: usize, random: u64, parameters: bool): u64 {
  const h = changetype<Head>(head);
  const path: usize = h.path;
  const end = pathEnd(path, path + h.pathLength, parameters);
  let best = NO_MATCH;
  if (vh.paths) best = walkPlain(vh.paths, path, end, false, best);
  if (vh.pathsIgnoreCase) best = walkPlain(vh.pathsIgnoreCase, path, end, true, best);
  if (vh.paths) best = walkConditional(vh.paths, head, path, end, random, false, best);
  if (vh.pathsIgnoreCase) best = walkConditional(vh.pathsIgnoreCase, head, path, end, random, true, best);
  return best;
}

function matchConnect(vh: VirtualHost, head: usize, random: u64, best: u64): u64 {
  const h = changetype<Head>(head);
  const l = changetype<CandidateList>(<usize>vh.connect);
  best = firstCandidate(vh.connect, head, h.path, <usize>h.path + h.pathLength, random, best);
  const plain = ((<u64>l.plainRank) << 32) | l.plainRoute;
  return plain < best ? plain : best;
}

/**
 * The Route of a request, or 0: the first one in order that matches. `random` decides runtime_fraction and weighted clusters;
 * `isTls` counts where x-forwarded-proto is absent. Takes internal_only_headers off an external request first.
 */
export function routeMatch(routeConfig: usize, head: usize, random: u64, isTls: bool): usize {
  const rc = changetype<RouteConfig>(routeConfig);
  const h = changetype<Head>(head);
  if (rc.internalOnly && !isInternal(head)) applyGroup(changetype<HeaderGroup>(<usize>rc.internalOnly), head);
  const found = findVirtualHost(rc, h.authority, h.authorityLength);
  if (!found) return 0;
  const vh = changetype<VirtualHost>(<usize>found);
  if (vh.requireTls != TLS_NONE && needsTlsRedirect(vh, head, isTls)) return rc.tlsRedirect;
  let best = NO_MATCH;
  if (h.pathLength) best = matchPath(vh, head, random, (rc.flags & CONFIG_IGNORE_PATH_PARAMETERS) != 0);
  if (vh.connect && h.methodId == METHOD_CONNECT) best = matchConnect(vh, head, random, best);
  const route = <usize>(best & 0xffffffff);
  if (!route || changetype<Route>(route).action != ACTION_WEIGHTED) return route;
  return weightedPart(changetype<Route>(route).weighted, head, random);
}

/** routeMatch for the host and for tests, which have no 64-bit numbers. */
export function routeMatchFor(routeConfig: usize, head: usize, randomHigh: u32, randomLow: u32, isTls: bool): usize {
  return routeMatch(routeConfig, head, ((<u64>randomHigh) << 32) | randomLow, isTls);
}
