// Written by scripts/protos/api_types.mjs from api.json and services.json; do not edit.
// Enums and 64-bit integers are numbers; an absent message is null, an absent list empty, an absent scalar its zero.
// A `oneof` is also a property: the name of the member that is set. Ask it: the others read as their zero, not as absent.
export namespace envoy {
 export namespace admin {
  export namespace v3 {
   export interface ClusterStatus {
    added_via_api: boolean;
    circuit_breakers: envoy.config.cluster.v3.CircuitBreakers | null;
    eds_service_name: string;
    host_statuses: envoy.admin.v3.HostStatus[];
    local_origin_success_rate_ejection_threshold: envoy.type.v3.Percent | null;
    name: string;
    observability_name: string;
    success_rate_ejection_threshold: envoy.type.v3.Percent | null;
   }
   export interface Clusters {
    cluster_statuses: envoy.admin.v3.ClusterStatus[];
   }
   export interface CommandLineOptions {
    admin_address_path: string;
    allow_unknown_static_fields: boolean;
    base_id: number;
    base_id_path: string;
    component_log_level: string;
    concurrency: number;
    config_path: string;
    config_yaml: string;
    cpuset_threads: boolean;
    disable_hot_restart: boolean;
    disabled_extensions: string[];
    drain_strategy: number;
    drain_time: google.protobuf.Duration | null;
    enable_core_dump: boolean;
    enable_fine_grain_logging: boolean;
    enable_mutex_tracing: boolean;
    file_flush_interval: google.protobuf.Duration | null;
    file_flush_min_size: number;
    ignore_unknown_dynamic_fields: boolean;
    local_address_ip_version: number;
    log_format: string;
    log_format_escaped: boolean;
    log_level: string;
    log_path: string;
    log_stacktrace_single_entry: boolean;
    mode: number;
    parent_shutdown_time: google.protobuf.Duration | null;
    reject_unknown_dynamic_fields: boolean;
    restart_epoch: number;
    service_cluster: string;
    service_node: string;
    service_zone: string;
    skip_deprecated_logs: boolean;
    skip_hot_restart_on_no_parent: boolean;
    skip_hot_restart_parent_stats: boolean;
    socket_mode: number;
    socket_path: string;
    stats_tag: string[];
    use_dynamic_base_id: boolean;
   }
   export interface HostHealthStatus {
    active_hc_timeout: boolean;
    eds_health_status: number;
    excluded_via_immediate_hc_fail: boolean;
    failed_active_degraded_check: boolean;
    failed_active_health_check: boolean;
    failed_degraded_outlier_detection: boolean;
    failed_outlier_check: boolean;
    pending_active_hc: boolean;
    pending_dynamic_removal: boolean;
   }
   export interface HostStatus {
    address: envoy.config.core.v3.Address | null;
    health_status: envoy.admin.v3.HostHealthStatus | null;
    hostname: string;
    local_origin_success_rate: envoy.type.v3.Percent | null;
    locality: envoy.config.core.v3.Locality | null;
    priority: number;
    stats: envoy.admin.v3.SimpleMetric[];
    success_rate: envoy.type.v3.Percent | null;
    weight: number;
   }
   export interface ListenerStatus {
    additional_local_addresses: envoy.config.core.v3.Address[];
    local_address: envoy.config.core.v3.Address | null;
    name: string;
   }
   export interface Listeners {
    listener_statuses: envoy.admin.v3.ListenerStatus[];
   }
   export interface ServerInfo {
    command_line_options: envoy.admin.v3.CommandLineOptions | null;
    hot_restart_initializing: boolean;
    hot_restart_version: string;
    node: envoy.config.core.v3.Node | null;
    state: number;
    uptime_all_epochs: google.protobuf.Duration | null;
    uptime_current_epoch: google.protobuf.Duration | null;
    version: string;
   }
   export interface SimpleMetric {
    name: string;
    type: number;
    value: number;
   }
   export interface BootstrapConfigDump {
    bootstrap: envoy.config.bootstrap.v3.Bootstrap | null;
    last_updated: google.protobuf.Timestamp | null;
   }
   export interface ClustersConfigDump {
    dynamic_active_clusters: envoy.admin.v3.ClustersConfigDump.DynamicCluster[];
    dynamic_warming_clusters: envoy.admin.v3.ClustersConfigDump.DynamicCluster[];
    static_clusters: envoy.admin.v3.ClustersConfigDump.StaticCluster[];
    version_info: string;
   }
   export namespace ClustersConfigDump {
    export interface DynamicCluster {
     client_status: number;
     cluster: google.protobuf.Any | null;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     last_updated: google.protobuf.Timestamp | null;
     version_info: string;
    }
    export interface StaticCluster {
     cluster: google.protobuf.Any | null;
     last_updated: google.protobuf.Timestamp | null;
    }
   }
   export interface ConfigDump {
    configs: google.protobuf.Any[];
   }
   export interface EcdsConfigDump {
    ecds_filters: envoy.admin.v3.EcdsConfigDump.EcdsFilterConfig[];
   }
   export namespace EcdsConfigDump {
    export interface EcdsFilterConfig {
     client_status: number;
     ecds_filter: google.protobuf.Any | null;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     last_updated: google.protobuf.Timestamp | null;
     version_info: string;
    }
   }
   export interface EndpointsConfigDump {
    dynamic_endpoint_configs: envoy.admin.v3.EndpointsConfigDump.DynamicEndpointConfig[];
    static_endpoint_configs: envoy.admin.v3.EndpointsConfigDump.StaticEndpointConfig[];
   }
   export namespace EndpointsConfigDump {
    export interface DynamicEndpointConfig {
     client_status: number;
     endpoint_config: google.protobuf.Any | null;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     last_updated: google.protobuf.Timestamp | null;
     version_info: string;
    }
    export interface StaticEndpointConfig {
     endpoint_config: google.protobuf.Any | null;
     last_updated: google.protobuf.Timestamp | null;
    }
   }
   export interface ListenersConfigDump {
    dynamic_listeners: envoy.admin.v3.ListenersConfigDump.DynamicListener[];
    static_listeners: envoy.admin.v3.ListenersConfigDump.StaticListener[];
    version_info: string;
   }
   export namespace ListenersConfigDump {
    export interface DynamicListener {
     active_state: envoy.admin.v3.ListenersConfigDump.DynamicListenerState | null;
     client_status: number;
     draining_state: envoy.admin.v3.ListenersConfigDump.DynamicListenerState | null;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     name: string;
     warming_state: envoy.admin.v3.ListenersConfigDump.DynamicListenerState | null;
    }
    export interface DynamicListenerState {
     last_updated: google.protobuf.Timestamp | null;
     listener: google.protobuf.Any | null;
     version_info: string;
    }
    export interface StaticListener {
     last_updated: google.protobuf.Timestamp | null;
     listener: google.protobuf.Any | null;
    }
   }
   export interface RoutesConfigDump {
    dynamic_route_configs: envoy.admin.v3.RoutesConfigDump.DynamicRouteConfig[];
    static_route_configs: envoy.admin.v3.RoutesConfigDump.StaticRouteConfig[];
   }
   export namespace RoutesConfigDump {
    export interface DynamicRouteConfig {
     client_status: number;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     last_updated: google.protobuf.Timestamp | null;
     route_config: google.protobuf.Any | null;
     version_info: string;
    }
    export interface StaticRouteConfig {
     last_updated: google.protobuf.Timestamp | null;
     route_config: google.protobuf.Any | null;
    }
   }
   export interface ScopedRoutesConfigDump {
    dynamic_scoped_route_configs: envoy.admin.v3.ScopedRoutesConfigDump.DynamicScopedRouteConfigs[];
    inline_scoped_route_configs: envoy.admin.v3.ScopedRoutesConfigDump.InlineScopedRouteConfigs[];
   }
   export namespace ScopedRoutesConfigDump {
    export interface DynamicScopedRouteConfigs {
     client_status: number;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     last_updated: google.protobuf.Timestamp | null;
     name: string;
     scoped_route_configs: google.protobuf.Any[];
     version_info: string;
    }
    export interface InlineScopedRouteConfigs {
     last_updated: google.protobuf.Timestamp | null;
     name: string;
     scoped_route_configs: google.protobuf.Any[];
    }
   }
   export interface SecretsConfigDump {
    dynamic_active_secrets: envoy.admin.v3.SecretsConfigDump.DynamicSecret[];
    dynamic_warming_secrets: envoy.admin.v3.SecretsConfigDump.DynamicSecret[];
    static_secrets: envoy.admin.v3.SecretsConfigDump.StaticSecret[];
   }
   export namespace SecretsConfigDump {
    export interface DynamicSecret {
     client_status: number;
     error_state: envoy.admin.v3.UpdateFailureState | null;
     last_updated: google.protobuf.Timestamp | null;
     name: string;
     secret: google.protobuf.Any | null;
     version_info: string;
    }
    export interface StaticSecret {
     last_updated: google.protobuf.Timestamp | null;
     name: string;
     secret: google.protobuf.Any | null;
    }
   }
   export interface UnreadyTargetsDumps {
    unready_targets_dumps: envoy.admin.v3.UnreadyTargetsDumps.UnreadyTargetsDump[];
   }
   export namespace UnreadyTargetsDumps {
    export interface UnreadyTargetsDump {
     name: string;
     target_names: string[];
    }
   }
   export interface UpdateFailureState {
    details: string;
    failed_configuration: google.protobuf.Any | null;
    last_update_attempt: google.protobuf.Timestamp | null;
    version_info: string;
   }
  }
 }
 export namespace config {
  export namespace accesslog {
   export namespace v3 {
    export interface AccessLog {
     filter: envoy.config.accesslog.v3.AccessLogFilter | null;
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config';
    }
    export interface AccessLogFilter {
     and_filter: envoy.config.accesslog.v3.AndFilter | null;
     duration_filter: envoy.config.accesslog.v3.DurationFilter | null;
     extension_filter: envoy.config.accesslog.v3.ExtensionFilter | null;
     grpc_status_filter: envoy.config.accesslog.v3.GrpcStatusFilter | null;
     header_filter: envoy.config.accesslog.v3.HeaderFilter | null;
     log_type_filter: envoy.config.accesslog.v3.LogTypeFilter | null;
     metadata_filter: envoy.config.accesslog.v3.MetadataFilter | null;
     not_health_check_filter: envoy.config.accesslog.v3.NotHealthCheckFilter | null;
     or_filter: envoy.config.accesslog.v3.OrFilter | null;
     response_flag_filter: envoy.config.accesslog.v3.ResponseFlagFilter | null;
     runtime_filter: envoy.config.accesslog.v3.RuntimeFilter | null;
     status_code_filter: envoy.config.accesslog.v3.StatusCodeFilter | null;
     traceable_filter: envoy.config.accesslog.v3.TraceableFilter | null;
     readonly filter_specifier?: 'status_code_filter' | 'duration_filter' | 'not_health_check_filter' | 'traceable_filter' | 'runtime_filter' | 'and_filter' | 'or_filter' | 'header_filter' | 'response_flag_filter' | 'grpc_status_filter' | 'extension_filter' | 'metadata_filter' | 'log_type_filter';
    }
    export interface AndFilter {
     filters: envoy.config.accesslog.v3.AccessLogFilter[];
    }
    export interface ComparisonFilter {
     op: number;
     value: envoy.config.core.v3.RuntimeUInt32 | null;
    }
    export interface DurationFilter {
     comparison: envoy.config.accesslog.v3.ComparisonFilter | null;
    }
    export interface ExtensionFilter {
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config';
    }
    export interface GrpcStatusFilter {
     exclude: boolean;
     statuses: number[];
    }
    export interface HeaderFilter {
     header: envoy.config.route.v3.HeaderMatcher | null;
    }
    export interface LogTypeFilter {
     exclude: boolean;
     types: number[];
    }
    export interface MetadataFilter {
     match_if_key_not_found: google.protobuf.BoolValue | null;
     matcher: envoy.type.matcher.v3.MetadataMatcher | null;
    }
    export interface NotHealthCheckFilter {
    }
    export interface OrFilter {
     filters: envoy.config.accesslog.v3.AccessLogFilter[];
    }
    export interface ResponseFlagFilter {
     flags: string[];
    }
    export interface RuntimeFilter {
     percent_sampled: envoy.type.v3.FractionalPercent | null;
     runtime_key: string;
     use_independent_randomness: boolean;
    }
    export interface StatusCodeFilter {
     comparison: envoy.config.accesslog.v3.ComparisonFilter | null;
    }
    export interface TraceableFilter {
    }
   }
  }
  export namespace bootstrap {
   export namespace v3 {
    export interface Admin {
     access_log: envoy.config.accesslog.v3.AccessLog[];
     access_log_path: string;
     address: envoy.config.core.v3.Address | null;
     allow_paths: envoy.type.matcher.v3.StringMatcher[];
     ignore_global_conn_limit: boolean;
     profile_path: string;
     socket_options: envoy.config.core.v3.SocketOption[];
    }
    export interface Bootstrap {
     admin: envoy.config.bootstrap.v3.Admin | null;
     application_log_config: envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig | null;
     bootstrap_extensions: envoy.config.core.v3.TypedExtensionConfig[];
     certificate_provider_instances: Record<string, envoy.config.core.v3.TypedExtensionConfig>;
     cluster_manager: envoy.config.bootstrap.v3.ClusterManager | null;
     config_sources: envoy.config.core.v3.ConfigSource[];
     default_config_source: envoy.config.core.v3.ConfigSource | null;
     default_regex_engine: envoy.config.core.v3.TypedExtensionConfig | null;
     default_socket_interface: string;
     deferred_stat_options: envoy.config.bootstrap.v3.Bootstrap.DeferredStatOptions | null;
     dns_resolution_config: envoy.config.core.v3.DnsResolutionConfig | null;
     dynamic_resources: envoy.config.bootstrap.v3.Bootstrap.DynamicResources | null;
     enable_dispatcher_stats: boolean;
     enable_worker_cpu_affinity: boolean;
     fatal_actions: envoy.config.bootstrap.v3.FatalAction[];
     flags_path: string;
     grpc_async_client_manager_config: envoy.config.bootstrap.v3.Bootstrap.GrpcAsyncClientManagerConfig | null;
     hds_config: envoy.config.core.v3.ApiConfigSource | null;
     header_prefix: string;
     inline_headers: envoy.config.bootstrap.v3.CustomInlineHeader[];
     layered_runtime: envoy.config.bootstrap.v3.LayeredRuntime | null;
     listener_manager: envoy.config.core.v3.TypedExtensionConfig | null;
     memory_allocator_manager: envoy.config.bootstrap.v3.MemoryAllocatorManager | null;
     node: envoy.config.core.v3.Node | null;
     node_context_params: string[];
     overload_manager: envoy.config.overload.v3.OverloadManager | null;
     perf_tracing_file_path: string;
     static_resources: envoy.config.bootstrap.v3.Bootstrap.StaticResources | null;
     stats_config: envoy.config.metrics.v3.StatsConfig | null;
     stats_eviction_interval: google.protobuf.Duration | null;
     stats_flush_interval: google.protobuf.Duration | null;
     stats_flush_on_admin: boolean;
     stats_server_version_override: google.protobuf.UInt64Value | null;
     stats_sinks: envoy.config.metrics.v3.StatsSink[];
     tracing: envoy.config.trace.v3.Tracing | null;
     typed_dns_resolver_config: envoy.config.core.v3.TypedExtensionConfig | null;
     use_tcp_for_dns_lookups: boolean;
     watchdog: envoy.config.bootstrap.v3.Watchdog | null;
     watchdogs: envoy.config.bootstrap.v3.Watchdogs | null;
     xds_config_tracker_extension: envoy.config.core.v3.TypedExtensionConfig | null;
     xds_delegate_extension: envoy.config.core.v3.TypedExtensionConfig | null;
     readonly stats_eviction?: 'stats_eviction_interval';
     readonly stats_flush?: 'stats_flush_on_admin';
    }
    export namespace Bootstrap {
     export interface ApplicationLogConfig {
      log_format: envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig.LogFormat | null;
     }
     export namespace ApplicationLogConfig {
      export interface LogFormat {
       json_format: google.protobuf.Struct | null;
       text_format: string;
       readonly log_format?: 'json_format' | 'text_format';
      }
     }
     export interface DeferredStatOptions {
      enable_deferred_creation_stats: boolean;
     }
     export interface DynamicResources {
      ads_config: envoy.config.core.v3.ApiConfigSource | null;
      cds_config: envoy.config.core.v3.ConfigSource | null;
      cds_resources_locator: string;
      lds_config: envoy.config.core.v3.ConfigSource | null;
      lds_resources_locator: string;
     }
     export interface GrpcAsyncClientManagerConfig {
      max_cached_entry_idle_duration: google.protobuf.Duration | null;
     }
     export interface StaticResources {
      clusters: envoy.config.cluster.v3.Cluster[];
      listeners: envoy.config.listener.v3.Listener[];
      secrets: envoy.extensions.transport_sockets.tls.v3.Secret[];
     }
    }
    export interface ClusterManager {
     enable_deferred_cluster_creation: boolean;
     load_stats_config: envoy.config.core.v3.ApiConfigSource | null;
     local_cluster_name: string;
     outlier_detection: envoy.config.bootstrap.v3.ClusterManager.OutlierDetection | null;
     upstream_bind_config: envoy.config.core.v3.BindConfig | null;
    }
    export namespace ClusterManager {
     export interface OutlierDetection {
      event_log_path: string;
      event_service: envoy.config.core.v3.EventServiceConfig | null;
     }
    }
    export interface CustomInlineHeader {
     inline_header_name: string;
     inline_header_type: number;
    }
    export interface FatalAction {
     config: envoy.config.core.v3.TypedExtensionConfig | null;
    }
    export interface LayeredRuntime {
     layers: envoy.config.bootstrap.v3.RuntimeLayer[];
    }
    export interface MemoryAllocatorManager {
     bytes_to_release: number;
     max_per_cpu_cache_size_bytes: google.protobuf.UInt32Value | null;
     max_unfreed_memory_bytes: number;
     memory_release_interval: google.protobuf.Duration | null;
     soft_memory_limit_bytes: google.protobuf.UInt64Value | null;
    }
    export interface RuntimeLayer {
     admin_layer: envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer | null;
     disk_layer: envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer | null;
     name: string;
     rtds_layer: envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer | null;
     static_layer: google.protobuf.Struct | null;
     readonly layer_specifier?: 'static_layer' | 'disk_layer' | 'admin_layer' | 'rtds_layer';
    }
    export namespace RuntimeLayer {
     export interface AdminLayer {
     }
     export interface DiskLayer {
      append_service_cluster: boolean;
      subdirectory: string;
      symlink_root: string;
     }
     export interface RtdsLayer {
      name: string;
      rtds_config: envoy.config.core.v3.ConfigSource | null;
     }
    }
    export interface Watchdog {
     actions: envoy.config.bootstrap.v3.Watchdog.WatchdogAction[];
     kill_timeout: google.protobuf.Duration | null;
     max_kill_timeout_jitter: google.protobuf.Duration | null;
     megamiss_timeout: google.protobuf.Duration | null;
     miss_timeout: google.protobuf.Duration | null;
     multikill_threshold: envoy.type.v3.Percent | null;
     multikill_timeout: google.protobuf.Duration | null;
    }
    export namespace Watchdog {
     export interface WatchdogAction {
      config: envoy.config.core.v3.TypedExtensionConfig | null;
      event: number;
     }
    }
    export interface Watchdogs {
     main_thread_watchdog: envoy.config.bootstrap.v3.Watchdog | null;
     worker_watchdog: envoy.config.bootstrap.v3.Watchdog | null;
    }
   }
  }
  export namespace cluster {
   export namespace v3 {
    export interface CircuitBreakers {
     per_host_thresholds: envoy.config.cluster.v3.CircuitBreakers.Thresholds[];
     thresholds: envoy.config.cluster.v3.CircuitBreakers.Thresholds[];
    }
    export namespace CircuitBreakers {
     export interface Thresholds {
      max_connection_pools: google.protobuf.UInt32Value | null;
      max_connections: google.protobuf.UInt32Value | null;
      max_pending_requests: google.protobuf.UInt32Value | null;
      max_requests: google.protobuf.UInt32Value | null;
      max_retries: google.protobuf.UInt32Value | null;
      priority: number;
      retry_budget: envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget | null;
      track_remaining: boolean;
     }
     export namespace Thresholds {
      export interface RetryBudget {
       budget_interval: google.protobuf.Duration | null;
       budget_percent: envoy.type.v3.Percent | null;
       min_retry_concurrency: google.protobuf.UInt32Value | null;
      }
     }
    }
    export interface Cluster {
     alt_stat_name: string;
     circuit_breakers: envoy.config.cluster.v3.CircuitBreakers | null;
     cleanup_interval: google.protobuf.Duration | null;
     close_connections_on_host_health_failure: boolean;
     cluster_type: envoy.config.cluster.v3.Cluster.CustomClusterType | null;
     common_http_protocol_options: envoy.config.core.v3.HttpProtocolOptions | null;
     common_lb_config: envoy.config.cluster.v3.Cluster.CommonLbConfig | null;
     connect_timeout: google.protobuf.Duration | null;
     connection_pool_per_downstream_connection: boolean;
     dns_failure_refresh_rate: envoy.config.cluster.v3.Cluster.RefreshRate | null;
     dns_jitter: google.protobuf.Duration | null;
     dns_lookup_family: number;
     dns_refresh_rate: google.protobuf.Duration | null;
     dns_resolution_config: envoy.config.core.v3.DnsResolutionConfig | null;
     dns_resolvers: envoy.config.core.v3.Address[];
     eds_cluster_config: envoy.config.cluster.v3.Cluster.EdsClusterConfig | null;
     filters: envoy.config.cluster.v3.Filter[];
     health_checks: envoy.config.core.v3.HealthCheck[];
     http2_protocol_options: envoy.config.core.v3.Http2ProtocolOptions | null;
     http_protocol_options: envoy.config.core.v3.Http1ProtocolOptions | null;
     ignore_health_on_host_removal: boolean;
     lb_policy: number;
     lb_subset_config: envoy.config.cluster.v3.Cluster.LbSubsetConfig | null;
     least_request_lb_config: envoy.config.cluster.v3.Cluster.LeastRequestLbConfig | null;
     load_assignment: envoy.config.endpoint.v3.ClusterLoadAssignment | null;
     load_balancing_policy: envoy.config.cluster.v3.LoadBalancingPolicy | null;
     lrs_report_endpoint_metrics: string[];
     lrs_server: envoy.config.core.v3.ConfigSource | null;
     maglev_lb_config: envoy.config.cluster.v3.Cluster.MaglevLbConfig | null;
     max_requests_per_connection: google.protobuf.UInt32Value | null;
     metadata: envoy.config.core.v3.Metadata | null;
     name: string;
     original_dst_lb_config: envoy.config.cluster.v3.Cluster.OriginalDstLbConfig | null;
     outlier_detection: envoy.config.cluster.v3.OutlierDetection | null;
     per_connection_buffer_high_watermark_timeout: google.protobuf.Duration | null;
     per_connection_buffer_limit_bytes: google.protobuf.UInt32Value | null;
     preconnect_policy: envoy.config.cluster.v3.Cluster.PreconnectPolicy | null;
     protocol_selection: number;
     queuing_policies: envoy.config.cluster.v3.Cluster.QueuingPolicies | null;
     respect_dns_ttl: boolean;
     ring_hash_lb_config: envoy.config.cluster.v3.Cluster.RingHashLbConfig | null;
     round_robin_lb_config: envoy.config.cluster.v3.Cluster.RoundRobinLbConfig | null;
     stats_matcher: envoy.config.metrics.v3.StatsMatcher | null;
     track_cluster_stats: envoy.config.cluster.v3.TrackClusterStats | null;
     track_timeout_budgets: boolean;
     transport_socket: envoy.config.core.v3.TransportSocket | null;
     transport_socket_matcher: xds.type.matcher.v3.Matcher | null;
     transport_socket_matches: envoy.config.cluster.v3.Cluster.TransportSocketMatch[];
     type: number;
     typed_dns_resolver_config: envoy.config.core.v3.TypedExtensionConfig | null;
     typed_extension_protocol_options: Record<string, google.protobuf.Any>;
     upstream_bind_config: envoy.config.core.v3.BindConfig | null;
     upstream_config: envoy.config.core.v3.TypedExtensionConfig | null;
     upstream_connection_options: envoy.config.cluster.v3.UpstreamConnectionOptions | null;
     upstream_http_protocol_options: envoy.config.core.v3.UpstreamHttpProtocolOptions | null;
     use_tcp_for_dns_lookups: boolean;
     wait_for_warm_on_init: google.protobuf.BoolValue | null;
     readonly cluster_discovery_type?: 'type' | 'cluster_type';
     readonly lb_config?: 'ring_hash_lb_config' | 'maglev_lb_config' | 'original_dst_lb_config' | 'least_request_lb_config' | 'round_robin_lb_config';
    }
    export namespace Cluster {
     export interface CommonLbConfig {
      close_connections_on_host_set_change: boolean;
      consistent_hashing_lb_config: envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig | null;
      healthy_panic_threshold: envoy.type.v3.Percent | null;
      ignore_new_hosts_until_first_hc: boolean;
      locality_weighted_lb_config: envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig | null;
      override_host_status: envoy.config.core.v3.HealthStatusSet | null;
      update_merge_window: google.protobuf.Duration | null;
      zone_aware_lb_config: envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig | null;
      readonly locality_config_specifier?: 'zone_aware_lb_config' | 'locality_weighted_lb_config';
     }
     export namespace CommonLbConfig {
      export interface ConsistentHashingLbConfig {
       hash_balance_factor: google.protobuf.UInt32Value | null;
       use_hostname_for_hashing: boolean;
      }
      export interface LocalityWeightedLbConfig {
      }
      export interface ZoneAwareLbConfig {
       fail_traffic_on_panic: boolean;
       min_cluster_size: google.protobuf.UInt64Value | null;
       routing_enabled: envoy.type.v3.Percent | null;
      }
     }
     export interface CustomClusterType {
      name: string;
      typed_config: google.protobuf.Any | null;
     }
     export interface EdsClusterConfig {
      eds_config: envoy.config.core.v3.ConfigSource | null;
      service_name: string;
     }
     export interface LbSubsetConfig {
      default_subset: google.protobuf.Struct | null;
      fallback_policy: number;
      list_as_any: boolean;
      locality_weight_aware: boolean;
      metadata_fallback_policy: number;
      panic_mode_any: boolean;
      scale_locality_weight: boolean;
      subset_selectors: envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector[];
     }
     export namespace LbSubsetConfig {
      export interface LbSubsetSelector {
       fallback_keys_subset: string[];
       fallback_policy: number;
       keys: string[];
       single_host_per_subset: boolean;
      }
     }
     export interface LeastRequestLbConfig {
      active_request_bias: envoy.config.core.v3.RuntimeDouble | null;
      choice_count: google.protobuf.UInt32Value | null;
      slow_start_config: envoy.config.cluster.v3.Cluster.SlowStartConfig | null;
     }
     export interface MaglevLbConfig {
      table_size: google.protobuf.UInt64Value | null;
     }
     export interface OriginalDstLbConfig {
      http_header_name: string;
      metadata_key: envoy.type.metadata.v3.MetadataKey | null;
      upstream_port_override: google.protobuf.UInt32Value | null;
      use_http_header: boolean;
     }
     export interface PreconnectPolicy {
      per_upstream_preconnect_ratio: google.protobuf.DoubleValue | null;
      preconnect_enabled_metadata: envoy.type.matcher.v3.MetadataMatcher | null;
      predictive_preconnect_ratio: google.protobuf.DoubleValue | null;
     }
     export interface QueuingPolicies {
      pending_rq_policy: envoy.config.core.v3.TypedExtensionConfig | null;
     }
     export interface RefreshRate {
      base_interval: google.protobuf.Duration | null;
      max_interval: google.protobuf.Duration | null;
     }
     export interface RingHashLbConfig {
      hash_function: number;
      maximum_ring_size: google.protobuf.UInt64Value | null;
      minimum_ring_size: google.protobuf.UInt64Value | null;
     }
     export interface RoundRobinLbConfig {
      slow_start_config: envoy.config.cluster.v3.Cluster.SlowStartConfig | null;
     }
     export interface SlowStartConfig {
      aggression: envoy.config.core.v3.RuntimeDouble | null;
      min_weight_percent: envoy.type.v3.Percent | null;
      slow_start_window: google.protobuf.Duration | null;
     }
     export interface TransportSocketMatch {
      match: google.protobuf.Struct | null;
      name: string;
      transport_socket: envoy.config.core.v3.TransportSocket | null;
     }
    }
    export interface Filter {
     config_discovery: envoy.config.core.v3.ExtensionConfigSource | null;
     name: string;
     typed_config: google.protobuf.Any | null;
    }
    export interface LoadBalancingPolicy {
     policies: envoy.config.cluster.v3.LoadBalancingPolicy.Policy[];
    }
    export namespace LoadBalancingPolicy {
     export interface Policy {
      typed_extension_config: envoy.config.core.v3.TypedExtensionConfig | null;
     }
    }
    export interface OutlierDetection {
     always_eject_one_host: google.protobuf.BoolValue | null;
     base_ejection_time: google.protobuf.Duration | null;
     consecutive_5xx: google.protobuf.UInt32Value | null;
     consecutive_gateway_failure: google.protobuf.UInt32Value | null;
     consecutive_local_origin_failure: google.protobuf.UInt32Value | null;
     detect_degraded_hosts: google.protobuf.BoolValue | null;
     enforcing_consecutive_5xx: google.protobuf.UInt32Value | null;
     enforcing_consecutive_gateway_failure: google.protobuf.UInt32Value | null;
     enforcing_consecutive_local_origin_failure: google.protobuf.UInt32Value | null;
     enforcing_failure_percentage: google.protobuf.UInt32Value | null;
     enforcing_failure_percentage_local_origin: google.protobuf.UInt32Value | null;
     enforcing_local_origin_success_rate: google.protobuf.UInt32Value | null;
     enforcing_success_rate: google.protobuf.UInt32Value | null;
     failure_percentage_minimum_hosts: google.protobuf.UInt32Value | null;
     failure_percentage_request_volume: google.protobuf.UInt32Value | null;
     failure_percentage_threshold: google.protobuf.UInt32Value | null;
     interval: google.protobuf.Duration | null;
     max_ejection_percent: google.protobuf.UInt32Value | null;
     max_ejection_time: google.protobuf.Duration | null;
     max_ejection_time_jitter: google.protobuf.Duration | null;
     monitors: envoy.config.core.v3.TypedExtensionConfig[];
     split_external_local_origin_errors: boolean;
     success_rate_minimum_hosts: google.protobuf.UInt32Value | null;
     success_rate_request_volume: google.protobuf.UInt32Value | null;
     success_rate_stdev_factor: google.protobuf.UInt32Value | null;
     successful_active_health_check_uneject_host: google.protobuf.BoolValue | null;
    }
    export interface TrackClusterStats {
     per_endpoint_stats: boolean;
     request_response_sizes: boolean;
     timeout_budgets: boolean;
    }
    export interface UpstreamConnectionOptions {
     happy_eyeballs_config: envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig | null;
     set_local_interface_name_on_upstream_connections: boolean;
     tcp_keepalive: envoy.config.core.v3.TcpKeepalive | null;
    }
    export namespace UpstreamConnectionOptions {
     export interface HappyEyeballsConfig {
      first_address_family_count: google.protobuf.UInt32Value | null;
      first_address_family_version: number;
     }
    }
   }
  }
  export namespace common {
   export namespace matcher {
    export namespace v3 {
     export interface HttpGenericBodyMatch {
      bytes_limit: number;
      patterns: envoy.config.common.matcher.v3.HttpGenericBodyMatch.GenericTextMatch[];
     }
     export namespace HttpGenericBodyMatch {
      export interface GenericTextMatch {
       binary_match: Uint8Array;
       string_match: string;
       readonly rule?: 'string_match' | 'binary_match';
      }
     }
     export interface HttpHeadersMatch {
      headers: envoy.config.route.v3.HeaderMatcher[];
     }
     export interface MatchPredicate {
      and_match: envoy.config.common.matcher.v3.MatchPredicate.MatchSet | null;
      any_match: boolean;
      http_request_generic_body_match: envoy.config.common.matcher.v3.HttpGenericBodyMatch | null;
      http_request_headers_match: envoy.config.common.matcher.v3.HttpHeadersMatch | null;
      http_request_trailers_match: envoy.config.common.matcher.v3.HttpHeadersMatch | null;
      http_response_generic_body_match: envoy.config.common.matcher.v3.HttpGenericBodyMatch | null;
      http_response_headers_match: envoy.config.common.matcher.v3.HttpHeadersMatch | null;
      http_response_trailers_match: envoy.config.common.matcher.v3.HttpHeadersMatch | null;
      not_match: envoy.config.common.matcher.v3.MatchPredicate | null;
      or_match: envoy.config.common.matcher.v3.MatchPredicate.MatchSet | null;
      readonly rule?: 'or_match' | 'and_match' | 'not_match' | 'any_match' | 'http_request_headers_match' | 'http_request_trailers_match' | 'http_response_headers_match' | 'http_response_trailers_match' | 'http_request_generic_body_match' | 'http_response_generic_body_match';
     }
     export namespace MatchPredicate {
      export interface MatchSet {
       rules: envoy.config.common.matcher.v3.MatchPredicate[];
      }
     }
    }
   }
   export namespace mutation_rules {
    export namespace v3 {
     export interface HeaderMutation {
      append: envoy.config.core.v3.HeaderValueOption | null;
      remove: string;
      remove_on_match: envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch | null;
      readonly action?: 'remove' | 'append' | 'remove_on_match';
     }
     export namespace HeaderMutation {
      export interface RemoveOnMatch {
       key_matcher: envoy.type.matcher.v3.StringMatcher | null;
      }
     }
     export interface HeaderMutationRules {
      allow_all_routing: google.protobuf.BoolValue | null;
      allow_envoy: google.protobuf.BoolValue | null;
      allow_expression: envoy.type.matcher.v3.RegexMatcher | null;
      disallow_all: google.protobuf.BoolValue | null;
      disallow_expression: envoy.type.matcher.v3.RegexMatcher | null;
      disallow_is_error: google.protobuf.BoolValue | null;
      disallow_system: google.protobuf.BoolValue | null;
     }
    }
   }
  }
  export namespace core {
   export namespace v3 {
    export interface Address {
     envoy_internal_address: envoy.config.core.v3.EnvoyInternalAddress | null;
     pipe: envoy.config.core.v3.Pipe | null;
     socket_address: envoy.config.core.v3.SocketAddress | null;
     readonly address?: 'socket_address' | 'pipe' | 'envoy_internal_address';
    }
    export interface AggregatedConfigSource {
    }
    export interface AlternateProtocolsCacheOptions {
     canonical_suffixes: string[];
     key_value_store_config: envoy.config.core.v3.TypedExtensionConfig | null;
     max_entries: google.protobuf.UInt32Value | null;
     name: string;
     prepopulated_entries: envoy.config.core.v3.AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry[];
    }
    export namespace AlternateProtocolsCacheOptions {
     export interface AlternateProtocolsCacheEntry {
      hostname: string;
      port: number;
     }
    }
    export interface ApiConfigSource {
     api_type: number;
     cluster_names: string[];
     config_validators: envoy.config.core.v3.TypedExtensionConfig[];
     grpc_services: envoy.config.core.v3.GrpcService[];
     rate_limit_settings: envoy.config.core.v3.RateLimitSettings | null;
     refresh_delay: google.protobuf.Duration | null;
     request_timeout: google.protobuf.Duration | null;
     set_node_on_first_message_only: boolean;
     transport_api_version: number;
    }
    export interface BackoffStrategy {
     base_interval: google.protobuf.Duration | null;
     max_interval: google.protobuf.Duration | null;
    }
    export interface BindConfig {
     additional_source_addresses: envoy.config.core.v3.SocketAddress[];
     extra_source_addresses: envoy.config.core.v3.ExtraSourceAddress[];
     freebind: google.protobuf.BoolValue | null;
     local_address_selector: envoy.config.core.v3.TypedExtensionConfig | null;
     socket_options: envoy.config.core.v3.SocketOption[];
     source_address: envoy.config.core.v3.SocketAddress | null;
     validate_network_namespaces: boolean;
    }
    export interface BuildVersion {
     metadata: google.protobuf.Struct | null;
     version: envoy.type.v3.SemanticVersion | null;
    }
    export interface CidrRange {
     address_prefix: string;
     prefix_len: google.protobuf.UInt32Value | null;
    }
    export interface ConfigSource {
     ads: envoy.config.core.v3.AggregatedConfigSource | null;
     api_config_source: envoy.config.core.v3.ApiConfigSource | null;
     authorities: xds.core.v3.Authority[];
     initial_fetch_timeout: google.protobuf.Duration | null;
     path: string;
     path_config_source: envoy.config.core.v3.PathConfigSource | null;
     resource_api_version: number;
     self: envoy.config.core.v3.SelfConfigSource | null;
     readonly config_source_specifier?: 'path' | 'path_config_source' | 'api_config_source' | 'ads' | 'self';
    }
    export interface ControlPlane {
     identifier: string;
    }
    export interface DataSource {
     environment_variable: string;
     filename: string;
     inline_bytes: Uint8Array;
     inline_string: string;
     watched_directory: envoy.config.core.v3.WatchedDirectory | null;
     readonly specifier?: 'filename' | 'inline_bytes' | 'inline_string' | 'environment_variable';
    }
    export interface DnsResolutionConfig {
     dns_resolver_options: envoy.config.core.v3.DnsResolverOptions | null;
     resolvers: envoy.config.core.v3.Address[];
    }
    export interface DnsResolverOptions {
     no_default_search_domain: boolean;
     use_tcp_for_dns_lookups: boolean;
    }
    export interface EnvoyInternalAddress {
     endpoint_id: string;
     server_listener_name: string;
     readonly address_name_specifier?: 'server_listener_name';
    }
    export interface EventServiceConfig {
     grpc_service: envoy.config.core.v3.GrpcService | null;
     readonly config_source_specifier?: 'grpc_service';
    }
    export interface Extension {
     category: string;
     disabled: boolean;
     name: string;
     type_descriptor: string;
     type_urls: string[];
     version: envoy.config.core.v3.BuildVersion | null;
    }
    export interface ExtensionConfigSource {
     apply_default_config_without_warming: boolean;
     config_source: envoy.config.core.v3.ConfigSource | null;
     default_config: google.protobuf.Any | null;
     type_urls: string[];
    }
    export interface ExtraSourceAddress {
     address: envoy.config.core.v3.SocketAddress | null;
     socket_options: envoy.config.core.v3.SocketOptionsOverride | null;
    }
    export interface GrpcService {
     envoy_grpc: envoy.config.core.v3.GrpcService.EnvoyGrpc | null;
     google_grpc: envoy.config.core.v3.GrpcService.GoogleGrpc | null;
     initial_metadata: envoy.config.core.v3.HeaderValue[];
     retry_policy: envoy.config.core.v3.RetryPolicy | null;
     timeout: google.protobuf.Duration | null;
     readonly target_specifier?: 'envoy_grpc' | 'google_grpc';
    }
    export namespace GrpcService {
     export interface EnvoyGrpc {
      authority: string;
      cluster_name: string;
      max_receive_message_length: google.protobuf.UInt32Value | null;
      retry_policy: envoy.config.core.v3.RetryPolicy | null;
      skip_envoy_headers: boolean;
     }
     export interface GoogleGrpc {
      call_credentials: envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials[];
      call_credentials_plugin: google.protobuf.Any[];
      channel_args: envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs | null;
      channel_credentials: envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials | null;
      channel_credentials_plugin: google.protobuf.Any[];
      config: google.protobuf.Struct | null;
      credentials_factory_name: string;
      per_stream_buffer_limit_bytes: google.protobuf.UInt32Value | null;
      stat_prefix: string;
      target_uri: string;
     }
     export namespace GoogleGrpc {
      export interface CallCredentials {
       access_token: string;
       from_plugin: envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.MetadataCredentialsFromPlugin | null;
       google_compute_engine: google.protobuf.Empty | null;
       google_iam: envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.GoogleIAMCredentials | null;
       google_refresh_token: string;
       service_account_jwt_access: envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.ServiceAccountJWTAccessCredentials | null;
       sts_service: envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.StsService | null;
       readonly credential_specifier?: 'access_token' | 'google_compute_engine' | 'google_refresh_token' | 'service_account_jwt_access' | 'google_iam' | 'from_plugin' | 'sts_service';
      }
      export namespace CallCredentials {
       export interface GoogleIAMCredentials {
        authority_selector: string;
        authorization_token: string;
       }
       export interface MetadataCredentialsFromPlugin {
        name: string;
        typed_config: google.protobuf.Any | null;
        readonly config_type?: 'typed_config';
       }
       export interface ServiceAccountJWTAccessCredentials {
        json_key: string;
        token_lifetime_seconds: number;
       }
       export interface StsService {
        actor_token_path: string;
        actor_token_type: string;
        audience: string;
        requested_token_type: string;
        resource: string;
        scope: string;
        subject_token_path: string;
        subject_token_type: string;
        token_exchange_service_uri: string;
       }
      }
      export interface ChannelArgs {
       args: Record<string, envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs.Value>;
      }
      export namespace ChannelArgs {
       export interface Value {
        int_value: number;
        string_value: string;
        readonly value_specifier?: 'string_value' | 'int_value';
       }
      }
      export interface ChannelCredentials {
       google_default: google.protobuf.Empty | null;
       local_credentials: envoy.config.core.v3.GrpcService.GoogleGrpc.GoogleLocalCredentials | null;
       ssl_credentials: envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials | null;
       readonly credential_specifier?: 'ssl_credentials' | 'google_default' | 'local_credentials';
      }
      export interface GoogleLocalCredentials {
      }
      export interface SslCredentials {
       cert_chain: envoy.config.core.v3.DataSource | null;
       private_key: envoy.config.core.v3.DataSource | null;
       root_certs: envoy.config.core.v3.DataSource | null;
      }
     }
    }
    export interface HeaderValue {
     key: string;
     raw_value: Uint8Array;
     value: string;
    }
    export interface HeaderValueOption {
     append: google.protobuf.BoolValue | null;
     append_action: number;
     header: envoy.config.core.v3.HeaderValue | null;
     keep_empty_value: boolean;
    }
    export interface HealthCheck {
     alt_port: google.protobuf.UInt32Value | null;
     always_log_health_check_failures: boolean;
     always_log_health_check_success: boolean;
     custom_health_check: envoy.config.core.v3.HealthCheck.CustomHealthCheck | null;
     event_log_path: string;
     event_logger: envoy.config.core.v3.TypedExtensionConfig[];
     event_service: envoy.config.core.v3.EventServiceConfig | null;
     grpc_health_check: envoy.config.core.v3.HealthCheck.GrpcHealthCheck | null;
     healthy_edge_interval: google.protobuf.Duration | null;
     healthy_threshold: google.protobuf.UInt32Value | null;
     http_health_check: envoy.config.core.v3.HealthCheck.HttpHealthCheck | null;
     initial_jitter: google.protobuf.Duration | null;
     interval: google.protobuf.Duration | null;
     interval_jitter: google.protobuf.Duration | null;
     interval_jitter_percent: number;
     name: string;
     no_traffic_healthy_interval: google.protobuf.Duration | null;
     no_traffic_interval: google.protobuf.Duration | null;
     reuse_connection: google.protobuf.BoolValue | null;
     tcp_health_check: envoy.config.core.v3.HealthCheck.TcpHealthCheck | null;
     timeout: google.protobuf.Duration | null;
     tls_options: envoy.config.core.v3.HealthCheck.TlsOptions | null;
     transport_socket_match_criteria: google.protobuf.Struct | null;
     unhealthy_edge_interval: google.protobuf.Duration | null;
     unhealthy_interval: google.protobuf.Duration | null;
     unhealthy_threshold: google.protobuf.UInt32Value | null;
     readonly health_checker?: 'http_health_check' | 'tcp_health_check' | 'grpc_health_check' | 'custom_health_check';
    }
    export namespace HealthCheck {
     export interface CustomHealthCheck {
      name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
     export interface GrpcHealthCheck {
      authority: string;
      initial_metadata: envoy.config.core.v3.HeaderValueOption[];
      service_name: string;
     }
     export interface HttpHealthCheck {
      codec_client_type: number;
      expected_statuses: envoy.type.v3.Int64Range[];
      host: string;
      method: number;
      path: string;
      receive: envoy.config.core.v3.HealthCheck.Payload[];
      request_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
      request_headers_to_remove: string[];
      response_buffer_size: google.protobuf.UInt64Value | null;
      retriable_statuses: envoy.type.v3.Int64Range[];
      send: envoy.config.core.v3.HealthCheck.Payload | null;
      service_name_matcher: envoy.type.matcher.v3.StringMatcher | null;
      use_alpn_protocol: boolean;
     }
     export interface Payload {
      binary: Uint8Array;
      text: string;
      readonly payload?: 'text' | 'binary';
     }
     export interface TcpHealthCheck {
      proxy_protocol_config: envoy.config.core.v3.ProxyProtocolConfig | null;
      receive: envoy.config.core.v3.HealthCheck.Payload[];
      send: envoy.config.core.v3.HealthCheck.Payload | null;
     }
     export interface TlsOptions {
      alpn_protocols: string[];
     }
    }
    export interface HealthStatusSet {
     statuses: number[];
    }
    export interface Http1ProtocolOptions {
     accept_http_10: boolean;
     allow_absolute_url: google.protobuf.BoolValue | null;
     allow_chunked_length: boolean;
     allow_custom_methods: boolean;
     default_host_for_http_10: string;
     enable_trailers: boolean;
     header_key_format: envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat | null;
     ignore_http_11_upgrade: envoy.type.matcher.v3.StringMatcher[];
     override_stream_error_on_invalid_http_message: google.protobuf.BoolValue | null;
     send_fully_qualified_url: boolean;
     use_balsa_parser: google.protobuf.BoolValue | null;
    }
    export namespace Http1ProtocolOptions {
     export interface HeaderKeyFormat {
      proper_case_words: envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords | null;
      stateful_formatter: envoy.config.core.v3.TypedExtensionConfig | null;
      readonly header_format?: 'proper_case_words' | 'stateful_formatter';
     }
     export namespace HeaderKeyFormat {
      export interface ProperCaseWords {
      }
     }
    }
    export interface Http2ProtocolOptions {
     allow_connect: boolean;
     allow_metadata: boolean;
     connection_keepalive: envoy.config.core.v3.KeepaliveSettings | null;
     custom_settings_parameters: envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter[];
     disallow_obs_text: google.protobuf.BoolValue | null;
     enable_huffman_encoding: google.protobuf.BoolValue | null;
     hpack_table_size: google.protobuf.UInt32Value | null;
     initial_connection_window_size: google.protobuf.UInt32Value | null;
     initial_stream_window_size: google.protobuf.UInt32Value | null;
     max_concurrent_streams: google.protobuf.UInt32Value | null;
     max_consecutive_inbound_frames_with_empty_payload: google.protobuf.UInt32Value | null;
     max_header_field_size_kb: google.protobuf.UInt32Value | null;
     max_inbound_priority_frames_per_stream: google.protobuf.UInt32Value | null;
     max_inbound_window_update_frames_per_data_frame_sent: google.protobuf.UInt32Value | null;
     max_metadata_size: google.protobuf.UInt64Value | null;
     max_outbound_control_frames: google.protobuf.UInt32Value | null;
     max_outbound_frames: google.protobuf.UInt32Value | null;
     override_stream_error_on_invalid_http_message: google.protobuf.BoolValue | null;
     stream_error_on_invalid_http_messaging: boolean;
     stream_reset_burst: google.protobuf.UInt64Value | null;
     stream_reset_rate: google.protobuf.UInt64Value | null;
     use_oghttp2_codec: google.protobuf.BoolValue | null;
    }
    export namespace Http2ProtocolOptions {
     export interface SettingsParameter {
      identifier: google.protobuf.UInt32Value | null;
      value: google.protobuf.UInt32Value | null;
     }
    }
    export interface Http3ProtocolOptions {
     allow_extended_connect: boolean;
     allow_metadata: boolean;
     disable_connection_flow_control_for_streams: boolean;
     disable_qpack: boolean;
     disallow_obs_text: google.protobuf.BoolValue | null;
     override_stream_error_on_invalid_http_message: google.protobuf.BoolValue | null;
     quic_protocol_options: envoy.config.core.v3.QuicProtocolOptions | null;
    }
    export interface HttpProtocolOptions {
     headers_with_underscores_action: number;
     idle_timeout: google.protobuf.Duration | null;
     max_connection_duration: google.protobuf.Duration | null;
     max_connection_duration_jitter: envoy.type.v3.Percent | null;
     max_headers_count: google.protobuf.UInt32Value | null;
     max_requests_per_connection: google.protobuf.UInt32Value | null;
     max_response_headers_kb: google.protobuf.UInt32Value | null;
     max_stream_duration: google.protobuf.Duration | null;
    }
    export interface JsonFormatOptions {
     sort_properties: boolean;
    }
    export interface KeepaliveSettings {
     connection_idle_interval: google.protobuf.Duration | null;
     interval: google.protobuf.Duration | null;
     interval_jitter: envoy.type.v3.Percent | null;
     timeout: google.protobuf.Duration | null;
    }
    export interface Locality {
     region: string;
     sub_zone: string;
     zone: string;
    }
    export interface Metadata {
     filter_metadata: Record<string, google.protobuf.Struct>;
     typed_filter_metadata: Record<string, google.protobuf.Any>;
    }
    export interface Node {
     client_features: string[];
     cluster: string;
     dynamic_parameters: Record<string, xds.core.v3.ContextParams>;
     extensions: envoy.config.core.v3.Extension[];
     id: string;
     listening_addresses: envoy.config.core.v3.Address[];
     locality: envoy.config.core.v3.Locality | null;
     metadata: google.protobuf.Struct | null;
     user_agent_build_version: envoy.config.core.v3.BuildVersion | null;
     user_agent_name: string;
     user_agent_version: string;
     readonly user_agent_version_type?: 'user_agent_version' | 'user_agent_build_version';
    }
    export interface PathConfigSource {
     path: string;
     poll_interval: google.protobuf.Duration | null;
     watched_directory: envoy.config.core.v3.WatchedDirectory | null;
    }
    export interface Pipe {
     mode: number;
     path: string;
    }
    export interface ProxyProtocolConfig {
     added_tlvs: envoy.config.core.v3.TlvEntry[];
     pass_through_tlvs: envoy.config.core.v3.ProxyProtocolPassThroughTLVs | null;
     version: number;
    }
    export interface ProxyProtocolPassThroughTLVs {
     match_type: number;
     tlv_type: number[];
    }
    export interface QuicKeepAliveSettings {
     initial_interval: google.protobuf.Duration | null;
     max_interval: google.protobuf.Duration | null;
    }
    export interface QuicProtocolOptions {
     client_connection_options: string;
     client_packet_writer: envoy.config.core.v3.TypedExtensionConfig | null;
     connection_keepalive: envoy.config.core.v3.QuicKeepAliveSettings | null;
     connection_migration: envoy.config.core.v3.QuicProtocolOptions.ConnectionMigrationSettings | null;
     connection_options: string;
     enable_scone: google.protobuf.BoolValue | null;
     idle_network_timeout: google.protobuf.Duration | null;
     initial_connection_window_size: google.protobuf.UInt32Value | null;
     initial_stream_window_size: google.protobuf.UInt32Value | null;
     max_concurrent_streams: google.protobuf.UInt32Value | null;
     max_packet_length: google.protobuf.UInt64Value | null;
     memory_reduction_timeout: google.protobuf.Duration | null;
     num_timeouts_to_trigger_port_migration: google.protobuf.UInt32Value | null;
    }
    export namespace QuicProtocolOptions {
     export interface ConnectionMigrationSettings {
      max_time_on_non_default_network: google.protobuf.Duration | null;
      migrate_idle_connections: envoy.config.core.v3.QuicProtocolOptions.ConnectionMigrationSettings.MigrateIdleConnectionSettings | null;
     }
     export namespace ConnectionMigrationSettings {
      export interface MigrateIdleConnectionSettings {
       max_idle_time_before_migration: google.protobuf.Duration | null;
      }
     }
    }
    export interface RateLimitSettings {
     fill_rate: google.protobuf.DoubleValue | null;
     max_tokens: google.protobuf.UInt32Value | null;
    }
    export interface RetryPolicy {
     host_selection_retry_max_attempts: number;
     num_retries: google.protobuf.UInt32Value | null;
     retry_back_off: envoy.config.core.v3.BackoffStrategy | null;
     retry_host_predicate: envoy.config.core.v3.RetryPolicy.RetryHostPredicate[];
     retry_on: string;
     retry_priority: envoy.config.core.v3.RetryPolicy.RetryPriority | null;
    }
    export namespace RetryPolicy {
     export interface RetryHostPredicate {
      name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
     export interface RetryPriority {
      name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
    }
    export interface RuntimeDouble {
     default_value: number;
     runtime_key: string;
    }
    export interface RuntimeFeatureFlag {
     default_value: google.protobuf.BoolValue | null;
     runtime_key: string;
    }
    export interface RuntimeFractionalPercent {
     default_value: envoy.type.v3.FractionalPercent | null;
     runtime_key: string;
    }
    export interface RuntimeUInt32 {
     default_value: number;
     runtime_key: string;
    }
    export interface SchemeHeaderTransformation {
     match_upstream: boolean;
     scheme_to_overwrite: string;
     readonly transformation?: 'scheme_to_overwrite';
    }
    export interface SelfConfigSource {
     transport_api_version: number;
    }
    export interface SocketAddress {
     address: string;
     ipv4_compat: boolean;
     named_port: string;
     network_namespace_filepath: string;
     port_value: number;
     protocol: number;
     resolver_name: string;
     readonly port_specifier?: 'port_value' | 'named_port';
    }
    export interface SocketCmsgHeaders {
     expected_size: number;
     level: google.protobuf.UInt32Value | null;
     type: google.protobuf.UInt32Value | null;
    }
    export interface SocketOption {
     buf_value: Uint8Array;
     description: string;
     int_value: number;
     ip_version: number;
     level: number;
     name: number;
     state: number;
     type: envoy.config.core.v3.SocketOption.SocketType | null;
     readonly value?: 'int_value' | 'buf_value';
    }
    export namespace SocketOption {
     export interface SocketType {
      datagram: envoy.config.core.v3.SocketOption.SocketType.Datagram | null;
      stream: envoy.config.core.v3.SocketOption.SocketType.Stream | null;
     }
     export namespace SocketType {
      export interface Datagram {
      }
      export interface Stream {
      }
     }
    }
    export interface SocketOptionsOverride {
     socket_options: envoy.config.core.v3.SocketOption[];
    }
    export interface SubstitutionFormatString {
     content_type: string;
     formatters: envoy.config.core.v3.TypedExtensionConfig[];
     json_format: google.protobuf.Struct | null;
     json_format_options: envoy.config.core.v3.JsonFormatOptions | null;
     omit_empty_values: boolean;
     text_format: string;
     text_format_source: envoy.config.core.v3.DataSource | null;
     readonly format?: 'text_format' | 'json_format' | 'text_format_source';
    }
    export interface TcpKeepalive {
     keepalive_interval: google.protobuf.UInt32Value | null;
     keepalive_probes: google.protobuf.UInt32Value | null;
     keepalive_time: google.protobuf.UInt32Value | null;
    }
    export interface TlvEntry {
     format_string: envoy.config.core.v3.SubstitutionFormatString | null;
     type: number;
     value: Uint8Array;
    }
    export interface TransportSocket {
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config';
    }
    export interface TypedExtensionConfig {
     name: string;
     typed_config: google.protobuf.Any | null;
    }
    export interface UdpSocketConfig {
     max_rx_datagram_size: google.protobuf.UInt64Value | null;
     prefer_gro: google.protobuf.BoolValue | null;
    }
    export interface UpstreamHttpProtocolOptions {
     auto_san_validation: boolean;
     auto_sni: boolean;
     override_auto_sni_header: string;
    }
    export interface WatchedDirectory {
     path: string;
     watch_modify: boolean;
    }
    export interface HeaderMap {
     headers: envoy.config.core.v3.HeaderValue[];
    }
    export interface HttpUri {
     cluster: string;
     timeout: google.protobuf.Duration | null;
     uri: string;
     readonly http_upstream_type?: 'cluster';
    }
    export interface QueryParameter {
     key: string;
     value: string;
    }
   }
  }
  export namespace endpoint {
   export namespace v3 {
    export interface ClusterLoadAssignment {
     cluster_name: string;
     endpoints: envoy.config.endpoint.v3.LocalityLbEndpoints[];
     named_endpoints: Record<string, envoy.config.endpoint.v3.Endpoint>;
     policy: envoy.config.endpoint.v3.ClusterLoadAssignment.Policy | null;
    }
    export namespace ClusterLoadAssignment {
     export interface Policy {
      drop_overloads: envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload[];
      endpoint_stale_after: google.protobuf.Duration | null;
      overprovisioning_factor: google.protobuf.UInt32Value | null;
      weighted_priority_health: boolean;
     }
     export namespace Policy {
      export interface DropOverload {
       category: string;
       drop_percentage: envoy.type.v3.FractionalPercent | null;
      }
     }
    }
    export interface Endpoint {
     additional_addresses: envoy.config.endpoint.v3.Endpoint.AdditionalAddress[];
     address: envoy.config.core.v3.Address | null;
     health_check_config: envoy.config.endpoint.v3.Endpoint.HealthCheckConfig | null;
     hostname: string;
     observability_name: string;
    }
    export namespace Endpoint {
     export interface AdditionalAddress {
      address: envoy.config.core.v3.Address | null;
     }
     export interface HealthCheckConfig {
      address: envoy.config.core.v3.Address | null;
      disable_active_health_check: boolean;
      hostname: string;
      port_value: number;
     }
    }
    export interface LbEndpoint {
     endpoint: envoy.config.endpoint.v3.Endpoint | null;
     endpoint_name: string;
     health_status: number;
     load_balancing_weight: google.protobuf.UInt32Value | null;
     metadata: envoy.config.core.v3.Metadata | null;
     readonly host_identifier?: 'endpoint' | 'endpoint_name';
    }
    export interface LedsClusterLocalityConfig {
     leds_collection_name: string;
     leds_config: envoy.config.core.v3.ConfigSource | null;
    }
    export interface LocalityLbEndpoints {
     lb_endpoints: envoy.config.endpoint.v3.LbEndpoint[];
     leds_cluster_locality_config: envoy.config.endpoint.v3.LedsClusterLocalityConfig | null;
     load_balancer_endpoints: envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList | null;
     load_balancing_weight: google.protobuf.UInt32Value | null;
     locality: envoy.config.core.v3.Locality | null;
     metadata: envoy.config.core.v3.Metadata | null;
     priority: number;
     proximity: google.protobuf.UInt32Value | null;
     readonly lb_config?: 'load_balancer_endpoints' | 'leds_cluster_locality_config';
    }
    export namespace LocalityLbEndpoints {
     export interface LbEndpointList {
      lb_endpoints: envoy.config.endpoint.v3.LbEndpoint[];
     }
    }
    export interface ClusterStats {
     cluster_name: string;
     cluster_service_name: string;
     dropped_requests: envoy.config.endpoint.v3.ClusterStats.DroppedRequests[];
     load_report_interval: google.protobuf.Duration | null;
     total_dropped_requests: number;
     upstream_locality_stats: envoy.config.endpoint.v3.UpstreamLocalityStats[];
    }
    export namespace ClusterStats {
     export interface DroppedRequests {
      category: string;
      dropped_count: number;
     }
    }
    export interface EndpointLoadMetricStats {
     metric_name: string;
     num_requests_finished_with_metric: number;
     total_metric_value: number;
    }
    export interface UnnamedEndpointLoadMetricStats {
     num_requests_finished_with_metric: number;
     total_metric_value: number;
    }
    export interface UpstreamEndpointStats {
     address: envoy.config.core.v3.Address | null;
     load_metric_stats: envoy.config.endpoint.v3.EndpointLoadMetricStats[];
     metadata: google.protobuf.Struct | null;
     total_error_requests: number;
     total_issued_requests: number;
     total_requests_in_progress: number;
     total_successful_requests: number;
    }
    export interface UpstreamLocalityStats {
     application_utilization: envoy.config.endpoint.v3.UnnamedEndpointLoadMetricStats | null;
     cpu_utilization: envoy.config.endpoint.v3.UnnamedEndpointLoadMetricStats | null;
     load_metric_stats: envoy.config.endpoint.v3.EndpointLoadMetricStats[];
     locality: envoy.config.core.v3.Locality | null;
     mem_utilization: envoy.config.endpoint.v3.UnnamedEndpointLoadMetricStats | null;
     priority: number;
     total_active_connections: number;
     total_error_requests: number;
     total_fail_connections: number;
     total_issued_requests: number;
     total_new_connections: number;
     total_requests_in_progress: number;
     total_successful_requests: number;
     upstream_endpoint_stats: envoy.config.endpoint.v3.UpstreamEndpointStats[];
    }
   }
  }
  export namespace listener {
   export namespace v3 {
    export interface AdditionalAddress {
     address: envoy.config.core.v3.Address | null;
     socket_options: envoy.config.core.v3.SocketOptionsOverride | null;
     tcp_keepalive: envoy.config.core.v3.TcpKeepalive | null;
    }
    export interface ApiListener {
     api_listener: google.protobuf.Any | null;
    }
    export interface Filter {
     config_discovery: envoy.config.core.v3.ExtensionConfigSource | null;
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config' | 'config_discovery';
    }
    export interface FilterChain {
     filter_chain_match: envoy.config.listener.v3.FilterChainMatch | null;
     filters: envoy.config.listener.v3.Filter[];
     metadata: envoy.config.core.v3.Metadata | null;
     name: string;
     transport_socket: envoy.config.core.v3.TransportSocket | null;
     transport_socket_connect_timeout: google.protobuf.Duration | null;
     use_proxy_proto: google.protobuf.BoolValue | null;
    }
    export interface FilterChainMatch {
     address_suffix: string;
     application_protocols: string[];
     destination_port: google.protobuf.UInt32Value | null;
     direct_source_prefix_ranges: envoy.config.core.v3.CidrRange[];
     prefix_ranges: envoy.config.core.v3.CidrRange[];
     server_names: string[];
     source_ports: number[];
     source_prefix_ranges: envoy.config.core.v3.CidrRange[];
     source_type: number;
     suffix_len: google.protobuf.UInt32Value | null;
     transport_protocol: string;
    }
    export interface Listener {
     access_log: envoy.config.accesslog.v3.AccessLog[];
     additional_addresses: envoy.config.listener.v3.AdditionalAddress[];
     address: envoy.config.core.v3.Address | null;
     api_listener: envoy.config.listener.v3.ApiListener | null;
     bind_to_port: google.protobuf.BoolValue | null;
     bypass_overload_manager: boolean;
     connection_balance_config: envoy.config.listener.v3.Listener.ConnectionBalanceConfig | null;
     continue_on_listener_filters_timeout: boolean;
     default_filter_chain: envoy.config.listener.v3.FilterChain | null;
     deprecated_v1: envoy.config.listener.v3.Listener.DeprecatedV1 | null;
     drain_type: number;
     enable_mptcp: boolean;
     enable_reuse_port: google.protobuf.BoolValue | null;
     fcds_config: envoy.config.listener.v3.Listener.FcdsConfig | null;
     filter_chain_matcher: xds.type.matcher.v3.Matcher | null;
     filter_chains: envoy.config.listener.v3.FilterChain[];
     freebind: google.protobuf.BoolValue | null;
     ignore_global_conn_limit: boolean;
     internal_listener: envoy.config.listener.v3.Listener.InternalListenerConfig | null;
     listener_filters: envoy.config.listener.v3.ListenerFilter[];
     listener_filters_timeout: google.protobuf.Duration | null;
     max_connections_to_accept_per_socket_event: google.protobuf.UInt32Value | null;
     metadata: envoy.config.core.v3.Metadata | null;
     name: string;
     per_connection_buffer_high_watermark_timeout: google.protobuf.Duration | null;
     per_connection_buffer_limit_bytes: google.protobuf.UInt32Value | null;
     reuse_port: boolean;
     socket_options: envoy.config.core.v3.SocketOption[];
     stat_prefix: string;
     stats_matcher: envoy.config.metrics.v3.StatsMatcher | null;
     tcp_backlog_size: google.protobuf.UInt32Value | null;
     tcp_fast_open_queue_length: google.protobuf.UInt32Value | null;
     tcp_keepalive: envoy.config.core.v3.TcpKeepalive | null;
     traffic_direction: number;
     transparent: google.protobuf.BoolValue | null;
     udp_listener_config: envoy.config.listener.v3.UdpListenerConfig | null;
     use_original_dst: google.protobuf.BoolValue | null;
     readonly listener_specifier?: 'internal_listener';
    }
    export namespace Listener {
     export interface ConnectionBalanceConfig {
      cpu_locality_balance: envoy.config.listener.v3.Listener.ConnectionBalanceConfig.CpuLocalityBalance | null;
      exact_balance: envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance | null;
      extend_balance: envoy.config.core.v3.TypedExtensionConfig | null;
      readonly balance_type?: 'exact_balance' | 'extend_balance' | 'cpu_locality_balance';
     }
     export namespace ConnectionBalanceConfig {
      export interface CpuLocalityBalance {
      }
      export interface ExactBalance {
      }
     }
     export interface DeprecatedV1 {
      bind_to_port: google.protobuf.BoolValue | null;
     }
     export interface FcdsConfig {
      config_source: envoy.config.core.v3.ConfigSource | null;
      name: string;
     }
     export interface InternalListenerConfig {
     }
    }
    export interface ListenerFilter {
     config_discovery: envoy.config.core.v3.ExtensionConfigSource | null;
     filter_disabled: envoy.config.listener.v3.ListenerFilterChainMatchPredicate | null;
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config' | 'config_discovery';
    }
    export interface ListenerFilterChainMatchPredicate {
     and_match: envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet | null;
     any_match: boolean;
     destination_port_range: envoy.type.v3.Int32Range | null;
     not_match: envoy.config.listener.v3.ListenerFilterChainMatchPredicate | null;
     or_match: envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet | null;
     readonly rule?: 'or_match' | 'and_match' | 'not_match' | 'any_match' | 'destination_port_range';
    }
    export namespace ListenerFilterChainMatchPredicate {
     export interface MatchSet {
      rules: envoy.config.listener.v3.ListenerFilterChainMatchPredicate[];
     }
    }
    export interface QuicProtocolOptions {
     connection_debug_visitor_config: envoy.config.core.v3.TypedExtensionConfig | null;
     connection_id_generator_config: envoy.config.core.v3.TypedExtensionConfig | null;
     crypto_handshake_timeout: google.protobuf.Duration | null;
     crypto_stream_config: envoy.config.core.v3.TypedExtensionConfig | null;
     enabled: envoy.config.core.v3.RuntimeFeatureFlag | null;
     idle_timeout: google.protobuf.Duration | null;
     max_sessions_per_event_loop: google.protobuf.UInt32Value | null;
     packets_to_read_to_connection_count_ratio: google.protobuf.UInt32Value | null;
     proof_source_config: envoy.config.core.v3.TypedExtensionConfig | null;
     quic_protocol_options: envoy.config.core.v3.QuicProtocolOptions | null;
     reject_new_connections: boolean;
     save_cmsg_config: envoy.config.core.v3.SocketCmsgHeaders[];
     send_disable_active_migration: google.protobuf.BoolValue | null;
     server_preferred_address_config: envoy.config.core.v3.TypedExtensionConfig | null;
    }
    export interface UdpListenerConfig {
     downstream_socket_config: envoy.config.core.v3.UdpSocketConfig | null;
     quic_options: envoy.config.listener.v3.QuicProtocolOptions | null;
     udp_packet_packet_writer_config: envoy.config.core.v3.TypedExtensionConfig | null;
    }
   }
  }
  export namespace metrics {
   export namespace v3 {
    export interface HistogramBucketSettings {
     bins: google.protobuf.UInt32Value | null;
     buckets: number[];
     match: envoy.type.matcher.v3.StringMatcher | null;
    }
    export interface StatsConfig {
     allow_default_tag_overrides: google.protobuf.BoolValue | null;
     histogram_bucket_settings: envoy.config.metrics.v3.HistogramBucketSettings[];
     stats_matcher: envoy.config.metrics.v3.StatsMatcher | null;
     stats_tags: envoy.config.metrics.v3.TagSpecifier[];
     use_all_default_tags: google.protobuf.BoolValue | null;
    }
    export interface StatsMatcher {
     exclusion_list: envoy.type.matcher.v3.ListStringMatcher | null;
     inclusion_list: envoy.type.matcher.v3.ListStringMatcher | null;
     reject_all: boolean;
     readonly stats_matcher?: 'reject_all' | 'exclusion_list' | 'inclusion_list';
    }
    export interface StatsSink {
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config';
    }
    export interface TagSpecifier {
     fixed_value: string;
     regex: string;
     tag_name: string;
     readonly tag_value?: 'regex' | 'fixed_value';
    }
    export interface MetricsServiceConfig {
     batch_size: number;
     emit_tags_as_labels: boolean;
     grpc_service: envoy.config.core.v3.GrpcService | null;
     histogram_emit_mode: number;
     report_counters_as_deltas: google.protobuf.BoolValue | null;
     transport_api_version: number;
    }
   }
  }
  export namespace overload {
   export namespace v3 {
    export interface BufferFactoryConfig {
     minimum_account_to_track_power_of_two: number;
    }
    export interface LoadShedPoint {
     name: string;
     triggers: envoy.config.overload.v3.Trigger[];
    }
    export interface OverloadAction {
     name: string;
     triggers: envoy.config.overload.v3.Trigger[];
     typed_config: google.protobuf.Any | null;
    }
    export interface OverloadManager {
     actions: envoy.config.overload.v3.OverloadAction[];
     buffer_factory_config: envoy.config.overload.v3.BufferFactoryConfig | null;
     loadshed_points: envoy.config.overload.v3.LoadShedPoint[];
     refresh_interval: google.protobuf.Duration | null;
     resource_monitors: envoy.config.overload.v3.ResourceMonitor[];
    }
    export interface ResourceMonitor {
     name: string;
     typed_config: google.protobuf.Any | null;
     readonly config_type?: 'typed_config';
    }
    export interface ScaledTrigger {
     saturation_threshold: number;
     scaling_threshold: number;
    }
    export interface ThresholdTrigger {
     value: number;
    }
    export interface Trigger {
     name: string;
     scaled: envoy.config.overload.v3.ScaledTrigger | null;
     threshold: envoy.config.overload.v3.ThresholdTrigger | null;
     readonly trigger_oneof?: 'threshold' | 'scaled';
    }
   }
  }
  export namespace route {
   export namespace v3 {
    export interface ClusterSpecifierPlugin {
     extension: envoy.config.core.v3.TypedExtensionConfig | null;
     is_optional: boolean;
    }
    export interface CookieMatcher {
     invert_match: boolean;
     name: string;
     string_match: envoy.type.matcher.v3.StringMatcher | null;
    }
    export interface CorsPolicy {
     allow_credentials: google.protobuf.BoolValue | null;
     allow_headers: string;
     allow_methods: string;
     allow_origin_string_match: envoy.type.matcher.v3.StringMatcher[];
     allow_private_network_access: google.protobuf.BoolValue | null;
     expose_headers: string;
     filter_enabled: envoy.config.core.v3.RuntimeFractionalPercent | null;
     forward_not_matching_preflights: google.protobuf.BoolValue | null;
     max_age: string;
     shadow_enabled: envoy.config.core.v3.RuntimeFractionalPercent | null;
     readonly enabled_specifier?: 'filter_enabled';
    }
    export interface Decorator {
     operation: string;
     propagate: google.protobuf.BoolValue | null;
    }
    export interface DirectResponseAction {
     body: envoy.config.core.v3.DataSource | null;
     body_format: envoy.config.core.v3.SubstitutionFormatString | null;
     status: number;
    }
    export interface FilterAction {
     action: google.protobuf.Any | null;
    }
    export interface HeaderMatcher {
     contains_match: string;
     exact_match: string;
     invert_match: boolean;
     name: string;
     prefix_match: string;
     present_match: boolean;
     range_match: envoy.type.v3.Int64Range | null;
     safe_regex_match: envoy.type.matcher.v3.RegexMatcher | null;
     string_match: envoy.type.matcher.v3.StringMatcher | null;
     suffix_match: string;
     treat_missing_header_as_empty: boolean;
     readonly header_match_specifier?: 'exact_match' | 'safe_regex_match' | 'range_match' | 'present_match' | 'prefix_match' | 'suffix_match' | 'contains_match' | 'string_match';
    }
    export interface HedgePolicy {
     additional_request_chance: envoy.type.v3.FractionalPercent | null;
     hedge_on_per_try_timeout: boolean;
     initial_requests: google.protobuf.UInt32Value | null;
    }
    export interface InternalRedirectPolicy {
     allow_cross_scheme_redirect: boolean;
     max_internal_redirects: google.protobuf.UInt32Value | null;
     predicates: envoy.config.core.v3.TypedExtensionConfig[];
     redirect_response_codes: number[];
     response_headers_to_copy: string[];
    }
    export interface NonForwardingAction {
    }
    export interface QueryParameterMatcher {
     name: string;
     present_match: boolean;
     string_match: envoy.type.matcher.v3.StringMatcher | null;
     readonly query_parameter_match_specifier?: 'string_match' | 'present_match';
    }
    export interface RateLimit {
     actions: envoy.config.route.v3.RateLimit.Action[];
     apply_on_stream_done: boolean;
     disable_key: string;
     hits_addend: envoy.config.route.v3.RateLimit.HitsAddend | null;
     limit: envoy.config.route.v3.RateLimit.Override | null;
     stage: google.protobuf.UInt32Value | null;
     x_ratelimit_option: number;
    }
    export namespace RateLimit {
     export interface Action {
      destination_cluster: envoy.config.route.v3.RateLimit.Action.DestinationCluster | null;
      dynamic_metadata: envoy.config.route.v3.RateLimit.Action.DynamicMetaData | null;
      extension: envoy.config.core.v3.TypedExtensionConfig | null;
      generic_key: envoy.config.route.v3.RateLimit.Action.GenericKey | null;
      header_value_match: envoy.config.route.v3.RateLimit.Action.HeaderValueMatch | null;
      masked_remote_address: envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress | null;
      metadata: envoy.config.route.v3.RateLimit.Action.MetaData | null;
      query_parameter_value_match: envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch | null;
      query_parameters: envoy.config.route.v3.RateLimit.Action.QueryParameters | null;
      remote_address: envoy.config.route.v3.RateLimit.Action.RemoteAddress | null;
      remote_address_match: envoy.config.route.v3.RateLimit.Action.RemoteAddressMatch | null;
      request_headers: envoy.config.route.v3.RateLimit.Action.RequestHeaders | null;
      source_cluster: envoy.config.route.v3.RateLimit.Action.SourceCluster | null;
      readonly action_specifier?: 'source_cluster' | 'destination_cluster' | 'request_headers' | 'query_parameters' | 'remote_address' | 'generic_key' | 'header_value_match' | 'dynamic_metadata' | 'metadata' | 'extension' | 'masked_remote_address' | 'query_parameter_value_match' | 'remote_address_match';
     }
     export namespace Action {
      export interface DestinationCluster {
      }
      export interface DynamicMetaData {
       default_value: string;
       descriptor_key: string;
       metadata_key: envoy.type.metadata.v3.MetadataKey | null;
      }
      export interface GenericKey {
       default_value: string;
       descriptor_key: string;
       descriptor_value: string;
      }
      export interface HeaderValueMatch {
       default_value: string;
       descriptor_key: string;
       descriptor_value: string;
       expect_match: google.protobuf.BoolValue | null;
       headers: envoy.config.route.v3.HeaderMatcher[];
      }
      export interface MaskedRemoteAddress {
       v4_prefix_mask_len: google.protobuf.UInt32Value | null;
       v6_prefix_mask_len: google.protobuf.UInt32Value | null;
      }
      export interface MetaData {
       default_value: string;
       descriptor_key: string;
       metadata_key: envoy.type.metadata.v3.MetadataKey | null;
       skip_if_absent: boolean;
       source: number;
      }
      export interface QueryParameterValueMatch {
       default_value: string;
       descriptor_key: string;
       descriptor_value: string;
       expect_match: google.protobuf.BoolValue | null;
       query_parameters: envoy.config.route.v3.QueryParameterMatcher[];
      }
      export interface QueryParameters {
       descriptor_key: string;
       query_parameter_name: string;
       skip_if_absent: boolean;
      }
      export interface RemoteAddress {
      }
      export interface RemoteAddressMatch {
       address_matcher: envoy.type.matcher.v3.AddressMatcher | null;
       default_value: string;
       descriptor_key: string;
       descriptor_value: string;
      }
      export interface RequestHeaders {
       descriptor_key: string;
       header_name: string;
       skip_if_absent: boolean;
      }
      export interface SourceCluster {
      }
     }
     export interface HitsAddend {
      format: string;
      is_negative_hits: boolean;
      number: google.protobuf.UInt64Value | null;
     }
     export interface Override {
      dynamic_metadata: envoy.config.route.v3.RateLimit.Override.DynamicMetadata | null;
      rate_limit: envoy.config.route.v3.RateLimit.Override.RateLimitOverride | null;
      readonly override_specifier?: 'dynamic_metadata' | 'rate_limit';
     }
     export namespace Override {
      export interface DynamicMetadata {
       metadata_key: envoy.type.metadata.v3.MetadataKey | null;
      }
      export interface RateLimitOverride {
       requests_per_unit: number;
       unit: number;
      }
     }
    }
    export interface RedirectAction {
     host_redirect: string;
     https_redirect: boolean;
     path_redirect: string;
     path_rewrite: string;
     port_redirect: number;
     prefix_rewrite: string;
     regex_rewrite: envoy.type.matcher.v3.RegexMatchAndSubstitute | null;
     response_code: number;
     scheme_redirect: string;
     strip_query: boolean;
     readonly path_rewrite_specifier?: 'path_redirect' | 'prefix_rewrite' | 'regex_rewrite' | 'path_rewrite';
     readonly scheme_rewrite_specifier?: 'https_redirect' | 'scheme_redirect';
    }
    export interface RetryPolicy {
     host_selection_retry_max_attempts: number;
     num_retries: google.protobuf.UInt32Value | null;
     per_try_idle_timeout: google.protobuf.Duration | null;
     per_try_timeout: google.protobuf.Duration | null;
     rate_limited_retry_back_off: envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff | null;
     refresh_cluster_on_retry: boolean;
     retriable_headers: envoy.config.route.v3.HeaderMatcher[];
     retriable_request_headers: envoy.config.route.v3.HeaderMatcher[];
     retriable_status_codes: number[];
     retry_back_off: envoy.config.route.v3.RetryPolicy.RetryBackOff | null;
     retry_host_predicate: envoy.config.route.v3.RetryPolicy.RetryHostPredicate[];
     retry_on: string;
     retry_options_predicates: envoy.config.core.v3.TypedExtensionConfig[];
     retry_priority: envoy.config.route.v3.RetryPolicy.RetryPriority | null;
    }
    export namespace RetryPolicy {
     export interface RateLimitedRetryBackOff {
      max_interval: google.protobuf.Duration | null;
      reset_headers: envoy.config.route.v3.RetryPolicy.ResetHeader[];
     }
     export interface ResetHeader {
      format: number;
      name: string;
     }
     export interface RetryBackOff {
      base_interval: google.protobuf.Duration | null;
      max_interval: google.protobuf.Duration | null;
     }
     export interface RetryHostPredicate {
      name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
     export interface RetryPriority {
      name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
    }
    export interface Route {
     decorator: envoy.config.route.v3.Decorator | null;
     direct_response: envoy.config.route.v3.DirectResponseAction | null;
     filter_action: envoy.config.route.v3.FilterAction | null;
     match: envoy.config.route.v3.RouteMatch | null;
     metadata: envoy.config.core.v3.Metadata | null;
     name: string;
     non_forwarding_action: envoy.config.route.v3.NonForwardingAction | null;
     per_request_buffer_limit_bytes: google.protobuf.UInt32Value | null;
     redirect: envoy.config.route.v3.RedirectAction | null;
     request_body_buffer_limit: google.protobuf.UInt64Value | null;
     request_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
     request_headers_to_remove: string[];
     response_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
     response_headers_to_remove: string[];
     route: envoy.config.route.v3.RouteAction | null;
     route_specifiers: envoy.config.core.v3.TypedExtensionConfig[];
     stat_prefix: string;
     tracing: envoy.config.route.v3.Tracing | null;
     typed_per_filter_config: Record<string, google.protobuf.Any>;
     readonly action?: 'route' | 'redirect' | 'direct_response' | 'filter_action' | 'non_forwarding_action';
    }
    export interface RouteAction {
     append_x_forwarded_host: boolean;
     auto_host_rewrite: google.protobuf.BoolValue | null;
     cluster: string;
     cluster_header: string;
     cluster_not_found_response_code: number;
     cluster_specifier_plugin: string;
     cors: envoy.config.route.v3.CorsPolicy | null;
     early_data_policy: envoy.config.core.v3.TypedExtensionConfig | null;
     flush_timeout: google.protobuf.Duration | null;
     grpc_timeout_offset: google.protobuf.Duration | null;
     hash_policy: envoy.config.route.v3.RouteAction.HashPolicy[];
     hedge_policy: envoy.config.route.v3.HedgePolicy | null;
     host_rewrite: string;
     host_rewrite_header: string;
     host_rewrite_literal: string;
     host_rewrite_path_regex: envoy.type.matcher.v3.RegexMatchAndSubstitute | null;
     idle_timeout: google.protobuf.Duration | null;
     include_vh_rate_limits: google.protobuf.BoolValue | null;
     inline_cluster_specifier_plugin: envoy.config.route.v3.ClusterSpecifierPlugin | null;
     internal_redirect_action: number;
     internal_redirect_policy: envoy.config.route.v3.InternalRedirectPolicy | null;
     max_grpc_timeout: google.protobuf.Duration | null;
     max_internal_redirects: google.protobuf.UInt32Value | null;
     max_stream_duration: envoy.config.route.v3.RouteAction.MaxStreamDuration | null;
     metadata_match: envoy.config.core.v3.Metadata | null;
     path_rewrite: string;
     path_rewrite_policy: envoy.config.core.v3.TypedExtensionConfig | null;
     prefix_rewrite: string;
     priority: number;
     rate_limits: envoy.config.route.v3.RateLimit[];
     regex_rewrite: envoy.type.matcher.v3.RegexMatchAndSubstitute | null;
     request_mirror_policies: envoy.config.route.v3.RouteAction.RequestMirrorPolicy[];
     retry_policy: envoy.config.route.v3.RetryPolicy | null;
     retry_policy_typed_config: google.protobuf.Any | null;
     timeout: google.protobuf.Duration | null;
     upgrade_configs: envoy.config.route.v3.RouteAction.UpgradeConfig[];
     weighted_clusters: envoy.config.route.v3.WeightedCluster | null;
     readonly cluster_specifier?: 'cluster' | 'cluster_header' | 'weighted_clusters' | 'cluster_specifier_plugin' | 'inline_cluster_specifier_plugin';
     readonly host_rewrite_specifier?: 'host_rewrite_literal' | 'auto_host_rewrite' | 'host_rewrite_header' | 'host_rewrite_path_regex' | 'host_rewrite';
    }
    export namespace RouteAction {
     export interface HashPolicy {
      connection_properties: envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties | null;
      cookie: envoy.config.route.v3.RouteAction.HashPolicy.Cookie | null;
      filter_state: envoy.config.route.v3.RouteAction.HashPolicy.FilterState | null;
      header: envoy.config.route.v3.RouteAction.HashPolicy.Header | null;
      query_parameter: envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter | null;
      terminal: boolean;
      readonly policy_specifier?: 'header' | 'cookie' | 'connection_properties' | 'query_parameter' | 'filter_state';
     }
     export namespace HashPolicy {
      export interface ConnectionProperties {
       source_ip: boolean;
      }
      export interface Cookie {
       attributes: envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute[];
       name: string;
       path: string;
       ttl: google.protobuf.Duration | null;
      }
      export interface CookieAttribute {
       name: string;
       value: string;
      }
      export interface FilterState {
       key: string;
      }
      export interface Header {
       header_name: string;
       regex_rewrite: envoy.type.matcher.v3.RegexMatchAndSubstitute | null;
      }
      export interface QueryParameter {
       name: string;
      }
     }
     export interface MaxStreamDuration {
      grpc_timeout_header_max: google.protobuf.Duration | null;
      grpc_timeout_header_offset: google.protobuf.Duration | null;
      max_stream_duration: google.protobuf.Duration | null;
     }
     export interface RequestMirrorPolicy {
      cluster: string;
      cluster_header: string;
      disable_shadow_host_suffix_append: boolean;
      host_rewrite_literal: string;
      request_headers_mutations: envoy.config.common.mutation_rules.v3.HeaderMutation[];
      runtime_fraction: envoy.config.core.v3.RuntimeFractionalPercent | null;
      trace_sampled: google.protobuf.BoolValue | null;
     }
     export interface UpgradeConfig {
      connect_config: envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig | null;
      enabled: google.protobuf.BoolValue | null;
      upgrade_type: string;
     }
     export namespace UpgradeConfig {
      export interface ConnectConfig {
       allow_post: boolean;
       proxy_protocol_config: envoy.config.core.v3.ProxyProtocolConfig | null;
      }
     }
    }
    export interface RouteConfiguration {
     cluster_specifier_plugins: envoy.config.route.v3.ClusterSpecifierPlugin[];
     ignore_path_parameters_in_path_matching: boolean;
     ignore_port_in_host_matching: boolean;
     internal_only_headers: string[];
     max_direct_response_body_size_bytes: google.protobuf.UInt32Value | null;
     metadata: envoy.config.core.v3.Metadata | null;
     most_specific_header_mutations_wins: boolean;
     name: string;
     request_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
     request_headers_to_remove: string[];
     request_mirror_policies: envoy.config.route.v3.RouteAction.RequestMirrorPolicy[];
     response_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
     response_headers_to_remove: string[];
     route_specifiers: envoy.config.core.v3.TypedExtensionConfig[];
     typed_per_filter_config: Record<string, google.protobuf.Any>;
     validate_clusters: google.protobuf.BoolValue | null;
     vhds: envoy.config.route.v3.Vhds | null;
     vhost_header: string;
     virtual_hosts: envoy.config.route.v3.VirtualHost[];
    }
    export interface RouteMatch {
     case_sensitive: google.protobuf.BoolValue | null;
     connect_matcher: envoy.config.route.v3.RouteMatch.ConnectMatcher | null;
     cookies: envoy.config.route.v3.CookieMatcher[];
     dynamic_metadata: envoy.type.matcher.v3.MetadataMatcher[];
     filter_state: envoy.type.matcher.v3.FilterStateMatcher[];
     grpc: envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions | null;
     headers: envoy.config.route.v3.HeaderMatcher[];
     path: string;
     path_match_policy: envoy.config.core.v3.TypedExtensionConfig | null;
     path_separated_prefix: string;
     prefix: string;
     query_parameters: envoy.config.route.v3.QueryParameterMatcher[];
     runtime_fraction: envoy.config.core.v3.RuntimeFractionalPercent | null;
     safe_regex: envoy.type.matcher.v3.RegexMatcher | null;
     tls_context: envoy.config.route.v3.RouteMatch.TlsContextMatchOptions | null;
     readonly path_specifier?: 'prefix' | 'path' | 'safe_regex' | 'connect_matcher' | 'path_separated_prefix' | 'path_match_policy';
    }
    export namespace RouteMatch {
     export interface ConnectMatcher {
     }
     export interface GrpcRouteMatchOptions {
     }
     export interface TlsContextMatchOptions {
      presented: google.protobuf.BoolValue | null;
      validated: google.protobuf.BoolValue | null;
     }
    }
    export interface ScopedRouteConfiguration {
     key: envoy.config.route.v3.ScopedRouteConfiguration.Key | null;
     name: string;
     on_demand: boolean;
     route_configuration: envoy.config.route.v3.RouteConfiguration | null;
     route_configuration_name: string;
    }
    export namespace ScopedRouteConfiguration {
     export interface Key {
      fragments: envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment[];
     }
     export namespace Key {
      export interface Fragment {
       string_key: string;
       readonly type?: 'string_key';
      }
     }
    }
    export interface Tracing {
     client_sampling: envoy.type.v3.FractionalPercent | null;
     custom_tags: envoy.type.tracing.v3.CustomTag[];
     operation: string;
     overall_sampling: envoy.type.v3.FractionalPercent | null;
     random_sampling: envoy.type.v3.FractionalPercent | null;
     upstream_operation: string;
    }
    export interface Vhds {
     config_source: envoy.config.core.v3.ConfigSource | null;
    }
    export interface VirtualCluster {
     headers: envoy.config.route.v3.HeaderMatcher[];
     name: string;
    }
    export interface VirtualHost {
     cors: envoy.config.route.v3.CorsPolicy | null;
     domains: string[];
     hedge_policy: envoy.config.route.v3.HedgePolicy | null;
     include_attempt_count_in_response: boolean;
     include_is_timeout_retry_header: boolean;
     include_request_attempt_count: boolean;
     matcher: xds.type.matcher.v3.Matcher | null;
     metadata: envoy.config.core.v3.Metadata | null;
     name: string;
     per_request_buffer_limit_bytes: google.protobuf.UInt32Value | null;
     rate_limits: envoy.config.route.v3.RateLimit[];
     request_body_buffer_limit: google.protobuf.UInt64Value | null;
     request_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
     request_headers_to_remove: string[];
     request_mirror_policies: envoy.config.route.v3.RouteAction.RequestMirrorPolicy[];
     require_tls: number;
     response_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
     response_headers_to_remove: string[];
     retry_policy: envoy.config.route.v3.RetryPolicy | null;
     retry_policy_typed_config: google.protobuf.Any | null;
     route_specifiers: envoy.config.core.v3.TypedExtensionConfig[];
     routes: envoy.config.route.v3.Route[];
     typed_per_filter_config: Record<string, google.protobuf.Any>;
     virtual_clusters: envoy.config.route.v3.VirtualCluster[];
    }
    export interface WeightedCluster {
     clusters: envoy.config.route.v3.WeightedCluster.ClusterWeight[];
     header_name: string;
     runtime_key_prefix: string;
     total_weight: google.protobuf.UInt32Value | null;
     use_hash_policy: google.protobuf.BoolValue | null;
     readonly random_value_specifier?: 'header_name' | 'use_hash_policy';
    }
    export namespace WeightedCluster {
     export interface ClusterWeight {
      cluster_header: string;
      host_rewrite_literal: string;
      metadata_match: envoy.config.core.v3.Metadata | null;
      name: string;
      request_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
      request_headers_to_remove: string[];
      response_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
      response_headers_to_remove: string[];
      typed_per_filter_config: Record<string, google.protobuf.Any>;
      weight: google.protobuf.UInt32Value | null;
      readonly host_rewrite_specifier?: 'host_rewrite_literal';
     }
    }
    export interface FilterConfig {
     config: google.protobuf.Any | null;
     disabled: boolean;
     is_optional: boolean;
    }
   }
  }
  export namespace trace {
   export namespace v3 {
    export interface Tracing {
     http: envoy.config.trace.v3.Tracing.Http | null;
    }
    export namespace Tracing {
     export interface Http {
      name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
    }
   }
  }
  export namespace ratelimit {
   export namespace v3 {
    export interface RateLimitServiceConfig {
     grpc_service: envoy.config.core.v3.GrpcService | null;
     transport_api_version: number;
    }
   }
  }
 }
 export namespace data {
  export namespace accesslog {
   export namespace v3 {
    export interface AccessLogCommon {
     access_log_type: number;
     connection_termination_details: string;
     custom_tags: Record<string, string>;
     downstream_direct_remote_address: envoy.config.core.v3.Address | null;
     downstream_local_address: envoy.config.core.v3.Address | null;
     downstream_remote_address: envoy.config.core.v3.Address | null;
     downstream_transport_failure_reason: string;
     downstream_wire_bytes_received: number;
     downstream_wire_bytes_sent: number;
     duration: google.protobuf.Duration | null;
     filter_state_objects: Record<string, google.protobuf.Any>;
     intermediate_log_entry: boolean;
     metadata: envoy.config.core.v3.Metadata | null;
     response_flags: envoy.data.accesslog.v3.ResponseFlags | null;
     route_name: string;
     sample_rate: number;
     start_time: google.protobuf.Timestamp | null;
     stream_id: string;
     time_to_first_downstream_tx_byte: google.protobuf.Duration | null;
     time_to_first_upstream_rx_byte: google.protobuf.Duration | null;
     time_to_first_upstream_tx_byte: google.protobuf.Duration | null;
     time_to_last_downstream_tx_byte: google.protobuf.Duration | null;
     time_to_last_rx_byte: google.protobuf.Duration | null;
     time_to_last_upstream_rx_byte: google.protobuf.Duration | null;
     time_to_last_upstream_tx_byte: google.protobuf.Duration | null;
     tls_properties: envoy.data.accesslog.v3.TLSProperties | null;
     upstream_cluster: string;
     upstream_local_address: envoy.config.core.v3.Address | null;
     upstream_remote_address: envoy.config.core.v3.Address | null;
     upstream_request_attempt_count: number;
     upstream_transport_failure_reason: string;
     upstream_wire_bytes_received: number;
     upstream_wire_bytes_sent: number;
    }
    export interface ConnectionProperties {
     received_bytes: number;
     sent_bytes: number;
    }
    export interface HTTPAccessLogEntry {
     common_properties: envoy.data.accesslog.v3.AccessLogCommon | null;
     protocol_version: number;
     request: envoy.data.accesslog.v3.HTTPRequestProperties | null;
     response: envoy.data.accesslog.v3.HTTPResponseProperties | null;
    }
    export interface HTTPRequestProperties {
     authority: string;
     downstream_header_bytes_received: number;
     forwarded_for: string;
     original_path: string;
     path: string;
     port: google.protobuf.UInt32Value | null;
     referer: string;
     request_body_bytes: number;
     request_headers: Record<string, string>;
     request_headers_bytes: number;
     request_id: string;
     request_method: number;
     scheme: string;
     upstream_header_bytes_sent: number;
     user_agent: string;
    }
    export interface HTTPResponseProperties {
     downstream_header_bytes_sent: number;
     response_body_bytes: number;
     response_code: google.protobuf.UInt32Value | null;
     response_code_details: string;
     response_headers: Record<string, string>;
     response_headers_bytes: number;
     response_trailers: Record<string, string>;
     upstream_header_bytes_received: number;
    }
    export interface ResponseFlags {
     delay_injected: boolean;
     dns_resolution_failure: boolean;
     downstream_connection_termination: boolean;
     downstream_protocol_error: boolean;
     downstream_remote_reset: boolean;
     duration_timeout: boolean;
     failed_local_healthcheck: boolean;
     fault_injected: boolean;
     invalid_envoy_request_headers: boolean;
     local_reset: boolean;
     no_cluster_found: boolean;
     no_filter_config_found: boolean;
     no_healthy_upstream: boolean;
     no_route_found: boolean;
     overload_manager: boolean;
     rate_limit_service_error: boolean;
     rate_limited: boolean;
     response_from_cache_filter: boolean;
     stream_idle_timeout: boolean;
     unauthorized_details: envoy.data.accesslog.v3.ResponseFlags.Unauthorized | null;
     upstream_connection_failure: boolean;
     upstream_connection_termination: boolean;
     upstream_max_stream_duration_reached: boolean;
     upstream_overflow: boolean;
     upstream_protocol_error: boolean;
     upstream_remote_reset: boolean;
     upstream_request_timeout: boolean;
     upstream_retry_limit_exceeded: boolean;
    }
    export namespace ResponseFlags {
     export interface Unauthorized {
      reason: number;
     }
    }
    export interface TCPAccessLogEntry {
     common_properties: envoy.data.accesslog.v3.AccessLogCommon | null;
     connection_properties: envoy.data.accesslog.v3.ConnectionProperties | null;
    }
    export interface TLSProperties {
     ja3_fingerprint: string;
     local_certificate_properties: envoy.data.accesslog.v3.TLSProperties.CertificateProperties | null;
     peer_certificate_properties: envoy.data.accesslog.v3.TLSProperties.CertificateProperties | null;
     tls_cipher_suite: google.protobuf.UInt32Value | null;
     tls_session_id: string;
     tls_sni_hostname: string;
     tls_version: number;
    }
    export namespace TLSProperties {
     export interface CertificateProperties {
      issuer: string;
      subject: string;
      subject_alt_name: envoy.data.accesslog.v3.TLSProperties.CertificateProperties.SubjectAltName[];
     }
     export namespace CertificateProperties {
      export interface SubjectAltName {
       dns: string;
       uri: string;
       readonly san?: 'uri' | 'dns';
      }
     }
    }
   }
  }
 }
 export namespace extensions {
  export namespace access_loggers {
   export namespace file {
    export namespace v3 {
     export interface FileAccessLog {
      format: string;
      json_format: google.protobuf.Struct | null;
      log_format: envoy.config.core.v3.SubstitutionFormatString | null;
      path: string;
      typed_json_format: google.protobuf.Struct | null;
      readonly access_log_format?: 'format' | 'json_format' | 'typed_json_format' | 'log_format';
     }
    }
   }
   export namespace stream {
    export namespace v3 {
     export interface StderrAccessLog {
      log_format: envoy.config.core.v3.SubstitutionFormatString | null;
      readonly access_log_format?: 'log_format';
     }
     export interface StdoutAccessLog {
      log_format: envoy.config.core.v3.SubstitutionFormatString | null;
      readonly access_log_format?: 'log_format';
     }
    }
   }
   export namespace grpc {
    export namespace v3 {
     export interface CommonGrpcAccessLogConfig {
      buffer_flush_interval: google.protobuf.Duration | null;
      buffer_size_bytes: google.protobuf.UInt32Value | null;
      custom_tags: envoy.type.tracing.v3.CustomTag[];
      filter_state_objects_to_log: string[];
      grpc_service: envoy.config.core.v3.GrpcService | null;
      grpc_stream_retry_policy: envoy.config.core.v3.RetryPolicy | null;
      log_name: string;
      transport_api_version: number;
     }
     export interface HttpGrpcAccessLogConfig {
      additional_request_headers_to_log: string[];
      additional_response_headers_to_log: string[];
      additional_response_trailers_to_log: string[];
      common_config: envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig | null;
     }
     export interface TcpGrpcAccessLogConfig {
      common_config: envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig | null;
     }
    }
   }
  }
  export namespace clusters {
   export namespace common {
    export namespace dns {
    }
   }
   export namespace dns {
    export namespace v3 {
     export interface DnsCluster {
      all_addresses_in_single_endpoint: boolean;
      dns_failure_refresh_rate: envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate | null;
      dns_jitter: google.protobuf.Duration | null;
      dns_lookup_family: number;
      dns_min_refresh_rate: google.protobuf.Duration | null;
      dns_refresh_rate: google.protobuf.Duration | null;
      respect_dns_ttl: boolean;
      typed_dns_resolver_config: envoy.config.core.v3.TypedExtensionConfig | null;
     }
     export namespace DnsCluster {
      export interface RefreshRate {
       base_interval: google.protobuf.Duration | null;
       max_interval: google.protobuf.Duration | null;
      }
     }
    }
   }
  }
  export namespace filters {
   export namespace http {
    export namespace router {
     export namespace v3 {
      export interface Router {
       dynamic_stats: google.protobuf.BoolValue | null;
       reject_connect_request_early_data: google.protobuf.BoolValue | null;
       respect_expected_rq_timeout: boolean;
       start_child_span: boolean;
       strict_check_headers: string[];
       suppress_envoy_headers: boolean;
       suppress_grpc_request_failure_code_stats: boolean;
       upstream_http_filters: envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter[];
       upstream_log: envoy.config.accesslog.v3.AccessLog[];
       upstream_log_options: envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions | null;
      }
      export namespace Router {
       export interface UpstreamAccessLogOptions {
        flush_upstream_log_on_upstream_stream: boolean;
        upstream_log_flush_interval: google.protobuf.Duration | null;
       }
      }
     }
    }
    export namespace ext_authz {
     export namespace v3 {
      export interface AuthorizationRequest {
       allowed_headers: envoy.type.matcher.v3.ListStringMatcher | null;
       headers_to_add: envoy.config.core.v3.HeaderValue[];
      }
      export interface AuthorizationResponse {
       allowed_client_headers: envoy.type.matcher.v3.ListStringMatcher | null;
       allowed_client_headers_on_success: envoy.type.matcher.v3.ListStringMatcher | null;
       allowed_upstream_headers: envoy.type.matcher.v3.ListStringMatcher | null;
       allowed_upstream_headers_to_append: envoy.type.matcher.v3.ListStringMatcher | null;
       dynamic_metadata_from_headers: envoy.type.matcher.v3.ListStringMatcher | null;
      }
      export interface BufferSettings {
       allow_partial_message: boolean;
       max_request_bytes: number;
       pack_as_bytes: boolean;
      }
      export interface CheckSettings {
       context_extensions: Record<string, string>;
       disable_request_body_buffering: boolean;
       emit_client_span: google.protobuf.BoolValue | null;
       grpc_service: envoy.config.core.v3.GrpcService | null;
       http_service: envoy.extensions.filters.http.ext_authz.v3.HttpService | null;
       with_request_body: envoy.extensions.filters.http.ext_authz.v3.BufferSettings | null;
       readonly service_override?: 'grpc_service' | 'http_service';
      }
      export interface ExtAuthz {
       allowed_headers: envoy.type.matcher.v3.ListStringMatcher | null;
       bootstrap_metadata_labels_key: string;
       charge_cluster_response_stats: google.protobuf.BoolValue | null;
       clear_route_cache: boolean;
       clear_route_cache_headers: string[];
       decoder_header_mutation_rules: envoy.config.common.mutation_rules.v3.HeaderMutationRules | null;
       deny_at_disable: envoy.config.core.v3.RuntimeFeatureFlag | null;
       disallowed_headers: envoy.type.matcher.v3.ListStringMatcher | null;
       emit_client_span: google.protobuf.BoolValue | null;
       emit_filter_state_stats: boolean;
       enable_dynamic_metadata_ingestion: google.protobuf.BoolValue | null;
       encode_raw_headers: boolean;
       enforce_response_header_limits: boolean;
       failure_mode_allow: boolean;
       failure_mode_allow_header_add: boolean;
       filter_enabled: envoy.config.core.v3.RuntimeFractionalPercent | null;
       filter_enabled_metadata: envoy.type.matcher.v3.MetadataMatcher | null;
       filter_metadata: google.protobuf.Struct | null;
       grpc_service: envoy.config.core.v3.GrpcService | null;
       http_service: envoy.extensions.filters.http.ext_authz.v3.HttpService | null;
       include_peer_certificate: boolean;
       include_tls_session: boolean;
       max_denied_response_body_bytes: number;
       metadata_context_namespaces: string[];
       route_metadata_context_namespaces: string[];
       route_typed_metadata_context_namespaces: string[];
       shadow_mode: boolean;
       stat_prefix: string;
       status_on_error: envoy.type.v3.HttpStatus | null;
       transport_api_version: number;
       typed_metadata_context_namespaces: string[];
       validate_mutations: boolean;
       with_request_body: envoy.extensions.filters.http.ext_authz.v3.BufferSettings | null;
       readonly services?: 'grpc_service' | 'http_service';
      }
      export interface ExtAuthzPerRoute {
       check_settings: envoy.extensions.filters.http.ext_authz.v3.CheckSettings | null;
       disabled: boolean;
       readonly override?: 'disabled' | 'check_settings';
      }
      export interface HttpService {
       authorization_request: envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest | null;
       authorization_response: envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse | null;
       path_override: string;
       path_prefix: string;
       retry_policy: envoy.config.core.v3.RetryPolicy | null;
       server_uri: envoy.config.core.v3.HttpUri | null;
      }
     }
    }
    export namespace on_demand {
     export namespace v3 {
      export interface OnDemand {
       odcds: envoy.extensions.filters.http.on_demand.v3.OnDemandCds | null;
      }
      export interface OnDemandCds {
       resources_locator: string;
       source: envoy.config.core.v3.ConfigSource | null;
       timeout: google.protobuf.Duration | null;
      }
      export interface PerRouteConfig {
       odcds: envoy.extensions.filters.http.on_demand.v3.OnDemandCds | null;
      }
     }
    }
    export namespace ratelimit {
     export namespace v3 {
      export interface RateLimit {
       disable_x_envoy_ratelimited_header: boolean;
       domain: string;
       enable_retry_after_header: boolean;
       enable_x_ratelimit_headers: number;
       failure_mode_deny: boolean;
       failure_mode_deny_percent: envoy.config.core.v3.RuntimeFractionalPercent | null;
       filter_enabled: envoy.config.core.v3.RuntimeFractionalPercent | null;
       filter_enforced: envoy.config.core.v3.RuntimeFractionalPercent | null;
       metadata_namespace: string;
       rate_limit_service: envoy.config.ratelimit.v3.RateLimitServiceConfig | null;
       rate_limited_as_resource_exhausted: boolean;
       rate_limited_status: envoy.type.v3.HttpStatus | null;
       rate_limits: envoy.config.route.v3.RateLimit[];
       request_type: string;
       response_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
       stage: number;
       stat_prefix: string;
       status_on_error: envoy.type.v3.HttpStatus | null;
       timeout: google.protobuf.Duration | null;
      }
      export interface RateLimitPerRoute {
       domain: string;
       override_option: number;
       rate_limits: envoy.config.route.v3.RateLimit[];
       vh_rate_limits: number;
      }
     }
    }
   }
   export namespace network {
    export namespace http_connection_manager {
     export namespace v3 {
      export interface ForwardProtoConfig {
       http_destination_ports: number[];
       https_destination_ports: number[];
      }
      export interface HttpConnectionManager {
       access_log: envoy.config.accesslog.v3.AccessLog[];
       access_log_flush_interval: google.protobuf.Duration | null;
       access_log_options: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions | null;
       add_proxy_protocol_connection_state: google.protobuf.BoolValue | null;
       add_user_agent: google.protobuf.BoolValue | null;
       always_set_request_id_in_response: boolean;
       append_local_overload: boolean;
       append_x_forwarded_port: boolean;
       codec_type: number;
       common_http_protocol_options: envoy.config.core.v3.HttpProtocolOptions | null;
       delayed_close_timeout: google.protobuf.Duration | null;
       drain_timeout: google.protobuf.Duration | null;
       drain_timeout_jitter: envoy.type.v3.Percent | null;
       early_header_mutation_extensions: envoy.config.core.v3.TypedExtensionConfig[];
       flush_access_log_on_new_request: boolean;
       forward_client_cert_details: number;
       forward_client_cert_matcher: xds.type.matcher.v3.Matcher | null;
       forward_proto_config: envoy.extensions.filters.network.http_connection_manager.v3.ForwardProtoConfig | null;
       generate_request_id: google.protobuf.BoolValue | null;
       http1_safe_max_connection_duration: boolean;
       http2_protocol_options: envoy.config.core.v3.Http2ProtocolOptions | null;
       http3_protocol_options: envoy.config.core.v3.Http3ProtocolOptions | null;
       http_filters: envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter[];
       http_protocol_options: envoy.config.core.v3.Http1ProtocolOptions | null;
       internal_address_config: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig | null;
       local_reply_config: envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig | null;
       max_request_headers_kb: google.protobuf.UInt32Value | null;
       merge_slashes: boolean;
       normalize_path: google.protobuf.BoolValue | null;
       original_ip_detection_extensions: envoy.config.core.v3.TypedExtensionConfig[];
       path_normalization_options: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathNormalizationOptions | null;
       path_with_escaped_slashes_action: number;
       preserve_external_request_id: boolean;
       proxy_100_continue: boolean;
       proxy_status_config: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ProxyStatusConfig | null;
       rds: envoy.extensions.filters.network.http_connection_manager.v3.Rds | null;
       record_route_resolution_stats: boolean;
       represent_ipv4_remote_address_as_ipv4_mapped_ipv6: boolean;
       request_headers_timeout: google.protobuf.Duration | null;
       request_id_extension: envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension | null;
       request_timeout: google.protobuf.Duration | null;
       route_config: envoy.config.route.v3.RouteConfiguration | null;
       scheme_header_transformation: envoy.config.core.v3.SchemeHeaderTransformation | null;
       scoped_routes: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes | null;
       server_header_transformation: number;
       server_name: string;
       set_current_client_cert_details: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails | null;
       skip_xff_append: boolean;
       stat_prefix: string;
       stream_error_on_invalid_http_message: google.protobuf.BoolValue | null;
       stream_flush_timeout: google.protobuf.Duration | null;
       stream_idle_timeout: google.protobuf.Duration | null;
       strip_any_host_port: boolean;
       strip_matching_host_port: boolean;
       strip_trailing_host_dot: boolean;
       tracing: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing | null;
       typed_header_validation_config: envoy.config.core.v3.TypedExtensionConfig | null;
       upgrade_configs: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig[];
       use_remote_address: google.protobuf.BoolValue | null;
       via: string;
       xff_num_trusted_hops: number;
       readonly route_specifier?: 'rds' | 'route_config' | 'scoped_routes';
       readonly strip_port_mode?: 'strip_any_host_port';
      }
      export namespace HttpConnectionManager {
       export interface HcmAccessLogOptions {
        access_log_flush_interval: google.protobuf.Duration | null;
        flush_access_log_on_new_request: boolean;
        flush_log_on_tunnel_successfully_established: boolean;
       }
       export interface InternalAddressConfig {
        cidr_ranges: envoy.config.core.v3.CidrRange[];
        unix_sockets: boolean;
       }
       export interface PathNormalizationOptions {
        forwarding_transformation: envoy.type.http.v3.PathTransformation | null;
        http_filter_transformation: envoy.type.http.v3.PathTransformation | null;
       }
       export interface ProxyStatusConfig {
        literal_proxy_name: string;
        remove_connection_termination_details: boolean;
        remove_details: boolean;
        remove_response_flags: boolean;
        set_recommended_response_code: boolean;
        use_node_id: boolean;
        readonly proxy_name?: 'use_node_id' | 'literal_proxy_name';
       }
       export interface SetCurrentClientCertDetails {
        cert: boolean;
        chain: boolean;
        dns: boolean;
        format: number;
        issuer: boolean;
        subject: google.protobuf.BoolValue | null;
        uri: boolean;
       }
       export interface Tracing {
        client_sampling: envoy.type.v3.Percent | null;
        custom_tags: envoy.type.tracing.v3.CustomTag[];
        max_path_tag_length: google.protobuf.UInt32Value | null;
        no_context_propagation: boolean;
        operation: string;
        overall_sampling: envoy.type.v3.Percent | null;
        provider: envoy.config.trace.v3.Tracing.Http | null;
        random_sampling: envoy.type.v3.Percent | null;
        spawn_upstream_span: google.protobuf.BoolValue | null;
        upstream_operation: string;
        verbose: boolean;
       }
       export interface UpgradeConfig {
        enabled: google.protobuf.BoolValue | null;
        filters: envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter[];
        upgrade_type: string;
       }
      }
      export interface HttpFilter {
       config_discovery: envoy.config.core.v3.ExtensionConfigSource | null;
       disabled: boolean;
       is_optional: boolean;
       name: string;
       typed_config: google.protobuf.Any | null;
       readonly config_type?: 'typed_config' | 'config_discovery';
      }
      export interface LocalReplyConfig {
       body_format: envoy.config.core.v3.SubstitutionFormatString | null;
       mappers: envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper[];
      }
      export interface Rds {
       config_source: envoy.config.core.v3.ConfigSource | null;
       route_config_name: string;
      }
      export interface RequestIDExtension {
       typed_config: google.protobuf.Any | null;
      }
      export interface ResponseMapper {
       body: envoy.config.core.v3.DataSource | null;
       body_format_override: envoy.config.core.v3.SubstitutionFormatString | null;
       filter: envoy.config.accesslog.v3.AccessLogFilter | null;
       headers_to_add: envoy.config.core.v3.HeaderValueOption[];
       status_code: google.protobuf.UInt32Value | null;
      }
      export interface ScopedRds {
       scoped_rds_config_source: envoy.config.core.v3.ConfigSource | null;
       srds_resources_locator: string;
      }
      export interface ScopedRouteConfigurationsList {
       scoped_route_configurations: envoy.config.route.v3.ScopedRouteConfiguration[];
      }
      export interface ScopedRoutes {
       name: string;
       rds_config_source: envoy.config.core.v3.ConfigSource | null;
       scope_key_builder: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder | null;
       scoped_rds: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds | null;
       scoped_route_configurations_list: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList | null;
       readonly config_specifier?: 'scoped_route_configurations_list' | 'scoped_rds';
      }
      export namespace ScopedRoutes {
       export interface ScopeKeyBuilder {
        fragments: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder[];
       }
       export namespace ScopeKeyBuilder {
        export interface FragmentBuilder {
         header_value_extractor: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor | null;
         readonly type?: 'header_value_extractor';
        }
        export namespace FragmentBuilder {
         export interface HeaderValueExtractor {
          element: envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement | null;
          element_separator: string;
          index: number;
          name: string;
          readonly extract_type?: 'index' | 'element';
         }
         export namespace HeaderValueExtractor {
          export interface KvElement {
           key: string;
           separator: string;
          }
         }
        }
       }
      }
     }
    }
    export namespace tcp_proxy {
     export namespace v3 {
      export interface TcpProxy {
       access_log: envoy.config.accesslog.v3.AccessLog[];
       access_log_flush_interval: google.protobuf.Duration | null;
       access_log_options: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TcpAccessLogOptions | null;
       backoff_options: envoy.config.core.v3.BackoffStrategy | null;
       check_drain_close: google.protobuf.BoolValue | null;
       cluster: string;
       downstream_idle_timeout: google.protobuf.Duration | null;
       flush_access_log_on_connected: boolean;
       hash_policy: envoy.type.v3.HashPolicy[];
       idle_timeout: google.protobuf.Duration | null;
       max_connect_attempts: google.protobuf.UInt32Value | null;
       max_downstream_connection_duration: google.protobuf.Duration | null;
       max_downstream_connection_duration_jitter_percentage: envoy.type.v3.Percent | null;
       max_early_data_bytes: google.protobuf.UInt32Value | null;
       metadata_match: envoy.config.core.v3.Metadata | null;
       on_demand: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.OnDemand | null;
       proxy_protocol_tlv_merge_policy: number;
       proxy_protocol_tlvs: envoy.config.core.v3.TlvEntry[];
       stat_prefix: string;
       tunneling_config: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig | null;
       upstream_connect_mode: number;
       upstream_idle_timeout: google.protobuf.Duration | null;
       weighted_clusters: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster | null;
       readonly cluster_specifier?: 'cluster' | 'weighted_clusters';
      }
      export namespace TcpProxy {
       export interface OnDemand {
        odcds_config: envoy.config.core.v3.ConfigSource | null;
        resources_locator: string;
        timeout: google.protobuf.Duration | null;
       }
       export interface TcpAccessLogOptions {
        access_log_flush_interval: google.protobuf.Duration | null;
        flush_access_log_on_connected: boolean;
        flush_access_log_on_start: boolean;
       }
       export interface TunnelingConfig {
        formatters: envoy.config.core.v3.TypedExtensionConfig[];
        headers_to_add: envoy.config.core.v3.HeaderValueOption[];
        hostname: string;
        post_path: string;
        propagate_response_headers: boolean;
        propagate_response_trailers: boolean;
        request_id_extension: envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension | null;
        request_id_header: string;
        request_id_metadata_key: string;
        use_post: boolean;
       }
       export interface WeightedCluster {
        clusters: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight[];
       }
       export namespace WeightedCluster {
        export interface ClusterWeight {
         metadata_match: envoy.config.core.v3.Metadata | null;
         name: string;
         weight: number;
        }
       }
      }
     }
    }
    export namespace ratelimit {
     export namespace v3 {
      export interface RateLimit {
       descriptors: envoy.extensions.common.ratelimit.v3.RateLimitDescriptor[];
       domain: string;
       failure_mode_deny: boolean;
       rate_limit_service: envoy.config.ratelimit.v3.RateLimitServiceConfig | null;
       stat_prefix: string;
       timeout: google.protobuf.Duration | null;
      }
     }
    }
   }
   export namespace listener {
    export namespace original_src {
     export namespace v3 {
      export interface OriginalSrc {
       bind_port: boolean;
       mark: number;
      }
     }
    }
   }
  }
  export namespace load_balancing_policies {
   export namespace cluster_provided {
    export namespace v3 {
     export interface ClusterProvided {
     }
    }
   }
   export namespace common {
    export namespace v3 {
     export interface LocalityLbConfig {
      locality_weighted_lb_config: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig | null;
      zone_aware_lb_config: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig | null;
      readonly locality_config_specifier?: 'zone_aware_lb_config' | 'locality_weighted_lb_config';
     }
     export namespace LocalityLbConfig {
      export interface LocalityWeightedLbConfig {
      }
      export interface ZoneAwareLbConfig {
       fail_traffic_on_panic: boolean;
       force_local_zone: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig.ForceLocalZone | null;
       force_locality_direct_routing: boolean;
       locality_basis: number;
       min_cluster_size: google.protobuf.UInt64Value | null;
       routing_enabled: envoy.type.v3.Percent | null;
      }
      export namespace ZoneAwareLbConfig {
       export interface ForceLocalZone {
        min_size: google.protobuf.UInt32Value | null;
       }
      }
     }
     export interface SlowStartConfig {
      aggression: envoy.config.core.v3.RuntimeDouble | null;
      min_weight_percent: envoy.type.v3.Percent | null;
      slow_start_window: google.protobuf.Duration | null;
     }
    }
   }
   export namespace least_request {
    export namespace v3 {
     export interface LeastRequest {
      active_request_bias: envoy.config.core.v3.RuntimeDouble | null;
      choice_count: google.protobuf.UInt32Value | null;
      enable_full_scan: google.protobuf.BoolValue | null;
      locality_lb_config: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig | null;
      selection_method: number;
      slow_start_config: envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig | null;
     }
    }
   }
   export namespace random {
    export namespace v3 {
     export interface Random {
      locality_lb_config: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig | null;
     }
    }
   }
   export namespace round_robin {
    export namespace v3 {
     export interface RoundRobin {
      locality_lb_config: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig | null;
      slow_start_config: envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig | null;
     }
    }
   }
  }
  export namespace network {
   export namespace dns_resolver {
    export namespace cares {
     export namespace v3 {
      export interface CaresDnsResolverConfig {
       dns_resolver_options: envoy.config.core.v3.DnsResolverOptions | null;
       edns0_max_payload_size: google.protobuf.UInt32Value | null;
       filter_unroutable_families: boolean;
       max_udp_channel_duration: google.protobuf.Duration | null;
       qcache_max_ttl: google.protobuf.UInt32Value | null;
       query_timeout_seconds: google.protobuf.UInt64Value | null;
       query_tries: google.protobuf.UInt32Value | null;
       reinit_channel_on_timeout: boolean;
       resolvers: envoy.config.core.v3.Address[];
       rotate_nameservers: boolean;
       udp_max_queries: google.protobuf.UInt32Value | null;
       use_resolvers_as_fallback: boolean;
      }
     }
    }
    export namespace getaddrinfo {
     export namespace v3 {
      export interface GetAddrInfoDnsResolverConfig {
       num_resolver_threads: google.protobuf.UInt32Value | null;
       num_retries: google.protobuf.UInt32Value | null;
      }
     }
    }
   }
  }
  export namespace regex_engines {
   export namespace v3 {
    export interface GoogleRE2 {
    }
   }
  }
  export namespace request_id {
   export namespace uuid {
    export namespace v3 {
     export interface UuidRequestIdConfig {
      pack_trace_reason: google.protobuf.BoolValue | null;
      use_request_id_for_trace_sampling: google.protobuf.BoolValue | null;
     }
    }
   }
  }
  export namespace transport_sockets {
   export namespace proxy_protocol {
    export namespace v3 {
     export interface ProxyProtocolUpstreamTransport {
      allow_unspecified_address: boolean;
      config: envoy.config.core.v3.ProxyProtocolConfig | null;
      tlv_as_pool_key: boolean;
      transport_socket: envoy.config.core.v3.TransportSocket | null;
     }
    }
   }
   export namespace raw_buffer {
    export namespace v3 {
     export interface RawBuffer {
     }
    }
   }
   export namespace tls {
    export namespace v3 {
     export interface CertificateProviderPluginInstance {
      certificate_name: string;
      instance_name: string;
     }
     export interface CertificateValidationContext {
      allow_expired_certificate: boolean;
      ca_certificate_provider_instance: envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance | null;
      crl: envoy.config.core.v3.DataSource | null;
      custom_validator_config: envoy.config.core.v3.TypedExtensionConfig | null;
      match_subject_alt_names: envoy.type.matcher.v3.StringMatcher[];
      match_typed_subject_alt_names: envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher[];
      max_verify_depth: google.protobuf.UInt32Value | null;
      only_verify_leaf_cert_crl: boolean;
      require_signed_certificate_timestamp: google.protobuf.BoolValue | null;
      suppress_client_ca_list: boolean;
      system_root_certs: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts | null;
      trust_chain_verification: number;
      trusted_ca: envoy.config.core.v3.DataSource | null;
      verify_certificate_hash: string[];
      verify_certificate_spki: string[];
      watched_directory: envoy.config.core.v3.WatchedDirectory | null;
     }
     export namespace CertificateValidationContext {
      export interface SystemRootCerts {
      }
     }
     export interface CommonTlsContext {
      alpn_protocols: string[];
      combined_validation_context: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext | null;
      custom_handshaker: envoy.config.core.v3.TypedExtensionConfig | null;
      custom_tls_certificate_selector: envoy.config.core.v3.TypedExtensionConfig | null;
      key_log: envoy.extensions.transport_sockets.tls.v3.TlsKeyLog | null;
      tls_certificate_certificate_provider: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProvider | null;
      tls_certificate_certificate_provider_instance: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProviderInstance | null;
      tls_certificate_provider_instance: envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance | null;
      tls_certificate_sds_secret_configs: envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig[];
      tls_certificates: envoy.extensions.transport_sockets.tls.v3.TlsCertificate[];
      tls_params: envoy.extensions.transport_sockets.tls.v3.TlsParameters | null;
      validation_context: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext | null;
      validation_context_certificate_provider: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProvider | null;
      validation_context_certificate_provider_instance: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProviderInstance | null;
      validation_context_sds_secret_config: envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig | null;
      readonly validation_context_type?: 'validation_context' | 'validation_context_sds_secret_config' | 'combined_validation_context' | 'validation_context_certificate_provider' | 'validation_context_certificate_provider_instance';
     }
     export namespace CommonTlsContext {
      export interface CertificateProvider {
       name: string;
       typed_config: envoy.config.core.v3.TypedExtensionConfig | null;
       readonly config?: 'typed_config';
      }
      export interface CertificateProviderInstance {
       certificate_name: string;
       instance_name: string;
      }
      export interface CombinedCertificateValidationContext {
       default_validation_context: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext | null;
       validation_context_certificate_provider: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProvider | null;
       validation_context_certificate_provider_instance: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProviderInstance | null;
       validation_context_sds_secret_config: envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig | null;
      }
     }
     export interface DownstreamTlsContext {
      common_tls_context: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext | null;
      disable_stateful_session_resumption: boolean;
      disable_stateless_session_resumption: boolean;
      full_scan_certs_on_sni_mismatch: google.protobuf.BoolValue | null;
      ocsp_staple_policy: number;
      prefer_client_ciphers: boolean;
      require_client_certificate: google.protobuf.BoolValue | null;
      require_sni: google.protobuf.BoolValue | null;
      session_ticket_keys: envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys | null;
      session_ticket_keys_sds_secret_config: envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig | null;
      session_timeout: google.protobuf.Duration | null;
      readonly session_ticket_keys_type?: 'session_ticket_keys' | 'session_ticket_keys_sds_secret_config' | 'disable_stateless_session_resumption';
     }
     export interface GenericSecret {
      secret: envoy.config.core.v3.DataSource | null;
      secrets: Record<string, envoy.config.core.v3.DataSource>;
     }
     export interface PrivateKeyProvider {
      fallback: boolean;
      provider_name: string;
      typed_config: google.protobuf.Any | null;
      readonly config_type?: 'typed_config';
     }
     export interface SdsSecretConfig {
      name: string;
      sds_config: envoy.config.core.v3.ConfigSource | null;
     }
     export interface Secret {
      generic_secret: envoy.extensions.transport_sockets.tls.v3.GenericSecret | null;
      name: string;
      session_ticket_keys: envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys | null;
      tls_certificate: envoy.extensions.transport_sockets.tls.v3.TlsCertificate | null;
      validation_context: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext | null;
      readonly type?: 'tls_certificate' | 'session_ticket_keys' | 'validation_context' | 'generic_secret';
     }
     export interface SubjectAltNameMatcher {
      matcher: envoy.type.matcher.v3.StringMatcher | null;
      oid: string;
      san_type: number;
     }
     export interface TlsCertificate {
      certificate_chain: envoy.config.core.v3.DataSource | null;
      ocsp_staple: envoy.config.core.v3.DataSource | null;
      password: envoy.config.core.v3.DataSource | null;
      pkcs12: envoy.config.core.v3.DataSource | null;
      private_key: envoy.config.core.v3.DataSource | null;
      private_key_provider: envoy.extensions.transport_sockets.tls.v3.PrivateKeyProvider | null;
      signed_certificate_timestamp: envoy.config.core.v3.DataSource[];
      tls_params: envoy.extensions.transport_sockets.tls.v3.TlsParameters | null;
      watched_directory: envoy.config.core.v3.WatchedDirectory | null;
     }
     export interface TlsKeyLog {
      local_address_range: envoy.config.core.v3.CidrRange[];
      path: string;
      remote_address_range: envoy.config.core.v3.CidrRange[];
     }
     export interface TlsParameters {
      cipher_suites: string[];
      compliance_policies: number[];
      ecdh_curves: string[];
      signature_algorithms: string[];
      tls_maximum_protocol_version: number;
      tls_minimum_protocol_version: number;
     }
     export interface TlsSessionTicketKeys {
      keys: envoy.config.core.v3.DataSource[];
     }
     export interface UpstreamTlsContext {
      allow_renegotiation: boolean;
      auto_host_sni: boolean;
      auto_sni_san_validation: boolean;
      common_tls_context: envoy.extensions.transport_sockets.tls.v3.CommonTlsContext | null;
      enforce_rsa_key_usage: google.protobuf.BoolValue | null;
      max_session_keys: google.protobuf.UInt32Value | null;
      sni: string;
     }
    }
   }
  }
  export namespace upstreams {
   export namespace http {
    export namespace v3 {
     export interface HttpProtocolOptions {
      auto_config: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig | null;
      common_http_protocol_options: envoy.config.core.v3.HttpProtocolOptions | null;
      explicit_http_config: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig | null;
      hash_policy: envoy.config.route.v3.RouteAction.HashPolicy[];
      header_validation_config: envoy.config.core.v3.TypedExtensionConfig | null;
      http_filters: envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter[];
      outlier_detection: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.OutlierDetection | null;
      request_mirror_policies: envoy.config.route.v3.RouteAction.RequestMirrorPolicy[];
      retry_policy: envoy.config.route.v3.RetryPolicy | null;
      upstream_http_protocol_options: envoy.config.core.v3.UpstreamHttpProtocolOptions | null;
      use_downstream_protocol_config: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig | null;
      readonly upstream_protocol_options?: 'explicit_http_config' | 'use_downstream_protocol_config' | 'auto_config';
     }
     export namespace HttpProtocolOptions {
      export interface AutoHttpConfig {
       alternate_protocols_cache_options: envoy.config.core.v3.AlternateProtocolsCacheOptions | null;
       http2_protocol_options: envoy.config.core.v3.Http2ProtocolOptions | null;
       http3_protocol_options: envoy.config.core.v3.Http3ProtocolOptions | null;
       http_protocol_options: envoy.config.core.v3.Http1ProtocolOptions | null;
      }
      export interface ExplicitHttpConfig {
       http2_protocol_options: envoy.config.core.v3.Http2ProtocolOptions | null;
       http3_protocol_options: envoy.config.core.v3.Http3ProtocolOptions | null;
       http_protocol_options: envoy.config.core.v3.Http1ProtocolOptions | null;
       readonly protocol_config?: 'http_protocol_options' | 'http2_protocol_options' | 'http3_protocol_options';
      }
      export interface OutlierDetection {
       error_matcher: envoy.config.common.matcher.v3.MatchPredicate | null;
      }
      export interface UseDownstreamHttpConfig {
       http2_protocol_options: envoy.config.core.v3.Http2ProtocolOptions | null;
       http3_protocol_options: envoy.config.core.v3.Http3ProtocolOptions | null;
       http_protocol_options: envoy.config.core.v3.Http1ProtocolOptions | null;
      }
     }
    }
   }
  }
  export namespace common {
   export namespace ratelimit {
    export namespace v3 {
     export interface RateLimitDescriptor {
      entries: envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry[];
      hits_addend: google.protobuf.UInt64Value | null;
      is_negative_hits: boolean;
      limit: envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride | null;
     }
     export namespace RateLimitDescriptor {
      export interface Entry {
       key: string;
       value: string;
      }
      export interface RateLimitOverride {
       requests_per_unit: number;
       unit: number;
       unit_multiplier: google.protobuf.UInt32Value | null;
      }
     }
    }
   }
  }
 }
 export namespace service {
  export namespace discovery {
   export namespace v3 {
    export interface DeltaDiscoveryRequest {
     error_detail: google.rpc.Status | null;
     initial_resource_versions: Record<string, string>;
     node: envoy.config.core.v3.Node | null;
     resource_locators_subscribe: envoy.service.discovery.v3.ResourceLocator[];
     resource_locators_unsubscribe: envoy.service.discovery.v3.ResourceLocator[];
     resource_names_subscribe: string[];
     resource_names_unsubscribe: string[];
     response_nonce: string;
     type_url: string;
    }
    export interface DeltaDiscoveryResponse {
     control_plane: envoy.config.core.v3.ControlPlane | null;
     nonce: string;
     removed_resource_names: envoy.service.discovery.v3.ResourceName[];
     removed_resources: string[];
     resource_errors: envoy.service.discovery.v3.ResourceError[];
     resources: envoy.service.discovery.v3.Resource[];
     system_version_info: string;
     type_url: string;
    }
    export interface DiscoveryRequest {
     error_detail: google.rpc.Status | null;
     node: envoy.config.core.v3.Node | null;
     resource_locators: envoy.service.discovery.v3.ResourceLocator[];
     resource_names: string[];
     response_nonce: string;
     type_url: string;
     version_info: string;
    }
    export interface DiscoveryResponse {
     canary: boolean;
     control_plane: envoy.config.core.v3.ControlPlane | null;
     nonce: string;
     resource_errors: envoy.service.discovery.v3.ResourceError[];
     resources: google.protobuf.Any[];
     type_url: string;
     version_info: string;
    }
    export interface DynamicParameterConstraints {
     and_constraints: envoy.service.discovery.v3.DynamicParameterConstraints.ConstraintList | null;
     constraint: envoy.service.discovery.v3.DynamicParameterConstraints.SingleConstraint | null;
     not_constraints: envoy.service.discovery.v3.DynamicParameterConstraints | null;
     or_constraints: envoy.service.discovery.v3.DynamicParameterConstraints.ConstraintList | null;
     readonly type?: 'constraint' | 'or_constraints' | 'and_constraints' | 'not_constraints';
    }
    export namespace DynamicParameterConstraints {
     export interface ConstraintList {
      constraints: envoy.service.discovery.v3.DynamicParameterConstraints[];
     }
     export interface SingleConstraint {
      exists: envoy.service.discovery.v3.DynamicParameterConstraints.SingleConstraint.Exists | null;
      key: string;
      value: string;
      readonly constraint_type?: 'value' | 'exists';
     }
     export namespace SingleConstraint {
      export interface Exists {
      }
     }
    }
    export interface Resource {
     aliases: string[];
     cache_control: envoy.service.discovery.v3.Resource.CacheControl | null;
     metadata: envoy.config.core.v3.Metadata | null;
     name: string;
     resource: google.protobuf.Any | null;
     resource_name: envoy.service.discovery.v3.ResourceName | null;
     ttl: google.protobuf.Duration | null;
     version: string;
    }
    export namespace Resource {
     export interface CacheControl {
      do_not_cache: boolean;
     }
    }
    export interface ResourceError {
     error_detail: google.rpc.Status | null;
     resource_name: envoy.service.discovery.v3.ResourceName | null;
    }
    export interface ResourceLocator {
     dynamic_parameters: Record<string, string>;
     name: string;
    }
    export interface ResourceName {
     dynamic_parameter_constraints: envoy.service.discovery.v3.DynamicParameterConstraints | null;
     name: string;
    }
   }
  }
  export namespace accesslog {
   export namespace v3 {
    export interface StreamAccessLogsMessage {
     http_logs: envoy.service.accesslog.v3.StreamAccessLogsMessage.HTTPAccessLogEntries | null;
     identifier: envoy.service.accesslog.v3.StreamAccessLogsMessage.Identifier | null;
     tcp_logs: envoy.service.accesslog.v3.StreamAccessLogsMessage.TCPAccessLogEntries | null;
     readonly log_entries?: 'http_logs' | 'tcp_logs';
    }
    export namespace StreamAccessLogsMessage {
     export interface HTTPAccessLogEntries {
      log_entry: envoy.data.accesslog.v3.HTTPAccessLogEntry[];
     }
     export interface Identifier {
      log_name: string;
      node: envoy.config.core.v3.Node | null;
     }
     export interface TCPAccessLogEntries {
      log_entry: envoy.data.accesslog.v3.TCPAccessLogEntry[];
     }
    }
    export interface StreamAccessLogsResponse {
    }
   }
  }
  export namespace auth {
   export namespace v3 {
    export interface AttributeContext {
     context_extensions: Record<string, string>;
     destination: envoy.service.auth.v3.AttributeContext.Peer | null;
     metadata_context: envoy.config.core.v3.Metadata | null;
     request: envoy.service.auth.v3.AttributeContext.Request | null;
     route_metadata_context: envoy.config.core.v3.Metadata | null;
     source: envoy.service.auth.v3.AttributeContext.Peer | null;
     tls_session: envoy.service.auth.v3.AttributeContext.TLSSession | null;
    }
    export namespace AttributeContext {
     export interface HttpRequest {
      body: string;
      fragment: string;
      header_map: envoy.config.core.v3.HeaderMap | null;
      headers: Record<string, string>;
      host: string;
      id: string;
      method: string;
      path: string;
      protocol: string;
      query: string;
      raw_body: Uint8Array;
      scheme: string;
      size: number;
     }
     export interface Peer {
      address: envoy.config.core.v3.Address | null;
      certificate: string;
      labels: Record<string, string>;
      principal: string;
      service: string;
     }
     export interface Request {
      http: envoy.service.auth.v3.AttributeContext.HttpRequest | null;
      time: google.protobuf.Timestamp | null;
     }
     export interface TLSSession {
      sni: string;
     }
    }
    export interface CheckRequest {
     attributes: envoy.service.auth.v3.AttributeContext | null;
    }
    export interface CheckResponse {
     denied_response: envoy.service.auth.v3.DeniedHttpResponse | null;
     dynamic_metadata: google.protobuf.Struct | null;
     error_response: envoy.service.auth.v3.DeniedHttpResponse | null;
     ok_response: envoy.service.auth.v3.OkHttpResponse | null;
     status: google.rpc.Status | null;
     readonly http_response?: 'denied_response' | 'ok_response' | 'error_response';
    }
    export interface DeniedHttpResponse {
     body: string;
     headers: envoy.config.core.v3.HeaderValueOption[];
     status: envoy.type.v3.HttpStatus | null;
    }
    export interface OkHttpResponse {
     dynamic_metadata: google.protobuf.Struct | null;
     headers: envoy.config.core.v3.HeaderValueOption[];
     headers_to_remove: string[];
     query_parameters_to_remove: string[];
     query_parameters_to_set: envoy.config.core.v3.QueryParameter[];
     response_headers_to_add: envoy.config.core.v3.HeaderValueOption[];
    }
   }
  }
  export namespace health {
   export namespace v3 {
    export interface Capability {
     health_check_protocols: number[];
    }
    export interface ClusterEndpointsHealth {
     cluster_name: string;
     locality_endpoints_health: envoy.service.health.v3.LocalityEndpointsHealth[];
    }
    export interface ClusterHealthCheck {
     cluster_name: string;
     health_checks: envoy.config.core.v3.HealthCheck[];
     locality_endpoints: envoy.service.health.v3.LocalityEndpoints[];
     transport_socket_matches: envoy.config.cluster.v3.Cluster.TransportSocketMatch[];
     upstream_bind_config: envoy.config.core.v3.BindConfig | null;
    }
    export interface EndpointHealth {
     endpoint: envoy.config.endpoint.v3.Endpoint | null;
     health_metadata: google.protobuf.Struct | null;
     health_status: number;
    }
    export interface EndpointHealthResponse {
     cluster_endpoints_health: envoy.service.health.v3.ClusterEndpointsHealth[];
     endpoints_health: envoy.service.health.v3.EndpointHealth[];
    }
    export interface HealthCheckRequest {
     capability: envoy.service.health.v3.Capability | null;
     node: envoy.config.core.v3.Node | null;
    }
    export interface HealthCheckRequestOrEndpointHealthResponse {
     endpoint_health_response: envoy.service.health.v3.EndpointHealthResponse | null;
     health_check_request: envoy.service.health.v3.HealthCheckRequest | null;
     readonly request_type?: 'health_check_request' | 'endpoint_health_response';
    }
    export interface HealthCheckSpecifier {
     cluster_health_checks: envoy.service.health.v3.ClusterHealthCheck[];
     interval: google.protobuf.Duration | null;
    }
    export interface LocalityEndpoints {
     endpoints: envoy.config.endpoint.v3.Endpoint[];
     locality: envoy.config.core.v3.Locality | null;
    }
    export interface LocalityEndpointsHealth {
     endpoints_health: envoy.service.health.v3.EndpointHealth[];
     locality: envoy.config.core.v3.Locality | null;
    }
   }
  }
  export namespace load_stats {
   export namespace v3 {
    export interface LoadStatsRequest {
     cluster_stats: envoy.config.endpoint.v3.ClusterStats[];
     node: envoy.config.core.v3.Node | null;
    }
    export interface LoadStatsResponse {
     clusters: string[];
     load_reporting_interval: google.protobuf.Duration | null;
     report_endpoint_granularity: boolean;
     send_all_clusters: boolean;
    }
   }
  }
  export namespace metrics {
   export namespace v3 {
    export interface StreamMetricsMessage {
     envoy_metrics: io.prometheus.client.MetricFamily[];
     identifier: envoy.service.metrics.v3.StreamMetricsMessage.Identifier | null;
    }
    export namespace StreamMetricsMessage {
     export interface Identifier {
      node: envoy.config.core.v3.Node | null;
     }
    }
    export interface StreamMetricsResponse {
    }
   }
  }
  export namespace ratelimit {
   export namespace v3 {
    export interface RateLimitRequest {
     descriptors: envoy.extensions.common.ratelimit.v3.RateLimitDescriptor[];
     domain: string;
     hits_addend: number;
    }
    export interface RateLimitResponse {
     dynamic_metadata: google.protobuf.Struct | null;
     overall_code: number;
     quota: envoy.service.ratelimit.v3.RateLimitResponse.Quota | null;
     raw_body: Uint8Array;
     request_headers_to_add: envoy.config.core.v3.HeaderValue[];
     response_headers_to_add: envoy.config.core.v3.HeaderValue[];
     statuses: envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus[];
    }
    export namespace RateLimitResponse {
     export interface DescriptorStatus {
      code: number;
      current_limit: envoy.service.ratelimit.v3.RateLimitResponse.RateLimit | null;
      duration_until_reset: google.protobuf.Duration | null;
      limit_remaining: number;
      quota: envoy.service.ratelimit.v3.RateLimitResponse.Quota | null;
     }
     export interface Quota {
      id: string;
      requests: number;
      valid_until: google.protobuf.Timestamp | null;
      readonly expiration_specifier?: 'valid_until';
     }
     export interface RateLimit {
      name: string;
      requests_per_unit: number;
      unit: number;
      unit_multiplier: google.protobuf.UInt32Value | null;
     }
    }
   }
  }
  export namespace runtime {
   export namespace v3 {
    export interface Runtime {
     layer: google.protobuf.Struct | null;
     name: string;
    }
   }
  }
  export namespace status {
   export namespace v3 {
    export interface ClientConfig {
     client_scope: string;
     generic_xds_configs: envoy.service.status.v3.ClientConfig.GenericXdsConfig[];
     node: envoy.config.core.v3.Node | null;
     xds_config: envoy.service.status.v3.PerXdsConfig[];
    }
    export namespace ClientConfig {
     export interface GenericXdsConfig {
      client_status: number;
      config_status: number;
      error_state: envoy.admin.v3.UpdateFailureState | null;
      is_static_resource: boolean;
      last_updated: google.protobuf.Timestamp | null;
      name: string;
      type_url: string;
      version_info: string;
      xds_config: google.protobuf.Any | null;
     }
    }
    export interface ClientStatusRequest {
     exclude_resource_contents: boolean;
     node: envoy.config.core.v3.Node | null;
     node_matchers: envoy.type.matcher.v3.NodeMatcher[];
    }
    export interface ClientStatusResponse {
     config: envoy.service.status.v3.ClientConfig[];
    }
    export interface PerXdsConfig {
     client_status: number;
     cluster_config: envoy.admin.v3.ClustersConfigDump | null;
     endpoint_config: envoy.admin.v3.EndpointsConfigDump | null;
     listener_config: envoy.admin.v3.ListenersConfigDump | null;
     route_config: envoy.admin.v3.RoutesConfigDump | null;
     scoped_route_config: envoy.admin.v3.ScopedRoutesConfigDump | null;
     status: number;
     readonly per_xds_config?: 'listener_config' | 'cluster_config' | 'route_config' | 'scoped_route_config' | 'endpoint_config';
    }
   }
  }
 }
 export namespace type {
  export namespace http {
   export namespace v3 {
    export interface PathTransformation {
     operations: envoy.type.http.v3.PathTransformation.Operation[];
    }
    export namespace PathTransformation {
     export interface Operation {
      merge_slashes: envoy.type.http.v3.PathTransformation.Operation.MergeSlashes | null;
      normalize_path_rfc_3986: envoy.type.http.v3.PathTransformation.Operation.NormalizePathRFC3986 | null;
      readonly operation_specifier?: 'normalize_path_rfc_3986' | 'merge_slashes';
     }
     export namespace Operation {
      export interface MergeSlashes {
      }
      export interface NormalizePathRFC3986 {
      }
     }
    }
   }
  }
  export namespace matcher {
   export namespace v3 {
    export interface AddressMatcher {
     invert_match: boolean;
     ranges: xds.core.v3.CidrRange[];
    }
    export interface DoubleMatcher {
     exact: number;
     range: envoy.type.v3.DoubleRange | null;
     readonly match_pattern?: 'range' | 'exact';
    }
    export interface FilterStateMatcher {
     address_match: envoy.type.matcher.v3.AddressMatcher | null;
     key: string;
     string_match: envoy.type.matcher.v3.StringMatcher | null;
     readonly matcher?: 'string_match' | 'address_match';
    }
    export interface ListMatcher {
     one_of: envoy.type.matcher.v3.ValueMatcher | null;
     readonly match_pattern?: 'one_of';
    }
    export interface ListStringMatcher {
     patterns: envoy.type.matcher.v3.StringMatcher[];
    }
    export interface MetadataMatcher {
     filter: string;
     invert: boolean;
     path: envoy.type.matcher.v3.MetadataMatcher.PathSegment[];
     value: envoy.type.matcher.v3.ValueMatcher | null;
    }
    export namespace MetadataMatcher {
     export interface PathSegment {
      key: string;
      readonly segment?: 'key';
     }
    }
    export interface OrMatcher {
     value_matchers: envoy.type.matcher.v3.ValueMatcher[];
    }
    export interface RegexMatchAndSubstitute {
     pattern: envoy.type.matcher.v3.RegexMatcher | null;
     substitution: string;
    }
    export interface RegexMatcher {
     google_re2: envoy.type.matcher.v3.RegexMatcher.GoogleRE2 | null;
     regex: string;
     readonly engine_type?: 'google_re2';
    }
    export namespace RegexMatcher {
     export interface GoogleRE2 {
      max_program_size: google.protobuf.UInt32Value | null;
     }
    }
    export interface StringMatcher {
     contains: string;
     custom: xds.core.v3.TypedExtensionConfig | null;
     exact: string;
     ignore_case: boolean;
     prefix: string;
     safe_regex: envoy.type.matcher.v3.RegexMatcher | null;
     suffix: string;
     readonly match_pattern?: 'exact' | 'prefix' | 'suffix' | 'safe_regex' | 'contains' | 'custom';
    }
    export interface ValueMatcher {
     bool_match: boolean;
     double_match: envoy.type.matcher.v3.DoubleMatcher | null;
     list_match: envoy.type.matcher.v3.ListMatcher | null;
     null_match: envoy.type.matcher.v3.ValueMatcher.NullMatch | null;
     or_match: envoy.type.matcher.v3.OrMatcher | null;
     present_match: boolean;
     string_match: envoy.type.matcher.v3.StringMatcher | null;
     readonly match_pattern?: 'null_match' | 'double_match' | 'string_match' | 'bool_match' | 'present_match' | 'list_match' | 'or_match';
    }
    export namespace ValueMatcher {
     export interface NullMatch {
     }
    }
    export interface NodeMatcher {
     node_id: envoy.type.matcher.v3.StringMatcher | null;
     node_metadatas: envoy.type.matcher.v3.StructMatcher[];
    }
    export interface StructMatcher {
     path: envoy.type.matcher.v3.StructMatcher.PathSegment[];
     value: envoy.type.matcher.v3.ValueMatcher | null;
    }
    export namespace StructMatcher {
     export interface PathSegment {
      key: string;
      readonly segment?: 'key';
     }
    }
   }
  }
  export namespace metadata {
   export namespace v3 {
    export interface MetadataKey {
     key: string;
     path: envoy.type.metadata.v3.MetadataKey.PathSegment[];
    }
    export namespace MetadataKey {
     export interface PathSegment {
      index: number;
      key: string;
      readonly segment?: 'key' | 'index';
     }
    }
    export interface MetadataKind {
     cluster: envoy.type.metadata.v3.MetadataKind.Cluster | null;
     host: envoy.type.metadata.v3.MetadataKind.Host | null;
     request: envoy.type.metadata.v3.MetadataKind.Request | null;
     route: envoy.type.metadata.v3.MetadataKind.Route | null;
     readonly kind?: 'request' | 'route' | 'cluster' | 'host';
    }
    export namespace MetadataKind {
     export interface Cluster {
     }
     export interface Host {
     }
     export interface Request {
     }
     export interface Route {
     }
    }
   }
  }
  export namespace tracing {
   export namespace v3 {
    export interface CustomTag {
     environment: envoy.type.tracing.v3.CustomTag.Environment | null;
     literal: envoy.type.tracing.v3.CustomTag.Literal | null;
     metadata: envoy.type.tracing.v3.CustomTag.Metadata | null;
     request_header: envoy.type.tracing.v3.CustomTag.Header | null;
     tag: string;
     value: string;
     value_type: number;
     readonly type?: 'literal' | 'environment' | 'request_header' | 'metadata' | 'value';
    }
    export namespace CustomTag {
     export interface Environment {
      default_value: string;
      name: string;
     }
     export interface Header {
      default_value: string;
      name: string;
     }
     export interface Literal {
      value: string;
     }
     export interface Metadata {
      default_value: string;
      kind: envoy.type.metadata.v3.MetadataKind | null;
      metadata_key: envoy.type.metadata.v3.MetadataKey | null;
     }
    }
   }
  }
  export namespace v3 {
   export interface DoubleRange {
    end: number;
    start: number;
   }
   export interface FractionalPercent {
    denominator: number;
    numerator: number;
   }
   export interface HashPolicy {
    filter_state: envoy.type.v3.HashPolicy.FilterState | null;
    source_ip: envoy.type.v3.HashPolicy.SourceIp | null;
    readonly policy_specifier?: 'source_ip' | 'filter_state';
   }
   export namespace HashPolicy {
    export interface FilterState {
     key: string;
    }
    export interface SourceIp {
    }
   }
   export interface Int32Range {
    end: number;
    start: number;
   }
   export interface Int64Range {
    end: number;
    start: number;
   }
   export interface Percent {
    value: number;
   }
   export interface SemanticVersion {
    major_number: number;
    minor_number: number;
    patch: number;
   }
   export interface HttpStatus {
    code: number;
   }
  }
 }
}
export namespace google {
 export namespace protobuf {
  export interface Any {
   type_url: string;
   value: Uint8Array;
  }
  export interface BoolValue {
   value: boolean;
  }
  export interface DoubleValue {
   value: number;
  }
  export interface Duration {
   nanos: number;
   seconds: number;
  }
  export interface Empty {
  }
  export interface ListValue {
   values: google.protobuf.Value[];
  }
  export interface Struct {
   fields: Record<string, google.protobuf.Value>;
  }
  export interface UInt32Value {
   value: number;
  }
  export interface UInt64Value {
   value: number;
  }
  export interface Value {
   bool_value: boolean;
   list_value: google.protobuf.ListValue | null;
   null_value: number;
   number_value: number;
   string_value: string;
   struct_value: google.protobuf.Struct | null;
   readonly kind?: 'null_value' | 'number_value' | 'string_value' | 'bool_value' | 'struct_value' | 'list_value';
  }
  export interface Timestamp {
   nanos: number;
   seconds: number;
  }
 }
 export namespace rpc {
  export interface Status {
   code: number;
   details: google.protobuf.Any[];
   message: string;
  }
 }
}
export namespace udpa {
 export namespace type {
  export namespace v1 {
   export interface TypedStruct {
    type_url: string;
    value: google.protobuf.Struct | null;
   }
  }
 }
}
export namespace xds {
 export namespace core {
  export namespace v3 {
   export interface Authority {
    name: string;
   }
   export interface CidrRange {
    address_prefix: string;
    prefix_len: google.protobuf.UInt32Value | null;
   }
   export interface ContextParams {
    params: Record<string, string>;
   }
   export interface TypedExtensionConfig {
    name: string;
    typed_config: google.protobuf.Any | null;
   }
  }
 }
 export namespace type {
  export namespace matcher {
   export namespace v3 {
    export interface Matcher {
     matcher_list: xds.type.matcher.v3.Matcher.MatcherList | null;
     matcher_tree: xds.type.matcher.v3.Matcher.MatcherTree | null;
     on_no_match: xds.type.matcher.v3.Matcher.OnMatch | null;
     readonly matcher_type?: 'matcher_list' | 'matcher_tree';
    }
    export namespace Matcher {
     export interface MatcherList {
      matchers: xds.type.matcher.v3.Matcher.MatcherList.FieldMatcher[];
     }
     export namespace MatcherList {
      export interface FieldMatcher {
       on_match: xds.type.matcher.v3.Matcher.OnMatch | null;
       predicate: xds.type.matcher.v3.Matcher.MatcherList.Predicate | null;
      }
      export interface Predicate {
       and_matcher: xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList | null;
       not_matcher: xds.type.matcher.v3.Matcher.MatcherList.Predicate | null;
       or_matcher: xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList | null;
       single_predicate: xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate | null;
       readonly match_type?: 'single_predicate' | 'or_matcher' | 'and_matcher' | 'not_matcher';
      }
      export namespace Predicate {
       export interface PredicateList {
        predicate: xds.type.matcher.v3.Matcher.MatcherList.Predicate[];
       }
       export interface SinglePredicate {
        custom_match: xds.core.v3.TypedExtensionConfig | null;
        input: xds.core.v3.TypedExtensionConfig | null;
        value_match: xds.type.matcher.v3.StringMatcher | null;
        readonly matcher?: 'value_match' | 'custom_match';
       }
      }
     }
     export interface MatcherTree {
      custom_match: xds.core.v3.TypedExtensionConfig | null;
      exact_match_map: xds.type.matcher.v3.Matcher.MatcherTree.MatchMap | null;
      input: xds.core.v3.TypedExtensionConfig | null;
      prefix_match_map: xds.type.matcher.v3.Matcher.MatcherTree.MatchMap | null;
      readonly tree_type?: 'exact_match_map' | 'prefix_match_map' | 'custom_match';
     }
     export namespace MatcherTree {
      export interface MatchMap {
       map: Record<string, xds.type.matcher.v3.Matcher.OnMatch>;
      }
     }
     export interface OnMatch {
      action: xds.core.v3.TypedExtensionConfig | null;
      keep_matching: boolean;
      matcher: xds.type.matcher.v3.Matcher | null;
      readonly on_match?: 'matcher' | 'action';
     }
    }
    export interface RegexMatcher {
     google_re2: xds.type.matcher.v3.RegexMatcher.GoogleRE2 | null;
     regex: string;
     readonly engine_type?: 'google_re2';
    }
    export namespace RegexMatcher {
     export interface GoogleRE2 {
     }
    }
    export interface StringMatcher {
     contains: string;
     custom: xds.core.v3.TypedExtensionConfig | null;
     exact: string;
     ignore_case: boolean;
     prefix: string;
     safe_regex: xds.type.matcher.v3.RegexMatcher | null;
     suffix: string;
     readonly match_pattern?: 'exact' | 'prefix' | 'suffix' | 'safe_regex' | 'contains' | 'custom';
    }
   }
  }
  export namespace v3 {
   export interface TypedStruct {
    type_url: string;
    value: google.protobuf.Struct | null;
   }
  }
 }
 export namespace data {
  export namespace orca {
   export namespace v3 {
    export interface OrcaLoadReport {
     application_utilization: number;
     cpu_utilization: number;
     eps: number;
     mem_utilization: number;
     named_metrics: Record<string, number>;
     request_cost: Record<string, number>;
     rps: number;
     rps_fractional: number;
     utilization: Record<string, number>;
    }
   }
  }
 }
 export namespace service {
  export namespace orca {
   export namespace v3 {
    export interface OrcaLoadReportRequest {
     report_interval: google.protobuf.Duration | null;
     request_cost_names: string[];
    }
   }
  }
 }
}
export namespace io {
 export namespace prometheus {
  export namespace client {
   export interface Bucket {
    cumulative_count: number | null;
    cumulative_count_float: number | null;
    exemplar: io.prometheus.client.Exemplar | null;
    upper_bound: number | null;
   }
   export interface BucketSpan {
    length: number | null;
    offset: number | null;
   }
   export interface Counter {
    created_timestamp: google.protobuf.Timestamp | null;
    exemplar: io.prometheus.client.Exemplar | null;
    value: number | null;
   }
   export interface Exemplar {
    label: io.prometheus.client.LabelPair[];
    timestamp: google.protobuf.Timestamp | null;
    value: number | null;
   }
   export interface Gauge {
    value: number | null;
   }
   export interface Histogram {
    bucket: io.prometheus.client.Bucket[];
    created_timestamp: google.protobuf.Timestamp | null;
    exemplars: io.prometheus.client.Exemplar[];
    negative_count: number[];
    negative_delta: number[];
    negative_span: io.prometheus.client.BucketSpan[];
    positive_count: number[];
    positive_delta: number[];
    positive_span: io.prometheus.client.BucketSpan[];
    sample_count: number | null;
    sample_count_float: number | null;
    sample_sum: number | null;
    schema: number | null;
    zero_count: number | null;
    zero_count_float: number | null;
    zero_threshold: number | null;
   }
   export interface LabelPair {
    name: string | null;
    value: string | null;
   }
   export interface Metric {
    counter: io.prometheus.client.Counter | null;
    gauge: io.prometheus.client.Gauge | null;
    histogram: io.prometheus.client.Histogram | null;
    label: io.prometheus.client.LabelPair[];
    summary: io.prometheus.client.Summary | null;
    timestamp_ms: number | null;
    untyped: io.prometheus.client.Untyped | null;
   }
   export interface MetricFamily {
    help: string | null;
    metric: io.prometheus.client.Metric[];
    name: string | null;
    type: number | null;
    unit: string | null;
   }
   export interface Quantile {
    quantile: number | null;
    value: number | null;
   }
   export interface Summary {
    created_timestamp: google.protobuf.Timestamp | null;
    quantile: io.prometheus.client.Quantile[];
    sample_count: number | null;
    sample_sum: number | null;
   }
   export interface Untyped {
    value: number | null;
   }
  }
 }
}
