// A record as an entry of the gRPC access log service: envoy.data.accesslog.v3.HTTPAccessLogEntry and TCPAccessLogEntry, filled as Envoy fills
// them. What has no value is left out. Entries are plain objects, to be encoded.
import { createHash, randomBytes } from 'node:crypto';
import {
  LOG_BYTES_RECEIVED,
  LOG_BYTES_SENT,
  LOG_CONNECTION_ID,
  LOG_DOWNSTREAM_RX_END,
  LOG_DOWNSTREAM_TX_BEGIN,
  LOG_DOWNSTREAM_TX_END,
  LOG_DURATION,
  LOG_START,
  LOG_TEXT_DOWNSTREAM_DIRECT_REMOTE,
  LOG_TEXT_DOWNSTREAM_LOCAL,
  LOG_TEXT_DOWNSTREAM_REMOTE,
  LOG_TEXT_ROUTE_NAME,
  LOG_TEXT_TERMINATION_DETAILS,
  LOG_TEXT_UPSTREAM_CLUSTER,
  LOG_TEXT_UPSTREAM_HOST,
  LOG_TEXT_UPSTREAM_LOCAL,
  LOG_TYPE_DOWNSTREAM_END,
  LOG_UPSTREAM_RX_BEGIN,
  LOG_UPSTREAM_RX_END,
  LOG_UPSTREAM_TX_BEGIN,
  LOG_UPSTREAM_TX_END,
} from '../../assembly/abi.js';
import { secondsAndNanos } from '../config/message.js';
import { portOf, withoutPort } from './address.js';
import { compileCustomTags, type CustomTag } from './custom_tags.js';
import type { HeaderList, HeaderNeeds } from './header_needs.js';
import type { CommonGrpcLogMessage, GrpcLogMessage } from './messages.js';
import type { LogRecord } from './record.js';
import { validUtf8 } from './valid_utf8.js';

export type Entry = Record<string, unknown>;
export type EntryOf = (record: LogRecord) => Entry;

type Read = (record: LogRecord) => string | null;
type Named = readonly [name: string, read: Read];

/** Bits of FLAG_* in their order: the members of envoy.data.accesslog.v3.ResponseFlags. */
const FLAGS: readonly string[] = [
  'failed_local_healthcheck',
  'no_healthy_upstream',
  'upstream_request_timeout',
  'local_reset',
  'upstream_remote_reset',
  'upstream_connection_failure',
  'upstream_connection_termination',
  'upstream_overflow',
  'no_route_found',
  'delay_injected',
  'fault_injected',
  'rate_limited',
  'unauthorized_details',
  'rate_limit_service_error',
  'downstream_connection_termination',
  'upstream_retry_limit_exceeded',
  'stream_idle_timeout',
  'invalid_envoy_request_headers',
  'downstream_protocol_error',
  'upstream_max_stream_duration_reached',
  'response_from_cache_filter',
  'no_filter_config_found',
  'duration_timeout',
  'upstream_protocol_error',
  'no_cluster_found',
  'overload_manager',
  'dns_resolution_failure',
  '', // DROP_OVERLOAD: no member
  'downstream_remote_reset',
  '',
];
const UNAUTHORIZED = { reason: 1 }; // EXTERNAL_SERVICE

/** envoy.config.core.v3.RequestMethod */
const METHODS: ReadonlyMap<string, number> = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'].map((name, i) => [name, i + 1]),
);

const TIMES: readonly (readonly [name: string, field: number])[] = [
  ['time_to_last_rx_byte', LOG_DOWNSTREAM_RX_END],
  ['time_to_first_upstream_tx_byte', LOG_UPSTREAM_TX_BEGIN],
  ['time_to_last_upstream_tx_byte', LOG_UPSTREAM_TX_END],
  ['time_to_first_upstream_rx_byte', LOG_UPSTREAM_RX_BEGIN],
  ['time_to_last_upstream_rx_byte', LOG_UPSTREAM_RX_END],
  ['time_to_first_downstream_tx_byte', LOG_DOWNSTREAM_TX_BEGIN],
  ['time_to_last_downstream_tx_byte', LOG_DOWNSTREAM_TX_END],
];

