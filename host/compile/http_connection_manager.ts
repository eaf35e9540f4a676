// envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager -> HcmModel, with Envoy's defaults.
// Findings are added, never thrown; what is returned beside an error is not to be used.
import type { envoy } from '../../proto/generated/api.js';
import {
  HCM_ACCEPT_HTTP_10,
  HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE,
  HCM_APPEND_X_FORWARDED_PORT,
  HCM_NO_PROXY_STATE,
  HCM_ENABLE_TRAILERS,
  HCM_GENERATE_REQUEST_ID,
  HCM_INTERNAL_PRIVATE,
  HCM_INTERNAL_UNIX_SOCKETS,
  HCM_MERGE_SLASHES,
  HCM_NORMALIZE_PATH,
  HCM_PRESERVE_EXTERNAL_REQUEST_ID,
  HCM_PROXY_100_CONTINUE,
  HCM_RESPECT_EXPECTED_RQ_TIMEOUT,
  HCM_SKIP_XFF_APPEND,
  HCM_STREAM_ERROR_ON_INVALID,
  HCM_STRIP_ANY_HOST_PORT,
  HCM_STRIP_MATCHING_HOST_PORT,
  HCM_STRIP_TRAILING_HOST_DOT,
  HCM_SUPPRESS_ENVOY_HEADERS,
  HCM_USE_REMOTE_ADDRESS,
} from '../../assembly/abi.js';
import { finding, type Finding } from '../config/finding.js';
import { durationMs, wrapped } from '../config/message.js';
import { fieldPath } from '../config/path.js';
import { readHttpFilters, type HttpFilterModel, type HttpFiltersContext } from './http_filters.js';
import { readInternalAddresses, type CidrModel } from './internal_addresses.js';
import { readUpgrades, type UpgradeModel } from './upgrades.js';

type Hcm = envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
type AccessLog = envoy.config.accesslog.v3.AccessLog;
type RouteConfiguration = envoy.config.route.v3.RouteConfiguration;
type ConfigSource = envoy.config.core.v3.ConfigSource;

/** Times are ms, 0 = none; sizes bytes. */
export interface HcmModel {
  readonly statPrefix: string;
  readonly codecType: number;
  readonly flags: number; // HCM_*
  readonly maxRequestHeaders: number;
  readonly maxHeadersCount: number;
  readonly maxRequestsPerConnection: number;
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  readonly drainTimeout: number;
  readonly delayedCloseTimeout: number;
  readonly streamIdleTimeout: number;
  readonly requestTimeout: number;
  readonly requestHeadersTimeout: number;
  readonly maxStreamDuration: number;
  readonly xffNumTrustedHops: number;
  readonly forwardClientCertDetails: number;
  readonly schemeToOverwrite: number; // 0 none, 1 http, 2 https
  readonly serverName: string;
  readonly serverHeaderTransformation: number;
  readonly via: string;
  readonly addUserAgent: boolean;
  readonly defaultHost: string;
  readonly escapedSlashes: number; // 0 keep, 1 reject, 2 redirect, 3 forward
  readonly underscores: number; // 0 allow, 1 reject, 2 drop
  readonly internalRanges: readonly CidrModel[];
  readonly upgrades: readonly UpgradeModel[];
  readonly filters: readonly HttpFilterModel[];
  /** To be compiled by compileRouteConfig; its path is `routeConfigPath`. */
  readonly routeConfig: RouteConfiguration | undefined;
  readonly routeConfigPath: string;
  /** rds: where the routes come from instead. */
  readonly rds: RdsModel | undefined;
  readonly accessLogs: readonly AccessLog[];
  readonly accessLogsPath: string;
}

/** Where a connection manager gets its routes. */
export interface RdsModel {
  readonly name: string;
  readonly source: ConfigSource;
  /** Of the source, for findings. */
  readonly path: string;
}

const HOUR_MS = 3_600_000;
const STREAM_IDLE_MS = 300_000;
const DRAIN_MS = 5000;
const DELAYED_CLOSE_MS = 1000;
const MAX_REQUEST_HEADERS_KB = 60;
const MAX_HEADERS = 100;

