// The clusters that a configuration names in a GrpcService, wherever it stands.
import { unpackAny } from '../config/message.js';

/** Routes name no service, and may be many. */
const WITHOUT_SERVICES = new Set(['route_config', 'virtual_hosts', 'filter_chain_match']);

export function grpcClusters(message: unknown, into = new Set<string>()): Set<string> {
  if (typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return into;
  if (Array.isArray(message)) {
    for (const item of message) grpcClusters(item, into);
    return into;
  }
  const { envoy_grpc: own } = message as { envoy_grpc?: { cluster_name?: unknown } | null };
  if (typeof own?.cluster_name === 'string') into.add(own.cluster_name);
  if ('type_url' in message) return grpcClusters(unpackAny(message as never), into);
  for (const name of Object.keys(message)) {
    if (!WITHOUT_SERVICES.has(name)) grpcClusters((message as Record<string, unknown>)[name], into);
  }
  return into;
}
