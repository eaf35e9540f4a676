// 38-43, fuzz target 7: random configurations and requests give the same answer in the core and in plain JavaScript.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReferenceRoutes, type ReferenceRequest } from '../../bench/reference/route.js';
import { hasErrors } from '../../host/config/finding.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { RouteTester, routeConfiguration, type RouteRequest } from '../support/route.js';

const CONFIGURATIONS = 500;
const REQUESTS = 220; // for each: 110,000 cases

const tester = new RouteTester();
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const PARTS = ['a', 'a', 'b', 'A', 'ab', 'v1', '', 'é', '%2F', ';p'];
const path = fc.array(fc.constantFrom(...PARTS), { maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
const loosePath = fc.oneof(path, fc.string({ unit: fc.constantFrom('/', 'a', 'b', 'A', '?', ';'), maxLength: 3 }));
const separated = path.filter((p) => !/[?#/]$/.test(p));
const host = fc.constantFrom(
  'a.com',
  'A.com',
  'b.a.com',
  'a.org',
  'a',
  'x.b.a.com',
  'a.com:80',
  '[::1]:80',
  'b',
  '',
  ':80',
);
const domain = fc.constantFrom(
  ...'* * * a.com b.a.com *.a.com *.b.a.com *.com *a.com a.* a.c* b.* a.org A.ORG x a.com:80 *:80 [::1]:80 [::1]'.split(
    ' ',
  ),
);
const name = fc.constantFrom('x-a', 'x-b', 'user-agent', 'cookie', 'x-forwarded-for');
const value = fc.constantFrom('', 'a', 'b', 'ab', 'AB', 'a,b', '5', '-7', '+3', ' 4', '12345678901234567890', 'x=1');
const regex = fc.constantFrom('a*', '(a|b)+', '/a.*', '/api/v[0-9]+', '[^/]*', '.*b', '/', '\\d+', 'a,b', '/Api(/.*)?');

const stringMatcher = fc.oneof(
  fc.record({ exact: value, ignore_case: fc.boolean() }),
  fc.record({ prefix: fc.constantFrom('a', 'A', '5'), ignore_case: fc.boolean() }),
  fc.record({ suffix: fc.constantFrom('b', 'B', '7'), ignore_case: fc.boolean() }),
  fc.record({ contains: fc.constantFrom(',', 'a', 'B'), ignore_case: fc.boolean() }),
  fc.record({ safe_regex: fc.record({ regex }) }),
);
const headerMatcher = fc
  .tuple(
    fc.constantFrom('x-a', 'X-B', 'user-agent', ':path', ':method', ':authority', 'host', ':scheme', 'cookie'),
    fc.oneof(
      fc.record({ string_match: stringMatcher }),
      fc.record({ exact_match: value }),
      fc.record({ prefix_match: fc.constantFrom('a', '/') }),
      fc.record({ suffix_match: fc.constantFrom('b', 'm') }),
      fc.record({ contains_match: fc.constantFrom(',', 'a') }),
      fc.record({ safe_regex_match: fc.record({ regex }) }),
      fc.record({
        range_match: fc.record({ start: fc.integer({ min: -8, max: 5 }), end: fc.integer({ min: 0, max: 9 }) }),
      }),
      fc.record({ present_match: fc.boolean() }),
      fc.constant({}),
    ),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([n, kind, invert_match, treat_missing_header_as_empty]) => ({
    name: n,
    ...kind,
    invert_match,
    treat_missing_header_as_empty,
  }));
const queryMatcher = fc
  .tuple(
    fc.constantFrom('a', 'b', 'q'),
    fc.oneof(fc.record({ string_match: stringMatcher }), fc.record({ present_match: fc.boolean() }), fc.constant({})),
  )
  .map(([n, kind]) => ({ name: n, ...kind }));

const match = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ prefix: loosePath, case_sensitive: fc.boolean() }) },
      { weight: 4, arbitrary: fc.record({ path: loosePath, case_sensitive: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ path_separated_prefix: separated, case_sensitive: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ safe_regex: fc.record({ regex }) }) },
      { weight: 1, arbitrary: fc.constant({ connect_matcher: {} }) },
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(headerMatcher, { maxLength: 2 }) },
    ),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(queryMatcher, { maxLength: 2 }) },
    ),
    fc.option(
      fc.record({
        numerator: fc.integer({ min: 0, max: 100 }),
        denominator: fc.constantFrom('HUNDRED', 'TEN_THOUSAND'),
      }),
      { nil: undefined, freq: 6 },
    ),
  )
  .map(([kind, headers, query_parameters, fraction]) => ({
    ...kind,
    headers,
    query_parameters,
    ...(fraction ? { runtime_fraction: { default_value: fraction } } : {}),
  }));

const addition = fc.record({
  header: fc.record({
    key: fc.constantFrom('x-a', 'X-New', 'user-agent', 'x-b'),
    value: fc.constantFrom('', 'n', '10%%'),
  }),
  append_action: fc.constantFrom(
    'APPEND_IF_EXISTS_OR_ADD',
    'ADD_IF_ABSENT',
    'OVERWRITE_IF_EXISTS_OR_ADD',
    'OVERWRITE_IF_EXISTS',
  ),
  keep_empty_value: fc.boolean(),
});
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([] as T[]) },
    { weight: 2, arbitrary: fc.array(item, { maxLength: 3 }) },
  );
