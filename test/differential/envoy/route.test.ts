// The odd corners of routing, asked of real Envoy: the core gives the same virtual host, route, rewrite, headers and Location.
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy, Peer } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';
import { RouteTester } from '../../support/route.js';
import { parse } from 'yaml';

const ENVOY = findEnvoy();
if (ENVOY === undefined) console.log('routing against Envoy: no Envoy, skipped (WEFT_ENVOY)');

type Headers = [string, string][];
interface Asked {
  path: string;
  authority?: string;
  headers?: Headers;
}

/** Routes that answer with the name they were given. */
const says = (match: string, text: string): string =>
  `  - { match: { ${match} }, direct_response: { status: 200, body: { inline_string: "${text}" } } }`;
const host = (name: string, domains: string, ...routes: string[]): string =>
  `- name: ${name}\n  domains: [${domains}]\n  routes:\n${routes.join('\n')}`;
const hosts = (...all: string[]): string => `virtual_hosts:\n${all.join('\n')}\n`;
const plain = (name: string, domains: string): string => host(name, domains, says('prefix: /', name));
const one = (...routes: string[]): string => hosts(host('all', "'*'", ...routes));

const paths = (...all: (string | string[])[]): Asked[] => all.flat().map((path) => ({ path }));
const authorities = (...all: (string | string[])[]): Asked[] =>
  all.flat().map((authority) => ({ path: '/', authority }));
const heads = (...all: Headers[]): Asked[] => all.map((headers) => ({ path: '/', headers }));

const DOMAINS = hosts(
  plain('exact', "'a.com', 'A.Org:8080'"),
  plain('suffix', "'*.com'"),
  plain('long_suffix', "'*.b.com', '*-x.com'"),
  plain('prefix', "'www.*'"),
  plain('long_prefix', "'www.b.*'"),
  plain('rest', "'*'"),
);
const HOSTS = authorities(
  [
    'a.com',
    'A.COM',
    'a.com:80',
    'a.org',
    'a.org:8080',
    'x.com',
    '.com',
    'com',
    'x.b.com',
    '.b.com',
    'y-x.com',
    '-x.com',
  ],
  ['www.', 'www.a', 'www.b.', 'www.b.x', 'www.b.com', 'WWW.B.X', 'a.com.', '[::1]', '[::1]:80', 'a.com:', 'x:y.com'],
);
const MATCHERS: [string, string][] = [
  ['present', '{ name: x-a }'],
  ['absent', '{ name: x-a, present_match: false }'],
  ['not_present', '{ name: x-a, present_match: true, invert_match: true }'],
  ['not_absent', '{ name: x-a, present_match: false, invert_match: true }'],
  ['exact', '{ name: x-a, string_match: { exact: "a,b" } }'],
  ['not_exact', '{ name: x-a, string_match: { exact: "a" }, invert_match: true }'],
  ['empty', '{ name: x-a, string_match: { exact: "" }, treat_missing_header_as_empty: true }'],
  ['not_empty', '{ name: x-a, string_match: { exact: "q" }, treat_missing_header_as_empty: true, invert_match: true }'],
  ['missing_absent', '{ name: x-a, present_match: false, treat_missing_header_as_empty: true }'],
  ['prefix', '{ name: x-a, string_match: { prefix: "A", ignore_case: true } }'],
  ['contains', '{ name: x-a, string_match: { contains: ",b" } }'],
  ['suffix', '{ name: x-a, string_match: { suffix: "B", ignore_case: true } }'],
  ['regex', '{ name: x-a, string_match: { safe_regex: { regex: "[ab]+" } } }'],
  ['range', '{ name: x-a, range_match: { start: -5, end: 10 } }'],
  ['not_range', '{ name: x-a, range_match: { start: -5, end: 10 }, invert_match: true }'],
  ['host', '{ name: host, string_match: { prefix: "a" } }'],
  ['method', '{ name: ":method", string_match: { exact: GET } }'],
  ['scheme', '{ name: ":scheme", string_match: { exact: http } }'],
  ['path', '{ name: ":path", string_match: { exact: "/" } }'],
];
const VALUES = heads(
  [],
  ...['a', '', 'a,b', 'b', 'A,B', 'aa', '-5', '10', '9', '+3', '-', '5x', '0x5', '9223372036854775808', '12 3'].map(
    (v): Headers => [['x-a', v]],
  ),
  [
    ['x-a', 'a'],
    ['x-a', 'b'],
  ],
  [
    ['x-a', ''],
    ['x-a', ''],
  ],
);
const QUERIES: [string, string][] = [
  ['present', '{ name: a }'],
  ['absent', '{ name: a, present_match: false }'],
  ['exact', '{ name: a, string_match: { exact: "1" } }'],
  ['empty', '{ name: a, string_match: { exact: "" } }'],
  ['encoded', '{ name: "%61", string_match: { prefix: "1" } }'],
  ['regex', '{ name: a, string_match: { safe_regex: { regex: "[0-9]=?" } } }'],
];
const QUERY_PATHS = paths(
  ['/', '/?', '/?a', '/?a=', '/?a=1', '/?a=1&a=2', '/?a=2&a=1', '/?b&a=1', '/?A=1', '/?%61=1', '/?a=1=', '/?&&a'],
  ['/?a==', '/?=1', '/?ba=1', '/?a=%31', '/??a=1', '/?x?a=1'],
);

