import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorDocument } from '../../../host/cli/documentation.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { typeName } from '../../../host/config/field_index.js';
import {
  ALWAYS_REFUSED_EXTENSIONS,
  EXTENSIONS,
  isAlwaysRefusedExtension,
  SUPPORT,
} from '../../../host/config/support.js';

const descriptors = new Descriptors();
const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

/** Messages that are acted on only so far as they may stand there: all that they hold is inert, or refused. */
const ONLY_CONTAINERS: ReadonlySet<string> = new Set([
  'envoy.config.bootstrap.v3.Bootstrap.cluster_manager',
  'envoy.config.cluster.v3.Cluster.round_robin_lb_config',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.request_id_extension',
]);

const words = (text: string | undefined): string[] => (text ?? '').split(' ').filter((word) => word !== '');

/** All of host/ but the table itself and the command line. */
function sourcesOf(folder: URL): string {
  const texts = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    if (entry.isDirectory()) return sourcesOf(new URL(`${entry.name}/`, folder));
    return entry.name === 'support.ts' ? '' : readFileSync(new URL(entry.name, folder), 'utf8');
  });
  return texts.join('\n');
}

test('docs/errors.md says what the code says (node scripts/error_codes.mjs)', () => {
  expect(read('docs/errors.md')).toBe(errorDocument());
});

describe('the support table names what is in the API', () => {
  test.each(Object.entries(SUPPORT))('%s', (message, support) => {
    const type = descriptors.type(message);
    const names = [...words(support.acted), ...words(support.inert), ...words(support.always)];
    const listed = [...names, ...Object.keys(support.values ?? {}), ...Object.keys(support.defaults ?? {})];
    expect(listed.filter((name) => name !== '*' && type.fields[name] === undefined)).toEqual([]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test('every message that an acted field leads to is in the table, or is plain data of protobuf', () => {
    const missing = Object.entries(SUPPORT).flatMap(([message, support]) => {
      const type = descriptors.type(message);
      const acted = support.acted === '*' ? type.fieldsArray.map((field) => field.name) : words(support.acted);
      return acted
        .map((name) => type.fields[name].resolvedType)
        .filter((target) => target !== null && 'fields' in target)
        .map((target) => typeName(target!))
        .filter((name) => !name.startsWith('google.protobuf.') && SUPPORT[name] === undefined);
    });
    expect([...new Set(missing)]).toEqual([]);
  });

  test('every field that is called acted on is read somewhere', () => {
    const code = sourcesOf(new URL('../../../host/', import.meta.url));
    const unread = Object.entries(SUPPORT).flatMap(([message, support]) =>
      words(support.acted)
        .filter((name) => name !== '*' && !new RegExp(`\\b${name}\\b`).test(code))
        .map((name) => `${message}.${name}`),
    );
    expect(unread.filter((name) => !ONLY_CONTAINERS.has(name))).toEqual([]);
  });

  test('extension points and their messages exist, and none of them is refused always', () => {
    for (const [point, names] of Object.entries(EXTENSIONS)) {
      const dot = point.lastIndexOf('.');
      expect(descriptors.type(point.slice(0, dot)).fields[point.slice(dot + 1)]).toBeDefined();
      for (const name of names) {
        expect(descriptors.messageType(name)).toBeDefined();
        expect(SUPPORT[name], `${name} is in the table`).toBeDefined();
        expect(isAlwaysRefusedExtension(name)).toBe(false);
      }
    }
  });

  test('every pattern of what is refused always meets an extension of Envoy', () => {
    const names = descriptors.extensionNames();
    const unmet = ALWAYS_REFUSED_EXTENSIONS.filter((pattern) => !names.some((name) => pattern.test(name)));
    expect(unmet.map(String)).toEqual([]);
  });
});