const ADDRESSES: readonly (readonly [name: string, text: number])[] = [
  ['downstream_remote_address', LOG_TEXT_DOWNSTREAM_REMOTE],
  ['downstream_local_address', LOG_TEXT_DOWNSTREAM_LOCAL],
  ['downstream_direct_remote_address', LOG_TEXT_DOWNSTREAM_DIRECT_REMOTE],
  ['upstream_remote_address', LOG_TEXT_UPSTREAM_HOST],
  ['upstream_local_address', LOG_TEXT_UPSTREAM_LOCAL],
];

const TEXTS: readonly (readonly [name: string, text: number])[] = [
  ['route_name', LOG_TEXT_ROUTE_NAME],
  ['connection_termination_details', LOG_TEXT_TERMINATION_DETAILS],
];

const REQUEST_TEXTS: readonly (readonly [field: string, header: string])[] = [
  ['scheme', ':scheme'],
  ['authority', ':authority'],
  ['path', ':path'],
  ['user_agent', 'user-agent'],
  ['referer', 'referer'],
  ['forwarded_for', 'x-forwarded-for'],
  ['request_id', 'x-request-id'],
  ['original_path', 'x-envoy-original-path'],
];

/** Throws FormatError where a custom tag is no format. */
export function httpEntries(config: GrpcLogMessage, needs: HeaderNeeds): EntryOf {
  const common = commonProperties(config.common_config, needs);
  const request = requestProperties(config.additional_request_headers_to_log ?? [], needs);
  const response = responseProperties(config, needs);
  return (record) => {
    const entry: Entry = { common_properties: common(record), request: request(record), response: response(record) };
    putNumber(entry, 'protocol_version', record.protocol);
    return entry;
  };
}

/** Throws FormatError where a custom tag is no format. */
export function tcpEntries(config: GrpcLogMessage, needs: HeaderNeeds): EntryOf {
  const common = commonProperties(config.common_config, needs);
  return (record) => {
    const connection: Entry = {};
    putNumber(connection, 'received_bytes', record.u64(LOG_BYTES_RECEIVED));
    putNumber(connection, 'sent_bytes', record.u64(LOG_BYTES_SENT));
    return { common_properties: common(record), connection_properties: connection };
  };
}

function commonProperties(config: CommonGrpcLogMessage | null | undefined, needs: HeaderNeeds): EntryOf {
  const tags = compileCustomTags(config?.custom_tags ?? [], needs);
  const requestId = needs.need('request', 'x-request-id');
  return (record) => {
    const entry: Entry = { start_time: secondsAndNanos(record.u64(LOG_START)) };
    putNumber(entry, 'access_log_type', record.type);
    for (const [name, field] of TIMES) putDuration(entry, name, record.time(field));
    for (const [name, text] of ADDRESSES) putAddress(entry, name, record.text(text));
    for (const [name, text] of TEXTS) putText(entry, name, record.text(text));
    // As in Envoy, the cluster is told only with the host that was chosen.
    if (entry.upstream_remote_address) putText(entry, 'upstream_cluster', record.text(LOG_TEXT_UPSTREAM_CLUSTER));
    putText(entry, 'upstream_transport_failure_reason', record.transportFailure);
    putDuration(entry, 'duration', record.time(LOG_DURATION));
    putText(entry, 'stream_id', isHttp(record) ? record.header(requestId()) : connectionUuid(record));
    if (record.responseFlags) entry.response_flags = responseFlags(record.responseFlags);
    if (record.attempts) entry.upstream_request_attempt_count = record.attempts;
    if (tags.length > 0) entry.custom_tags = tagValues(tags, record);
    return entry;
  };
}