const REDIRECTS: [string, string][] = [
  ['host', 'host_redirect: new.com'],
  ['https', 'https_redirect: true'],
  ['scheme', 'scheme_redirect: ftp'],
  ['port', 'port_redirect: 8443'],
  ['https_port', 'https_redirect: true, port_redirect: 444'],
  ['path', 'path_redirect: /p'],
  ['path_query', 'path_redirect: "/p?q=1"'],
  ['path_strip', 'path_redirect: /p, strip_query: true'],
  ['path_query_strip', 'path_redirect: "/p?q=1", strip_query: true'],
  ['strip', 'strip_query: true, host_redirect: new.com'],
  ['prefix', 'prefix_rewrite: /q'],
  ['prefix_strip', 'prefix_rewrite: /q, strip_query: true'],
  ['code', 'host_redirect: x, response_code: PERMANENT_REDIRECT'],
  ['see_other', 'host_redirect: x, response_code: SEE_OTHER'],
];
const REDIRECTED: Asked[] = ['a.com', 'a.com:80', 'a.com:443', 'a.com:81', '[::1]', '[::1]:80', '[::1]:443'].flatMap(
  (authority) => ['/r', '/r/x?y=1'].map((path) => ({ path, authority })),
);

const ADDED = (level: string, indent: string): string =>
  `
request_headers_to_remove: [x-gone-${level}]
request_headers_to_add:
- { header: { key: x-append, value: ${level} } }
- { header: { key: x-over, value: ${level} }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }
- { header: { key: x-absent, value: ${level} }, append_action: ADD_IF_ABSENT }
- { header: { key: x-absent, value: ${level}2 }, append_action: ADD_IF_ABSENT }
- { header: { key: x-exists, value: ${level} }, append_action: OVERWRITE_IF_EXISTS }
- { header: { key: x-empty, value: "" }, keep_empty_value: true }
- { header: { key: x-none, value: "" } }
- { header: { key: X-Percent, value: "5%%" } }
response_headers_to_add:
- { header: { key: x-r, value: ${level} } }
- { header: { key: x-a, value: ${level} }, append_action: OVERWRITE_IF_EXISTS }
- { header: { key: x-s, value: ${level} }, append_action: ADD_IF_ABSENT }
response_headers_to_remove: [x-gone]`.replaceAll('\n', `\n${indent}`);

const LEVELS = (wins: boolean): string => `
most_specific_header_mutations_wins: ${wins}
virtual_hosts:
- name: all
  domains: ['*']
  routes:
  - match: { prefix: /weighted }
    route:
      weighted_clusters:
        clusters:
        - name: echo
          weight: 1${ADDED('weighted', '          ')}${ADDED('route', '    ')}
  - match: { prefix: / }
    route: { cluster: echo }${ADDED('route', '    ')}${ADDED('host', '  ')}${ADDED('config', '')}
`;
const LEVEL_REQUESTS: Asked[] = ['/', '/weighted'].flatMap((path) => [
  { path },
  {
    path,
    headers: [
      ['x-over', 'c'],
      ['x-over', 'd'],
      ['x-exists', 'c'],
      ['x-exists', 'd'],
      ['x-absent', 'c'],
      ['x-gone-route', '1'],
      ['x-append', 'c'],
      ['x-gone-config', '1'],
      ['x-none', 'c'],
    ],
  },
]);

const rewriting = (match: string, action: string): string =>
  one(`  - { match: { ${match} }, route: { cluster: echo, ${action} } }`);

