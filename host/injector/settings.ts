// What a Pod's sidecar is to be: the operator's values under the Pod's annotations, all checked. Templates read only this.
import type { CheckedAnnotations } from './annotations.js';
import { annotationPath, annotationRefused, ANNOTATIONS } from './annotations.js';
import type { Problem } from './decision.js';
import { PORTS, quantityOf, quote, Refusal } from './grammar.js';
import type { ImageType, InterceptionMode, ScrapeTarget } from './grammar.js';
import type { Fields, Resources, StringMap, Volume, VolumeMount } from './pod.js';
import { isTrue, mergeProxyConfig, proxyMetadata } from './proxy_config.js';
import { isNative } from './native_sidecar.js';
import type { InjectorValues, ReadinessValues } from './values.js';

export interface Settings {
  readonly mode: InterceptionMode;
  /** Texts of `-i`, `-x`, `-b`, `-d`, `-q`, `-o`, `-k`, `-c`: lists joined again from what was parsed. */
  readonly includeOutboundIPRanges: string;
  readonly excludeOutboundIPRanges: string;
  readonly includeInboundPorts: string;
  readonly excludeInboundPorts: string;
  readonly includeOutboundPorts: string;
  readonly excludeOutboundPorts: string;
  readonly rerouteInterfaces: string;
  readonly excludeInterfaces: string;
  /** 0: none. */
  readonly statusPort: number;
  readonly readiness: ReadinessValues;
  readonly image: string;
  readonly initImage: string;
  readonly resources: Resources;
  readonly logLevel: string;
  readonly componentLogLevel: string;
  readonly agentLogLevel: string;
  /** The annotation or the values ask for another level than the default. */
  readonly isAgentLogLevelSet: boolean;
  readonly bootstrapOverride: string | undefined;
  readonly userVolumes: readonly Volume[];
  readonly userVolumeMounts: readonly VolumeMount[];
  readonly capNetBindService: boolean;
  readonly rewriteProbes: boolean;
  readonly mergeMetrics: boolean;
  readonly scrapeTargets: readonly ScrapeTarget[];
  readonly isNative: boolean;
  /** Never with a native sidecar, which holds the application anyhow. */
  readonly holdApplication: boolean;
  readonly proxyConfig: Fields;
  readonly proxyMetadata: readonly (readonly [string, string])[];
  readonly templates: readonly string[];
}

export interface PodFacts {
  readonly clusterVersion: string | undefined;
  /** The Pod has a container besides the proxy's own. */
  readonly hasApplication: boolean;
}

/** Where the agent listens unless its ProxyConfig says otherwise. */
const AGENT_STATUS_PORT = 15020;
const DEFAULT_AGENT_LOG_LEVEL = 'default:info';

export function resolveSettings(
  said: CheckedAnnotations,
  values: InjectorValues,
  { clusterVersion, hasApplication }: PodFacts,
): Settings {
  const { proxy, interception } = values;
  const config = proxyConfigOf(said, values);
  const statusPort = said.get('statusPort') ?? numberOf(config.statusPort) ?? proxy.statusPort;
  const proxyConfig = statusPort === (config.statusPort ?? AGENT_STATUS_PORT) ? config : { ...config, statusPort };
  // A Pod must have a container; a gateway's only one is the proxy.
  const native = hasApplication && isNative(said.get('nativeSidecar'), values, clusterVersion);
  const agentLogLevel = said.get('agentLogLevel') ?? proxy.agentLogLevel;
  const image = imageOf(said, values, proxyConfig);
  return {
    mode:
      said.get('interceptionMode') ??
      (proxyConfig.interceptionMode as InterceptionMode | undefined) ??
      interception.mode,
    includeOutboundIPRanges: joined(said.get('includeOutboundIPRanges')) ?? interception.includeOutboundIPRanges,
    excludeOutboundIPRanges: joined(said.get('excludeOutboundIPRanges')) ?? interception.excludeOutboundIPRanges,
    includeInboundPorts: joined(said.get('includeInboundPorts')) ?? interception.includeInboundPorts,
    excludeInboundPorts: withPort(
      said.get('excludeInboundPorts') ?? ports(interception.excludeInboundPorts),
      statusPort,
    ),
    includeOutboundPorts: joined(said.get('includeOutboundPorts')) ?? interception.includeOutboundPorts,
    excludeOutboundPorts: joined(said.get('excludeOutboundPorts')) ?? interception.excludeOutboundPorts,
    rerouteInterfaces: joined(said.get('rerouteVirtualInterfaces') ?? said.get('kubevirtInterfaces')) ?? '',
    excludeInterfaces: joined(said.get('excludeInterfaces')) ?? '',
    statusPort,
    readiness: {
      ...proxy.readiness,
      ...defined('initialDelaySeconds', said.get('readinessInitialDelay')),
      ...defined('periodSeconds', said.get('readinessPeriod')),
      ...defined('failureThreshold', said.get('readinessFailures')),
    },
    image,
    initImage: said.get('proxyImage') ?? (values.initImage === '' ? image : values.initImage),
    resources: resourcesOf(said) ?? proxy.resources,
    logLevel: said.get('logLevel') ?? proxy.logLevel,
    componentLogLevel: said.get('componentLogLevel') ?? proxy.componentLogLevel,
    agentLogLevel,
    isAgentLogLevelSet: agentLogLevel !== DEFAULT_AGENT_LOG_LEVEL,
    bootstrapOverride: said.get('bootstrapOverride'),
    userVolumes: said.get('userVolume') ?? [],
    userVolumeMounts: said.get('userVolumeMount') ?? [],
    capNetBindService: said.get('capNetBindService') ?? proxy.capNetBindService,
    rewriteProbes: (said.get('rewriteAppHTTPProbers') ?? values.rewriteAppProbes) && statusPort !== 0,
    mergeMetrics: (said.get('mergeMetrics') ?? values.mergePrometheusMetrics) && statusPort !== 0,
    scrapeTargets: said.get('scrapeTargets') ?? [],
    isNative: native,
    holdApplication:
      !native && (proxy.holdApplicationUntilProxyStarts || isTrue(proxyConfig.holdApplicationUntilProxyStarts)),
    proxyConfig,
    proxyMetadata: proxyMetadata(proxyConfig),
    templates: said.get('templates') ?? values.defaultTemplates,
  };
}

