// Classes of reliability.md that configuration touches: 37 (durations), 50 (unknown fields of a policy), 72 (hostile messages),
// 74 (names as keys).
import { expect, test } from 'vitest';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import type { Finding } from '../../../host/config/finding.js';
import { MAX_DURATION_MS, durationMs } from '../../../host/config/message.js';
import type { Message } from '../../../host/config/message.js';
import { ConfigSource } from '../../../host/config/source.js';
import { validateMessage } from '../../../host/config/validate.js';

const descriptors = new Descriptors();
const CLUSTER = descriptors.type('envoy.config.cluster.v3.Cluster');
const LISTENER = descriptors.type('envoy.config.listener.v3.Listener');

function decode(text: string) {
  return decodeBootstrap([new ConfigSource('a.yaml', text)], { unsupportedFields: 'warn', descriptors });
}
const codes = (findings: readonly Finding[]): string[] => [...new Set(findings.map((finding) => finding.code))];

test('class 37: whatever a duration holds, its timer is a whole number from 0 to the longest timer', () => {
  const seconds = [0, -1, 1e300, NaN, Infinity, -Infinity, 2 ** 53, 0.5, 9_223_372_036];
  for (const value of seconds) {
    for (const nanos of [0, -1, 999_999_999, 2 ** 31, NaN]) {
      const ms = durationMs({ seconds: value, nanos });
      expect(Number.isInteger(ms)).toBe(true);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(MAX_DURATION_MS);
    }
  }
});

test.each(['315576000001s', '9223372036854775807s', '1e400s', '-0.5s', 'NaN', 'Infinity', '0x10s'])(
  'class 37: the duration %s is a finding',
  (text) => {
    expect(codes(decode(`static_resources: {clusters: [{name: c, connect_timeout: ${text}}]}`).findings)).toEqual([
      'WEFT1106',
    ]);
  },
);

test('class 50: what decides who may pass is refused in either mode, also inside what is left out', () => {
  const { findings } = decode(`static_resources:
  listeners:
  - name: l
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chain_matcher: {}
    filter_chains:
    - filters:
      - name: f
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: x
          upgrade_configs:
          - upgrade_type: websocket
            filters:
            - name: rbac
              typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC}
`);
  const refused = findings.filter((finding) => finding.code === 'WEFT1304' && finding.severity === 'error');
  expect(refused.map((finding) => finding.path.split('.').slice(-3).join('.'))).toEqual([
    'static_resources.listeners[0].filter_chain_matcher',
    'filters[0].typed_config.@type',
  ]);
});

test('class 72: a message of binary origin is held to the same rules as a document', () => {
  const bytes = CLUSTER.encode(
    CLUSTER.create({ name: '', lb_policy: 99, connect_timeout: { seconds: -1 }, lb_subset_config: {} }),
  ).finish();
  const { findings } = validateMessage(descriptors, CLUSTER.decode(bytes) as Message, { unsupportedFields: 'refuse' });
  const found = findings.map(({ code, path }) => `${code} ${path}`).sort();
  expect(found).toEqual([
    'WEFT1103 lb_policy',
    'WEFT1106 connect_timeout',
    'WEFT1203 name',
    'WEFT1301 lb_subset_config',
  ]);
});

test('class 72: an Any whose bytes are no message of its type is a finding', () => {
  const filter = {
    name: 'f',
    typed_config: {
      type_url: 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
      value: Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0x0f),
    },
  };
  const listener = LISTENER.decode(
    LISTENER.encode(LISTENER.create({ filter_chains: [{ filters: [filter] }] })).finish(),
  );
  const { findings } = validateMessage(descriptors, listener as Message, { unsupportedFields: 'refuse' });
  expect(findings.map(({ code, path }) => `${code} ${path}`)).toContain(
    'WEFT1102 filter_chains[0].filters[0].typed_config',
  );
});

test('class 72: aliases that grow twelvefold at each level are stopped by a count, not by the memory', () => {
  const levels = ['a0: &a0 {filter_metadata: {x: {y: 1}}}'];
  for (let i = 1; i < 12; i++)
    levels.push(
      `a${i}: &a${i} [${Array(12)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const text = `node: {metadata: {${levels.join(', ')}}}`;
  const started = process.memoryUsage().rss;
  expect(codes(decode(text).findings)).toEqual(['WEFT1004']);
  expect(process.memoryUsage().rss - started).toBeLessThan(1.5e9);
});

test.each([
  ['flow', '['.repeat(100_000)],
  ['block', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['struct', `node: {metadata: ${'{a: '.repeat(200)}1${'}'.repeat(200)}}`],
])('class 72: %s nesting without end is a finding', (_kind, text) => {
  const { findings } = decode(text);
  expect(findings.length).toBeGreaterThan(0);
});

test('class 74: __proto__ as a key is an entry like any other and changes no prototype', () => {
  const { bootstrap, findings } = decode(`node: {id: a, metadata: {__proto__: {polluted: yes}, constructor: {x: 1}}}
static_resources:
  clusters:
  - name: c
    typed_extension_protocol_options: {__proto__: {"@type": type.googleapis.com/google.protobuf.Empty}}
__proto__: {polluted: yes}
`);
  expect(Object.keys(bootstrap.node?.metadata?.fields ?? {})).toEqual(['__proto__', 'constructor']);
  expect(codes(findings)).toContain('WEFT1101');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
