// How connections to a cluster's endpoints behave: HttpProtocolOptions, or the deprecated fields that stand for them.
import type { envoy } from '../../proto/generated/api.js';
import type { KeepaliveModel } from '../cluster/model.js';
import { finding, type Finding } from '../config/finding.js';
import { durationMs, unpackAny, wrapped } from '../config/message.js';
import { fieldPath, keyPath } from '../config/path.js';

type Cluster = envoy.config.cluster.v3.Cluster;
type HttpProtocolOptions = envoy.extensions.upstreams.http.v3.HttpProtocolOptions;

const OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const IDLE_TIMEOUT_MS = 3_600_000; // HttpProtocolOptions.idle_timeout: one hour

export interface ProtocolModel {
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  readonly maxRequestsPerConnection: number;
  readonly maxResponseHeaderBytes: number;
  readonly maxResponseHeaders: number;
  readonly trailers: boolean;
}

/** Whether the endpoints speak HTTP/2, which gRPC to a control plane needs and the data plane does not have yet. */
export function speaksHttp2(cluster: Cluster): boolean {
  const typed = unpackAny<HttpProtocolOptions>(cluster.typed_extension_protocol_options[OPTIONS], OPTIONS);
  return Boolean(typed ? typed.explicit_http_config?.http2_protocol_options : cluster.http2_protocol_options);
}

// HTTP/1.1 is what weft speaks to upstreams; `auto_config` and `use_downstream_protocol_config` come to that where HTTP/2 is not asked for.
function checkProtocol(options: HttpProtocolOptions, isControlPlane: boolean, path: string, findings: Finding[]): void {
  const chosen = options.explicit_http_config ?? options.use_downstream_protocol_config;
  const name = options.explicit_http_config ? 'explicit_http_config' : 'use_downstream_protocol_config';
  for (const version of ['http2_protocol_options', 'http3_protocol_options'] as const) {
    if (!chosen?.[version] || !options.explicit_http_config) continue;
    if (version === 'http2_protocol_options' && isControlPlane) continue;
    findings.push(
      finding('WEFT1301', fieldPath(fieldPath(path, name), version), 'only HTTP/1.1 is spoken to upstreams', {
        allowed: 'http_protocol_options',
      }),
    );
  }
  if (options.auto_config) {
    findings.push(
      finding('WEFT1301', fieldPath(path, 'auto_config'), 'the protocol of an upstream is not negotiated', {
        allowed: 'explicit_http_config',
      }),
    );
  }
}

/** The typed options win over the deprecated fields of the cluster, as in Envoy. */
export function readProtocolOptions(
  cluster: Cluster,
  isControlPlane: boolean,
  path: string,
  findings: Finding[],
): ProtocolModel {
  const any = cluster.typed_extension_protocol_options[OPTIONS];
  const typed = unpackAny<HttpProtocolOptions>(any, OPTIONS);
  const at = keyPath(fieldPath(path, 'typed_extension_protocol_options'), OPTIONS);
  if (typed) checkProtocol(typed, isControlPlane, at, findings);
  else if (cluster.http2_protocol_options && !isControlPlane) {
    const place = fieldPath(path, 'http2_protocol_options');
    findings.push(finding('WEFT1301', place, 'only HTTP/1.1 is spoken to upstreams'));
  }
  const chosen = typed && (typed.explicit_http_config ?? typed.use_downstream_protocol_config);
  const http1 = typed ? chosen?.http_protocol_options : cluster.http_protocol_options;
  const common = typed ? typed.common_http_protocol_options : cluster.common_http_protocol_options;
  return {
    idleTimeout: durationMs(common?.idle_timeout, IDLE_TIMEOUT_MS),
    maxConnectionDuration: durationMs(common?.max_connection_duration, 0),
    maxRequestsPerConnection: wrapped(
      common?.max_requests_per_connection,
      wrapped(cluster.max_requests_per_connection, 0),
    ),
    maxResponseHeaderBytes: wrapped(common?.max_response_headers_kb, 0) * 1024,
    maxResponseHeaders: wrapped(common?.max_headers_count, 0),
    trailers: http1?.enable_trailers ?? false,
  };
}

export function readKeepalive(cluster: Cluster): KeepaliveModel | undefined {
  const keepalive = cluster.upstream_connection_options?.tcp_keepalive;
  if (!keepalive) return undefined;
  return {
    probes: wrapped(keepalive.keepalive_probes, 0),
    time: wrapped(keepalive.keepalive_time, 0),
    interval: wrapped(keepalive.keepalive_interval, 0),
  };
}