/** What is right by itself and wrong together. */
export function settingsProblems(said: CheckedAnnotations, values: InjectorValues): Problem[] {
  return [
    ...limitProblem(said, 'proxyCPU', 'proxyCPULimit'),
    ...limitProblem(said, 'proxyMemory', 'proxyMemoryLimit'),
    ...templateProblems(said, values),
  ];
}

/** The API server would refuse the whole Pod, naming a container that its author never wrote. */
function limitProblem(
  said: CheckedAnnotations,
  request: 'proxyCPU' | 'proxyMemory',
  limit: 'proxyCPULimit' | 'proxyMemoryLimit',
): Problem[] {
  const wanted = said.get(request);
  const most = said.get(limit);
  if (wanted === undefined || most === undefined) return [];
  if ((quantityOf(wanted) as number) <= (quantityOf(most) as number)) return [];
  const { name } = ANNOTATIONS[request];
  const allowed = `at most ${most}, which ${ANNOTATIONS[limit].name} allows`;
  return [annotationRefused(name, wanted, allowed)];
}

function templateProblems(said: CheckedAnnotations, values: InjectorValues): Problem[] {
  const known = [...new Set(['sidecar', ...values.templates.keys()])];
  const unknown = (said.get('templates') ?? []).find((name) => !known.includes(name));
  if (unknown === undefined) return [];
  const { name } = ANNOTATIONS.templates;
  return [
    {
      code: 'invalid_annotation',
      path: annotationPath(name),
      message: `The annotation ${name} names the template ${quote(unknown)}; there are ${known.join(', ')}.`,
      value: quote(unknown),
      allowed: known.join(', '),
    },
  ];
}

function proxyConfigOf(said: CheckedAnnotations, values: InjectorValues): Fields {
  const config = mergeProxyConfig(values.proxyConfig, said.get('proxyConfig') ?? {});
  const address = said.get('discoveryAddress');
  return address === undefined ? config : { ...config, discoveryAddress: address };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function defined<K extends string>(name: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, number>);
}

function joined(list: '*' | readonly (string | number)[] | undefined): string | undefined {
  return typeof list === 'string' || list === undefined ? list : list.join(',');
}

/** The values were checked when they were read. */
function ports(text: string): readonly number[] {
  const list = PORTS.parse(text);
  return list instanceof Refusal ? [] : list;
}

/** The kubelet must reach the status port, so it is never captured. */
function withPort(list: readonly number[], statusPort: number): string {
  return (statusPort === 0 || list.includes(statusPort) ? list : [...list, statusPort]).join(',');
}

/** One of the four annotations takes the place of all of the values' resources, as in Istio. */
function resourcesOf(said: CheckedAnnotations): Resources | undefined {
  const requests = quantities(said.get('proxyCPU'), said.get('proxyMemory'));
  const limits = quantities(said.get('proxyCPULimit'), said.get('proxyMemoryLimit'));
  if (requests === undefined && limits === undefined) return undefined;
  return { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) };
}

function quantities(cpu: string | undefined, memory: string | undefined): StringMap | undefined {
  if (cpu === undefined && memory === undefined) return undefined;
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}

function imageOf(said: CheckedAnnotations, values: InjectorValues, config: Fields): string {
  const image = said.get('proxyImage');
  if (image !== undefined) return image;
  const type = said.get('proxyImageType') ?? ((config.image as Fields | undefined)?.imageType as ImageType | undefined);
  return type === undefined ? values.image : withType(values.image, type);
}

/** `registry/weft:1.2` with `debug` is `registry/weft:1.2-debug`. An image by digest, or without a tag, has no types. */
function withType(image: string, type: ImageType): string {
  if (image.includes('@') || !/:[^/]+$/.test(image)) return image;
  const plain = image.replace(/-(?:debug|distroless)$/, '');
  return type === 'default' ? plain : `${plain}-${type}`;
}
