// RouteMatch without its path -> Conditions: header and query parameter matchers, runtime_fraction, grpc.
import type { envoy } from '../../../proto/generated/api.js';
import { lowerAscii, oneofOf, type RouteBuilder } from './builder.js';

type RouteMatch = envoy.config.route.v3.RouteMatch;
type HeaderMatcher = envoy.config.route.v3.HeaderMatcher;
type QueryParameterMatcher = envoy.config.route.v3.QueryParameterMatcher;
type StringMatcher = envoy.type.matcher.v3.StringMatcher;

const MATCH_PRESENT = 0;
const MATCH_EXACT = 1;
const MATCH_PREFIX = 2;
const MATCH_SUFFIX = 3;
const MATCH_CONTAINS = 4;
const MATCH_REGEX = 5;
const MATCH_RANGE = 6;
const MATCH_ABSENT = 7;
const HEADER_INVERT = 1;
const HEADER_MISSING_AS_EMPTY = 2;
const HEADER_INLINE = 4;
const CONDITION_GRPC = 1;
const DENOMINATORS = [100, 10_000, 1_000_000]; // FractionalPercent.DenominatorType

/**
 * Envoy's inline request headers (source/common/http/headers.h and its custom ones): it joins their values by commas as
 * they arrive. Of any other header each value is matched alone, and one is enough.
 */
const INLINE_HEADERS = new Set(
  (
    'accept accept-encoding access-control-request-headers access-control-request-method authorization cache-control connection ' +
    'content-length content-type expect grpc-timeout if-match if-modified-since if-none-match if-range if-unmodified-since ' +
    'keep-alive origin proxy-connection referer te transfer-encoding upgrade user-agent via x-client-trace-id ' +
    'x-envoy-attempt-count x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node ' +
    'x-envoy-external-address x-envoy-force-trace x-envoy-hedge-on-per-try-timeout x-envoy-internal x-envoy-ip-tags ' +
    'x-envoy-is-timeout-retry x-envoy-max-retries x-envoy-original-host x-envoy-original-path x-envoy-retriable-header-names ' +
    'x-envoy-retriable-status-codes x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name ' +
    'x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-alt-response x-envoy-upstream-rq-timeout-ms ' +
    'x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id'
  ).split(' '),
);

/** Names that are fields of a Head: NAME_* of assembly/route/header_values.ts. Envoy keeps Host as :authority. */
const PSEUDO_HEADERS = new Map([
  [':authority', 250],
  ['host', 250],
  [':path', 251],
  [':method', 252],
  [':scheme', 253],
]);

/** The id of a lower-case name that is a field of a Head, and no entry. */
export function pseudoHeaderId(name: string): number | undefined {
  return PSEUDO_HEADERS.get(name);
}

/** A header name to be read from a request: id, address, length. */
export function readableHeader(b: RouteBuilder, name: string): { id: number; address: number; length: number } {
  const known = b.headerName(lowerAscii(name));
  return { ...known, id: PSEUDO_HEADERS.get(lowerAscii(name)) ?? known.id };
}

function setString(b: RouteBuilder, at: number, kind: number, value: string, ignoreCase: boolean): void {
  const bytes = b.text(ignoreCase ? lowerAscii(value) : value);
  b.core.exports.stringMatchSet(at, kind, ignoreCase, bytes.address, bytes.length, 0);
}

function setRegex(b: RouteBuilder, at: number, pattern: string, path: string): void {
  const regex = b.regex(pattern, path);
  if (regex !== undefined) b.core.exports.stringMatchSet(at, MATCH_REGEX, false, 0, 0, regex.address);
}

const STRING_KINDS = ['exact', 'prefix', 'suffix', 'contains', 'safe_regex', 'custom'] as const;
const KIND_NUMBERS = { exact: MATCH_EXACT, prefix: MATCH_PREFIX, suffix: MATCH_SUFFIX, contains: MATCH_CONTAINS };

function setStringMatcher(b: RouteBuilder, at: number, m: StringMatcher, path: string): void {
  const kind = oneofOf(m, 'match_pattern', STRING_KINDS);
  if (kind === 'safe_regex') setRegex(b, at, m.safe_regex?.regex ?? '', `${path}.safe_regex.regex`);
  else if (kind === 'custom') b.report('WEFT1304', `${path}.custom`, 'custom string matchers are not supported');
  else if (kind) setString(b, at, KIND_NUMBERS[kind], m[kind], m.ignore_case ?? false);
}

