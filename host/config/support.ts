// THE support table: which fields of Envoy's API weft acts on. It drives the decoder, the errors and the README.
// To support a field, add its name to `acted` of its message; names are separated by spaces.

export interface MessageSupport {
  /** Fields that weft acts on, or '*' for all of them. */
  readonly acted: string;
  /** Fields that decide who may pass, or who matches: refused in every mode until weft acts on them. */
  readonly always?: string;
  /** Fields that may be set because they change nothing here (they tune a mechanism that weft does not have). */
  readonly inert?: string;
  /** For enum fields with values that weft does not act on: the names of those it does. */
  readonly values?: Readonly<Record<string, string>>;
  /** Values of wrapper fields that are the API's default and so change nothing: `true` stands for a BoolValue that is true. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

const CORE = 'envoy.config.core.v3.';
const ROUTE = 'envoy.config.route.v3.';
const CLUSTER = 'envoy.config.cluster.v3.';
const BOOTSTRAP = 'envoy.config.bootstrap.v3.';
const LISTENER = 'envoy.config.listener.v3.';
const LISTENER_FILTERS = 'envoy.extensions.filters.listener.';
const ENDPOINT = 'envoy.config.endpoint.v3.';
const ACCESS_LOG = 'envoy.config.accesslog.v3.';
const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.';
const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.';
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const FILE_LOG = 'envoy.extensions.access_loggers.file.v3.FileAccessLog';
const STREAM_LOG = 'envoy.extensions.access_loggers.stream.v3.';
const GRPC_LOG = 'envoy.extensions.access_loggers.grpc.v3.';
const TRACING = 'envoy.type.tracing.v3.';
const CARES = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
const PROXY_TRANSPORT = 'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport';
const TLS = 'envoy.extensions.transport_sockets.tls.v3.';
const DNS_CLUSTER = 'envoy.extensions.clusters.dns.v3.DnsCluster';

const HEADER_CHANGES =
  'request_headers_to_add request_headers_to_remove response_headers_to_add response_headers_to_remove';
const ALL: MessageSupport = { acted: '*' };

export const SUPPORT: Readonly<Record<string, MessageSupport>> = {
  // === bootstrap ===
  [`${BOOTSTRAP}Bootstrap`]: {
    acted: 'node static_resources dynamic_resources admin cluster_manager layered_runtime',
    inert:
      'stats_flush_interval stats_flush_on_admin enable_dispatcher_stats default_regex_engine default_socket_interface flags_path perf_tracing_file_path ' +
      'memory_allocator_manager enable_worker_cpu_affinity deferred_stat_options grpc_async_client_manager_config node_context_params use_tcp_for_dns_lookups',
  },
  [`${BOOTSTRAP}Bootstrap.StaticResources`]: { acted: 'listeners clusters secrets' },
  [`${BOOTSTRAP}Bootstrap.DynamicResources`]: { acted: 'lds_config cds_config ads_config' },
  [`${CORE}ConfigSource`]: {
    acted: 'path path_config_source api_config_source ads initial_fetch_timeout',
    inert: 'resource_api_version',
  },
  [`${CORE}AggregatedConfigSource`]: ALL,
  [`${CORE}PathConfigSource`]: { acted: 'path watched_directory' },
  [`${CORE}WatchedDirectory`]: { acted: 'path' },
  [`${CORE}ApiConfigSource`]: {
    acted: 'api_type grpc_services set_node_on_first_message_only',
    inert: 'transport_api_version',
    values: { api_type: 'GRPC DELTA_GRPC AGGREGATED_GRPC AGGREGATED_DELTA_GRPC' },
  },
  [`${CORE}GrpcService`]: { acted: 'envoy_grpc google_grpc initial_metadata', inert: 'timeout' },
  [`${CORE}GrpcService.EnvoyGrpc`]: { acted: 'cluster_name authority', inert: 'skip_envoy_headers' },
  [`${CORE}GrpcService.GoogleGrpc`]: { acted: 'target_uri', inert: 'stat_prefix' },
  [`${HCM}Rds`]: ALL,
  [`${BOOTSTRAP}Admin`]: {
    acted: 'address access_log',
    always: 'allow_paths',
    inert: 'profile_path ignore_global_conn_limit',
  },
  [`${BOOTSTRAP}LayeredRuntime`]: ALL,
  [`${BOOTSTRAP}RuntimeLayer`]: ALL,
  [`${BOOTSTRAP}RuntimeLayer.DiskLayer`]: ALL,
  [`${BOOTSTRAP}RuntimeLayer.AdminLayer`]: ALL,
  [`${BOOTSTRAP}RuntimeLayer.RtdsLayer`]: ALL,
  'envoy.service.runtime.v3.Runtime': ALL,
  [`${BOOTSTRAP}ClusterManager`]: {
    acted: 'upstream_bind_config',
    inert: 'local_cluster_name enable_deferred_cluster_creation',
  },
  [`${CORE}Node`]: {
    acted: 'id cluster metadata locality',
    inert:
      'dynamic_parameters user_agent_name user_agent_version user_agent_build_version extensions client_features listening_addresses',
  },
  [`${CORE}Locality`]: ALL,

  // === addresses and shared parts ===
  [`${CORE}Address`]: { acted: 'socket_address pipe' },
  [`${CORE}SocketAddress`]: {
    acted: 'protocol address port_value ipv4_compat',
    values: { protocol: 'TCP' },
  },
  [`${CORE}Pipe`]: ALL,
  [`${CORE}CidrRange`]: ALL,
  [`${CORE}HeaderValue`]: ALL,
  [`${CORE}HeaderValueOption`]: ALL,
  [`${CORE}DataSource`]: { acted: 'filename inline_bytes inline_string environment_variable' },
  [`${CORE}RuntimeFractionalPercent`]: ALL,
  [`${CORE}RuntimeUInt32`]: ALL,
  [`${CORE}TcpKeepalive`]: ALL,
  [`${CORE}TransportSocket`]: { acted: 'typed_config', inert: 'name' },
  [`${CORE}TypedExtensionConfig`]: { acted: 'typed_config', inert: 'name' },
  [`${CORE}SubstitutionFormatString`]: {
    acted: 'text_format text_format_source json_format omit_empty_values',
    inert: 'json_format_options',
  },
  [`${CORE}HttpProtocolOptions`]: {
    acted:
      'idle_timeout max_connection_duration max_headers_count max_response_headers_kb max_stream_duration headers_with_underscores_action max_requests_per_connection',
  },
  [`${CORE}Http1ProtocolOptions`]: {
    acted: 'accept_http_10 default_host_for_http_10 enable_trailers',
    inert: 'use_balsa_parser',
    defaults: { allow_absolute_url: true },
  },
  'envoy.type.v3.Percent': ALL,
  'envoy.type.v3.FractionalPercent': ALL,
  'envoy.type.v3.Int64Range': ALL,
  'envoy.type.matcher.v3.StringMatcher': {
    acted: 'exact prefix suffix contains safe_regex ignore_case',
    always: 'custom',
  },
  'envoy.type.matcher.v3.RegexMatcher': { acted: 'regex', inert: 'google_re2' },

  // === listener ===
  [`${LISTENER}Listener`]: {
    acted:
      'name address additional_addresses filter_chains default_filter_chain per_connection_buffer_limit_bytes stat_prefix enable_reuse_port tcp_backlog_size ' +
      'listener_filters listener_filters_timeout continue_on_listener_filters_timeout use_original_dst bind_to_port transparent freebind socket_options access_log traffic_direction',
    always: 'filter_chain_matcher',
    inert:
      'metadata drain_type ignore_global_conn_limit bypass_overload_manager max_connections_to_accept_per_socket_event',
  },
  [`${LISTENER}AdditionalAddress`]: { acted: 'address socket_options' },
  [`${CORE}SocketOptionsOverride`]: { acted: 'socket_options' },
  [`${LISTENER}FilterChain`]: {
    acted: 'name filter_chain_match filters transport_socket',
    inert: 'metadata transport_socket_connect_timeout',
  },
  [`${LISTENER}FilterChainMatch`]: {
    acted:
      'destination_port prefix_ranges server_names transport_protocol application_protocols direct_source_prefix_ranges source_type source_prefix_ranges source_ports',
    always: 'address_suffix suffix_len',
  },
  [`${LISTENER}ListenerFilter`]: { acted: 'typed_config filter_disabled', inert: 'name' },
  [`${LISTENER}ListenerFilterChainMatchPredicate`]: ALL,
  [`${LISTENER}ListenerFilterChainMatchPredicate.MatchSet`]: ALL,
  'envoy.type.v3.Int32Range': ALL,
  [`${LISTENER_FILTERS}original_dst.v3.OriginalDst`]: ALL,
  // bind_port: Envoy does nothing with it either.
  [`${LISTENER_FILTERS}original_src.v3.OriginalSrc`]: { acted: 'mark', inert: 'bind_port' },
  [`${LISTENER_FILTERS}http_inspector.v3.HttpInspector`]: ALL,
  [`${LISTENER_FILTERS}tls_inspector.v3.TlsInspector`]: {
    acted: 'close_connection_on_client_hello_parsing_errors max_client_hello_size',
    inert: 'initial_read_buffer_size',
    defaults: { enable_ja3_fingerprinting: false, enable_ja4_fingerprinting: false },
  },
  [`${LISTENER_FILTERS}proxy_protocol.v3.ProxyProtocol`]: {
    acted: 'allow_requests_without_proxy_protocol disallowed_versions stat_prefix',
    inert: 'tlv_location',
  },
  [`${LISTENER}Filter`]: { acted: 'typed_config', inert: 'name' },

  // === HTTP connection manager ===
  [`${HCM}HttpConnectionManager`]: {
    acted:
      'codec_type stat_prefix route_config rds http_filters add_user_agent common_http_protocol_options http_protocol_options server_name server_header_transformation ' +
      'max_request_headers_kb stream_idle_timeout request_timeout request_headers_timeout drain_timeout delayed_close_timeout access_log use_remote_address xff_num_trusted_hops ' +
      'internal_address_config skip_xff_append via generate_request_id preserve_external_request_id always_set_request_id_in_response normalize_path merge_slashes ' +
      'path_with_escaped_slashes_action strip_matching_host_port strip_any_host_port strip_trailing_host_dot upgrade_configs proxy_100_continue ' +
      'stream_error_on_invalid_http_message request_id_extension scheme_header_transformation append_x_forwarded_port add_proxy_protocol_connection_state',
    always:
      'forward_client_cert_details forward_client_cert_matcher set_current_client_cert_details original_ip_detection_extensions',
    inert:
      'http2_protocol_options http3_protocol_options record_route_resolution_stats represent_ipv4_remote_address_as_ipv4_mapped_ipv6',
    values: { codec_type: 'AUTO HTTP1' },
    defaults: { generate_request_id: true, add_proxy_protocol_connection_state: true },
  },
  [`${HCM}HttpConnectionManager.InternalAddressConfig`]: ALL,
  [`${HCM}HttpConnectionManager.UpgradeConfig`]: { acted: 'upgrade_type enabled' },
  [`${HCM}RequestIDExtension`]: { acted: 'typed_config' },
  'envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig': {
    acted: '',
    inert: 'pack_trace_reason use_request_id_for_trace_sampling',
  },
  [`${CORE}SchemeHeaderTransformation`]: { acted: 'scheme_to_overwrite' },
  [`${HCM}HttpFilter`]: { acted: 'typed_config disabled', inert: 'name is_optional' },
  [`${ROUTE}FilterConfig`]: { acted: 'config disabled', inert: 'is_optional' },
  'envoy.extensions.filters.http.router.v3.Router': {
    acted: 'suppress_envoy_headers respect_expected_rq_timeout',
    inert: 'dynamic_stats start_child_span suppress_grpc_request_failure_code_stats',
  },

  // === routes ===
  [`${ROUTE}RouteConfiguration`]: {
    acted: `name virtual_hosts ${HEADER_CHANGES} most_specific_header_mutations_wins validate_clusters max_direct_response_body_size_bytes ignore_port_in_host_matching ignore_path_parameters_in_path_matching internal_only_headers typed_per_filter_config`,
    inert: 'metadata',
  },
  [`${ROUTE}VirtualHost`]: {
    acted: `name domains routes require_tls ${HEADER_CHANGES} typed_per_filter_config`,
    always: 'matcher',
    inert: 'metadata',
  },
  [`${ROUTE}Route`]: {
    acted: `name match route redirect direct_response ${HEADER_CHANGES} typed_per_filter_config`,
    inert: 'metadata decorator tracing',
  },
  [`${ROUTE}RouteMatch`]: {
    acted:
      'prefix path path_separated_prefix safe_regex connect_matcher case_sensitive headers query_parameters runtime_fraction grpc',
    always: 'path_match_policy tls_context dynamic_metadata filter_state cookies',
    defaults: { case_sensitive: true },
  },
  [`${ROUTE}RouteMatch.ConnectMatcher`]: ALL,
  [`${ROUTE}RouteMatch.GrpcRouteMatchOptions`]: ALL,
  [`${ROUTE}HeaderMatcher`]: ALL,
  [`${ROUTE}QueryParameterMatcher`]: ALL,
  [`${ROUTE}RouteAction`]: {
    acted:
      'cluster cluster_header weighted_clusters max_stream_duration cluster_not_found_response_code prefix_rewrite host_rewrite_literal timeout idle_timeout upgrade_configs append_x_forwarded_host priority',
    defaults: { auto_host_rewrite: false },
  },
  [`${ROUTE}RouteAction.UpgradeConfig`]: { acted: 'upgrade_type enabled connect_config' },
  [`${ROUTE}RouteAction.UpgradeConfig.ConnectConfig`]: { acted: '' },
  [`${ROUTE}RouteAction.MaxStreamDuration`]: { acted: 'max_stream_duration' },
  [`${ROUTE}WeightedCluster`]: { acted: 'clusters total_weight header_name runtime_key_prefix' },
  [`${ROUTE}WeightedCluster.ClusterWeight`]: {
    acted: `name cluster_header weight ${HEADER_CHANGES} host_rewrite_literal typed_per_filter_config`,
  },
  [`${ROUTE}RedirectAction`]: {
    acted:
      'https_redirect scheme_redirect host_redirect port_redirect path_redirect prefix_rewrite response_code strip_query',
  },
  [`${ROUTE}DirectResponseAction`]: { acted: 'status body' },

  // === clusters and endpoints ===
  [`${CLUSTER}Cluster`]: {
    acted:
      'name alt_stat_name type cluster_type eds_cluster_config connect_timeout per_connection_buffer_limit_bytes lb_policy load_assignment max_requests_per_connection circuit_breakers ' +
      'common_http_protocol_options http_protocol_options http2_protocol_options typed_extension_protocol_options dns_refresh_rate dns_failure_refresh_rate dns_jitter respect_dns_ttl dns_lookup_family ' +
      'least_request_lb_config round_robin_lb_config common_lb_config load_balancing_policy upstream_connection_options transport_socket ' +
      'typed_dns_resolver_config dns_resolution_config dns_resolvers wait_for_warm_on_init cleanup_interval original_dst_lb_config upstream_bind_config',
    always: 'transport_socket_matches transport_socket_matcher',
    inert:
      'metadata track_cluster_stats track_timeout_budgets ignore_health_on_host_removal protocol_selection lrs_report_endpoint_metrics',
    values: {
      type: 'STATIC STRICT_DNS LOGICAL_DNS EDS ORIGINAL_DST',
      lb_policy: 'ROUND_ROBIN LEAST_REQUEST RANDOM CLUSTER_PROVIDED LOAD_BALANCING_POLICY_CONFIG',
      protocol_selection: 'USE_CONFIGURED_PROTOCOL',
    },
  },
  [`${CLUSTER}Cluster.EdsClusterConfig`]: { acted: 'eds_config service_name' },
  [`${CLUSTER}Cluster.CustomClusterType`]: { acted: 'typed_config', inert: 'name' },
  [DNS_CLUSTER]: {
    acted:
      'dns_refresh_rate dns_failure_refresh_rate respect_dns_ttl dns_jitter dns_lookup_family all_addresses_in_single_endpoint dns_min_refresh_rate typed_dns_resolver_config',
  },
  [`${DNS_CLUSTER}.RefreshRate`]: ALL,
  [CARES]: {
    acted: 'resolvers dns_resolver_options query_timeout_seconds query_tries',
    inert: 'udp_max_queries max_udp_channel_duration reinit_channel_on_timeout qcache_max_ttl edns0_max_payload_size',
  },
  [`${CORE}DnsResolutionConfig`]: { acted: 'resolvers dns_resolver_options' },
  [`${CORE}DnsResolverOptions`]: { acted: 'no_default_search_domain' },
  [`${CLUSTER}Cluster.RefreshRate`]: ALL,
  [`${CLUSTER}Cluster.LeastRequestLbConfig`]: { acted: 'choice_count active_request_bias' },
  [`${CORE}RuntimeDouble`]: ALL,
  [`${CORE}BindConfig`]: {
    acted: 'source_address freebind socket_options extra_source_addresses additional_source_addresses',
  },
  [`${CORE}ExtraSourceAddress`]: { acted: 'address' },
  [`${CORE}SocketOption`]: { acted: 'level name int_value buf_value state', inert: 'description' },
  [PROXY_TRANSPORT]: { acted: 'config transport_socket' },
  [`${CORE}ProxyProtocolConfig`]: { acted: 'version' },
  [`${CLUSTER}Cluster.OriginalDstLbConfig`]: {
    acted: 'use_http_header http_header_name upstream_port_override',
    always: 'metadata_key',
  },
  [`${CLUSTER}Cluster.RoundRobinLbConfig`]: { acted: '' },
  [`${CLUSTER}Cluster.CommonLbConfig`]: {
    acted: 'healthy_panic_threshold',
    inert: 'update_merge_window ignore_new_hosts_until_first_hc close_connections_on_host_set_change',
  },
  [`${CLUSTER}LoadBalancingPolicy`]: ALL,
  [`${CLUSTER}LoadBalancingPolicy.Policy`]: ALL,
  'envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided': { acted: '' },
  'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin': { acted: '' },
  'envoy.extensions.load_balancing_policies.random.v3.Random': { acted: '' },
  'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest': {
    acted: 'choice_count active_request_bias selection_method enable_full_scan',
  },
  [`${CLUSTER}CircuitBreakers`]: { acted: 'thresholds' },
  [`${CLUSTER}CircuitBreakers.Thresholds`]: {
    acted: 'priority max_connections max_pending_requests max_requests track_remaining',
    inert: 'max_retries max_connection_pools',
  },
  [`${CLUSTER}UpstreamConnectionOptions`]: {
    acted: 'tcp_keepalive',
    inert: 'set_local_interface_name_on_upstream_connections',
  },
  [HTTP_OPTIONS]: { acted: 'common_http_protocol_options explicit_http_config use_downstream_protocol_config' },
  // A downstream connection is HTTP/1.1 here, and so is what goes upstream for it.
  [`${HTTP_OPTIONS}.UseDownstreamHttpConfig`]: {
    acted: 'http_protocol_options',
    inert: 'http2_protocol_options http3_protocol_options',
  },
  // HTTP/2 only to the control plane: host/compile/ refuses it elsewhere.
  [`${HTTP_OPTIONS}.ExplicitHttpConfig`]: { acted: 'http_protocol_options http2_protocol_options' },
  [`${CORE}Http2ProtocolOptions`]: {
    acted: '',
    inert:
      'hpack_table_size max_concurrent_streams initial_stream_window_size initial_connection_window_size allow_connect allow_metadata max_outbound_frames max_outbound_control_frames ' +
      'max_consecutive_inbound_frames_with_empty_payload max_inbound_priority_frames_per_stream max_inbound_window_update_frames_per_data_frame_sent ' +
      'stream_error_on_invalid_http_messaging override_stream_error_on_invalid_http_message connection_keepalive use_oghttp2_codec max_metadata_size',
  },
  [`${ENDPOINT}ClusterLoadAssignment`]: { acted: 'endpoints policy', inert: 'cluster_name' },
  [`${ENDPOINT}ClusterLoadAssignment.Policy`]: {
    acted: 'overprovisioning_factor weighted_priority_health',
    inert: 'endpoint_stale_after',
  },
  [`${ENDPOINT}LocalityLbEndpoints`]: {
    acted: 'lb_endpoints load_balancer_endpoints locality priority',
    // A locality's weight counts where a policy weighs localities.
    inert: 'metadata proximity load_balancing_weight',
  },
  [`${ENDPOINT}LocalityLbEndpoints.LbEndpointList`]: ALL,
  [`${ENDPOINT}LbEndpoint`]: {
    acted: 'endpoint health_status load_balancing_weight',
    inert: 'metadata',
  },
  [`${ENDPOINT}Endpoint`]: { acted: 'address hostname', inert: 'health_check_config observability_name' },

  // === TCP proxy ===
  [`${TCP_PROXY}TcpProxy`]: {
    acted:
      'stat_prefix cluster weighted_clusters idle_timeout access_log max_connect_attempts max_downstream_connection_duration',
  },
  [`${TCP_PROXY}TcpProxy.WeightedCluster`]: ALL,
  [`${TCP_PROXY}TcpProxy.WeightedCluster.ClusterWeight`]: { acted: 'name weight' },

  // === secrets ===
  [`${TLS}Secret`]: ALL,
  [`${TLS}TlsCertificate`]: {
    acted: 'certificate_chain private_key password watched_directory',
    always: 'pkcs12 private_key_provider',
  },
  [`${TLS}CertificateValidationContext`]: {
    acted: 'trusted_ca watched_directory',
    always:
      'match_typed_subject_alt_names match_subject_alt_names verify_certificate_spki verify_certificate_hash crl custom_validator_config ' +
      'require_signed_certificate_timestamp ca_certificate_provider_instance system_root_certs trust_chain_verification max_verify_depth only_verify_leaf_cert_crl',
    inert: 'suppress_client_ca_list',
  },
  [`${TLS}GenericSecret`]: { acted: 'secret' },
  [`${TLS}TlsSessionTicketKeys`]: ALL,

  // === access logs ===
  [`${ACCESS_LOG}AccessLog`]: { acted: 'filter typed_config', inert: 'name' },
  [`${ACCESS_LOG}AccessLogFilter`]: {
    acted:
      'status_code_filter duration_filter not_health_check_filter and_filter or_filter header_filter response_flag_filter runtime_filter',
  },
  [`${ACCESS_LOG}StatusCodeFilter`]: ALL,
  [`${ACCESS_LOG}DurationFilter`]: ALL,
  [`${ACCESS_LOG}ComparisonFilter`]: ALL,
  [`${ACCESS_LOG}NotHealthCheckFilter`]: ALL,
  [`${ACCESS_LOG}RuntimeFilter`]: ALL,
  [`${ACCESS_LOG}AndFilter`]: ALL,
  [`${ACCESS_LOG}OrFilter`]: ALL,
  [`${ACCESS_LOG}HeaderFilter`]: ALL,
  [`${ACCESS_LOG}ResponseFlagFilter`]: ALL,
  [FILE_LOG]: { acted: '*' },
  [`${GRPC_LOG}HttpGrpcAccessLogConfig`]: ALL,
  [`${GRPC_LOG}TcpGrpcAccessLogConfig`]: ALL,
  // Nothing sets filter state yet.
  [`${GRPC_LOG}CommonGrpcAccessLogConfig`]: {
    acted: 'log_name grpc_service buffer_flush_interval buffer_size_bytes grpc_stream_retry_policy custom_tags',
    inert: 'transport_api_version filter_state_objects_to_log',
  },
  [`${TRACING}CustomTag`]: { acted: 'tag literal environment request_header metadata value', inert: 'value_type' },
  [`${TRACING}CustomTag.Literal`]: ALL,
  [`${TRACING}CustomTag.Environment`]: ALL,
  [`${TRACING}CustomTag.Header`]: ALL,
  // Nothing sets metadata yet: the default is what counts.
  [`${TRACING}CustomTag.Metadata`]: { acted: 'default_value', inert: 'kind metadata_key' },
  [`${CORE}RetryPolicy`]: { acted: 'retry_back_off', inert: 'num_retries' },
  [`${CORE}BackoffStrategy`]: ALL,
  [`${STREAM_LOG}StdoutAccessLog`]: ALL,
  [`${STREAM_LOG}StderrAccessLog`]: ALL,
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer': ALL,
};

/** What routes may say to filters. */
const PER_ROUTE: readonly string[] = [`${ROUTE}FilterConfig`];

/** Where an extension may stand (`Message.field` of its Any), and the messages that weft has for that place. */
export const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  [`${LISTENER}Filter.typed_config`]: [`${HCM}HttpConnectionManager`, `${TCP_PROXY}TcpProxy`],
  [`${LISTENER}ListenerFilter.typed_config`]: [
    `${LISTENER_FILTERS}original_dst.v3.OriginalDst`,
    `${LISTENER_FILTERS}original_src.v3.OriginalSrc`,
    `${LISTENER_FILTERS}tls_inspector.v3.TlsInspector`,
    `${LISTENER_FILTERS}http_inspector.v3.HttpInspector`,
    `${LISTENER_FILTERS}proxy_protocol.v3.ProxyProtocol`,
  ],
  [`${HCM}HttpFilter.typed_config`]: ['envoy.extensions.filters.http.router.v3.Router'],
  [`${ROUTE}RouteConfiguration.typed_per_filter_config`]: PER_ROUTE,
  [`${ROUTE}VirtualHost.typed_per_filter_config`]: PER_ROUTE,
  [`${ROUTE}Route.typed_per_filter_config`]: PER_ROUTE,
  [`${ROUTE}WeightedCluster.ClusterWeight.typed_per_filter_config`]: PER_ROUTE,
  [`${ROUTE}FilterConfig.config`]: PER_ROUTE,
  [`${HCM}RequestIDExtension.typed_config`]: ['envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig'],
  [`${ACCESS_LOG}AccessLog.typed_config`]: [
    FILE_LOG,
    `${STREAM_LOG}StdoutAccessLog`,
    `${STREAM_LOG}StderrAccessLog`,
    `${GRPC_LOG}HttpGrpcAccessLogConfig`,
    `${GRPC_LOG}TcpGrpcAccessLogConfig`,
  ],
  [`${CORE}TransportSocket.typed_config`]: [
    'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
    PROXY_TRANSPORT,
  ],
  [`${CLUSTER}Cluster.typed_extension_protocol_options`]: [HTTP_OPTIONS],
  [`${CLUSTER}Cluster.CustomClusterType.typed_config`]: [DNS_CLUSTER],
  [`${CORE}TypedExtensionConfig.typed_config`]: [
    'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin',
    'envoy.extensions.load_balancing_policies.random.v3.Random',
    'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest',
    'envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided',
    CARES,
  ],
};

