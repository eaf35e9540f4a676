// The kinds of resources that xDS carries.
import type { envoy } from '../../proto/generated/api.js';
import type { Message } from '../config/message.js';

export interface ResourceKind {
  /** As it is spoken of: "CDS". */
  readonly service: string;
  /** Full name of its message; the type URL has `type.googleapis.com/` before it. */
  readonly typeName: string;
  /** Service and methods: state of the world, incremental, and the REST path. */
  readonly stream: string;
  readonly delta: string;
  readonly rest: string;
  /** LDS and CDS ask for everything there is; the others by name. */
  readonly isCollection: boolean;
  readonly nameOf: (message: Message) => string;
}

const nameField = (message: Message): string => (message as unknown as { name: string }).name;

function kind(
  service: string,
  typeName: string,
  rpc: string,
  rest: string,
  more: Partial<ResourceKind> = {},
): ResourceKind {
  return {
    service,
    typeName,
    stream: `/${rpc.replace('*', 'Stream')}`,
    delta: `/${rpc.replace('*', 'Delta')}`,
    rest: `/v3/discovery:${rest}`,
    isCollection: false,
    nameOf: nameField,
    ...more,
  };
}

const SERVICE = 'envoy.service.';

export const LISTENER = kind(
  'LDS',
  'envoy.config.listener.v3.Listener',
  `${SERVICE}listener.v3.ListenerDiscoveryService/*Listeners`,
  'listeners',
  { isCollection: true },
);
export const CLUSTER = kind(
  'CDS',
  'envoy.config.cluster.v3.Cluster',
  `${SERVICE}cluster.v3.ClusterDiscoveryService/*Clusters`,
  'clusters',
  { isCollection: true },
);
export const ROUTE_CONFIGURATION = kind(
  'RDS',
  'envoy.config.route.v3.RouteConfiguration',
  `${SERVICE}route.v3.RouteDiscoveryService/*Routes`,
  'routes',
);
export const SCOPED_ROUTE = kind(
  'SRDS',
  'envoy.config.route.v3.ScopedRouteConfiguration',
  `${SERVICE}route.v3.ScopedRoutesDiscoveryService/*ScopedRoutes`,
  'scoped-routes',
  { isCollection: true },
);
export const VIRTUAL_HOST = kind(
  'VHDS',
  'envoy.config.route.v3.VirtualHost',
  `${SERVICE}route.v3.VirtualHostDiscoveryService/*VirtualHosts`,
  'virtual-hosts',
);
export const CLUSTER_LOAD_ASSIGNMENT = kind(
  'EDS',
  'envoy.config.endpoint.v3.ClusterLoadAssignment',
  `${SERVICE}endpoint.v3.EndpointDiscoveryService/*Endpoints`,
  'endpoints',
  { nameOf: (m) => (m as unknown as envoy.config.endpoint.v3.ClusterLoadAssignment).cluster_name },
);
export const SECRET = kind(
  'SDS',
  'envoy.extensions.transport_sockets.tls.v3.Secret',
  `${SERVICE}secret.v3.SecretDiscoveryService/*Secrets`,
  'secrets',
);
export const RUNTIME = kind(
  'RTDS',
  'envoy.service.runtime.v3.Runtime',
  `${SERVICE}runtime.v3.RuntimeDiscoveryService/*Runtime`,
  'runtime',
);
export const EXTENSION_CONFIG = kind(
  'ECDS',
  'envoy.config.core.v3.TypedExtensionConfig',
  `${SERVICE}extension.v3.ExtensionConfigDiscoveryService/*ExtensionConfigs`,
  'extension_configs',
);

export const KINDS: readonly ResourceKind[] = [
  LISTENER,
  CLUSTER,
  ROUTE_CONFIGURATION,
  SCOPED_ROUTE,
  VIRTUAL_HOST,
  CLUSTER_LOAD_ASSIGNMENT,
  SECRET,
  RUNTIME,
  EXTENSION_CONFIG,
];

export const ADS_STREAM = `/${SERVICE}discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources`;
export const ADS_DELTA = `/${SERVICE}discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources`;

/** The type URL of a kind. */
export function typeUrlOf({ typeName }: ResourceKind): string {
  return `type.googleapis.com/${typeName}`;
}