function requestProperties(names: readonly string[], needs: HeaderNeeds): EntryOf {
  const method = needs.need('request', ':method');
  const texts = REQUEST_TEXTS.map(([field, header]) => [field, needs.need('request', header)] as const);
  const more = names.map((name) => header('request', name, needs));
  return (record) => {
    const entry: Entry = {};
    const number = METHODS.get(record.header(method()) ?? '');
    if (number !== undefined) entry.request_method = number;
    for (const [field, index] of texts) putText(entry, field, record.header(index()));
    if (isHttp(record)) putNumber(entry, 'request_body_bytes', record.u64(LOG_BYTES_RECEIVED));
    if (more.length > 0) entry.request_headers = values(more, record);
    return entry;
  };
}

function responseProperties(config: GrpcLogMessage, needs: HeaderNeeds): EntryOf {
  const headers = (config.additional_response_headers_to_log ?? []).map((name) => header('response', name, needs));
  const trailers = (config.additional_response_trailers_to_log ?? []).map((name) => header('trailer', name, needs));
  return (record) => {
    const entry: Entry = {};
    if (record.status) entry.response_code = { value: record.status };
    if (isHttp(record)) putNumber(entry, 'response_body_bytes', record.u64(LOG_BYTES_SENT));
    putText(entry, 'response_code_details', record.details);
    if (headers.length > 0) entry.response_headers = values(headers, record);
    if (trailers.length > 0) entry.response_trailers = values(trailers, record);
    return entry;
  };
}

// All headers of that name, unlike the formatters.
function header(list: HeaderList, name: string, needs: HeaderNeeds): Named {
  const lower = name.toLowerCase();
  if (list === 'response' && lower === ':status') return [lower, (r) => (r.status ? String(r.status) : null)];
  const index = needs.need(list, list === 'request' && lower === 'host' ? ':authority' : lower, 'joined');
  return [lower, (r) => r.header(index())];
}

function values(headers: readonly Named[], record: LogRecord): Record<string, string> {
  const entries = headers.flatMap(([name, read]) => {
    const value = read(record);
    return value === null ? [] : [[name, validUtf8(value)] as const];
  });
  return Object.fromEntries(entries);
}

function tagValues(tags: readonly CustomTag[], record: LogRecord): Record<string, string> {
  const entries = tags.flatMap(({ tag, value }) => {
    const text = value(record);
    return text === '' ? [] : [[tag, validUtf8(text)] as const];
  });
  return Object.fromEntries(entries);
}

function isHttp(record: LogRecord): boolean {
  return record.type === LOG_TYPE_DOWNSTREAM_END;
}

function putText(entry: Entry, name: string, text: string | null): void {
  if (text) entry[name] = validUtf8(text);
}

function putNumber(entry: Entry, name: string, value: number): void {
  if (value !== 0) entry[name] = value;
}

function putDuration(entry: Entry, name: string, ms: number | null): void {
  if (ms !== null) entry[name] = secondsAndNanos(ms);
}

function putAddress(entry: Entry, name: string, text: string | null): void {
  if (text === null) return;
  const port = portOf(text);
  entry[name] =
    port === null
      ? { pipe: { path: validUtf8(text) } }
      : { socket_address: { address: withoutPort(text), port_value: port } };
}

function responseFlags(bits: number): Entry {
  const flags: Entry = {};
  FLAGS.forEach((name, bit) => {
    if (name && (bits >>> bit) & 1) flags[name] = name === 'unauthorized_details' ? UNAUTHORIZED : true;
  });
  return flags;
}

const SEED = randomBytes(16);

/** A connection has no request id: a UUID of its own, the same in each of its entries. */
function connectionUuid(record: LogRecord): string {
  const about = `${record.u64(LOG_START)} ${record.u32(LOG_CONNECTION_ID)}`;
  const bytes = createHash('sha256').update(SEED).update(about).digest();
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // RFC 9562: version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
