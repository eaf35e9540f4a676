// Why a ConfigSource cannot serve, before anything is asked of it.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { fieldPath, indexPath } from '../config/path.js';
import { checkService } from '../grpc/check_service.js';
import type { ResourceKind } from './kinds.js';

type ApiConfigSource = envoy.config.core.v3.ApiConfigSource;
type ConfigSource = envoy.config.core.v3.ConfigSource;

export const API_TYPE = { REST: 1, GRPC: 2, DELTA_GRPC: 3, AGGREGATED_GRPC: 5, AGGREGATED_DELTA_GRPC: 6 };

export interface SourcePlace {
  /** Clusters that can lead to a control plane: those of the bootstrap. */
  readonly hasCluster: (name: string) => boolean;
  readonly hasAds: boolean;
}

function any(kind: ResourceKind, source: ConfigSource, place: SourcePlace, path: string): readonly Finding[] {
  if (source.ads) {
    if (place.hasAds) return [];
    return [finding('WEFT1410', fieldPath(path, 'ads'), 'the bootstrap has no dynamic_resources.ads_config')];
  }
  if (source.path_config_source || source.path) return [];
  if (source.api_config_source) return api(source.api_config_source, place, fieldPath(path, 'api_config_source'));
  const allowed = 'ads, api_config_source or path_config_source';
  return [finding('WEFT1301', path, `${kind.service} cannot come from here yet`, { allowed })];
}

function api(source: ApiConfigSource, { hasCluster }: SourcePlace, path: string): readonly Finding[] {
  if (source.api_type === API_TYPE.REST) {
    return [finding('WEFT1303', fieldPath(path, 'api_type'), 'REST is not here yet', { allowed: 'GRPC, DELTA_GRPC' })];
  }
  const at = fieldPath(path, 'grpc_services');
  const value = source.grpc_services.length;
  if (value !== 1) return [finding('WEFT1206', at, 'one gRPC service is needed', { value, allowed: '1' })];
  return checkService(source.grpc_services[0], hasCluster, indexPath(at, 0));
}

export const checkSource = { any, api };