export function readHttpConnectionManager(
  hcm: Hcm,
  path: string,
  context: Omit<HttpFiltersContext, 'statPrefix'>,
  findings: Finding[],
): HcmModel {
  checkConflicts(hcm, path, findings);
  const common = hcm.common_http_protocol_options;
  const place = { ...context, statPrefix: hcm.stat_prefix };
  const filters = readHttpFilters(hcm.http_filters, fieldPath(path, 'http_filters'), place, findings);
  return {
    statPrefix: hcm.stat_prefix,
    codecType: hcm.codec_type,
    flags: readFlags(hcm) | routerFlags(filters.router),
    maxRequestHeaders: wrapped(hcm.max_request_headers_kb, MAX_REQUEST_HEADERS_KB) * 1024,
    maxHeadersCount: wrapped(common?.max_headers_count, MAX_HEADERS),
    maxRequestsPerConnection: wrapped(common?.max_requests_per_connection, 0),
    idleTimeout: durationMs(common?.idle_timeout, HOUR_MS),
    maxConnectionDuration: durationMs(common?.max_connection_duration, 0),
    drainTimeout: durationMs(hcm.drain_timeout, DRAIN_MS),
    delayedCloseTimeout: durationMs(hcm.delayed_close_timeout, DELAYED_CLOSE_MS),
    streamIdleTimeout: durationMs(hcm.stream_idle_timeout, STREAM_IDLE_MS),
    requestTimeout: durationMs(hcm.request_timeout, 0),
    requestHeadersTimeout: durationMs(hcm.request_headers_timeout, 0),
    maxStreamDuration: durationMs(common?.max_stream_duration, 0),
    xffNumTrustedHops: hcm.xff_num_trusted_hops,
    forwardClientCertDetails: hcm.forward_client_cert_details,
    schemeToOverwrite: ['', 'http', 'https'].indexOf(hcm.scheme_header_transformation?.scheme_to_overwrite ?? ''),
    serverName: hcm.server_name || 'envoy',
    serverHeaderTransformation: hcm.server_header_transformation,
    via: hcm.via,
    addUserAgent: wrapped(hcm.add_user_agent, false),
    defaultHost: hcm.http_protocol_options?.default_host_for_http_10 ?? '',
    // IMPLEMENTATION_SPECIFIC_DEFAULT (0) is KEEP_UNCHANGED (1) unless the runtime says otherwise.
    escapedSlashes: Math.max(0, hcm.path_with_escaped_slashes_action - 1),
    underscores: common?.headers_with_underscores_action ?? 0,
    internalRanges: readInternalAddresses(hcm.internal_address_config, path, findings),
    upgrades: readUpgrades(hcm.upgrade_configs, fieldPath(path, 'upgrade_configs'), findings),
    filters: filters.models,
    routeConfig: hcm.route_config ?? undefined,
    routeConfigPath: fieldPath(path, 'route_config'),
    rds: readRds(hcm, path, findings),
    accessLogs: hcm.access_log,
    accessLogsPath: fieldPath(path, 'access_log'),
  };
}

function checkConflicts(hcm: Hcm, path: string, findings: Finding[]): void {
  if (!hcm.route_config && !hcm.rds) {
    const allowed = 'route_config, rds';
    findings.push(finding('WEFT1301', path, 'routes come from route_config or rds', { allowed }));
  }
  if (hcm.common_http_protocol_options?.max_response_headers_kb) {
    const at = fieldPath(fieldPath(path, 'common_http_protocol_options'), 'max_response_headers_kb');
    findings.push(finding('WEFT1410', at, 'the limit of response headers belongs to a cluster'));
  }
  if (hcm.strip_matching_host_port && hcm.strip_any_host_port) {
    const message = 'strip_matching_host_port and strip_any_host_port exclude each other';
    findings.push(finding('WEFT1405', fieldPath(path, 'strip_matching_host_port'), message));
  }
}

function readRds({ rds }: Hcm, path: string, findings: Finding[]): RdsModel | undefined {
  if (!rds) return undefined;
  const at = fieldPath(path, 'rds');
  if (!rds.config_source) findings.push(finding('WEFT1201', fieldPath(at, 'config_source'), 'this field is required'));
  if (rds.route_config_name === '') {
    findings.push(finding('WEFT1201', fieldPath(at, 'route_config_name'), 'this field is required'));
  }
  return rds.config_source
    ? { name: rds.route_config_name, source: rds.config_source, path: fieldPath(at, 'config_source') }
    : undefined;
}

function routerFlags(router: envoy.extensions.filters.http.router.v3.Router | undefined): number {
  return (
    (router?.suppress_envoy_headers ? HCM_SUPPRESS_ENVOY_HEADERS : 0) |
    (router?.respect_expected_rq_timeout ? HCM_RESPECT_EXPECTED_RQ_TIMEOUT : 0)
  );
}

function readFlags(hcm: Hcm): number {
  const http1 = hcm.http_protocol_options;
  const streamError = hcm.stream_error_on_invalid_http_message ?? http1?.override_stream_error_on_invalid_http_message;
  const flags: [number, boolean][] = [
    [HCM_USE_REMOTE_ADDRESS, wrapped(hcm.use_remote_address, false)],
    [HCM_SKIP_XFF_APPEND, hcm.skip_xff_append],
    [HCM_GENERATE_REQUEST_ID, wrapped(hcm.generate_request_id, true)],
    [HCM_PRESERVE_EXTERNAL_REQUEST_ID, hcm.preserve_external_request_id],
    [HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE, hcm.always_set_request_id_in_response],
    [HCM_NORMALIZE_PATH, wrapped(hcm.normalize_path, false)],
    [HCM_MERGE_SLASHES, hcm.merge_slashes],
    [HCM_STRIP_MATCHING_HOST_PORT, hcm.strip_matching_host_port],
    [HCM_STRIP_ANY_HOST_PORT, hcm.strip_any_host_port],
    [HCM_STRIP_TRAILING_HOST_DOT, hcm.strip_trailing_host_dot],
    [HCM_ACCEPT_HTTP_10, http1?.accept_http_10 ?? false],
    [HCM_ENABLE_TRAILERS, http1?.enable_trailers ?? false],
    [HCM_PROXY_100_CONTINUE, hcm.proxy_100_continue],
    [HCM_STREAM_ERROR_ON_INVALID, wrapped(streamError, false)],
    [HCM_APPEND_X_FORWARDED_PORT, hcm.append_x_forwarded_port],
    [HCM_NO_PROXY_STATE, !wrapped(hcm.add_proxy_protocol_connection_state, true)],
    [HCM_INTERNAL_UNIX_SOCKETS, hcm.internal_address_config?.unix_sockets ?? false],
    // Without the message nobody is internal; an empty list of ranges means the private ones.
    [HCM_INTERNAL_PRIVATE, hcm.internal_address_config?.cidr_ranges.length === 0],
  ];
  return flags.reduce((all, [flag, set]) => (set ? all | flag : all), 0);
}