interface Table {
  name: string;
  yaml: string;
  asked: Asked[];
}
const TABLES: Table[] = [
  { name: 'domains', yaml: DOMAINS, asked: HOSTS },
  { name: 'domains without ports', yaml: `ignore_port_in_host_matching: true\n${DOMAINS}`, asked: HOSTS },
  { name: 'no fallback', yaml: hosts(plain('a', "'a.com'")), asked: authorities('a.com', 'b.com', 'a.com:1') },
  ...MATCHERS.map(([name, m]) => ({
    name: `header matcher ${name}`,
    yaml: one(says(`prefix: /, headers: [${m}]`, name), says('prefix: /', 'rest')),
    asked: VALUES,
  })),
  ...QUERIES.map(([name, m]) => ({
    name: `query matcher ${name}`,
    yaml: one(says(`prefix: /, query_parameters: [${m}]`, name), says('prefix: /', 'rest')),
    asked: QUERY_PATHS,
  })),
  {
    name: 'paths',
    yaml: one(
      says('path_separated_prefix: /sep', 'separated'),
      says('path_separated_prefix: /Loose, case_sensitive: false', 'loose separated'),
      says('path: /exact', 'exact'),
      says('path: /EXACT2, case_sensitive: false', 'loose exact'),
      says('safe_regex: { regex: "/re/[^/]+" }', 'regex'),
      says('safe_regex: { regex: "/RE2", google_re2: {} }, case_sensitive: false', 'regex 2'),
      says('prefix: /pre', 'prefix'),
    ),
    asked: paths(
      [
        '/sep',
        '/sep/',
        '/sep/x',
        '/sepx',
        '/sep?x',
        '/Sep',
        '/loose/x',
        '/LOOSE',
        '/loosex',
        '/exact',
        '/exact?a',
        '/exact/',
      ],
      [
        '/Exact',
        '/exact2',
        '/eXact2?y',
        '/re/x',
        '/re/x?y/z',
        '/re/x/y',
        '/re/',
        '/re2',
        '/RE2',
        '/pre',
        '/prefix',
        '/PRE',
      ],
    ),
  },
  {
    name: 'path parameters',
    yaml: `ignore_path_parameters_in_path_matching: true\n${one(says('path: /a', 'exact'), says('path_separated_prefix: /s', 's'), says('prefix: /', 'rest'))}`,
    asked: paths('/a', '/a;x=1', '/a;x?y', '/a?x;y', '/s;p/x', '/b;'),
  },
  ...REDIRECTS.map(([name, r]) => ({
    name: `redirect ${name}`,
    yaml: one(`  - { match: { prefix: /r }, redirect: { ${r} } }`),
    asked: REDIRECTED,
  })),
  { name: 'header operations, least specific wins', yaml: LEVELS(false), asked: LEVEL_REQUESTS },
  { name: 'header operations, most specific wins', yaml: LEVELS(true), asked: LEVEL_REQUESTS },
  {
    name: 'rewrite of a prefix',
    yaml: rewriting('prefix: /a', 'prefix_rewrite: /b/'),
    asked: paths('/a', '/ab?c', '/a/b'),
  },
  {
    name: 'rewrite of a loose prefix',
    yaml: rewriting('prefix: /aB, case_sensitive: false', 'prefix_rewrite: /'),
    asked: paths('/ab', '/AB/c?d'),
  },
  { name: 'rewrite of a path', yaml: rewriting('path: /a', 'prefix_rewrite: /b'), asked: paths('/a', '/a?c=/a') },
  {
    name: 'rewrite of a separated prefix',
    yaml: rewriting('path_separated_prefix: /a', 'prefix_rewrite: /b'),
    asked: paths('/a', '/a/c', '/a?x'),
  },
  {
    name: 'rewrite of a regex',
    yaml: rewriting('safe_regex: { regex: "/a.*" }', 'prefix_rewrite: /b'),
    asked: paths('/a', '/a/c?d=e'),
  },
  {
    name: 'rewrite of the host',
    yaml: rewriting('prefix: /', 'host_rewrite_literal: new.com, append_x_forwarded_host: true'),
    asked: [
      ...authorities('a.com', 'A.com:80'),
      { path: '/', headers: [['x-forwarded-host', 'b.com']] },
      { path: '/', headers: [['x-forwarded-host', 'b.com, a.com']] },
      { path: '/', headers: [['x-forwarded-host', 'a.com,b.com']] },
    ],
  },
  {
    name: 'require_tls',
    yaml: `virtual_hosts:
- { name: a, domains: [a.com], require_tls: ALL, routes: [{ match: { prefix: / }, direct_response: { status: 200 } }] }
- { name: b, domains: [b.com], require_tls: EXTERNAL_ONLY, routes: [{ match: { prefix: / }, direct_response: { status: 200 } }] }
`,
    asked: [...authorities('a.com', 'a.com:80', 'b.com'), { path: '/x?y', authority: 'a.com' }],
  },
];

