// Access logs as the decoder hands them over: protobufjs messages, where a member of a oneof that is not set reads as its zero.
import { expect, test } from 'vitest';
import type { AccessLogMessage } from '../../../host/access_log/messages.js';
import { compilePlan } from '../../../host/access_log/plan.js';
import type { LogRecord } from '../../../host/access_log/record.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { ConfigSource } from '../../../host/config/source.js';

const STDOUT = 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog';

function planOf(log: string) {
  const text = `admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 0}}
  access_log:
  - name: l
    ${log}
`;
  const { bootstrap, findings } = decodeBootstrap([new ConfigSource('a.yaml', text)], { unsupportedFields: 'refuse' });
  expect(findings).toEqual([]);
  const logs = bootstrap.admin?.access_log as unknown as AccessLogMessage[];
  const { plan, findings: found } = compilePlan(logs, 'admin.access_log');
  expect(found).toEqual([]);
  return plan.loggers[0];
}

const withHeader = (value: string | null): LogRecord => ({ header: () => value }) as unknown as LogRecord;

test('a header filter matches by the member that is set, not by an empty exact match', () => {
  const { filter } = planOf(
    `filter: {header_filter: {header: {name: x, string_match: {prefix: ab}}}}\n    typed_config: {"@type": ${STDOUT}}`,
  );
  expect([withHeader('abc'), withHeader('xab'), withHeader('')].map((record) => filter?.(record))).toEqual([
    true,
    false,
    false,
  ]);
});

test('numbers, booleans and nested structs of a json_format stay what they are', () => {
  const logger = planOf(
    `typed_config: {"@type": ${STDOUT}, log_format: {json_format: {b: yes, n: 5, s: text, t: {u: v}}}}`,
  );
  expect(JSON.parse(logger.kind === 'lines' ? logger.render({} as LogRecord) : '')).toEqual({
    b: true,
    n: 5,
    s: 'text',
    t: { u: 'v' },
  });
});
