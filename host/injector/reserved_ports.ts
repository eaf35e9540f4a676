// The ports that a sidecar takes in the Pod's network. A container of the application that listens on one of them would keep
// the proxy from starting, minutes later and in another container's log: so the Pod is refused with both names.
import type { Problem } from './decision.js';
import { applicationContainers } from './pod.js';
import type { Container, PodSpec } from './pod.js';
import { HEALTH_PORT } from './proxy_container.js';
import type { Settings } from './settings.js';
import type { InjectorValues } from './values.js';

const RESERVED = new Map<number, string>([
  [15000, 'admin'],
  [15001, 'outbound capture'],
  [15004, 'debug'],
  [15006, 'inbound capture'],
  [15008, 'tunnel'],
  [15020, 'agent'],
  [HEALTH_PORT, 'health'],
  [15053, 'DNS'],
  [15090, 'Envoy statistics'],
]);

/** What the sidecar uses a port for, or undefined. */
export function reservedPort(port: number, statusPort: number): string | undefined {
  return port === statusPort ? 'status' : RESERVED.get(port);
}

export function portProblems(spec: PodSpec, settings: Settings, values: InjectorValues): Problem[] {
  const taken = new Map(RESERVED);
  const { outboundPort, inboundPort } = values.interception;
  taken.set(outboundPort, 'outbound capture');
  taken.set(inboundPort, 'inbound capture');
  if (settings.statusPort !== 0) taken.set(settings.statusPort, 'status');
  return [...clashes('containers', spec.containers, taken), ...clashes('initContainers', spec.initContainers, taken)];
}

/** Only containers that go on running matter among the init containers; a UDP port clashes with DNS only. */
function clashes(
  list: string,
  containers: readonly Container[] | null | undefined,
  taken: Map<number, string>,
): Problem[] {
  return applicationContainers(containers)
    .filter(({ restartPolicy }) => list === 'containers' || restartPolicy === 'Always')
    .flatMap((container) =>
      (container.ports ?? [])
        .filter(
          ({ containerPort, protocol }) =>
            taken.has(containerPort) && ((protocol ?? 'TCP') === 'TCP' || containerPort === 15053),
        )
        .map(({ containerPort }) => ({
          code: 'port_clash' as const,
          path: `spec.${list}[name=${container.name}].ports[containerPort=${containerPort}]`,
          message: `The container ${container.name} listens on port ${containerPort}, which the sidecar needs (${taken.get(containerPort)}).`,
          value: String(containerPort),
          allowed: `a port other than ${[...taken.keys()].toSorted((a, b) => a - b).join(', ')}`,
        })),
    );
}
