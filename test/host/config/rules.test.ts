// validate.rules, kind by kind, as protoc-gen-validate defines them. One line a case: kind, rules, value, and whether it holds.
import { describe, expect, test } from 'vitest';
import { Descriptors } from '../../../host/config/descriptors.js';
import { checkItems, checkPairs, checkScalar } from '../../../host/config/rules.js';
import type { RuleSet } from '../../../host/config/rules.js';

const yes = true;
const no = false;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const CASES: [kind: string, rules: RuleSet, value: unknown, holds: boolean][] = [
  ['uint32', { gt: 0 }, 0, no],
  ['uint32', { gt: 0 }, 1, yes],
  ['uint32', { gte: 1, lte: 65535 }, 65535, yes],
  ['uint32', { gte: 1, lte: 65535 }, 65536, no],
  ['uint32', { lt: 5 }, 5, no],
  ['uint32', { gt: 10, lt: 5 }, 7, no], // turned round: outside of 5 … 10
  ['uint32', { gt: 10, lt: 5 }, 11, yes],
  ['uint32', { gt: 10, lt: 5 }, 4, yes],
  ['uint32', { gte: 5, ignore_empty: true }, 0, yes],
  ['int32', { const: 7 }, 7, yes],
  ['int32', { const: 7 }, 8, no],
  ['int64', { in: [1, 2] }, 2, yes],
  ['int64', { in: [1, 2] }, 3, no],
  ['int64', { not_in: [1, 2] }, 2, no],
  ['double', { gte: 0, lte: 1 }, NaN, no],
  ['double', { gte: 0, lte: 1 }, 0.5, yes],
  ['float', { gt: 0 }, Infinity, yes],
  ['bool', { const: true }, true, yes],
  ['bool', { const: true }, false, no],
  ['string', { min_len: 1 }, '', no],
  ['string', { min_len: 2 }, '\u{1f600}', no], // characters, not UTF-16 units
  ['string', { min_bytes: 4, max_bytes: 4 }, '\u{1f600}', yes],
  ['string', { max_len: 2 }, 'abc', no],
  ['string', { len: 3 }, 'abc', yes],
  ['string', { len_bytes: 3 }, 'aé', yes],
  ['string', { prefix: '/', suffix: '/' }, '/a', no],
  ['string', { contains: 'b' }, 'abc', yes],
  ['string', { not_contains: 'b' }, 'abc', no],
  ['string', { pattern: '^[^?#]+[^?#/]$' }, '/a/', no],
  ['string', { pattern: '^[^?#]+[^?#/]$' }, '/a', yes],
  ['string', { in: ['http', 'https'] }, 'ftp', no],
  ['string', { min_len: 1, ignore_empty: true }, '', yes],
  ['string', { well_known_regex: 'HTTP_HEADER_NAME' }, 'x-a', yes],
  ['string', { well_known_regex: 'HTTP_HEADER_NAME' }, ':path', yes],
  ['string', { well_known_regex: 'HTTP_HEADER_NAME' }, 'a b', no],
  ['string', { well_known_regex: 'HTTP_HEADER_NAME', strict: false }, 'a b', yes],
  ['string', { well_known_regex: 'HTTP_HEADER_NAME', strict: false }, 'a\rb', no],
  ['string', { well_known_regex: 'HTTP_HEADER_VALUE' }, 'a\tb', yes],
  ['string', { well_known_regex: 'HTTP_HEADER_VALUE' }, 'a\u007fb', no],
  ['string', { well_known_regex: 'HTTP_HEADER_VALUE' }, 'aéb', yes],
  ['string', { well_known_regex: 'HTTP_HEADER_VALUE', strict: false }, 'a\0b', no],
  ['string', { ip: true }, '::1', yes],
  ['string', { ipv4: true }, '::1', no],
  ['string', { ipv6: true }, '1.2.3.4', no],
  ['string', { hostname: true }, 'a-b.example', yes],
  ['string', { hostname: true }, '-a.example', no],
  ['string', { address: true }, '1.2.3.4', yes],
  ['string', { email: true }, 'a@b.example', yes],
  ['string', { email: true }, '@b.example', no],
  ['string', { uri: true }, 'spiffe://td/ns', yes],
  ['string', { uri: true }, '/a', no],
  ['string', { uri_ref: true }, '/a?b', yes],
  ['string', { uuid: true }, '123e4567-e89b-12d3-a456-426614174000', yes],
  ['string', { uuid: true }, '123e4567', no],
  ['bytes', { min_len: 1 }, bytes(), no],
  ['bytes', { max_len: 2 }, bytes(1, 2, 3), no],
  ['bytes', { prefix: base64('ab') }, bytes(0x61, 0x62, 0), yes],
  ['bytes', { suffix: base64('b') }, bytes(0x61), no],
  ['bytes', { contains: base64('b') }, bytes(0x61, 0x62, 0x63), yes],
  ['bytes', { const: base64('a') }, bytes(0x61), yes],
  ['bytes', { in: [base64('a')] }, bytes(0x62), no],
  ['bytes', { ip: true }, bytes(1, 2, 3), no],
  ['bytes', { ipv4: true }, bytes(1, 2, 3, 4), yes],
  ['enum', { const: 1 }, 2, no],
  ['enum', { in: [1, 2] }, 3, no],
  ['enum', { not_in: [0] }, 0, no],
  ['duration', { gt: {} }, { seconds: 0, nanos: 0 }, no],
  ['duration', { gt: {} }, { seconds: 0, nanos: 1 }, yes],
  ['duration', { gte: { nanos: 1_000_000 } }, { seconds: 0, nanos: 999_999 }, no],
  ['duration', { lt: { seconds: 10 } }, { seconds: 10, nanos: 0 }, no],
  ['duration', { const: { seconds: 1 } }, { seconds: 1, nanos: 0 }, yes],
  ['duration', { in: [{ seconds: 1 }] }, { seconds: 2, nanos: 0 }, no],
  ['timestamp', { lt_now: true }, { seconds: 0, nanos: 0 }, yes],
  ['timestamp', { gt_now: true }, { seconds: 0, nanos: 0 }, no],
  ['timestamp', { within: { seconds: 60 } }, { seconds: 0, nanos: 0 }, no],
];

