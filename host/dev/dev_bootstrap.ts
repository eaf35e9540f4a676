// The bootstrap of a proxy that is served by `weft dev`: what the file says of the proxy itself, and where the resources come from.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import type { Message } from '../config/message.js';
import { messageJson } from '../config/message_json.js';

type Json = Record<string, unknown>;

export interface DevBootstrapOptions {
  /** Of the files; undefined: none of them is a bootstrap. */
  readonly bootstrap: envoy.config.bootstrap.v3.Bootstrap | undefined;
  readonly descriptors: Descriptors;
  /** Where the control plane listens. */
  readonly host: string;
  readonly port: number;
  readonly admin: Json | undefined;
  readonly isDelta: boolean;
}

const CLUSTER = 'weft_dev';
const HTTP2 = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const DEFAULT_ADMIN = socketAddress('127.0.0.1', 9901);

export function socketAddress(address: string, port: number): Json {
  return { socket_address: { address, port_value: port } };
}

export function devBootstrap(options: DevBootstrapOptions): Json {
  const { bootstrap, descriptors, isDelta } = options;
  const given = bootstrap ? (messageJson(bootstrap as unknown as Message, descriptors) as Json) : {};
  const { static_resources: _, dynamic_resources: __, node, admin, ...rest } = given;
  const ads = { ads: {}, resource_api_version: 'V3' };
  return {
    node: { id: 'weft-dev', cluster: 'weft-dev', ...(node as Json) },
    admin: { address: DEFAULT_ADMIN, ...(admin as Json), ...(options.admin && { address: options.admin }) },
    ...rest,
    dynamic_resources: {
      ads_config: {
        api_type: isDelta ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: CLUSTER } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: { clusters: [controlPlane(options)] },
  };
}

function controlPlane({ host, port }: DevBootstrapOptions): Json {
  const address = socketAddress(reachable(host), port);
  return {
    name: CLUSTER,
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      [HTTP2]: { '@type': `type.googleapis.com/${HTTP2}`, explicit_http_config: { http2_protocol_options: {} } },
    },
    load_assignment: {
      cluster_name: CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}

/** Whoever listens at every address is reached at that of this machine. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === 'localhost') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
