import { expect, test } from 'vitest';
import { compileRouteConfig } from '../../../host/compile/route_config.js';
import { testCore } from '../../support/core.js';
import { routeConfiguration } from '../../support/route.js';

const { control } = testCore();

const clusterIndex = (name: string): number | undefined => (name === 'known' ? 0 : undefined);

/** Code and path of each finding; the memory is as before. */
function findings(yaml: string): string[] {
  const before = control.exports.tableBytes();
  const compiled = compileRouteConfig(control, routeConfiguration(yaml), { clusterIndex, path: 'rc' });
  if (compiled.object !== 0) control.exports.objectFree(compiled.object);
  expect(control.exports.tableBytes()).toBe(before);
  return compiled.findings.map((f) => `${f.code} ${f.path}`);
}

const one = (route: string, rest = ''): string =>
  `virtual_hosts:\n- name: a\n  domains: ['*']\n  routes:\n  - ${route}\n${rest}`;

const REFUSED: [claim: string, yaml: string, found: string[]][] = [
  [
    'an unknown cluster',
    one('{ match: { prefix: / }, route: { cluster: nope } }'),
    ['WEFT1401 rc.virtual_hosts[0].routes[0].route.cluster'],
  ],
  [
    'an unknown cluster among weighted ones, and weights of 0',
    one('{ match: { prefix: / }, route: { weighted_clusters: { clusters: [{ name: nope, weight: 0 }] } } }'),
    [
      'WEFT1401 rc.virtual_hosts[0].routes[0].route.weighted_clusters.clusters[0].name',
      'WEFT1410 rc.virtual_hosts[0].routes[0].route.weighted_clusters.clusters',
    ],
  ],
  [
    'bad regular expressions, in every place',
    one(
      '{ match: { safe_regex: { regex: "a(" }, headers: [{ name: x, string_match: { safe_regex: { regex: "*" } } }] }, route: { cluster: known } }',
    ),
    ['WEFT1403 rc.virtual_hosts[0].routes[0].match.safe_regex.regex'],
  ],
  [
    'a regular expression over the limit',
    one('{ match: { safe_regex: { regex: "\\\\pL{100}" } }, route: { cluster: known } }'),
    ['WEFT1407 rc.virtual_hosts[0].routes[0].match.safe_regex.regex'],
  ],
  [
    'a command operator in a header value',
    one(
      '{ match: { prefix: / }, route: { cluster: known }, request_headers_to_add: [{ header: { key: x, value: "%PROTOCOL%" } }] }',
    ),
    ['WEFT1301 rc.virtual_hosts[0].routes[0].request_headers_to_add[0].header.value'],
  ],
  [
    'changes of pseudo-headers and host',
    one(
      '{ match: { prefix: / }, route: { cluster: known } }',
      `request_headers_to_add: [{ header: { key: ":path", value: /x } }]\nrequest_headers_to_remove: [Host]\n`,
    ),
    ['WEFT1408 rc.request_headers_to_add[0].header.key', 'WEFT1408 rc.request_headers_to_remove[0]'],
  ],
  [
    'a domain of two virtual hosts, whatever its case',
    `virtual_hosts:\n- { name: a, domains: [A.com] }\n- { name: b, domains: [a.com, "*"] }\n`,
    ['WEFT1402 rc.virtual_hosts[1].domains[0]'],
  ],
  [
    'a body over max_direct_response_body_size_bytes',
    one(
      '{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: "12345" } } }',
      'max_direct_response_body_size_bytes: 4\n',
    ),
    ['WEFT1410 rc.virtual_hosts[0].routes[0].direct_response.body'],
  ],
  [
    'rewrites that are not built yet',
    one(
      '{ match: { prefix: / }, route: { cluster: known, regex_rewrite: { pattern: { regex: a }, substitution: b } } }',
    ),
    ['WEFT1301 rc.virtual_hosts[0].routes[0].route.regex_rewrite'],
  ],
];

test.each(REFUSED)('refused with its path: %s', (_, yaml, found) => {
  expect(findings(yaml)).toEqual(found);
});

test('validate_clusters: false lets an unknown cluster pass', () => {
  expect(findings(one('{ match: { prefix: / }, route: { cluster: nope } }', 'validate_clusters: false\n'))).toEqual([]);
});
