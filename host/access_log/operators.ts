// The operators of format strings: one literal table, name → how its value is read from a record. What each takes (parameters, length) and
// yields is what Envoy 1.40 answered; test/golden/access_log/ holds the answers.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  LOG_BYTES_RECEIVED,
  LOG_BYTES_SENT,
  LOG_CONNECTION_ID,
  LOG_DOWNSTREAM_RX_END,
  LOG_DOWNSTREAM_TX_BEGIN,
  LOG_DOWNSTREAM_TX_END,
  LOG_DURATION,
  LOG_START,
  LOG_TEXT_DOWNSTREAM_DIRECT_LOCAL,
  LOG_TEXT_DOWNSTREAM_DIRECT_REMOTE,
  LOG_TEXT_DOWNSTREAM_LOCAL,
  LOG_TEXT_DOWNSTREAM_REMOTE,
  LOG_TEXT_FILTER_CHAIN_NAME,
  LOG_TEXT_REQUESTED_SERVER_NAME,
  LOG_TEXT_ROUTE_NAME,
  LOG_TEXT_TERMINATION_DETAILS,
  LOG_TEXT_UPSTREAM_CLUSTER,
  LOG_TEXT_UPSTREAM_HOST,
  LOG_TEXT_UPSTREAM_HOST_NAME,
  LOG_TEXT_UPSTREAM_LOCAL,
  LOG_TEXT_VIRTUAL_CLUSTER_NAME,
  LOG_TYPE_DOWNSTREAM_END,
  LOG_TYPE_NOT_SET,
  LOG_TYPE_TCP_CONNECTION_END,
  LOG_UPSTREAM_CONNECTION_ID,
  LOG_UPSTREAM_RX_BEGIN,
  LOG_UPSTREAM_RX_END,
  LOG_UPSTREAM_TX_BEGIN,
  LOG_UPSTREAM_TX_END,
} from '../../assembly/abi.js';
import { cidr, portOf, withoutPort } from './address.js';
import { FormatError } from './format_error.js';
import type { Operator, Value } from './format_string.js';
import { headerOperator, pathOperator, queryParamOperator, queryParamsOperator } from './header_operators.js';
import type { HeaderNeeds } from './header_needs.js';
import type { LogRecord } from './record.js';
import { withoutSpaces } from './response_code_details.js';
import { flagsText } from './response_flags.js';
import { ISO_TIME, ISO_TIME_LOCAL, timeFormat } from './time_format.js';
import { toBytes } from './utf8.js';

export interface OperatorKind {
  parameters: 'none' | 'optional' | 'required';
  /** Whether `:length` may follow. */
  length: boolean;
  /** Envoy has it, weft does not yet. */
  unsupported?: boolean;
  make(parameters: string, needs: HeaderNeeds, position: number): Operator;
}

const PROTOCOLS: readonly Value[] = [null, 'HTTP/1.0', 'HTTP/1.1', 'HTTP/2', 'HTTP/3'];

const plain = (operator: Operator): OperatorKind => ({ parameters: 'none', length: false, make: () => operator });
const constant = (value: Value): OperatorKind => plain(() => value);
const u64 = (field: number): OperatorKind => plain((r) => r.u64(field));
const u32 = (field: number): OperatorKind => plain((r) => r.u32(field));
const time = (field: number): OperatorKind => plain((r) => r.time(field));
const text = (index: number): OperatorKind => plain((r) => r.text(index));
const unsupported: OperatorKind = { parameters: 'optional', length: true, unsupported: true, make: () => () => null };

type Address = (record: LogRecord) => string | null;

function ipOf(address: Address, record: LogRecord): string | null {
  const whole = address(record);
  return whole === null ? null : withoutPort(whole);
}

function addressWithoutPort(address: Address): OperatorKind {
  return {
    parameters: 'optional',
    length: false,
    make(parameters, _needs, position) {
      if (!parameters) return (r) => ipOf(address, r);
      const bits = Number(parameters);
      if (!/^\d+$/.test(parameters) || bits > 128) {
        throw new FormatError(`"${parameters}" is no prefix length`, position, '0 to 32 (IPv4) or 128 (IPv6)');
      }
      return (r) => {
        const ip = ipOf(address, r);
        return ip === null ? null : cidr(ip, bits);
      };
    },
  };
}

