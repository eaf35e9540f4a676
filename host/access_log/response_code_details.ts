// Response code details: DETAILS_* and RESET_* of abi.ts as the words that Envoy's %RESPONSE_CODE_DETAILS% prints.
import {
  DETAILS_FILTER,
  DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED,
  DETAILS_UPSTREAM_RESET_BEFORE_RESPONSE_STARTED,
  RESET_IMMEDIATE_CONNECTION_FAILURE,
  RESET_LOCAL_CONNECTION_FAILURE,
} from '../../assembly/abi.js';
import { errorText } from './system_error.js';

/** Entry i is DETAILS_* i. */
export const RESPONSE_CODE_DETAILS: readonly string[] = [
  '',
  'via_upstream',
  'direct_response',
  'route_not_found',
  'route_configuration_not_found',
  'filter_chain_not_found',
  'cluster_not_found',
  'maintenance_mode',
  'no_healthy_upstream',
  'upstream_reset_before_response_started', // a pool's overflow is such a reset
  'upstream_reset_before_response_started',
  'upstream_reset_after_response_started',
  'response_timeout',
  'upstream_per_try_timeout',
  'upstream_per_try_idle_timeout',
  'upstream_max_stream_duration_reached',
  'max_duration_timeout',
  'stream_idle_timeout',
  'request_overall_timeout',
  'request_header_timeout',
  'missing_host_header',
  'missing_path_rejected',
  'absolute_path_rejected',
  'path_normalization_failed',
  'rejected_via_ip_detection',
  'low_version',
  'upgrade_failed',
  'invalid_envoy_request_headers',
  'request_headers_too_large',
  'request_payload_too_large',
  'response_payload_too_large',
  'response_headers_too_large',
  'downstream_remote_disconnect',
  'downstream_local_disconnect',
  'internal_redirect',
  'overload',
  'upstream_reset_before_response_started{protocol_error}',
  'http1.codec_error',
  'http1.invalid_characters',
  'http1.headers_too_large',
  'http1.too_many_headers',
  'http1.invalid_url',
  'http1.invalid_scheme',
  'http1.content_length_not_allowed',
  'http1.content_length_and_chunked_not_allowed',
  'http1.transfer_encoding_not_allowed',
  'http1.invalid_transfer_encoding',
  'http1.body_disallowed',
  'http1.connection_header_rejected',
  'http1.unexpected_underscore',
  '', // DETAILS_FILTER: the text of the record
  'http.invalid_authority',
  'query_missing_content_type',
];

/** Entry i is RESET_* i. */
export const RESET_REASONS: readonly string[] = [
  '',
  'connection_termination',
  'remote_connection_failure',
  'local_connection_failure',
  'connection_timeout',
  'remote_reset',
  'local_reset',
  'overflow',
  'protocol_error',
  'remote_connection_failure', // at once
];

const OVERFLOW = RESET_REASONS.indexOf('overflow');
const UPSTREAM_OVERFLOW = 9;

/** What is known of a connect that failed. */
export interface TransportFailure {
  /** Of the failed system call; 0 = none. */
  readonly errno: number;
  /** RESET_* */
  readonly reset: number;
  /** The source address that could not be bound, null where none was. */
  readonly source: string | null;
  /** The endpoint. */
  readonly remote: string | null;
}

/**
 * The details of one response, null when nothing is known. `details`: DETAILS_* in the low half, RESET_* in the high half;
 * `text`: the record's own text.
 */
export function detailsText(details: number, text: string | null, failure: TransportFailure): string | null {
  const code = details & 0xffff;
  if (code === DETAILS_FILTER) return text === null ? null : withoutSpaces(text);
  const name = RESPONSE_CODE_DETAILS[code];
  if (!name) return null;
  const reset = isReset(code) ? resetText(code === UPSTREAM_OVERFLOW ? OVERFLOW : details >>> 16, failure) : '';
  return reset ? `${name}{${reset}}` : name;
}

function isReset(code: number): boolean {
  return (
    code === UPSTREAM_OVERFLOW ||
    code === DETAILS_UPSTREAM_RESET_BEFORE_RESPONSE_STARTED ||
    code === DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED
  );
}

function resetText(reset: number, known: TransportFailure): string {
  const reason = RESET_REASONS[reset] ?? '';
  const failure = transportFailureText(known);
  return failure && reason ? `${reason}|${withoutSpaces(failure)}` : reason;
}

/** What the system said of a connect that failed. */
export function transportFailureText({ errno, reset, source, remote }: TransportFailure): string | null {
  if (errno === 0) return null;
  const said = errorText(errno);
  if (reset === RESET_LOCAL_CONNECTION_FAILURE) return `failed to bind to ${source}: ${said}`;
  if (reset !== RESET_IMMEDIATE_CONNECTION_FAILURE) return `delayed connect error: ${said}`;
  return `immediate connect error: ${said}|remote address:${remote}`;
}

/** A details text is one word, so that a line of an access log can be split at its spaces. */
export function withoutSpaces(text: string): string {
  return text.replace(/\s/g, '_');
}
