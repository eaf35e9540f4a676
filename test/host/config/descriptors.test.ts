import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs/light.js';
import { describe, expect, test } from 'vitest';
import { Descriptors } from '../../../host/config/descriptors.js';

const descriptors = new Descriptors();

interface Node {
  values?: Record<string, number>;
  nested?: Record<string, Node>;
}

function* enumsOf(node: Node, path: string): Generator<[string, Record<string, number>]> {
  if (node.values) yield [path, node.values];
  for (const [name, child] of Object.entries(node.nested ?? {})) yield* enumsOf(child, `${path}.${name}`);
}

describe('proto/generated/', () => {
  test('an absent enum is its zero: protobufjs takes the first value that is listed', () => {
    for (const file of ['api.json', 'services.json', 'extensions.json']) {
      const text = readFileSync(new URL(`../../../proto/generated/${file}`, import.meta.url), 'utf8');
      const enums = [...enumsOf(JSON.parse(text) as Node, '')];
      expect(enums.length).toBeGreaterThan(10);
      expect(enums.filter(([, values]) => Object.values(values)[0] !== 0)).toEqual([]);
    }
  });

  test('64-bit integers are numbers, and an absent one is 0', () => {
    const type = descriptors.type('google.protobuf.Duration');
    const bytes = type.encode(type.create({ seconds: 315_576_000_000 })).finish();
    expect(type.decode(bytes)).toMatchObject({ seconds: 315_576_000_000, nanos: 0 });
    expect(type.create()).toMatchObject({ seconds: 0 });
  });

  test('an extension that weft only knows is found in the files that are read late, and what only has a name is still known', () => {
    expect(descriptors.messageType('envoy.extensions.filters.http.fault.v3.HTTPFault')).toBeInstanceOf(protobuf.Type);
    expect(descriptors.messageType('envoy.extensions.filters.http.basic_auth.v3.BasicAuth')).toBeUndefined();
    expect(descriptors.isEnvoyName('envoy.extensions.filters.http.basic_auth.v3.BasicAuth')).toBe(true);
    expect(descriptors.isEnvoyName('envoy.config.metrics.v3.StatsdSink')).toBe(true);
    expect(descriptors.isEnvoyName('envoy.config.trace.v3.ZipkinConfig')).toBe(true);
    expect(descriptors.isEnvoyName('envoy.extensions.filters.http.nonsense.v3.Nonsense')).toBe(false);
  });

  test.each([
    '',
    '.',
    '..',
    'envoy',
    'envoy.config',
    '__proto__',
    'constructor',
    'a b',
    'envoy.config.core.v3.Address.',
  ])('the hostile type name %j is unknown, not an exception', (name) => {
    expect(descriptors.messageType(name)).toBeUndefined();
    expect(descriptors.isEnvoyName(name)).toBe(false);
  });
});
