// What the operator of the injector decides once: image, ports, resources, policy, selectors, templates. `read_values.ts`
// reads them from YAML; what is not said there is as here.
import type { Fields, Resources, StringMap } from './pod.js';
import type { InterceptionMode } from './grammar.js';

/** A Kubernetes label selector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<StringMap>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export interface ReadinessValues {
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface StartupValues {
  readonly enabled: boolean;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface ProxyValues {
  readonly uid: number;
  readonly gid: number;
  readonly logLevel: string;
  readonly componentLogLevel: string;
  readonly agentLogLevel: string;
  /** 0: no status port, no probes. */
  readonly statusPort: number;
  readonly resources: Resources;
  readonly readiness: ReadinessValues;
  readonly startup: StartupValues;
  /** A lifecycle of Kubernetes instead of the injector's own. */
  readonly lifecycle?: Fields;
  readonly holdApplicationUntilProxyStarts: boolean;
  readonly seccompProfile?: Fields;
  readonly capNetBindService: boolean;
}

export interface InterceptionValues {
  readonly mode: InterceptionMode;
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly includeOutboundIPRanges: string;
  readonly excludeOutboundIPRanges: string;
  readonly includeInboundPorts: string;
  readonly excludeInboundPorts: string;
  readonly includeOutboundPorts: string;
  readonly excludeOutboundPorts: string;
  /** A CNI plugin writes the rules; the init container only proves them. */
  readonly cni: boolean;
  readonly forceApply: boolean;
  readonly nativeNftables: boolean;
}

/** Volumes that a runtime without a Kubernetes API cannot make may be left out. */
export interface VolumeValues {
  readonly podInfo: boolean;
  readonly token: boolean;
  readonly certificates: boolean;
}

export interface InjectorValues {
  readonly revision: string;
  readonly policy: 'enabled' | 'disabled';
  /** Namespaces that say nothing are injected. */
  readonly enableNamespacesByDefault: boolean;
  readonly systemNamespaces: readonly string[];
  readonly neverInjectSelector: readonly LabelSelector[];
  readonly alwaysInjectSelector: readonly LabelSelector[];
  readonly image: string;
  /** The init container's image; the proxy's when empty. */
  readonly initImage: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets: readonly string[];
  readonly clusterDomain: string;
  readonly clusterId: string;
  readonly network: string;
  readonly meshId: string;
  readonly trustDomain: string;
  /** Where the control plane signs certificates. */
  readonly caAddress: string;
  readonly proxy: ProxyValues;
  readonly interception: InterceptionValues;
  readonly volumes: VolumeValues;
  /** `auto`: from Kubernetes 1.33 on. */
  readonly nativeSidecar: 'auto' | 'always' | 'never';
  /** Kubernetes' version, for `auto`, when the caller does not know it. */
  readonly clusterVersion: string;
  readonly rewriteAppProbes: boolean;
  readonly mergePrometheusMetrics: boolean;
  /** The mesh's default ProxyConfig; `proxy.istio.io/config` of a Pod is laid over it. */
  readonly proxyConfig: Fields;
  /** Templates of one's own by name; `sidecar` takes the place of the built-in one. */
  readonly templates: ReadonlyMap<string, string>;
  readonly defaultTemplates: readonly string[];
  /** For one's own templates, as they are: `it.values`. */
  readonly templateValues: Fields;
}

export const SIDECAR_TEMPLATE = 'sidecar';

export const DEFAULT_VALUES: InjectorValues = {
  revision: 'default',
  policy: 'enabled',
  enableNamespacesByDefault: false,
  systemNamespaces: ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'],
  neverInjectSelector: [],
  alwaysInjectSelector: [],
  image: 'weft:latest',
  initImage: '',
  imagePullSecrets: [],
  clusterDomain: 'cluster.local',
  clusterId: 'Kubernetes',
  network: '',
  meshId: 'cluster.local',
  trustDomain: 'cluster.local',
  caAddress: 'istiod.istio-system.svc:15012',
  proxy: {
    uid: 1337,
    gid: 1337,
    logLevel: 'warning',
    componentLogLevel: 'misc:error',
    agentLogLevel: 'default:info',
    statusPort: 15020,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    readiness: { initialDelaySeconds: 0, periodSeconds: 15, timeoutSeconds: 3, failureThreshold: 4 },
    startup: { enabled: true, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 },
    holdApplicationUntilProxyStarts: false,
    capNetBindService: false,
  },
  interception: {
    mode: 'REDIRECT',
    outboundPort: 15001,
    inboundPort: 15006,
    includeOutboundIPRanges: '*',
    excludeOutboundIPRanges: '',
    includeInboundPorts: '*',
    excludeInboundPorts: '',
    includeOutboundPorts: '',
    excludeOutboundPorts: '',
    cni: false,
    forceApply: false,
    nativeNftables: false,
  },
  volumes: { podInfo: true, token: true, certificates: true },
  nativeSidecar: 'auto',
  clusterVersion: '',
  rewriteAppProbes: true,
  mergePrometheusMetrics: true,
  proxyConfig: {},
  templates: new Map(),
  defaultTemplates: [SIDECAR_TEMPLATE],
  templateValues: {},
};