const headerChanges = {
  request_headers_to_add: few(addition),
  request_headers_to_remove: few(name),
  response_headers_to_add: few(addition),
  response_headers_to_remove: few(name),
};
const cluster = fc.constantFrom('c0', 'c1', 'c2');
const rewrites = {
  prefix_rewrite: maybe(fc.constantFrom('/new', '/')),
  host_rewrite_literal: maybe(fc.constantFrom('h.com')),
  append_x_forwarded_host: fc.boolean(),
};
const weights = fc
  .array(
    fc.record({
      name: cluster,
      weight: fc.integer({ min: 0, max: 5 }),
      host_rewrite_literal: maybe(fc.constant('w.com')),
      ...headerChanges,
    }),
    { minLength: 1, maxLength: 3 },
  )
  .filter((all) => all.some((c) => c.weight > 0));
const route = fc.record({
  match,
  route: fc.oneof(
    { weight: 3, arbitrary: fc.record({ cluster, ...rewrites }) },
    { weight: 1, arbitrary: fc.record({ weighted_clusters: fc.record({ clusters: weights }), ...rewrites }) },
  ),
  ...headerChanges,
});

const configuration = fc
  .record({
    virtual_hosts: fc.array(
      fc.record({
        domains: fc.uniqueArray(domain, { minLength: 2, maxLength: 6, selector: (d) => d.toLowerCase() }),
        routes: fc.array(route, { minLength: 3, maxLength: 14 }),
        require_tls: fc.constantFrom(...Array<string>(12).fill('NONE'), 'EXTERNAL_ONLY', 'ALL'),
        ...headerChanges,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    ignore_port_in_host_matching: fc.boolean(),
    most_specific_header_mutations_wins: fc.boolean(),
    ...headerChanges,
  })
  .map((config) => {
    const taken = new Set<string>();
    for (const vh of config.virtual_hosts) {
      vh.domains = vh.domains.filter((d) => !taken.has(d.toLowerCase()));
      for (const d of vh.domains) taken.add(d.toLowerCase());
    }
    return { ...config, virtual_hosts: config.virtual_hosts.map((vh, i) => ({ name: `vh${i}`, ...vh })) };
  });

const query = fc.constantFrom('', '', '?', '?a', '?a=1', '?b=a&a=b', '?q==&q=2', '?a=&b', '?&a=ab', '?x/y');
const request: fc.Arbitrary<ReferenceRequest> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'CONNECT'),
  authority: host,
  path: fc.oneof(
    { weight: 8, arbitrary: fc.tuple(path, query).map((p) => p.join('')) },
    { weight: 1, arbitrary: fc.constantFrom('', '*', '/a', '/b') },
  ),
  headers: fc.array(
    fc.tuple(
      fc.oneof(name, fc.constantFrom('x-forwarded-proto', 'x-envoy-internal')),
      fc.oneof(value, fc.constantFrom('https', 'true')),
    ),
    { maxLength: 4 },
  ),
  scheme: fc.constantFrom('http', 'https'),
  random: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});
// RouteTester writes Latin-1, as bytes come from the wire: both sides see the same bytes as characters.
const wire = (text: string): string => Buffer.from(text).toString('latin1');
const requests = fc.array(
  request.map((r) => ({ ...r, path: wire(r.path) })),
  { minLength: REQUESTS, maxLength: REQUESTS },
);

const RESPONSE: [string, string][] = [
  ['x-a', '1'],
  ['content-type', 'text/plain'],
  ['x-a', '2'],
];

let tried = 0;
let matched = 0;

// Quicker than expect(), and with the request in the message.
function same(r: ReferenceRequest, got: unknown, want: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a === b) return;
  throw new Error(`${JSON.stringify({ ...r, random: String(r.random) })}\n core      ${a}\n reference ${b}`);
}

function compare(reference: ReferenceRoutes, r: ReferenceRequest): void {
  tried++;
  const expected = reference.match(r);
  const at = tester.route(r as RouteRequest);
  const got = at === 0 ? null : tester.describe(at);
  if (expected === undefined) return same(r, got, null);
  if (expected.route === null) return same(r, [got?.action, got?.status], ['redirect', 301]);
  matched++;
  const { virtualHost, index, weighted, route } = expected;
  const where = [virtualHost.name, index, weighted?.name ?? route.route?.cluster];
  same(r, [got?.virtualHost, got?.index, got?.cluster], where);
  same(r, tester.upstream(at), reference.upstream(expected, r));
  if (tried % 8 === 0) same(r, tester.downstream(at, RESPONSE), reference.downstream(expected, RESPONSE));
}

test('random configurations and requests: the core answers as the linear scan', () => {
  fc.assert(
    fc.property(configuration, requests, (json, all) => {
      const config = routeConfiguration(JSON.stringify(json));
      expect(hasErrors(tester.configure(config))).toBe(false);
      const reference = new ReferenceRoutes(routeConfiguration(wire(JSON.stringify(json))));
      try {
        for (const r of all) compare(reference, r);
      } catch (error) {
        throw new Error(`${String(error)}\n of ${JSON.stringify(json)}`, { cause: error });
      }
    }),
    { numRuns: CONFIGURATIONS, endOnFailure: true, seed: FUZZ_SEED },
  );
  expect(tried).toBeGreaterThanOrEqual(100_000);
  expect(matched).toBeGreaterThan(tried / 10);
}, 120_000);
