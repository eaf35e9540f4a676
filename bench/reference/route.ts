// Routing in plain JavaScript: a linear scan over the decoded RouteConfiguration, as one would write it from Envoy's
// documentation. The benchmarks compare the core with it, and the differential tests take it for the oracle; the proxy never
// imports it.
import type { envoy } from '../../proto/generated/api.js';

type RouteConfiguration = envoy.config.route.v3.RouteConfiguration;
type VirtualHost = envoy.config.route.v3.VirtualHost;
type Route = envoy.config.route.v3.Route;
type RouteMatch = envoy.config.route.v3.RouteMatch;
type HeaderMatcher = envoy.config.route.v3.HeaderMatcher;
type QueryParameterMatcher = envoy.config.route.v3.QueryParameterMatcher;
type StringMatcher = envoy.type.matcher.v3.StringMatcher;
type ClusterWeight = envoy.config.route.v3.WeightedCluster.ClusterWeight;
type HeaderValueOption = envoy.config.core.v3.HeaderValueOption;

export interface ReferenceRequest {
  readonly method: string;
  readonly authority: string;
  readonly path: string; // with its query; '' for CONNECT
  readonly headers: readonly (readonly [name: string, value: string])[]; // lower-case names
  readonly scheme: string;
  readonly random: bigint;
}

export interface ReferenceMatch {
  readonly virtualHost: VirtualHost;
  /** null: require_tls asks for https. */
  readonly route: Route | null;
  readonly index: number;
  readonly weighted: ClusterWeight | undefined;
}

type HeaderList = [name: string, value: string][];
const DENOMINATORS = [100n, 10_000n, 1_000_000n];
const regexes = new Map<string, RegExp>();

function regex(pattern: string): RegExp {
  let known = regexes.get(pattern);
  if (known === undefined) regexes.set(pattern, (known = new RegExp(`^(?:${pattern})$`, 'u')));
  return known;
}

function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return colon < 0 || authority.lastIndexOf(']') > colon ? authority : authority.slice(0, colon);
}

/** Envoy joins the values of its inline headers by commas, and keeps those of others apart. (Of these the tests make use.) */
const INLINE_HEADERS = new Set([
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-envoy-internal',
  'content-type',
]);

function headerValues(request: ReferenceRequest, name: string): string[] {
  switch (name) {
    case ':authority':
    case 'host':
      return [request.authority];
    case ':path':
      return request.path === '' ? [] : [request.path];
    case ':method':
      return [request.method];
    case ':scheme':
      return [request.scheme];
  }
  const values = request.headers.filter(([n]) => n === name).map(([, v]) => v);
  return values.length > 0 && INLINE_HEADERS.has(name) ? [values.join(',')] : values;
}

function stringMatches(m: StringMatcher, text: string): boolean {
  if (m.match_pattern === 'safe_regex') return regex(m.safe_regex?.regex ?? '').test(text);
  const fold = (s: string): string => (m.ignore_case ? s.toLowerCase() : s);
  const value = fold(text);
  switch (m.match_pattern) {
    case 'exact':
      return value === fold(m.exact);
    case 'prefix':
      return value.startsWith(fold(m.prefix));
    case 'suffix':
      return value.endsWith(fold(m.suffix));
    case 'contains':
      return value.includes(fold(m.contains));
    default:
      return false;
  }
}

function valueMatches(m: HeaderMatcher, value: string): boolean {
  switch (m.header_match_specifier) {
    case 'exact_match':
      return value === m.exact_match;
    case 'prefix_match':
      return value.startsWith(m.prefix_match);
    case 'suffix_match':
      return value.endsWith(m.suffix_match);
    case 'contains_match':
      return value.includes(m.contains_match);
    case 'safe_regex_match':
      return regex(m.safe_regex_match?.regex ?? '').test(value);
    case 'string_match':
      return stringMatches(m.string_match as StringMatcher, value);
    case 'range_match': {
      const text = value.trim();
      const n = /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
      if (n === undefined || BigInt.asIntN(64, n) !== n) return false;
      return n >= BigInt(m.range_match?.start ?? 0) && n < BigInt(m.range_match?.end ?? 0);
    }
    case 'present_match':
      return m.present_match;
    default:
      return true;
  }
}

