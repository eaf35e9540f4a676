// Labels and annotations that a Pod gains.
import { applicationContainers, findProxy, own, PROXY_CONTAINER } from './pod.js';
import type { Fields, Pod, StringMap } from './pod.js';
import type { TemplateInput } from './template.js';

export const STATUS = 'sidecar.istio.io/status';
export const OVERRIDES = 'proxy.istio.io/overrides';
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
const DEFAULT_LOGS_CONTAINER = 'kubectl.kubernetes.io/default-logs-container';

export function injectedLabels({ pod, workload, settings, network }: TemplateInput): StringMap {
  const labels = pod.metadata?.labels;
  const label = (...names: string[]): string | undefined =>
    names.map((name) => own(labels, name)).find((value) => value !== undefined && value !== '');
  const isTunnelled = settings.proxyMetadata.some(
    ([name, value]) => name === 'ISTIO_META_ENABLE_HBONE' && value === 'true',
  );
  return {
    'security.istio.io/tlsMode': label('security.istio.io/tlsMode') ?? 'istio',
    ...(isTunnelled ? { 'networking.istio.io/tunnel': label('networking.istio.io/tunnel') ?? 'http' } : {}),
    'service.istio.io/canonical-name': canonical(
      label('service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app') ?? workload?.name ?? '',
    ),
    'service.istio.io/canonical-revision':
      label('service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version') ?? 'latest',
    ...(network === undefined ? {} : { 'topology.istio.io/network': network }),
  };
}

/** A label holds at most 63 characters, with a letter or digit at either end. */
function canonical(name: string): string {
  return name.slice(0, 63).replace(/^[-_.]+|[-_.]+$/g, '');
}

export function injectedAnnotations({ pod, values }: TemplateInput): StringMap {
  const [first] = applicationContainers(pod.spec?.containers);
  const isSet = (name: string): boolean => own(pod.metadata?.annotations, name) !== undefined;
  return {
    'istio.io/rev': values.revision,
    ...(first === undefined || isSet(DEFAULT_CONTAINER) ? {} : { [DEFAULT_CONTAINER]: first.name }),
    ...(first === undefined || isSet(DEFAULT_LOGS_CONTAINER) ? {} : { [DEFAULT_LOGS_CONTAINER]: first.name }),
  };
}

/** Istio's record of what was injected; null stands for an empty list, as Go writes it. */
export function statusOf(overlays: readonly Pod[], revision: string): string {
  const names = (list: 'initContainers' | 'containers' | 'volumes' | 'imagePullSecrets'): string[] | null => {
    const all = new Set(overlays.flatMap(({ spec }) => (spec?.[list] ?? []).map(({ name }) => name)));
    return all.size === 0 ? null : [...all];
  };
  return JSON.stringify({
    initContainers: names('initContainers'),
    containers: names('containers'),
    volumes: names('volumes'),
    imagePullSecrets: names('imagePullSecrets'),
    revision,
  });
}

/** Of a Pod without this injector's mark (restore.ts): another one has been here, and its sidecar stands in the Pod. */
export function hasForeignSidecar(pod: Pod): boolean {
  const { containers, initContainers } = readStatus(pod);
  return [...containers, ...initContainers].includes(PROXY_CONTAINER) && findProxy(pod.spec) !== undefined;
}

/** What `sidecar.istio.io/status` says was injected; empty when it says nothing that can be read. */
function readStatus(pod: Pod): {
  initContainers: string[];
  containers: string[];
  volumes: string[];
  imagePullSecrets: string[];
} {
  const text = own(pod.metadata?.annotations, STATUS);
  const status = text === undefined ? undefined : parsed(text);
  const names = (field: string): string[] => {
    const list = status === undefined ? undefined : own(status, field);
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
  };
  return {
    initContainers: names('initContainers'),
    containers: names('containers'),
    volumes: names('volumes'),
    imagePullSecrets: names('imagePullSecrets'),
  };
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
