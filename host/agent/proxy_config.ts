// PROXY_CONFIG: Istio's ProxyConfig as the injector writes it (mesh defaults and the annotation proxy.istio.io/config, merged), as JSON.
// https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig
import { suggest } from '../config/suggest.js';
import { isObject, parseObject, property, type JsonObject } from './json_value.js';
import { parseDuration, refuse, variable, type Variables } from './variable.js';

export interface ProxyConfig {
  readonly concurrency: number | undefined;
  readonly terminationDrainMs: number | undefined;
  readonly drainMs: number | undefined;
  readonly statusPort: number | undefined;
  readonly adminPort: number | undefined;
  readonly serviceCluster: string | undefined;
  /** Further environment variables. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Sentences to log once: what is given and has no effect. */
  readonly notices: readonly string[];
}

const NAME = 'PROXY_CONFIG';
const ACTED = [
  'concurrency',
  'terminationDrainDuration',
  'drainDuration',
  'statusPort',
  'proxyAdminPort',
  'serviceCluster',
  'proxyMetadata',
] as const;
/** The injector has acted on them. */
const INJECTED = [
  'holdApplicationUntilProxyStarts',
  'image',
  'interceptionMode',
  'readinessProbe',
  'serviceName',
] as const;
/** For a control plane, or for Envoy's own process. */
const WITHOUT_EFFECT = [
  'availabilityZone',
  'binaryPath',
  'caCertificatesPem',
  'configPath',
  'connectionSettings',
  'controlPlaneAuthPolicy',
  'customConfigFile',
  'discoveryAddress',
  'discoveryRefreshDelay',
  'envoyAccessLogService',
  'envoyMetricsService',
  'envoyMetricsServiceAddress',
  'extraStatTags',
  'fileFlushInterval',
  'fileFlushMinSizeKb',
  'gatewayTopology',
  'meshId',
  'parentShutdownDuration',
  'privateKeyProvider',
  'proxyBootstrapTemplatePath',
  'proxyHeaders',
  'proxyStatsMatcher',
  'runtimeValues',
  'sds',
  'statNameLength',
  'statsCompression',
  'statsdUdpAddress',
  'tracing',
  'tracingServiceName',
  'zipkinAddress',
] as const;

/** The injector checks its own by these: a field that one knows and the other does not shall not compile. */
export type ProxyConfigField = (typeof ACTED | typeof INJECTED | typeof WITHOUT_EFFECT)[number];

const WITH_EFFECT: readonly string[] = [...ACTED, ...INJECTED];
const KNOWN: readonly string[] = [...WITH_EFFECT, ...WITHOUT_EFFECT];

export function readProxyConfig(variables: Variables): ProxyConfig {
  const text = variable(NAME, variables);
  const config = text === undefined ? {} : parseObject(text);
  if (!config) refuse(NAME, text, 'a JSON object: {"concurrency": 2, "terminationDrainDuration": "5s"}', variables);
  const given = config ?? {};
  return {
    concurrency: whole(given, 'concurrency', 1024, variables),
    terminationDrainMs: duration(given, 'terminationDrainDuration', variables),
    drainMs: duration(given, 'drainDuration', variables),
    statusPort: whole(given, 'statusPort', 65535, variables),
    adminPort: whole(given, 'proxyAdminPort', 65535, variables),
    serviceCluster: printable(given, 'serviceCluster', variables),
    metadata: readMetadata(given, variables),
    notices: noticesOf(given),
  };
}

function noticesOf(config: JsonObject): string[] {
  return Object.keys(config).flatMap((name) => {
    if (WITH_EFFECT.includes(name)) return [];
    if (KNOWN.includes(name)) return [`${NAME}.${name} has no effect in weft`];
    const near = suggest(name, KNOWN);
    return [`${NAME} has no field ${JSON.stringify(name)}${near === undefined ? '' : ` (did you mean ${near}?)`}`];
  });
}

function whole(config: JsonObject, name: string, max: number, variables: Variables): number | undefined {
  const value = property(config, name);
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max) return value as number;
  return refuse(`${NAME}.${name}`, value, `a whole number from 0 to ${max}`, variables);
}

function duration(config: JsonObject, name: string, variables: Variables): number | undefined {
  const value = property(config, name);
  if (value === undefined || value === null) return undefined;
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  return ms ?? refuse(`${NAME}.${name}`, value, 'a duration such as 5s, at most a year', variables);
}

function printable(config: JsonObject, name: string, variables: Variables): string | undefined {
  const value = property(config, name);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && /^[\x20-\x7e]{1,256}$/.test(value)) return value;
  return refuse(`${NAME}.${name}`, value, 'printable ASCII text of at most 256 characters', variables);
}

function readMetadata(config: JsonObject, variables: Variables): ReadonlyMap<string, string> {
  const value = property(config, 'proxyMetadata') ?? {};
  const metadata = new Map<string, string>();
  if (!isObject(value)) refuse(`${NAME}.proxyMetadata`, value, 'an object of texts', variables);
  else {
    for (const [name, text] of Object.entries(value)) {
      if (typeof text === 'string' || typeof text === 'boolean' || typeof text === 'number')
        metadata.set(name, String(text));
      else refuse(`${NAME}.proxyMetadata[${JSON.stringify(name)}]`, text, 'a text', variables);
    }
  }
  return metadata;
}