const address = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });

interface Answer {
  status: number;
  location: string;
  body: string;
  upstream: { path: string; authority: string; headers: Headers } | null;
  response: Headers;
}

const ECHOED: Headers = [
  ['x-a', '1'],
  ['x-b', '2'],
  ['x-gone', '3'],
  ['x-a', '4'],
];

// What the connection manager and the router filter add is not routing's.
const isOurs = (n: string): boolean =>
  n.startsWith('x-') && !/^x-(request-id|forwarded-proto|envoy-(?!original-path))/.test(n);

function routed(headers: Headers): Headers {
  // Envoy keeps no order between different names.
  return headers.filter(([n]) => isOurs(n)).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function pairs(raw: readonly string[]): Headers {
  const out: Headers = [];
  for (let i = 0; i < raw.length; i += 2) out.push([raw[i].toLowerCase(), raw[i + 1]]);
  return out;
}

function ask(port: number, { path, authority = 'a.com', headers = [] }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const raw = [['host', authority], ...headers].flat();
    const r = httpRequest({ port, path, headers: raw as never, setHost: false, agent: false }, (res) => {
      let body = '';
      res.on('data', (piece: Buffer) => (body += piece.toString()));
      res.on('end', () => {
        const upstream = res.headers['x-echo'] === undefined ? null : (JSON.parse(body) as Answer['upstream']);
        resolve({
          status: res.statusCode ?? 0,
          location: res.headers.location ?? '',
          body: upstream ? '' : body,
          upstream: upstream && { ...upstream, headers: routed(upstream.headers) },
          response: upstream ? routed(pairs(res.rawHeaders)).filter(([n]) => n !== 'x-echo') : [],
        });
      });
    });
    r.on('error', reject);
    r.end();
  });
}

function answer(tester: RouteTester, { path, authority = 'a.com', headers = [] }: Asked): Answer {
  const at = tester.route({ path, authority, headers: [...headers, ['x-forwarded-proto', 'http']] });
  const nothing = { status: 404, location: '', body: '', upstream: null, response: [] };
  if (at === 0) return nothing;
  const { action, status, body } = tester.describe(at);
  if (action === 'redirect') return { ...nothing, status, location: tester.redirectLocation(at) };
  if (action === 'direct_response') return { ...nothing, status, body };
  const upstream = tester.upstream(at);
  const response = routed(tester.downstream(at, ECHOED));
  return { ...nothing, status: 200, upstream: { ...upstream, headers: routed(upstream.headers) }, response };
}

describe.skipIf(ENVOY === undefined)('the core routes as Envoy', () => {
  let echo: Server;
  let envoy: Peer;
  const ports: number[] = [];

  beforeAll(async () => {
    echo = createServer((q, s) => {
      const body = JSON.stringify({ path: q.url, authority: q.headers.host, headers: pairs(q.rawHeaders) });
      s.writeHead(200, [['x-echo', '1'], ...ECHOED].flat() as never);
      s.end(body);
    });
    await new Promise<void>((done) => void echo.listen(0, '127.0.0.1', done));
    for (const _ of TABLES) ports.push(await freePort());
    const adminPort = await freePort();
    const listeners = TABLES.map(({ yaml }, i) => ({
      name: `l${i}`,
      address: address(ports[i]),
      filter_chains: [
        {
          filters: [
            {
              name: 'hcm',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                stat_prefix: 's',
                route_config: parse(yaml),
                http_filters: [
                  {
                    name: 'router',
                    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                  },
                ],
              },
            },
          ],
        },
      ],
    }));
    const endpoint = { endpoint: { address: address((echo.address() as AddressInfo).port) } };
    const clusters = [
      {
        name: 'echo',
        connect_timeout: '1s',
        load_assignment: { cluster_name: 'echo', endpoints: [{ lb_endpoints: [endpoint] }] },
      },
    ];
    envoy = await Peer.start('envoy', {
      bootstrap: { admin: { address: address(adminPort) }, static_resources: { listeners, clusters } },
      adminPort,
      readyMs: 20_000,
    });
  }, 40_000);

  afterAll(async () => {
    await envoy?.stop();
    echo.close();
  });

  test.each(TABLES.map((table, i) => ({ ...table, i })))('$name', async ({ yaml, asked, i }) => {
    const tester = new RouteTester().load(yaml);
    for (const each of asked) {
      const expected = await ask(ports[i], each);
      expect([each, answer(tester, each)]).toEqual([each, expected]);
    }
  });
});
