// The support table promises that weft acts on a field. Here compiling is watched: each field that is called acted on must be read, of its
// own message and not of another with a field of that name, by the compilers (over every configuration that the tests have) or by the
// file that is named below.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { typeName } from '../../../host/config/field_index.js';
import { hasErrors } from '../../../host/config/finding.js';
import type { Message } from '../../../host/config/message.js';
import { ConfigSource } from '../../../host/config/source.js';
import { SUPPORT } from '../../../host/config/support.js';
import { checkConfiguration } from '../../../host/control/configuration.js';
import { compileCore, createMemory, loadCore } from '../../../host/core/load.js';
import { BOOTSTRAP_OF } from '../../support/configuration.js';

const descriptors = new Descriptors();
const core = loadCore(createMemory(), compileCore());

/** The same message, whose fields, and theirs, are written down in `seen` as `Message.field` when somebody reads them. */
function watched<T extends object>(value: T, seen: Set<string>, known: WeakMap<object, object> = new WeakMap()): T {
  const there = known.get(value);
  if (there !== undefined) return there as T;
  const type = (value as Partial<Message>).$type;
  if (type === undefined && !Array.isArray(value) && Object.getPrototypeOf(value) !== null) return value;
  const note = (key: string | symbol): void => {
    if (type !== undefined && typeof key === 'string' && key in type.fields) seen.add(`${typeName(type)}.${key}`);
    // The name of a oneof tells which of its fields is set.
    if (type !== undefined && typeof key === 'string' && type.oneofs?.[key] !== undefined) {
      const set: unknown = Reflect.get(value, key);
      if (typeof set === 'string') seen.add(`${typeName(type)}.${set}`);
    }
  };
  const proxy = new Proxy(value, {
    get(target, key, receiver) {
      note(key);
      const read: unknown = Reflect.get(target, key, Array.isArray(target) ? receiver : target);
      return typeof read === 'object' && read !== null ? watched(read, seen, known) : read;
    },
  });
  known.set(value, proxy);
  return proxy;
}

/** Where a field is read that compiling alone does not read. */
const READ_BY: Readonly<Record<string, string>> = {
  'envoy.config.core.v3.Node.id': 'host/control/admin_context.ts',
  'envoy.config.core.v3.Node.metadata': 'host/control/admin_context.ts',
  'envoy.config.core.v3.Node.locality': 'host/control/admin_context.ts',
  'envoy.config.core.v3.Locality.region': 'host/control/admin_context.ts',
  'envoy.config.core.v3.Locality.zone': 'host/control/admin_context.ts',
  'envoy.config.core.v3.Locality.sub_zone': 'host/control/admin_context.ts',
  'envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer.name': 'host/runtime/runtime.ts',
  'envoy.service.runtime.v3.Runtime.name': 'host/xds/kinds.ts',
  'envoy.service.runtime.v3.Runtime.layer': 'host/runtime/runtime.ts',
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds.track_remaining': 'host/control/proxy_control.ts',
  'envoy.config.core.v3.ConfigSource.initial_fetch_timeout': 'host/xds/config_sources.ts',
  'envoy.config.core.v3.PathConfigSource.path': 'host/xds/config_sources.ts',
  'envoy.config.core.v3.PathConfigSource.watched_directory': 'host/xds/config_sources.ts',
  'envoy.config.core.v3.ApiConfigSource.set_node_on_first_message_only': 'host/xds/config_sources.ts',
  'envoy.config.core.v3.GrpcService.GoogleGrpc.target_uri': 'host/grpc/services.ts',
};

/** Only what changes nothing, or one thing, can stand in these. */
const NOTHING_TO_READ: ReadonlySet<string> = new Set([
  'envoy.config.listener.v3.ListenerFilterChainMatchPredicate.any_match', // what is none of the others; always true
  'envoy.config.cluster.v3.Cluster.round_robin_lb_config',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.request_id_extension',
  'envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension.typed_config',
]);

interface Case {
  kind: string;
  text: string;
}

function* configurations(): Generator<string> {
  const cases = new URL('../../differential/configuration/cases.yaml', import.meta.url);
  for (const { kind, text } of parse(readFileSync(cases, 'utf8')) as Case[]) yield BOOTSTRAP_OF[kind](text);
  for (const file of ['acted_fields.yaml', 'acted_fields_xds.yaml', 'acted_fields_asking.yaml']) {
    yield readFileSync(new URL(file, import.meta.url), 'utf8');
  }
}

test('every field that is called acted on is read', () => {
  const seen = new Set<string>();
  for (const text of configurations()) {
    const { bootstrap, findings } = decodeBootstrap([new ConfigSource('a.yaml', text)], {
      unsupportedFields: 'refuse',
      descriptors,
    });
    if (!hasErrors(findings)) checkConfiguration(watched(bootstrap, seen), core);
  }
  const unread: string[] = [];
  for (const [message, { acted, inert = '', always = '' }] of Object.entries(SUPPORT)) {
    const names = acted === '*' ? Object.keys(descriptors.type(message).fields) : acted.split(' ');
    const others = `${inert} ${always}`.split(' ');
    for (const name of names)
      if (name !== '' && !others.includes(name) && !seen.has(`${message}.${name}`)) unread.push(`${message}.${name}`);
  }
  expect(unread.filter((name) => !(name in READ_BY) && !NOTHING_TO_READ.has(name))).toEqual([]);
  expect(Object.keys(READ_BY).filter((name) => !unread.includes(name) && !name.includes('.Locality.'))).toEqual([]);
});

test.each(Object.entries(READ_BY))('%s is read in %s', (name, file) => {
  const code = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  expect(code).toMatch(new RegExp(`\\b${name.slice(name.lastIndexOf('.') + 1)}\\b`));
});
