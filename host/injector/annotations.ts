// Every annotation that a Pod may use to change its sidecar: name, grammar, effect. One table for reading, for the checks
// and for docs/injection.md. A value that is not of its grammar refuses the Pod.
import * as grammar from './grammar.js';
import { quote, Refusal } from './grammar.js';
import type { Grammar } from './grammar.js';
import { suggest } from '../config/suggest.js';
import type { Problem } from './decision.js';
import { own } from './pod.js';
import type { Pod } from './pod.js';
import { PROXY_CONFIG } from './proxy_config.js';
import { USER_VOLUME_MOUNTS, USER_VOLUMES } from './user_volumes.js';

interface Annotation<T> {
  readonly name: string;
  readonly grammar: Grammar<T>;
  /** For the documentation: what it does. */
  readonly effect: string;
}

function annotation<T>(name: string, valueGrammar: Grammar<T>, effect: string): Annotation<T> {
  return { name, grammar: valueGrammar, effect };
}

const TRAFFIC = 'traffic.sidecar.istio.io';
const SIDECAR = 'sidecar.istio.io';
const READINESS = 'readiness.status.sidecar.istio.io';
const AGENT = 'checked here, read by the proxy from the Pod’s annotations';

export const ANNOTATIONS = {
  includeOutboundIPRanges: annotation(
    `${TRAFFIC}/includeOutboundIPRanges`,
    grammar.CIDRS_OR_ALL,
    '`-i`: only traffic to these ranges goes through the proxy',
  ),
  excludeOutboundIPRanges: annotation(
    `${TRAFFIC}/excludeOutboundIPRanges`,
    grammar.CIDRS,
    '`-x`: traffic to these ranges goes past the proxy',
  ),
  includeOutboundPorts: annotation(
    `${TRAFFIC}/includeOutboundPorts`,
    grammar.PORTS,
    '`-q`: traffic to these ports goes through the proxy, whatever the address',
  ),
  excludeOutboundPorts: annotation(
    `${TRAFFIC}/excludeOutboundPorts`,
    grammar.PORTS,
    '`-o`: traffic to these ports goes past the proxy',
  ),
  includeInboundPorts: annotation(
    `${TRAFFIC}/includeInboundPorts`,
    grammar.PORTS_OR_ALL,
    '`-b`: only traffic to these ports of the Pod goes through the proxy; empty: none',
  ),
  excludeInboundPorts: annotation(
    `${TRAFFIC}/excludeInboundPorts`,
    grammar.PORTS,
    '`-d`: traffic to these ports of the Pod goes past the proxy',
  ),
  excludeInterfaces: annotation(
    `${TRAFFIC}/excludeInterfaces`,
    grammar.INTERFACES,
    '`-c`: traffic over these interfaces is left alone',
  ),
  rerouteVirtualInterfaces: annotation(
    'istio.io/reroute-virtual-interfaces',
    grammar.INTERFACES,
    '`-k`: what comes in over these interfaces counts as going out (virtual machines, containers in the Pod)',
  ),
  kubevirtInterfaces: annotation(
    `${TRAFFIC}/kubevirtInterfaces`,
    grammar.INTERFACES,
    'the old name of `istio.io/reroute-virtual-interfaces`, which wins',
  ),
  interceptionMode: annotation(
    `${SIDECAR}/interceptionMode`,
    grammar.INTERCEPTION_MODE,
    '`-m`: REDIRECT, TPROXY (packets reach the proxy as they are), or NONE: no rules',
  ),
  statusPort: annotation(
    'status.sidecar.istio.io/port',
    grammar.PORT_OR_NONE,
    'the port of probes and merged metrics; 0: none, and no probes of the proxy',
  ),
  readinessInitialDelay: annotation(
    `${READINESS}/initialDelaySeconds`,
    grammar.SECONDS,
    'of the proxy’s readiness probe',
  ),
  readinessPeriod: annotation(`${READINESS}/periodSeconds`, grammar.COUNT, 'of the proxy’s readiness probe'),
  readinessFailures: annotation(`${READINESS}/failureThreshold`, grammar.COUNT, 'of the proxy’s readiness probe'),
  applicationPorts: annotation(`${READINESS}/applicationPorts`, grammar.PORTS, AGENT),
  proxyImage: annotation(`${SIDECAR}/proxyImage`, grammar.IMAGE, 'the image of the proxy and of the init container'),
  proxyImageType: annotation(
    `${SIDECAR}/proxyImageType`,
    grammar.IMAGE_TYPE,
    'the ending of the image’s tag: `-debug`, `-distroless`, or none',
  ),
  proxyCPU: annotation(`${SIDECAR}/proxyCPU`, grammar.QUANTITY, 'requested CPU of the proxy'),
  proxyMemory: annotation(`${SIDECAR}/proxyMemory`, grammar.QUANTITY, 'requested memory of the proxy'),
  proxyCPULimit: annotation(`${SIDECAR}/proxyCPULimit`, grammar.QUANTITY, 'CPU limit of the proxy'),
  proxyMemoryLimit: annotation(`${SIDECAR}/proxyMemoryLimit`, grammar.QUANTITY, 'memory limit of the proxy'),
  logLevel: annotation(`${SIDECAR}/logLevel`, grammar.LOG_LEVEL, '`--proxyLogLevel`'),
  componentLogLevel: annotation(
    `${SIDECAR}/componentLogLevel`,
    grammar.COMPONENT_LOG_LEVELS,
    '`--proxyComponentLogLevel`',
  ),
  agentLogLevel: annotation(
    `${SIDECAR}/agentLogLevel`,
    grammar.AGENT_LOG_LEVELS,
    '`--log_output_level` of both containers',
  ),
  bootstrapOverride: annotation(
    `${SIDECAR}/bootstrapOverride`,
    grammar.DNS_NAME,
    'a ConfigMap whose `custom_bootstrap.json` is merged over the bootstrap',
  ),
  userVolume: annotation(`${SIDECAR}/userVolume`, USER_VOLUMES, 'volumes that the proxy is given'),
  userVolumeMount: annotation(`${SIDECAR}/userVolumeMount`, USER_VOLUME_MOUNTS, 'where the proxy mounts volumes'),
  capNetBindService: annotation(
    `${SIDECAR}/capNetBindService`,
    grammar.BOOLEAN,
    'the proxy may bind ports below 1024 (NET_BIND_SERVICE)',
  ),
  rewriteAppHTTPProbers: annotation(
    `${SIDECAR}/rewriteAppHTTPProbers`,
    grammar.BOOLEAN,
    'whether the application’s probes are served by the proxy',
  ),
  nativeSidecar: annotation(
    `${SIDECAR}/nativeSidecar`,
    grammar.BOOLEAN,
    'whether the proxy is an init container that restarts (`restartPolicy: Always`)',
  ),
  discoveryAddress: annotation(
    `${SIDECAR}/discoveryAddress`,
    grammar.HOST_PORT,
    '`discoveryAddress` of the ProxyConfig',
  ),
  extraStatTags: annotation(`${SIDECAR}/extraStatTags`, grammar.STAT_TAGS, AGENT),
  statsInclusionPrefixes: annotation(`${SIDECAR}/statsInclusionPrefixes`, grammar.STAT_PARTS, AGENT),
  statsInclusionSuffixes: annotation(`${SIDECAR}/statsInclusionSuffixes`, grammar.STAT_PARTS, AGENT),
  statsInclusionRegexps: annotation(`${SIDECAR}/statsInclusionRegexps`, grammar.STAT_PARTS, AGENT),
  statsHistogramBuckets: annotation(`${SIDECAR}/statsHistogramBuckets`, grammar.HISTOGRAM_BUCKETS, AGENT),
  statsHistogramBins: annotation(`${SIDECAR}/statsHistogramBins`, grammar.HISTOGRAM_BINS, AGENT),
  statsEvictionInterval: annotation(`${SIDECAR}/statsEvictionInterval`, grammar.DURATION, AGENT),
  statsFlushInterval: annotation(`${SIDECAR}/statsFlushInterval`, grammar.DURATION, AGENT),
  statsCompression: annotation(`${SIDECAR}/statsCompression`, grammar.COMPRESSION, AGENT),
  proxyConfig: annotation(
    'proxy.istio.io/config',
    PROXY_CONFIG,
    'YAML of Istio’s ProxyConfig, laid over the mesh’s: `PROXY_CONFIG`',
  ),
  mergeMetrics: annotation(
    'prometheus.istio.io/merge-metrics',
    grammar.BOOLEAN,
    'whether the application’s metrics are served with the proxy’s',
  ),
  scrapeTargets: annotation(
    'prometheus.istio.io/scrape-targets',
    grammar.SCRAPE_TARGETS,
    'where the application serves metrics, when at more than one place',
  ),
  templates: annotation(
    'inject.istio.io/templates',
    grammar.TEMPLATE_NAMES,
    'the templates that are laid over the Pod',
  ),
} as const;

