// Between the webhook and the injection itself.
import { inject } from '../inject.js';
import type { InjectorValues } from '../inject.js';
import type { Pod } from '../pod.js';
import type { DecidePod, PodDecision } from './decision.js';

const CLUSTER_ID = 'ISTIO_META_CLUSTER_ID';
const NETWORK = 'ISTIO_META_NETWORK';

/** Both are asked at each Pod: they change while the injector runs. */
export function podDecision(values: () => InjectorValues, clusterVersion: () => string | undefined): DecidePod {
  return ({ pod, namespace, environment }): PodDecision => {
    const injection = inject(pod as Pod, {
      values: values(),
      namespace: { name: namespace },
      clusterVersion: clusterVersion(),
      clusterId: environment.get(CLUSTER_ID),
      network: environment.get(NETWORK),
      environment: [...environment].filter(([name]) => name !== CLUSTER_ID && name !== NETWORK),
    });
    const { decision, warnings } = injection;
    if (decision.outcome === 'refused') return { kind: 'refused', sentence: `not injected: ${decision.message}` };
    if (decision.outcome === 'injected')
      return { kind: 'injected', pod: injection.pod, sentence: `injected: ${decision.message}`, warnings };
    return { kind: 'skipped', reason: decision.code, sentence: `not injected: ${decision.message}`, warnings };
  };
}
