// The parts of Envoy's access log messages that are read here, as the decoder yields them (envoy.config.accesslog.v3 and
// envoy.extensions.access_loggers.*).
import type { envoy, google } from '../../proto/generated/api.js';
import type { StructMessage } from './json_format.js';

export interface AccessLogMessage {
  name?: string;
  filter?: FilterMessage | null;
  typed_config?: unknown;
}

export interface ComparisonMessage {
  op: number; // 0 EQ, 1 GE, 2 LE
  value?: { default_value: number; runtime_key?: string } | null;
}

export interface FilterMessage {
  status_code_filter?: { comparison?: ComparisonMessage | null } | null;
  duration_filter?: { comparison?: ComparisonMessage | null } | null;
  not_health_check_filter?: object | null;
  and_filter?: { filters: readonly FilterMessage[] } | null;
  or_filter?: { filters: readonly FilterMessage[] } | null;
  header_filter?: { header?: HeaderMatcherMessage | null } | null;
  response_flag_filter?: { flags: readonly string[] } | null;
  runtime_filter?: {
    runtime_key: string;
    percent_sampled?: { numerator: number; denominator: number } | null;
    use_independent_randomness: boolean;
  } | null;
}

export interface StringMatcherMessage {
  exact?: string | null;
  prefix?: string | null;
  suffix?: string | null;
  contains?: string | null;
  safe_regex?: { regex: string } | null;
  ignore_case?: boolean;
}

export interface HeaderMatcherMessage extends Record<string, unknown> {
  name: string;
  invert_match?: boolean;
  treat_missing_header_as_empty?: boolean;
  present_match?: boolean | null;
  string_match?: StringMatcherMessage | null;
  safe_regex_match?: { regex: string } | null;
  exact_match?: string | null;
  prefix_match?: string | null;
  suffix_match?: string | null;
  contains_match?: string | null;
}

export interface DataSourceMessage {
  inline_string?: string | null;
  inline_bytes?: Uint8Array | null;
  environment_variable?: string | null;
  filename?: string | null;
}

export interface FormatMessage {
  text_format?: string | null;
  text_format_source?: DataSourceMessage | null;
  json_format?: StructMessage | null;
  omit_empty_values?: boolean;
}

export interface FileAccessLogMessage {
  path?: string;
  format?: string | null;
  json_format?: StructMessage | null;
  typed_json_format?: StructMessage | null;
  log_format?: FormatMessage | null;
}

export interface CustomTagMessage {
  tag: string;
  literal?: { value: string } | null;
  environment?: { name: string; default_value?: string } | null;
  request_header?: { name: string; default_value?: string } | null;
  metadata?: { default_value?: string } | null;
  value?: string | null;
}

export interface CommonGrpcLogMessage {
  log_name: string;
  grpc_service?: envoy.config.core.v3.GrpcService | null;
  buffer_flush_interval?: DurationMessage | null;
  buffer_size_bytes?: { value: number } | null;
  grpc_stream_retry_policy?: {
    retry_back_off?: { base_interval?: DurationMessage | null; max_interval?: DurationMessage | null } | null;
  } | null;
  custom_tags?: readonly CustomTagMessage[];
}

export interface GrpcLogMessage {
  common_config?: CommonGrpcLogMessage | null;
  additional_request_headers_to_log?: readonly string[];
  additional_response_headers_to_log?: readonly string[];
  additional_response_trailers_to_log?: readonly string[];
}

type DurationMessage = google.protobuf.Duration;