export type AnnotationKey = keyof typeof ANNOTATIONS;
type ValueOf<K extends AnnotationKey> = (typeof ANNOTATIONS)[K] extends Annotation<infer T> ? T : never;

/** What the annotations of a Pod say, checked. */
export interface CheckedAnnotations {
  get<K extends AnnotationKey>(key: K): ValueOf<K> | undefined;
  readonly problems: readonly Problem[];
}

export function checkAnnotations(pod: Pod): CheckedAnnotations {
  const values = new Map<AnnotationKey, unknown>();
  const problems: Problem[] = [];
  for (const key of Object.keys(ANNOTATIONS) as AnnotationKey[]) {
    const { name, grammar: valueGrammar } = ANNOTATIONS[key];
    const text = own(pod.metadata?.annotations, name);
    if (text === undefined) continue;
    const value: unknown = valueGrammar.parse(text);
    if (value instanceof Refusal) problems.push(annotationRefused(name, text, valueGrammar.allowed, value.reason));
    else values.set(key, value);
  }
  return { get: (key) => values.get(key) as never, problems };
}

/** `allowed` and `reason`: clauses. */
export function annotationRefused(name: string, value: string, allowed: string, reason = ''): Problem {
  return {
    code: 'invalid_annotation',
    path: annotationPath(name),
    message: `The annotation ${name} has the value ${quote(value)}, but takes ${allowed}${reason === '' ? '' : ` (${reason})`}.`,
    value: quote(value),
    allowed,
  };
}

