// Envoy's own router check cases: 13 route configurations and what Envoy's tool expects of them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { RouteTester, type RouteRequest } from '../../support/route.js';

const FOLDER = join(import.meta.dirname, '../../../../shared/corpora/router_check');
const isThere = existsSync(FOLDER);
if (!isThere) console.log('router_check: ../shared/corpora/router_check is missing, skipped');

interface Input {
  authority: string;
  path: string;
  method: string;
  ssl?: boolean;
  internal?: boolean;
  random_value?: number;
  runtime?: string;
  additional_request_headers?: { key: string; value: string }[];
}

interface Case {
  test_name: string;
  input: Input;
  validate: Record<string, unknown>;
}

/** What is not ours: file or file/test, with the reason. */
const OUT_OF_SCOPE = new Map([
  ['DynamicMetadata', 'dynamic_metadata matchers are refused: no filter writes dynamic metadata yet'],
  ['TestRoutes/RequestHeaderMatches 2', 'substitution in header values is refused (DOWNSTREAM_REMOTE_ADDRESS)'],
  ['TestRoutesFailures', 'expectations that are meant to fail; it has no configuration of its own'],
]);
/** Fields of `validate` that routing does not decide. */
const NOT_ROUTING = new Map([
  ['virtual_cluster_name', 'virtual clusters only name statistics'],
  ['response_header_matches', 'content-type and content-length of a direct response are the local reply’s'],
]);

const names = isThere ? readdirSync(FOLDER).filter((f) => f.endsWith('.golden.proto.json')) : [];
const files = names.map((f) => f.replace('.golden.proto.json', '')).filter((n) => !OUT_OF_SCOPE.has(n));

/** The configuration as the tool sees it: a fraction counts only with its runtime key, and 0 then counts as 1. */
function configuration(name: string, runtimeKey: string | undefined): string {
  const config = parse(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8'));
  for (const vh of config.virtual_hosts) {
    delete vh.virtual_clusters;
    for (const route of vh.routes) {
      if (JSON.stringify(route.request_headers_to_add ?? '').includes('DOWNSTREAM'))
        delete route.request_headers_to_add;
      const fraction = route.match.runtime_fraction;
      if (!fraction) continue;
      const { numerator } = fraction.default_value;
      fraction.default_value.numerator = fraction.runtime_key === runtimeKey ? Math.max(numerator, 1) : 0;
    }
  }
  return stringify(config, { version: '1.1' });
}

function request(input: Input): RouteRequest {
  const headers: [string, string][] = [['x-forwarded-proto', input.ssl ? 'https' : 'http']];
  if (input.internal) headers.push(['x-envoy-internal', 'true']);
  for (const h of input.additional_request_headers ?? []) headers.push([h.key.toLowerCase(), h.value]);
  const scheme = input.ssl ? 'https' : 'http';
  return { ...input, headers, scheme, random: BigInt(input.random_value ?? 0) };
}

const HEADER_MATCHERS = { ':cookie': '' };

function answer(tester: RouteTester, input: Input): Record<string, unknown> {
  const route = tester.route(request(input));
  const found = route === 0 ? null : tester.describe(route);
  const isRedirect = found?.action === 'redirect';
  const location = isRedirect ? tester.redirectLocation(route, input.ssl) : '';
  const isForwarded = found?.action === 'cluster' || found?.action === 'cluster_header';
  const upstream = isForwarded ? tester.upstream(route) : { path: '', authority: '', headers: [] };
  return {
    action: found?.action,
    cluster_name: isForwarded ? (found.cluster ?? '') : '',
    virtual_host_name: isForwarded ? found.virtualHost : '',
    path_rewrite: upstream.path,
    host_rewrite: upstream.authority,
    path_redirect: location,
    code_redirect: found?.status ?? 0,
    request: new Map([
      [':authority', upstream.authority],
      [':path', upstream.path],
      [':method', input.method],
      ...upstream.headers,
    ]),
  };
}

interface HeaderMatch {
  name: string;
  string_match?: { exact: string };
  invert_match?: boolean;
}

// A file without any test would fail where the corpora are missing.
test.skipIf(!isThere).each(isThere ? files : ['router_check'])('%s: Envoy’s expectations', (name) => {
  const tester = new RouteTester();
  const cases = (parse(readFileSync(join(FOLDER, `${name}.golden.proto.json`), 'utf8')) as { tests: Case[] }).tests;
  let checked = 0;
  for (const { test_name, input, validate } of cases) {
    if (OUT_OF_SCOPE.has(`${name}/${test_name}`)) continue;
    tester.load(configuration(name, input.runtime));
    tester.publishClusterNames(
      [...new Set(cases.map((c) => String(c.validate['cluster_name'] ?? '')))].filter(Boolean),
    );
    const got = answer(tester, input);
    for (const [field, expected] of Object.entries(validate)) {
      if (NOT_ROUTING.has(field)) continue;
      // The tool asks a direct response for a redirect's location, too.
      if (field === 'path_redirect' && got['action'] === 'direct_response') continue;
      if (field === 'request_header_matches') {
        for (const m of expected as HeaderMatch[]) {
          if (m.name in HEADER_MATCHERS) continue;
          expect([test_name, m.name, (got['request'] as Map<string, string>).get(m.name)]).toEqual([
            test_name,
            m.name,
            m.string_match?.exact,
          ]);
        }
      } else expect([test_name, field, got[field]]).toEqual([test_name, field, expected]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(0);
});
