// Messages as JSON: what was read from JSON is printed as it was written, in Envoy's spelling.
import { expect, test } from 'vitest';
import { messageJson } from '../../../host/config/message_json.js';
import { descriptors, encoded, message } from '../../support/discovery.js';
import type { Message } from '../../../host/config/message.js';

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const SECRET = 'envoy.extensions.transport_sockets.tls.v3.Secret';

function printed(typeName: string, json: Record<string, unknown>): unknown {
  const bytes = encoded(message(typeName, json));
  return messageJson(descriptors.type(typeName).decode(bytes) as Message, descriptors);
}

for (const [what, json] of Object.entries({
  'durations with as many digits as they need': { connect_timeout: '0.250s', dns_refresh_rate: '5s' },
  'enums by name, wrappers bare': { lb_policy: 'RANDOM', per_connection_buffer_limit_bytes: 5 },
  'a wrapper of zero and an empty message, which mean something': {
    per_connection_buffer_limit_bytes: 0,
    upstream_connection_options: {},
  },
  'structs and maps': { metadata: { filter_metadata: { a: { b: [1, 'x', null, { c: true }] } } } },
  'what stands in an Any beside its type': {
    typed_extension_protocol_options: {
      x: {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http_protocol_options: {} },
      },
    },
  },
}))
  test(`printed: ${what}`, () => expect(printed(CLUSTER, { name: 'a', ...json })).toEqual({ name: 'a', ...json }));

test('zero, false and the first of an enum are not printed, except where a oneof says that they are set', () => {
  expect(printed(CLUSTER, { name: 'a', type: 'STATIC', lb_policy: 'ROUND_ROBIN', alt_stat_name: '' })).toEqual({
    name: 'a',
    type: 'STATIC',
  });
  expect(printed(CLUSTER, { name: 'a', lb_policy: 'ROUND_ROBIN', alt_stat_name: '' })).toEqual({ name: 'a' });
});

test('a private key is never printed', () => {
  const certificate_chain = { inline_string: 'public' };
  const tls_certificate = { certificate_chain, private_key: { inline_string: 'very secret' } };
  expect(printed(SECRET, { name: 's', tls_certificate })).toEqual({
    name: 's',
    tls_certificate: { certificate_chain, private_key: { inline_string: '[redacted]' } },
  });
});