export function annotationPath(name: string): string {
  return `metadata.annotations[${JSON.stringify(name)}]`;
}

/** Written by injectors, or read elsewhere: not unknown. */
const OTHERS = new Set([
  'sidecar.istio.io/inject',
  'sidecar.istio.io/status',
  'proxy.istio.io/overrides',
  'sidecar.istio.io/enableCoreDump',
]);
const PREFIX = /^(?:(?:[a-z.]+\.)?sidecar|proxy|prometheus|inject)\.istio\.io\//;

/** A Pod has few; a hostile one has as many as fit into a request. */
const MAX_UNKNOWN = 8;

/** Annotations that look like ours and are not: most often a typing error that would have no effect in silence. */
export function unknownAnnotations(pod: Pod): string[] {
  const known = new Set(Object.values(ANNOTATIONS).map(({ name }) => name as string));
  const unknown = Object.keys(pod.metadata?.annotations ?? {}).filter(
    (name) => PREFIX.test(name) && !known.has(name) && !OTHERS.has(name),
  );
  const more = unknown.length - MAX_UNKNOWN;
  return [
    ...unknown.slice(0, MAX_UNKNOWN).map((name) => {
      const near = suggest(name, known);
      return `The annotation ${quote(name)} is not known and has no effect${near === undefined ? '' : ` (did you mean ${near}?)`}.`;
    }),
    ...(more > 0 ? [`${more} more annotations are not known.`] : []),
  ];
}
