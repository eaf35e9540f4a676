// What the injector tells the agent: environment variables in Istio's names and shapes (ARCHITECTURE.md, Pod life).
import { applicationContainers, PROXY_CONTAINER } from './pod.js';
import type { Container, EnvVar, Fields, PodSpec, Workload } from './pod.js';
import type { TemplateInput } from './template.js';

export const APP_PROBERS = 'ISTIO_KUBE_APP_PROBERS';
export const PROMETHEUS_ANNOTATIONS = 'ISTIO_PROMETHEUS_ANNOTATIONS';

export function proxyEnvironment(input: TemplateInput): EnvVar[] {
  const { pod, settings, values, workload, namespace } = input;
  const containers = applicationContainers(pod.spec?.containers);
  const variables: EnvVar[] = [
    text('PILOT_CERT_PROVIDER', 'istiod'),
    text('CA_ADDR', values.caAddress),
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
    resource('ISTIO_CPU_LIMIT', 'limits.cpu'),
    text('PROXY_CONFIG', JSON.stringify(settings.proxyConfig)),
    text('ISTIO_META_POD_PORTS', JSON.stringify(containers.flatMap(({ ports }) => ports ?? []))),
    text('ISTIO_META_APP_CONTAINERS', containers.map(({ name }) => name).join(',')),
    resource('GOMEMLIMIT', 'limits.memory'),
    text('ISTIO_META_CLUSTER_ID', input.clusterId),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    text('ISTIO_META_INTERCEPTION_MODE', settings.mode),
    ...(input.network === undefined ? [] : [text('ISTIO_META_NETWORK', input.network)]),
    ...workloadVariables(workload, namespace),
    ...(settings.bootstrapOverride === undefined
      ? []
      : [text('ISTIO_BOOTSTRAP_OVERRIDE', '/etc/istio/custom-bootstrap/custom_bootstrap.json')]),
    ...(values.meshId === '' ? [] : [text('ISTIO_META_MESH_ID', values.meshId)]),
    ...(values.trustDomain === '' ? [] : [text('TRUST_DOMAIN', values.trustDomain)]),
  ];
  return withMetadata(withMetadata(variables, input.environment), settings.proxyMetadata);
}

/** The proxy, wherever it stands, with one more variable; it takes the place of any of that name. */
export function withProxyVariable(spec: PodSpec, name: string, value: string): PodSpec {
  const change = (container: Container): Container =>
    container.name === PROXY_CONTAINER
      ? { ...container, env: [...(container.env ?? []).filter((each) => each.name !== name), text(name, value)] }
      : container;
  const changed = { ...spec };
  for (const list of ['containers', 'initContainers'] as const) {
    if (spec[list] !== null && spec[list] !== undefined) changed[list] = spec[list].map(change);
  }
  return changed;
}

/** A variable of the ProxyConfig takes the place of the injector's own of that name; it may refer to others, as in Istio. */
function withMetadata(variables: EnvVar[], metadata: readonly (readonly [string, string])[]): EnvVar[] {
  const names = new Set(metadata.map(([name]) => name));
  return [...variables.filter(({ name }) => !names.has(name)), ...metadata.map(([name, value]) => ({ name, value }))];
}

function workloadVariables(workload: Workload | undefined, namespace: string): EnvVar[] {
  if (workload === undefined || workload.name === '') return [];
  const { apiVersion, kind, name } = workload;
  const owner = `kubernetes://apis/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
  return [text('ISTIO_META_WORKLOAD_NAME', name), text('ISTIO_META_OWNER', owner)];
}

function text(name: string, value: string): EnvVar {
  // Kubernetes expands $(NAME) in values; $$ is a dollar sign. A record is to arrive as it was written.
  return { name, value: value.replaceAll('$(', '$$$$(') };
}

function field(name: string, fieldPath: string): EnvVar {
  return from(name, { fieldRef: { fieldPath } });
}

function resource(name: string, limit: string): EnvVar {
  return from(name, { resourceFieldRef: { divisor: '0', resource: limit } });
}

function from(name: string, valueFrom: Fields): EnvVar {
  return { name, valueFrom };
}