/** Extensions that Envoy finds by their type only: without a configuration there is none (Envoy refuses this too). */
export const CONFIG_REQUIRED: ReadonlySet<string> = new Set(
  Object.keys(EXTENSIONS).filter(
    (point) => point.endsWith('.typed_config') && !point.endsWith('RequestIDExtension.typed_config'),
  ),
);

/** Extensions that decide who may pass: refused in every mode. */
export const ALWAYS_REFUSED_EXTENSIONS: readonly RegExp[] = [
  /\.filters\.(?:http|network)\.(?:rbac|ext_authz|jwt_authn|oauth2|basic_auth|api_key_auth|csrf|credential_injector|gcp_authn|aws_request_signing)\./,
  /\.filters\.network\.(?:sni_cluster|sni_dynamic_forward_proxy)\./,
  /\.transport_sockets\.(?!raw_buffer\.|proxy_protocol\.)/,
  /\.original_ip_detection\./,
];

export type Support = 'acted' | 'inert' | 'refused' | 'always';

interface Index {
  readonly all: boolean;
  readonly fields: ReadonlyMap<string, Support>;
}

/** How weft treats a field. protobuf's own messages are plain data; a message that is not in the table is not acted on. */
export function supportOf(message: string, field: string): Support {
  const known = INDEX.get(message);
  if (known === undefined) return message.startsWith('google.protobuf.') ? 'acted' : 'refused';
  return known.fields.get(field) ?? (known.all ? 'acted' : 'refused');
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(' ').filter((word) => word !== '');
}

function indexOf(support: MessageSupport): Index {
  const fields = new Map<string, Support>();
  for (const name of words(support.always)) fields.set(name, 'always');
  for (const name of words(support.inert)) fields.set(name, 'inert');
  for (const name of words(support.acted)) if (name !== '*') fields.set(name, 'acted');
  return { all: support.acted === '*', fields };
}

const INDEX: ReadonlyMap<string, Index> = new Map(
  Object.entries(SUPPORT).map(([message, support]) => [message, indexOf(support)]),
);

/** The names of the enum values that weft acts on, or undefined when it acts on all of them. */
export function actedValues(message: string, field: string): readonly string[] | undefined {
  return SUPPORT[message]?.values?.[field]?.split(' ');
}

/** Whether this value of a wrapper is the API's default, so that setting it changes nothing. */
export function isDefaultValue(message: string, field: string, value: unknown): boolean {
  const defaults = SUPPORT[message]?.defaults;
  return defaults !== undefined && Object.hasOwn(defaults, field) ? defaults[field] === value : value === false;
}

export function isAlwaysRefusedExtension(typeName: string): boolean {
  return ALWAYS_REFUSED_EXTENSIONS.some((pattern) => pattern.test(typeName));
}