function addressPort(address: Address): OperatorKind {
  return plain((r) => {
    const whole = address(r);
    return whole === null ? null : portOf(whole);
  });
}

/** NAME_ADDRESS, NAME_ADDRESS_WITHOUT_PORT and NAME_PORT. */
function addresses(name: string, address: Address): [string, OperatorKind][] {
  return [
    [`${name}_ADDRESS`, plain(address)],
    [`${name}_ADDRESS_WITHOUT_PORT`, addressWithoutPort(address)],
    [`${name}_PORT`, addressPort(address)],
  ];
}

function clock(source: (record: LogRecord) => number, local: boolean): OperatorKind {
  return {
    parameters: 'optional',
    length: false,
    make(parameters, _needs, position) {
      if (parameters.includes('%n')) throw new FormatError('a time format may not hold a line break (%n)', position);
      const format = timeFormat(parameters || (local ? ISO_TIME_LOCAL : ISO_TIME), local);
      return (r) => toBytes(format(source(r)));
    },
  };
}

/** Points in time of %COMMON_DURATION%. */
const POINTS: ReadonlyMap<string, (record: LogRecord) => number | null> = new Map([
  ['DS_RX_BEG', () => 0],
  ['DS_RX_END', (r: LogRecord) => r.time(LOG_DOWNSTREAM_RX_END)],
  ['US_TX_BEG', (r: LogRecord) => r.time(LOG_UPSTREAM_TX_BEGIN)],
  ['US_TX_END', (r: LogRecord) => r.time(LOG_UPSTREAM_TX_END)],
  ['US_RX_BEG', (r: LogRecord) => r.time(LOG_UPSTREAM_RX_BEGIN)],
  ['US_RX_END', (r: LogRecord) => r.time(LOG_UPSTREAM_RX_END)],
  ['DS_TX_BEG', (r: LogRecord) => r.time(LOG_DOWNSTREAM_TX_BEGIN)],
  ['DS_TX_END', (r: LogRecord) => r.time(LOG_DOWNSTREAM_TX_END)],
]);
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['us', 1e3],
  ['ns', 1e6],
]);

const commonDuration: OperatorKind = {
  parameters: 'required',
  length: false,
  make(parameters, _needs, position) {
    const [from, to, unit, ...rest] = parameters.split(':');
    const begin = POINTS.get(from);
    const end = POINTS.get(to);
    const scale = UNITS.get(unit);
    if (begin === undefined || end === undefined || scale === undefined || rest.length > 0) {
      const allowed = `POINT:POINT:ms|us|ns with the points ${[...POINTS.keys()].join(', ')}`;
      throw new FormatError(`"${parameters}" is no duration`, position, allowed);
    }
    return (r) => span(begin(r), end(r), scale);
  },
};

function span(begin: number | null, end: number | null, scale: number): number | null {
  return begin === null || end === null || end < begin ? null : (end - begin) * scale;
}

const environment: OperatorKind = {
  parameters: 'required',
  length: true,
  make(name) {
    const value = toBytes(process.env[name] ?? '-');
    return () => value;
  },
};

const requestedServerName: OperatorKind = {
  parameters: 'optional',
  length: false,
  make(parameters, _needs, position) {
    if (parameters && parameters !== 'SNI_ONLY')
      throw new FormatError(`weft does not have "${parameters}" yet`, position, 'SNI_ONLY');
    return (r) => hostName(r.text(LOG_TEXT_REQUESTED_SERVER_NAME));
  },
};

// As Envoy: what a client calls a server name but can be none does not reach a log as it is.
function hostName(name: string | null): string | null {
  if (name === null || /^[A-Za-z0-9._-]*$/.test(name)) return name;
  return `invalid:${name.replace(/[^A-Za-z0-9._-]/g, '_')}`;
}