/** High and low halves of a 64-bit number. */
function halves(value: unknown): [number, number] {
  const n = BigInt.asIntN(64, BigInt(String(value ?? 0)));
  return [Number(n >> 32n), Number(n & 0xffffffffn)];
}

const HEADER_KINDS = [
  'exact_match',
  'safe_regex_match',
  'range_match',
  'present_match',
  'prefix_match',
  'suffix_match',
  'contains_match',
  'string_match',
] as const;

function setHeaderMatcher(b: RouteBuilder, at: number, m: HeaderMatcher, path: string): void {
  const x = b.core.exports;
  const kind = oneofOf(m, 'header_match_specifier', HEADER_KINDS);
  switch (kind) {
    case 'exact_match':
      return setString(b, at, MATCH_EXACT, m.exact_match, false);
    case 'prefix_match':
      return setString(b, at, MATCH_PREFIX, m.prefix_match, false);
    case 'suffix_match':
      return setString(b, at, MATCH_SUFFIX, m.suffix_match, false);
    case 'contains_match':
      return setString(b, at, MATCH_CONTAINS, m.contains_match, false);
    case 'safe_regex_match':
      return setRegex(b, at, m.safe_regex_match?.regex ?? '', `${path}.safe_regex_match.regex`);
    case 'string_match':
      return setStringMatcher(b, at, m.string_match as StringMatcher, `${path}.string_match`);
    case 'range_match':
      x.stringMatchSet(at, MATCH_RANGE, false, 0, 0, 0);
      return x.stringMatchSetRange(at, ...halves(m.range_match?.start), ...halves(m.range_match?.end));
    case 'present_match':
      return x.stringMatchSet(at, m.present_match ? MATCH_PRESENT : MATCH_ABSENT, false, 0, 0, 0);
    default:
      return x.stringMatchSet(at, MATCH_PRESENT, false, 0, 0, 0);
  }
}

function setQueryMatcher(b: RouteBuilder, at: number, m: QueryParameterMatcher, path: string): void {
  const kind = oneofOf(m, 'query_parameter_match_specifier', ['string_match', 'present_match']);
  if (kind === 'string_match') return setStringMatcher(b, at, m.string_match as StringMatcher, `${path}.string_match`);
  const absent = kind === 'present_match' && !m.present_match;
  return b.core.exports.stringMatchSet(at, absent ? MATCH_ABSENT : MATCH_PRESENT, false, 0, 0, 0);
}

function reportUnsupported(b: RouteBuilder, m: RouteMatch, path: string): void {
  for (const name of ['tls_context', 'dynamic_metadata', 'filter_state', 'cookies'] as const) {
    const value = m[name];
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    b.report('WEFT1304', `${path}.${name}`, 'this match condition is not supported yet');
  }
}

/**
 * The address of the Conditions of a match (`regex` is one over the path), or 0 when the path decides alone. `always`: there are some
 * even then, to be filled by whoever asked.
 */
export function compileConditions(b: RouteBuilder, m: RouteMatch, regex: number, path: string, always = false): number {
  const x = b.core.exports;
  reportUnsupported(b, m, path);
  const headers = m.headers ?? [];
  const queries = m.query_parameters ?? [];
  const fraction = m.runtime_fraction?.default_value;
  const isGrpc = m.grpc !== null && m.grpc !== undefined;
  const denominator = fraction ? DENOMINATORS[fraction.denominator ?? 0] : 0;
  if (headers.length === 0 && queries.length === 0 && !regex && !denominator && !isGrpc && !always) return 0;
  const flags = isGrpc ? CONDITION_GRPC : 0;
  const numerator = fraction?.numerator ?? 0;
  const key = b.runtimeKey(m.runtime_fraction?.runtime_key ?? '');
  const counts = [headers.length, queries.length] as const;
  const at = b.made(x.conditionsNew(b.object, ...counts, regex, numerator, denominator, key, flags));
  headers.forEach((h, i) => {
    const name = readableHeader(b, h.name);
    const bits =
      (h.invert_match ? HEADER_INVERT : 0) |
      (h.treat_missing_header_as_empty ? HEADER_MISSING_AS_EMPTY : 0) |
      (INLINE_HEADERS.has(lowerAscii(h.name)) ? HEADER_INLINE : 0);
    const matcher = x.headerMatcherSet(at, i, name.id, name.address, name.length, bits);
    setHeaderMatcher(b, matcher, h, `${path}.headers[${i}]`);
  });
  queries.forEach((q, i) => {
    const name = b.text(q.name);
    setQueryMatcher(b, x.queryMatcherSet(at, i, name.address, name.length), q, `${path}.query_parameters[${i}]`);
  });
  return at;
}
