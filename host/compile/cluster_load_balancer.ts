// lb_policy and load_balancing_policy of a cluster -> LoadBalancerModel.
import { LB_LEAST_REQUEST, LB_RANDOM, LB_ROUND_ROBIN } from '../../assembly/abi.js';
import type { envoy } from '../../proto/generated/api.js';
import type { LoadBalancerModel } from '../cluster/model.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, unpackAny, wrapped } from '../config/message.js';
import { fieldPath } from '../config/path.js';

type Cluster = envoy.config.cluster.v3.Cluster;
type LeastRequest = envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
type LegacyLeastRequest = envoy.config.cluster.v3.Cluster.LeastRequestLbConfig;
type Any = NonNullable<NonNullable<envoy.config.core.v3.TypedExtensionConfig['typed_config']>>;

const CHOICE_COUNT = 2;
const FULL_SCAN = 1; // LeastRequest.SelectionMethod
const POLICY = { ROUND_ROBIN: 0, LEAST_REQUEST: 1, RANDOM: 3, CLUSTER_PROVIDED: 6, LOAD_BALANCING_POLICY_CONFIG: 7 }; // Cluster.LbPolicy

const PREFIX = 'envoy.extensions.load_balancing_policies.';
const simple = (policy: number): LoadBalancerModel => ({ policy, choiceCount: CHOICE_COUNT, activeRequestBias: 1 });

function leastRequest(config: LeastRequest | LegacyLeastRequest | null | undefined): LoadBalancerModel {
  const choices = wrapped(config?.choice_count, CHOICE_COUNT);
  const fullScan =
    config &&
    'selection_method' in config &&
    (config.selection_method === FULL_SCAN || wrapped(config.enable_full_scan));
  const bias = config?.active_request_bias?.default_value ?? 1;
  return {
    policy: LB_LEAST_REQUEST,
    choiceCount: fullScan ? 0 : choices,
    activeRequestBias: bias >= 0 ? bias : 1, // Envoy falls back to 1 where the bias is negative
    ...(config?.active_request_bias && { activeRequestBiasKey: config.active_request_bias.runtime_key }),
  };
}

// The extensions that are here, by the type of their configuration.
const EXTENSIONS: Readonly<Record<string, (config: Any) => LoadBalancerModel>> = {
  [`${PREFIX}round_robin.v3.RoundRobin`]: () => simple(LB_ROUND_ROBIN),
  [`${PREFIX}random.v3.Random`]: () => simple(LB_RANDOM),
  [`${PREFIX}least_request.v3.LeastRequest`]: (config) => leastRequest(unpackAny<LeastRequest>(config)),
};

// As Envoy: the first policy of the list that is known here.
function readExtension(cluster: Cluster, path: string, findings: Finding[]): LoadBalancerModel {
  for (const { typed_extension_config: extension } of cluster.load_balancing_policy!.policies) {
    const config = extension?.typed_config;
    const name = anyTypeName(config);
    if (config && Object.hasOwn(EXTENSIONS, name)) return EXTENSIONS[name](config);
  }
  findings.push(
    finding('WEFT1302', fieldPath(path, 'load_balancing_policy'), 'none of the load balancing policies is here', {
      allowed: Object.keys(EXTENSIONS).join(', '),
    }),
  );
  return simple(LB_ROUND_ROBIN);
}

export function readLoadBalancer(cluster: Cluster, path: string, findings: Finding[]): LoadBalancerModel {
  if (cluster.load_balancing_policy) return readExtension(cluster, path, findings);
  switch (cluster.lb_policy) {
    case POLICY.ROUND_ROBIN:
      return simple(LB_ROUND_ROBIN);
    case POLICY.RANDOM:
      return simple(LB_RANDOM);
    case POLICY.LEAST_REQUEST:
      return leastRequest(cluster.least_request_lb_config);
    case POLICY.CLUSTER_PROVIDED:
      findings.push(
        finding(
          'WEFT1410',
          fieldPath(path, 'lb_policy'),
          'only a cluster of type ORIGINAL_DST provides a load balancer',
          {
            value: 'CLUSTER_PROVIDED',
          },
        ),
      );
      return simple(LB_ROUND_ROBIN);
    default:
      findings.push(
        finding('WEFT1303', fieldPath(path, 'lb_policy'), 'a load balancing policy that is not here', {
          value: cluster.lb_policy,
          allowed: 'ROUND_ROBIN, LEAST_REQUEST, RANDOM',
        }),
      );
      return simple(LB_ROUND_ROBIN);
  }
}