function headerMatches(m: HeaderMatcher, request: ReferenceRequest): boolean {
  const values = headerValues(request, m.name.toLowerCase());
  if (values.length === 0 && m.treat_missing_header_as_empty) values.push('');
  if (values.length > 0) return values.some((v) => valueMatches(m, v)) !== m.invert_match;
  const kind = m.header_match_specifier;
  const asksForPresence = kind === undefined || (kind === 'present_match' && m.present_match);
  const asksForAbsence = kind === 'present_match' && !m.present_match;
  return m.invert_match ? asksForPresence : asksForAbsence;
}

function queryValue(path: string, name: string): string | undefined {
  const start = path.indexOf('?');
  if (start < 0) return undefined;
  for (const pair of path.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=');
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1);
  }
  return undefined;
}

function queryMatches(m: QueryParameterMatcher, path: string): boolean {
  const value = queryValue(path, m.name);
  if (m.query_parameter_match_specifier === 'present_match') return (value !== undefined) === m.present_match;
  if (value === undefined) return false;
  return !m.string_match || stringMatches(m.string_match, value);
}

/** The part of :path that routes are matched on. */
function pathOnly(path: string): string {
  return path.replace(/[?#].*$/s, '');
}

function pathMatches(m: RouteMatch, request: ReferenceRequest): boolean {
  if (m.path_specifier === 'connect_matcher') return request.method === 'CONNECT';
  if (request.path === '') return false;
  const fold = (s: string): string => (m.case_sensitive?.value === false ? s.toLowerCase() : s);
  const path = fold(pathOnly(request.path));
  switch (m.path_specifier) {
    case 'prefix':
      return path.startsWith(fold(m.prefix));
    case 'path':
      return path === fold(m.path);
    case 'path_separated_prefix': {
      const prefix = fold(m.path_separated_prefix);
      return path === prefix || path.startsWith(`${prefix}/`);
    }
    case 'safe_regex':
      return regex(m.safe_regex?.regex ?? '').test(pathOnly(request.path));
    default:
      return false;
  }
}

function routeMatches(m: RouteMatch, request: ReferenceRequest): boolean {
  if (!pathMatches(m, request)) return false;
  const fraction = m.runtime_fraction?.default_value;
  if (fraction && request.random % DENOMINATORS[fraction.denominator] >= BigInt(fraction.numerator)) return false;
  return (
    m.headers.every((h) => headerMatches(h, request)) && m.query_parameters.every((q) => queryMatches(q, request.path))
  );
}

function pickWeighted(route: Route, random: bigint): ClusterWeight | undefined {
  const clusters = route.route?.weighted_clusters?.clusters ?? [];
  const total = clusters.reduce((sum, c) => sum + BigInt(c.weight?.value ?? 0), 0n);
  if (total === 0n) return undefined;
  let left = random % total;
  return clusters.find((c) => (left -= BigInt(c.weight?.value ?? 0)) < 0n);
}

export class ReferenceRoutes {
  private readonly exact = new Map<string, VirtualHost>();
  private readonly suffixes: [string, VirtualHost][] = [];
  private readonly prefixes: [string, VirtualHost][] = [];
  private fallback: VirtualHost | undefined;

  constructor(private readonly config: RouteConfiguration) {
    for (const vh of config.virtual_hosts) for (const domain of vh.domains) this.addDomain(domain.toLowerCase(), vh);
    this.suffixes.sort((a, b) => b[0].length - a[0].length);
    this.prefixes.sort((a, b) => b[0].length - a[0].length);
  }

  private addDomain(domain: string, vh: VirtualHost): void {
    if (domain === '*') this.fallback = vh;
    else if (domain.startsWith('*')) this.suffixes.push([domain.slice(1), vh]);
    else if (domain.endsWith('*')) this.prefixes.push([domain.slice(0, -1), vh]);
    else this.exact.set(domain, vh);
  }

  private virtualHost(authority: string): VirtualHost | undefined {
    const host = (this.config.ignore_port_in_host_matching ? withoutPort(authority) : authority).toLowerCase();
    return (
      this.exact.get(host) ??
      this.suffixes.find(([s]) => host.length > s.length && host.endsWith(s))?.[1] ??
      this.prefixes.find(([p]) => host.length > p.length && host.startsWith(p))?.[1] ??
      this.fallback
    );
  }

  match(request: ReferenceRequest): ReferenceMatch | undefined {
    const virtualHost = this.virtualHost(request.authority);
    if (virtualHost === undefined) return undefined;
    if (needsHttps(virtualHost, request)) return { virtualHost, route: null, index: 0, weighted: undefined };
    const index = virtualHost.routes.findIndex((r) => r.match !== null && routeMatches(r.match, request));
    if (index < 0) return undefined;
    const route = virtualHost.routes[index];
    return { virtualHost, route, index, weighted: pickWeighted(route, request.random) };
  }

  /** What goes upstream: header operations, then the host, then the path. */
  upstream(match: ReferenceMatch, request: ReferenceRequest): { path: string; authority: string; headers: HeaderList } {
    const action = match.route?.route;
    const headers = this.changed(match, request.headers, 'request');
    let { authority, path } = request;
    const host = match.weighted?.host_rewrite_literal || action?.host_rewrite_literal;
    if (host) {
      setHeader(headers, 'x-envoy-original-host', authority);
      if (action?.append_x_forwarded_host && authority !== '') appendForwardedHost(headers, authority);
      authority = host;
    }
    if (action?.prefix_rewrite) {
      setHeader(headers, 'x-envoy-original-path', path);
      path = action.prefix_rewrite + path.slice(matchedLength(match.route?.match as RouteMatch, path));
    }
    return { path, authority, headers };
  }

  downstream(match: ReferenceMatch, headers: ReferenceRequest['headers']): HeaderList {
    return this.changed(match, headers, 'response');
  }

  private changed(match: ReferenceMatch, from: ReferenceRequest['headers'], kind: 'request' | 'response'): HeaderList {
    const headers: HeaderList = from.map(([n, v]) => [n, v]);
    const levels = [match.route, match.virtualHost, this.config];
    if (this.config.most_specific_header_mutations_wins) levels.reverse();
    for (const level of [match.weighted, ...levels]) {
      if (!level) continue;
      for (const name of level[`${kind}_headers_to_remove`]) removeHeader(headers, name.toLowerCase());
      addHeaders(headers, level[`${kind}_headers_to_add`]);
    }
    return headers;
  }
}

function needsHttps(vh: VirtualHost, request: ReferenceRequest): boolean {
  const [proto = request.scheme] = headerValues(request, 'x-forwarded-proto');
  if (vh.require_tls === 0 || proto === 'https') return false;
  return vh.require_tls === 2 || headerValues(request, 'x-envoy-internal')[0] !== 'true';
}

function matchedLength(m: RouteMatch, path: string): number {
  switch (m.path_specifier) {
    case 'prefix':
      return m.prefix.length;
    case 'path_separated_prefix':
      return m.path_separated_prefix.length;
    case 'path':
      return m.path.length;
    default:
      return pathOnly(path).length;
  }
}

function removeHeader(headers: HeaderList, name: string): void {
  for (let i = headers.length - 1; i >= 0; i--) if (headers[i][0] === name) headers.splice(i, 1);
}

function setHeader(headers: HeaderList, name: string, value: string): void {
  for (let i = headers.length - 1; i >= 0; i--) if (headers[i][0] === name) headers.splice(i, 1);
  headers.push([name, value]);
}

function appendForwardedHost(headers: HeaderList, authority: string): void {
  const header = headers.find(([n]) => n === 'x-forwarded-host');
  if (header === undefined) headers.push(['x-forwarded-host', authority]);
  else if (header[1].split(',').filter(Boolean).at(-1) !== authority) header[1] += `,${authority}`;
}

// Conditions look at what was there before this level changed anything; what overwrites comes before what adds.
function addHeaders(headers: HeaderList, options: readonly HeaderValueOption[]): void {
  const due = options.filter((o) => {
    const exists = headers.some(([n]) => n === o.header?.key.toLowerCase());
    if (o.header?.value === '' && !o.keep_empty_value) return false;
    return o.append_action === 1 ? !exists : o.append_action === 3 ? exists : true;
  });
  const overwrites = (o: HeaderValueOption): boolean => o.append_action >= 2;
  const text = (o: HeaderValueOption): [string, string] => [
    (o.header?.key ?? '').toLowerCase(),
    (o.header?.value ?? '').replaceAll('%%', '%'),
  ];
  for (const o of due.filter(overwrites)) setHeader(headers, ...text(o));
  for (const o of due.filter((d) => !overwrites(d))) headers.push(text(o));
}
