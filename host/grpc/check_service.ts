// Why a GrpcService cannot be reached, ever, before anything is asked of it.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { fieldPath } from '../config/path.js';

type GrpcService = envoy.config.core.v3.GrpcService;

/** @param hasCluster whether the bootstrap has a cluster of this name: no other can lead to a service */
export function checkService(
  service: GrpcService,
  hasCluster: (name: string) => boolean,
  path: string,
): readonly Finding[] {
  const { envoy_grpc: own, google_grpc: google } = service;
  if (own && !hasCluster(own.cluster_name)) {
    const place = fieldPath(fieldPath(path, 'envoy_grpc'), 'cluster_name');
    return [finding('WEFT1401', place, 'the bootstrap has no such cluster', { value: own.cluster_name })];
  }
  if (!google?.call_credentials.length) return [];
  const place = fieldPath(fieldPath(path, 'google_grpc'), 'call_credentials');
  return [finding('WEFT1301', place, 'call credentials are not here yet')];
}
