// Istio's ProxyConfig (mesh/v1alpha1) as far as an injector must understand it, from the annotation proxy.istio.io/config.
import { Lexer, parseDocument, Parser, visit } from 'yaml';
import type { ProxyConfigField } from '../agent/proxy_config.js';
import { suggest } from '../config/suggest.js';
import { isYamlTooDeep } from '../config/yaml_depth.js';
import {
  BOOLEAN,
  DURATION,
  hasControlCharacter,
  IMAGE_TYPE,
  INTERCEPTION_MODE,
  MAX_DEPTH,
  quote,
  Refusal,
  VARIABLE,
} from './grammar.js';
import type { Grammar } from './grammar.js';
import { isFields, isTooDeep, put } from './pod.js';
import type { Fields } from './pod.js';

type Check = (value: unknown) => string | undefined;

const MAX_YAML = 16_384;
/** The library's time goes by these more than by length, and whoever creates a Pod chooses them: at most some milliseconds. */
const MAX_MARKS = 1500;
const MAX_NODES = 10_000;

/** YAML or JSON of a ProxyConfig; every field known, those that the injector acts on of the right form. */
export const PROXY_CONFIG: Grammar<Fields> = {
  allowed: 'YAML of a ProxyConfig such as {holdApplicationUntilProxyStarts: true}',
  parse(text) {
    const value = parseYaml(text);
    if (value instanceof Refusal) return value;
    const problem = checkProxyConfig(value);
    return problem === undefined ? (value as Fields) : new Refusal(problem);
  },
};

function parseYaml(text: string): unknown {
  if (text.length > MAX_YAML) return new Refusal(`it is longer than ${MAX_YAML} characters`);
  if ((text.match(/[^\w ./+=]/g) ?? []).length > MAX_MARKS)
    return new Refusal(`it has more than ${MAX_MARKS} marks and line ends`);
  try {
    if (isYamlTooDeep({ Lexer, Parser }, text)) return new Refusal('it is nested too deeply');
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
    if (document.errors.length > 0)
      return new Refusal(`it is not YAML: ${document.errors[0].message.replace(/\.$/, '')}`);
    if (!isPlain(document)) return new Refusal('it has aliases, tags or too many values');
    const value: unknown = document.contents === null ? {} : document.toJS({ maxAliasCount: 0 });
    return isTooDeep(value, MAX_DEPTH) ? new Refusal('it is nested too deeply') : value;
  } catch {
    return new Refusal('it is not YAML');
  }
}

/** No aliases, so that nothing grows; no tags, so that a value is what it looks like. */
function isPlain(document: ReturnType<typeof parseDocument>): boolean {
  let nodes = 0;
  let plain = true;
  visit(document, {
    Alias: () => {
      plain = false;
      return visit.BREAK;
    },
    Node: (_key, node) => {
      nodes += 1;
      if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) plain = false;
      return plain && nodes <= MAX_NODES ? undefined : visit.BREAK;
    },
  });
  return plain && nodes <= MAX_NODES;
}

const any: Check = () => undefined;
const text: Check = (value) =>
  typeof value === 'string' && value.length <= 1024 && !hasControlCharacter(value)
    ? undefined
    : 'must be a text of one line';
const object: Check = (value) => (isFields(value) ? undefined : 'must be a map');
const bool: Check = (value) =>
  typeof value === 'boolean' || (typeof value === 'string' && !(BOOLEAN.parse(value) instanceof Refusal))
    ? undefined
    : `must be ${BOOLEAN.allowed}`;

function whole(minimum: number, maximum: number): Check {
  return (value) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : `must be a whole number from ${minimum} to ${maximum}`;
}

function of(grammar: Grammar<unknown>): Check {
  return (value) =>
    typeof value === 'string' && !(grammar.parse(value) instanceof Refusal) ? undefined : `must be ${grammar.allowed}`;
}

