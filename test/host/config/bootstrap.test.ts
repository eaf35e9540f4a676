import { describe, expect, test } from 'vitest';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import type { Bootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { durationMs, unpackAny, wrapped } from '../../../host/config/message.js';
import { ConfigSource } from '../../../host/config/source.js';
import type { envoy } from '../../../proto/generated/api.js';

type Hcm = envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
const descriptors = new Descriptors();

function decode(...texts: string[]) {
  const sources = texts.map((text, i) => new ConfigSource(`${i}.yaml`, text));
  return decodeBootstrap(sources, { unsupportedFields: 'refuse', descriptors });
}

function cluster(fields: string): { bootstrap: Bootstrap; codes: string[] } {
  const indented = fields.replace(/^/gm, '    ');
  const text = `static_resources:\n  clusters:\n  - name: a\n    type: STATIC\n    connect_timeout: 1s\n${indented}\n`;
  const { bootstrap, findings } = decode(text);
  return { bootstrap, codes: findings.filter((f) => f.severity === 'error').map((f) => f.code) };
}

describe('a document becomes messages', () => {
  test('camelCase and snake_case name the same field', () => {
    const { bootstrap, codes } = cluster('perConnectionBufferLimitBytes: 5');
    expect(codes).toEqual([]);
    expect(wrapped(bootstrap.static_resources!.clusters[0].per_connection_buffer_limit_bytes)).toBe(5);
  });

  test('an absent enum is its zero', () => {
    const [absent] = cluster('').bootstrap.static_resources!.clusters;
    expect([absent.type, absent.lb_policy, absent.dns_lookup_family]).toEqual([0, 0, 0]);
  });

  test('durations keep their nanoseconds and are clamped for timers', () => {
    const { bootstrap } = cluster('dns_refresh_rate: 1.5s');
    expect(durationMs(bootstrap.static_resources!.clusters[0].dns_refresh_rate)).toBe(1500);
    expect(durationMs({ seconds: 3e11, nanos: 0 })).toBe(0x7fff_ffff);
    expect(durationMs({ seconds: 0, nanos: 1 })).toBe(1);
    expect(durationMs({ seconds: -5, nanos: 0 })).toBe(0);
    expect(durationMs(null, 7)).toBe(7);
  });

  test('an Any is unpacked without descriptors and encodes to the bytes of its message', () => {
    const { bootstrap, findings } = decode(`static_resources:
  listeners:
  - name: l
    address: {socket_address: {address: 127.0.0.1, port_value: 10000}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: x
          route_config: {name: r}
`);
    expect(findings).toEqual([]);
    const any = bootstrap.static_resources!.listeners[0].filter_chains[0].filters[0].typed_config!;
    expect(unpackAny<Hcm>(any)?.route_config?.name).toBe('r');
    const type = descriptors.type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager');
    expect(type.toObject(type.decode(any.value))).toEqual({ stat_prefix: 'x', route_config: { name: 'r' } });
  });
});

describe('several documents are merged as protobuf does', () => {
  test('messages are merged, lists appended, scalars replaced', () => {
    const { bootstrap } = decode(
      'node: {id: a, cluster: c}\nstatic_resources: {clusters: [{name: s, connect_timeout: 1s}]}',
      'node: {id: b}\nstatic_resources: {clusters: [{name: t, connect_timeout: 1s}]}',
    );
    expect([bootstrap.node?.id, bootstrap.node?.cluster]).toEqual(['b', 'c']);
    expect(bootstrap.static_resources?.clusters.map((c) => c.name)).toEqual(['s', 't']);
  });

  test('as Envoy 1.40 showed it in its config_dump: entries of maps are replaced, the parts of a duration are merged', () => {
    const { bootstrap } = decode(
      'node: {id: a, metadata: {x: {p: 1}, y: 2}}\nstats_flush_interval: 1s',
      'node: {id: b, metadata: {x: {q: 3}, z: 1}}\nstats_flush_interval: 0.5s',
    );
    const fields = bootstrap.node?.metadata?.fields ?? {};
    expect(Object.keys(fields)).toEqual(['x', 'y', 'z']);
    expect(Object.keys(fields['x'].struct_value?.fields ?? {})).toEqual(['q']);
    expect(durationMs(bootstrap.stats_flush_interval)).toBe(1500);
  });

  test('a finding in an appended item points into its own document', () => {
    const { findings, positionOf } = decode(
      'static_resources: {clusters: [{name: s, connect_timeout: 1s}]}',
      'static_resources:\n  clusters:\n  - name: ""\n    connect_timeout: 1s',
    );
    expect(findings.map((f) => [f.path, f.position?.file, f.position?.line])).toEqual([
      ['static_resources.clusters[1].name', '1.yaml', 3],
    ]);
    expect(positionOf('static_resources.clusters[1].connect_timeout')).toMatchObject({ file: '1.yaml', line: 4 });
  });
});
