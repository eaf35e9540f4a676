// original_dst_lb_config and what else an ORIGINAL_DST cluster has of its own -> OriginalDstModel.
import { LB_ORIGINAL_DST } from '../../assembly/abi.js';
import type { envoy } from '../../proto/generated/api.js';
import type { LoadBalancerModel, OriginalDstModel } from '../cluster/model.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, durationMs, wrapped } from '../config/message.js';
import { fieldPath } from '../config/path.js';

type Cluster = envoy.config.cluster.v3.Cluster;

const HEADER = 'x-envoy-original-dst-host';
const CLEANUP_INTERVAL_MS = 5000;
const CLUSTER_PROVIDED = 6; // Cluster.LbPolicy
const POLICY = 'envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided';

function checkAssignment(cluster: Cluster, path: string, findings: Finding[]): void {
  if (!cluster.load_assignment) return;
  findings.push(
    finding(
      'WEFT1410',
      fieldPath(path, 'load_assignment'),
      'the endpoints of an ORIGINAL_DST cluster are not configured',
    ),
  );
}

export function readOriginalDst(cluster: Cluster, path: string, findings: Finding[]): OriginalDstModel {
  checkAssignment(cluster, path, findings);
  const config = cluster.original_dst_lb_config;
  const name = config?.http_header_name.toLowerCase() ?? '';
  if (name !== '' && !config?.use_http_header) {
    findings.push(
      finding(
        'WEFT1410',
        fieldPath(fieldPath(path, 'original_dst_lb_config'), 'http_header_name'),
        'use_http_header is not set',
        {
          value: name,
          allowed: 'use_http_header: true',
        },
      ),
    );
  }
  return {
    header: config?.use_http_header ? name || HEADER : '',
    port: wrapped(config?.upstream_port_override),
    cleanupInterval: durationMs(cluster.cleanup_interval, CLEANUP_INTERVAL_MS),
  };
}

/** As Envoy: lb_policy must say CLUSTER_PROVIDED even where load_balancing_policy does. */
export function readClusterProvided(cluster: Cluster, path: string, findings: Finding[]): LoadBalancerModel {
  if (cluster.lb_policy !== CLUSTER_PROVIDED) {
    findings.push(
      finding('WEFT1410', fieldPath(path, 'lb_policy'), 'an ORIGINAL_DST cluster has a load balancer of its own', {
        value: cluster.lb_policy,
        allowed: 'CLUSTER_PROVIDED',
      }),
    );
  }
  const types = cluster.load_balancing_policy?.policies.map((p) => anyTypeName(p.typed_extension_config?.typed_config));
  if (types && !types.includes(POLICY)) {
    findings.push(
      finding(
        'WEFT1410',
        fieldPath(path, 'load_balancing_policy'),
        'an ORIGINAL_DST cluster has a load balancer of its own',
        {
          allowed: POLICY,
        },
      ),
    );
  }
  return { policy: LB_ORIGINAL_DST, choiceCount: 0, activeRequestBias: 1 };
}
