// Builder of RouteConfig objects, for host/compile/route_config.ts. Strings are addresses of bytes in the same object. What
// allocates returns 0 when memory is exhausted.
import { headerNameId } from '../http1/header_names';
import { objectAlloc, objectNew } from '../memory/object';
import { hostHash, wildcardHashOf } from './virtual_host';
import { Domain, DomainTable, RouteConfig, VirtualHost } from './route_config';
import { ACTION_REDIRECT, Redirect, Route } from './route';

// ---- the configuration and its domains ----

export function routeConfigNew(flags: u32): usize {
  const object = objectNew(offsetof<RouteConfig>());
  if (object) changetype<RouteConfig>(object).flags = flags;
  return object;
}

export function routeConfigSetName(object: usize, name: usize, length: u32): void {
  const rc = changetype<RouteConfig>(object);
  rc.name = <u32>name;
  rc.nameLength = length;
}

export const DOMAINS_EXACT: u32 = 0;
export const DOMAINS_SUFFIX: u32 = 1;
export const DOMAINS_PREFIX: u32 = 2;

function tableOf(rc: RouteConfig, kind: u32): u32 {
  return kind == DOMAINS_EXACT ? rc.exact : kind == DOMAINS_SUFFIX ? rc.suffix : rc.prefix;
}

/** Room for `count` domains of one kind, none longer than `longest`. */
export function domainTableNew(object: usize, kind: u32, count: u32, longest: u32): usize {
  const rc = changetype<RouteConfig>(object);
  let slots: u32 = 2;
  while (slots < count * 2) slots <<= 1;
  const p = objectAlloc(object, offsetof<DomainTable>());
  if (!p) return 0;
  const t = changetype<DomainTable>(p);
  t.mask = slots - 1;
  t.longest = longest;
  t.slots = <u32>objectAlloc(object, slots * offsetof<Domain>());
  t.lengths = <u32>objectAlloc(object, (longest >> 3) + 1);
  if (!t.slots || !t.lengths) return 0;
  if (kind == DOMAINS_EXACT) rc.exact = <u32>p;
  else if (kind == DOMAINS_SUFFIX) rc.suffix = <u32>p;
  else rc.prefix = <u32>p;
  return p;
}

/** Adds a lower-case domain, without its star; an empty one of DOMAINS_SUFFIX is `*` itself. */
export function domainAdd(object: usize, kind: u32, name: usize, length: u32, virtualHost: usize): void {
  const rc = changetype<RouteConfig>(object);
  if (length == 0) {
    rc.fallback = <u32>virtualHost;
    return;
  }
  const t = changetype<DomainTable>(<usize>tableOf(rc, kind));
  const hash = kind == DOMAINS_EXACT ? hostHash(name, length) : wildcardHashOf(name, length, kind == DOMAINS_SUFFIX);
  let i = hash & t.mask;
  let d = domainAt(t, i);
  while (d.name) {
    i = (i + 1) & t.mask;
    d = domainAt(t, i);
  }
  d.name = <u32>name;
  d.length = length;
  d.hash = hash;
  d.virtualHost = <u32>virtualHost;
  const bits = <usize>t.lengths + (length >> 3);
  const bit: u32 = 1 << (length & 7);
  store<u8>(bits, load<u8>(bits) | (<u8>bit));
}

function domainAt(t: DomainTable, i: u32): Domain {
  return changetype<Domain>(<usize>t.slots + <usize>i * offsetof<Domain>());
}

export function virtualHostNew(object: usize, name: usize, nameLength: u32, requireTls: u32, routeCount: u32): usize {
  const p = objectAlloc(object, offsetof<VirtualHost>());
  if (!p) return 0;
  const vh = changetype<VirtualHost>(p);
  vh.name = <u32>name;
  vh.nameLength = nameLength;
  vh.requireTls = requireTls;
  vh.routeCount = routeCount;
  return p;
}

export function virtualHostSetIndex(virtualHost: usize, paths: usize, pathsIgnoreCase: usize, connect: usize): void {
  const vh = changetype<VirtualHost>(virtualHost);
  vh.paths = <u32>paths;
  vh.pathsIgnoreCase = <u32>pathsIgnoreCase;
  vh.connect = <u32>connect;
}

/** The route that require_tls answers with: 301 to https. `scheme` is the address of "https". */
export function tlsRedirectSet(object: usize, scheme: usize): usize {
  const p = objectAlloc(object, offsetof<Route>());
  const redirect = objectAlloc(object, offsetof<Redirect>());
  if (!p || !redirect) return 0;
  changetype<Redirect>(redirect).scheme = <u32>scheme;
  changetype<Redirect>(redirect).schemeLength = 5;
  const r = changetype<Route>(p);
  r.action = ACTION_REDIRECT;
  r.status = 301;
  r.redirect = <u32>redirect;
  changetype<RouteConfig>(object).tlsRedirect = <u32>p;
  return p;
}

/** `group`: a HeaderGroup that only removes. */
export function internalOnlyHeadersSet(object: usize, group: usize): void {
  changetype<RouteConfig>(object).internalOnly = <u32>group;
}

// ---- small arrays ----

/** `count` words of the object: what the host fills with addresses or numbers. */
export function wordsNew(object: usize, count: u32): usize {
  return objectAlloc(object, count ? count << 2 : 4);
}

/** The well-known id of a lower-case header name, for the builders that take one. */
export function headerNameIdOf(name: usize, length: u32): u32 {
  return headerNameId(name, length);
}