/** Those that the agent knows, less two that only it forgives. */
const FIELDS: Readonly<Record<string, Check>> = {
  configPath: text,
  binaryPath: text,
  serviceCluster: text,
  tracingServiceName: any,
  drainDuration: of(DURATION),
  discoveryAddress: text,
  discoveryRefreshDelay: of(DURATION),
  zipkinAddress: text,
  statsdUdpAddress: text,
  envoyMetricsServiceAddress: text,
  proxyAdminPort: whole(1, 65535),
  availabilityZone: text,
  controlPlaneAuthPolicy: any,
  customConfigFile: text,
  statNameLength: whole(0, 4096),
  concurrency: whole(0, 1024),
  proxyBootstrapTemplatePath: text,
  interceptionMode: of(INTERCEPTION_MODE),
  tracing: object,
  sds: object,
  envoyAccessLogService: object,
  envoyMetricsService: object,
  proxyMetadata: metadata,
  runtimeValues: object,
  statusPort: whole(0, 65535),
  extraStatTags: any,
  gatewayTopology: object,
  terminationDrainDuration: of(DURATION),
  meshId: text,
  readinessProbe: object,
  proxyStatsMatcher: object,
  holdApplicationUntilProxyStarts: bool,
  caCertificatesPem: any,
  image: (value) =>
    isFields(value) && Object.keys(value).every((name) => name === 'imageType')
      ? value.imageType === undefined
        ? undefined
        : of(IMAGE_TYPE)(value.imageType)
      : 'must be a map with imageType',
  privateKeyProvider: object,
  proxyHeaders: object,
  fileFlushInterval: of(DURATION),
  fileFlushMinSizeKb: whole(0, 1 << 20),
  statsCompression: bool,
  connectionSettings: object,
} satisfies Record<Exclude<ProxyConfigField, 'serviceName' | 'parentShutdownDuration'>, Check>;

/** What is wrong with a ProxyConfig, or undefined. */
export function checkProxyConfig(value: unknown): string | undefined {
  if (!isFields(value)) return 'it is not a map';
  for (const [name, item] of Object.entries(value)) {
    if (!Object.hasOwn(FIELDS, name)) {
      const near = suggest(name, Object.keys(FIELDS));
      return `it has no field ${quote(name)}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
    }
    const problem = item === null ? undefined : FIELDS[name](item);
    if (problem !== undefined) return `its ${name} ${problem}`;
  }
  return undefined;
}

/**
 * Variables that would change what program runs rather than what it does: the init container holds NET_ADMIN, and
 * NODE_OPTIONS or LD_PRELOAD would hand it to whoever writes the annotation. The others are the injector's own.
 */
const FORBIDDEN =
  /^(?:NODE_.*|LD_.*|GLIBC_.*|MALLOC_.*|OPENSSL_.*|SSL_.*|NPM_.*|PATH|HOME|IFS|ENV|BASH_.*|SHELL.*|XTABLES_.*|POD_NAME|POD_NAMESPACE|INSTANCE_IP|HOST_IP|SERVICE_ACCOUNT|PROXY_CONFIG|ISTIO_KUBE_APP_PROBERS|ISTIO_PROMETHEUS_ANNOTATIONS)$/i;

function metadata(value: unknown): string | undefined {
  if (!isFields(value)) return 'must be a map of variables';
  for (const [name, item] of Object.entries(value)) {
    if (VARIABLE.parse(name) instanceof Refusal)
      return `has the variable ${quote(name)}; a name is ${VARIABLE.allowed}`;
    if (FORBIDDEN.test(name)) return `may not set the variable ${name}`;
    const isText = ['string', 'number', 'boolean'].includes(typeof item);
    if (!isText || hasControlCharacter(String(item)) || String(item).length > 1024) {
      return `has a value for ${name} that is not a text of one line`;
    }
  }
  return undefined;
}

/** `override` laid over `base` as protobuf merges messages from JSON: maps grow, all else is replaced. */
export function mergeProxyConfig(base: Fields, override: Fields): Fields {
  const merged: Fields = {};
  for (const [name, value] of Object.entries(base)) put(merged, name, value);
  for (const [name, value] of Object.entries(override)) {
    const before = Object.hasOwn(merged, name) ? merged[name] : undefined;
    put(merged, name, isFields(value) && isFields(before) ? mergeProxyConfig(before, value) : value);
  }
  return merged;
}

/** The variables of a ProxyConfig in the order of their names, as Go's templates walk maps. */
export function proxyMetadata(config: Fields): (readonly [string, string])[] {
  if (!isFields(config.proxyMetadata)) return [];
  return Object.entries(config.proxyMetadata)
    .map(([name, value]) => [name, String(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && BOOLEAN.parse(value) === true);
}