test.each(CASES)('%s %j of %j: %j', (kind, rules, value, holds) => {
  expect(checkScalar(kind, rules, value).length === 0).toBe(holds);
});

describe('lists and maps', () => {
  test.each<[RuleSet, unknown[], boolean]>([
    [{ min_items: 1 }, [], no],
    [{ max_items: 1 }, [1, 2], no],
    [{ min_items: 1, ignore_empty: true }, [], yes],
    [{ unique: true }, ['a', 'b'], yes],
    [{ unique: true }, ['a', 'a'], no],
  ])('items %j of %j: %j', (rules, items, holds) => {
    expect(checkItems(rules, items).length === 0).toBe(holds);
  });

  test.each<[RuleSet, number, boolean]>([
    [{ min_pairs: 1 }, 0, no],
    [{ max_pairs: 1 }, 2, no],
    [{ min_pairs: 1 }, 1, yes],
  ])('pairs %j of %j: %j', (rules, size, holds) => {
    expect(checkPairs(rules, size).length === 0).toBe(holds);
  });
});

test("every rule in the API is one that is checked, and every pattern is one that JavaScript's syntax can say", () => {
  const known = new Set(
    (
      'const lt lte gt gte in not_in ignore_empty len min_len max_len len_bytes min_bytes max_bytes pattern prefix suffix contains not_contains ' +
      'email hostname ip ipv4 ipv6 uri uri_ref address uuid well_known_regex strict defined_only min_items max_items unique items ' +
      'min_pairs max_pairs no_sparse keys values required skip lt_now gt_now within'
    ).split(' '),
  );
  const descriptors = new Descriptors();
  const unknown: string[] = [];
  let rules = 0;
  for (const name of [
    ...descriptors.extensionNames(),
    'envoy.config.cluster.v3.Cluster',
    'envoy.config.route.v3.Route',
  ]) {
    for (const field of descriptors.messageType(name)?.fieldsArray ?? []) {
      const sets = (field.options?.['(validate.rules)'] ?? {}) as Record<string, Record<string, unknown>>;
      for (const [kind, set] of Object.entries(sets)) {
        rules++;
        unknown.push(
          ...Object.keys(set)
            .filter((rule) => !known.has(rule))
            .map((rule) => `${kind}.${rule}`),
        );
        if (typeof set.pattern === 'string') expect(() => new RegExp(set.pattern as string, 'u')).not.toThrow();
      }
    }
  }
  expect(unknown).toEqual([]);
  expect(rules).toBeGreaterThan(200);
});
