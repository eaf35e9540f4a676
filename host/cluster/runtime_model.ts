// What the runtime changes of a cluster's settings, under Envoy's keys.
import type { Snapshot } from '../runtime/snapshot.js';
import type { ClusterModel, ThresholdModel } from './model.js';

const MOST = 0xffff_ffff;

/** `circuit_breakers.CLUSTER.PRIORITY.max_…`: counts at once, wherever the cluster is in use. */
export function runtimeThresholds({ name, thresholds }: ClusterModel, runtime: Snapshot): ClusterModel['thresholds'] {
  const [normal, high] = thresholds;
  return [threshold(normal, `${name}.default`, runtime), threshold(high, `${name}.high`, runtime)];
}

function threshold(model: ThresholdModel, place: string, runtime: Snapshot): ThresholdModel {
  const limit = (name: string, configured: number): number =>
    Math.min(runtime.integer(`circuit_breakers.${place}.${name}`, configured), MOST);
  return {
    maxConnections: limit('max_connections', model.maxConnections),
    maxPendingRequests: limit('max_pending_requests', model.maxPendingRequests),
    maxRequests: limit('max_requests', model.maxRequests),
    maxRetries: limit('max_retries', model.maxRetries),
  };
}

/** The settings as they are when the cluster's endpoints are laid out, which is when Envoy asks for the others. */
export function runtimeModel(model: ClusterModel, runtime: Snapshot): ClusterModel {
  const { loadBalancer, panicThreshold } = model;
  const bias = runtime.double(loadBalancer.activeRequestBiasKey ?? '', loadBalancer.activeRequestBias);
  return {
    ...model,
    thresholds: runtimeThresholds(model, runtime),
    panicThreshold: Math.min(runtime.integer('upstream.healthy_panic_threshold', panicThreshold), 100),
    // Envoy falls back to 1 where the bias is negative.
    loadBalancer: { ...loadBalancer, activeRequestBias: bias >= 0 ? bias : 1 },
  };
}