const remote: Address = (r) => r.text(LOG_TEXT_DOWNSTREAM_REMOTE);
const direct: Address = (r) => r.text(LOG_TEXT_DOWNSTREAM_DIRECT_REMOTE);
const local: Address = (r) => r.text(LOG_TEXT_DOWNSTREAM_LOCAL);
const directLocal: Address = (r) => r.text(LOG_TEXT_DOWNSTREAM_DIRECT_LOCAL) ?? local(r);
const upstreamLocal: Address = (r) => r.text(LOG_TEXT_UPSTREAM_LOCAL);
/** Unlike %UPSTREAM_HOST% only of a connection that was made. */
const upstreamRemote: Address = (r) => (upstreamLocal(r) === null ? null : r.text(LOG_TEXT_UPSTREAM_HOST));
const upstreamHostName: Address = (r) => r.text(LOG_TEXT_UPSTREAM_HOST_NAME) ?? r.text(LOG_TEXT_UPSTREAM_HOST);

/** Facts about TLS and tracing, of which there is none: empty, as in Envoy without them. */
const WITHOUT_TLS =
  'DOWNSTREAM_TLS_VERSION DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_ISSUER ' +
  'DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_EMAIL_SAN DOWNSTREAM_PEER_SERIAL ' +
  'DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_CERT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN ' +
  'DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_IP_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_TRANSPORT_FAILURE_REASON ' +
  'UPSTREAM_TLS_VERSION UPSTREAM_TLS_CIPHER UPSTREAM_TLS_SESSION_ID UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_ISSUER UPSTREAM_PEER_CERT ' +
  'DOWNSTREAM_HANDSHAKE_DURATION ROUNDTRIP_DURATION TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID SPAN_ID';

function oneWord(text: string | null): string | null {
  return text === null ? null : withoutSpaces(text);
}

const UNSUPPORTED =
  'METADATA CLUSTER_METADATA UPSTREAM_METADATA FILTER_STATE UPSTREAM_FILTER_STATE GRPC_STATUS GRPC_STATUS_NUMBER COALESCE CEL ' +
  'DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT ' +
  'REQUEST_HEADERS_BYTES RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES BYTES_RETRANSMITTED PACKETS_RETRANSMITTED ' +
  'UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_HEADER_BYTES_RECEIVED ' +
  'UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT ' +
  'DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_CX_RTT DOWNSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_DETECTED_CLOSE_TYPE ' +
  'DOWNSTREAM_LOCAL_CLOSE_REASON UPSTREAM_LOCAL_CLOSE_REASON UPSTREAM_CONNECTION_POOL_READY_DURATION UPSTREAM_HOSTS_ATTEMPTED ' +
  'UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT UPSTREAM_CONNECTION_IDS_ATTEMPTED';

const TYPES: Readonly<Record<number, string>> = {
  [LOG_TYPE_NOT_SET]: 'NotSet',
  [LOG_TYPE_TCP_CONNECTION_END]: 'TcpConnectionEnd',
  [LOG_TYPE_DOWNSTREAM_END]: 'DownstreamEnd',
};

const each = (names: string, kind: OperatorKind): [string, OperatorKind][] =>
  names.split(' ').map((name) => [name, kind]);

export const OPERATORS: ReadonlyMap<string, OperatorKind> = new Map<string, OperatorKind>([
  ...each(WITHOUT_TLS, constant(null)),
  ...each(UNSUPPORTED, unsupported),
  ['START_TIME', clock((r) => r.u64(LOG_START), false)],
  ['START_TIME_LOCAL', clock((r) => r.u64(LOG_START), true)],
  ['EMIT_TIME', clock(() => Date.now(), false)],
  ['EMIT_TIME_LOCAL', clock(() => Date.now(), true)],
  ['REQ', headerOperator('request')],
  ['REQUEST_HEADER', headerOperator('request')],
  ['RESP', headerOperator('response')],
  ['RESPONSE_HEADER', headerOperator('response')],
  ['TRAILER', headerOperator('trailer')],
  ['RESPONSE_TRAILER', headerOperator('trailer')],
  ['REQ_WITHOUT_QUERY', headerOperator('request', (value) => value.split('?', 1)[0])],
  ['PATH', pathOperator],
  ['QUERY_PARAM', queryParamOperator],
  ['QUERY_PARAMS', queryParamsOperator],
  ['PROTOCOL', plain((r) => PROTOCOLS[r.protocol] ?? null)],
  ['UPSTREAM_PROTOCOL', plain((r) => (r.time(LOG_UPSTREAM_TX_BEGIN) === null ? null : 'HTTP/1.1'))],
  ['RESPONSE_CODE', plain((r) => r.status)],
  ['RESPONSE_CODE_DETAILS', { parameters: 'optional', length: false, make: () => (r) => r.details }],
  ['RESPONSE_FLAGS', plain((r) => flagsText(r.responseFlags, 'short'))],
  ['RESPONSE_FLAGS_LONG', plain((r) => flagsText(r.responseFlags, 'long'))],
  ['CONNECTION_TERMINATION_DETAILS', text(LOG_TEXT_TERMINATION_DETAILS)],
  ['BYTES_RECEIVED', u64(LOG_BYTES_RECEIVED)],
  ['BYTES_SENT', u64(LOG_BYTES_SENT)],
  ['DURATION', time(LOG_DURATION)],
  ['REQUEST_DURATION', time(LOG_DOWNSTREAM_RX_END)],
  ['REQUEST_TX_DURATION', time(LOG_UPSTREAM_TX_END)],
  ['RESPONSE_DURATION', time(LOG_UPSTREAM_RX_BEGIN)],
  ['RESPONSE_TX_DURATION', plain((r) => span(r.time(LOG_UPSTREAM_RX_BEGIN), r.time(LOG_DOWNSTREAM_TX_END), 1))],
  ['COMMON_DURATION', commonDuration],
  ['UPSTREAM_HOST', text(LOG_TEXT_UPSTREAM_HOST)],
  ['UPSTREAM_HOST_NAME', plain(upstreamHostName)],
  ['UPSTREAM_HOST_NAME_WITHOUT_PORT', addressWithoutPort(upstreamHostName)],
  ['UPSTREAM_CLUSTER', text(LOG_TEXT_UPSTREAM_CLUSTER)],
  ['UPSTREAM_CLUSTER_RAW', text(LOG_TEXT_UPSTREAM_CLUSTER)],
  ...addresses('UPSTREAM_LOCAL', upstreamLocal),
  ...addresses('UPSTREAM_REMOTE', upstreamRemote),
  ['UPSTREAM_REQUEST_ATTEMPT_COUNT', plain((r) => r.attempts)],
  ['UPSTREAM_CONNECTION_ID', u32(LOG_UPSTREAM_CONNECTION_ID)],
  ['UPSTREAM_TRANSPORT_FAILURE_REASON', plain((r) => oneWord(r.transportFailure))],
  ...addresses('DOWNSTREAM_REMOTE', remote),
  ...addresses('DOWNSTREAM_DIRECT_REMOTE', direct),
  ...addresses('DOWNSTREAM_LOCAL', local),
  ...addresses('DOWNSTREAM_DIRECT_LOCAL', directLocal),
  ['DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID', constant('')],
  ['REQUESTED_SERVER_NAME', requestedServerName],
  ['FILTER_CHAIN_NAME', text(LOG_TEXT_FILTER_CHAIN_NAME)],
  ['ROUTE_NAME', text(LOG_TEXT_ROUTE_NAME)],
  ['VIRTUAL_CLUSTER_NAME', text(LOG_TEXT_VIRTUAL_CLUSTER_NAME)],
  ['HOSTNAME', constant(toBytes(hostname()))],
  ['CONNECTION_ID', u32(LOG_CONNECTION_ID)],
  [
    'STREAM_ID',
    {
      parameters: 'none',
      length: false,
      make: (_, needs, at) => headerOperator('request').make('X-REQUEST-ID', needs, at),
    },
  ],
  ['UNIQUE_ID', plain(() => randomUUID())],
  ['ACCESS_LOG_TYPE', plain((r) => TYPES[r.type] ?? null)],
  ['ENVIRONMENT', environment],
  // Nothing sets dynamic metadata yet.
  ['DYNAMIC_METADATA', { parameters: 'required', length: true, make: () => () => null }],
  ['LOCAL_REPLY_BODY', constant('')],
  ['CUSTOM_FLAGS', constant('')],
]);
