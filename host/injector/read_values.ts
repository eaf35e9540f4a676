// The operator's values from YAML: every error at once, each with its path, value, what is allowed and its line.
import { ConfigSource } from '../config/source.js';
import type { Finding } from '../config/finding.js';
import * as grammar from './grammar.js';
import { checkProxyConfig } from './proxy_config.js';
import { templateProblem } from './user_template.js';
import * as read from './value_reader.js';
import type { Reader } from './value_reader.js';
import { DEFAULT_VALUES, SIDECAR_TEMPLATE } from './values.js';
import type { InjectorValues, InterceptionValues, LabelRequirement, LabelSelector, ProxyValues } from './values.js';

export interface ReadValues {
  /** The defaults wherever the text says nothing, or something wrong. */
  readonly values: InjectorValues;
  /** Sorted by line; the values are not to be used if one is an error. */
  readonly findings: readonly Finding[];
}

const PORT = read.whole(1, 65535);
const USER = read.whole(1, 2147483647);
const COUNT = read.whole(1, 2147483647);
const SECONDS = read.whole(0, 2147483647);
const NAMES = read.list(read.text(grammar.DNS_NAME));
const QUANTITIES = read.map(read.text(grammar.QUANTITY));

/** What goes into a list option must be of its grammar; it is kept as text. */
function joined(of: grammar.Grammar<unknown>): Reader<string> {
  return read.text({
    allowed: of.allowed,
    parse(text) {
      const value = of.parse(text);
      return value instanceof grammar.Refusal ? value : Array.isArray(value) ? value.join(',') : text;
    },
  });
}

function orEmpty(of: grammar.Grammar<string>): Reader<string> {
  return read.text({ allowed: `${of.allowed}, or nothing`, parse: (text) => (text === '' ? text : of.parse(text)) });
}

const SELECTOR: Reader<LabelSelector> = read.section<LabelSelector>(
  {},
  {
    matchLabels: read.map(read.text(grammar.LABEL_VALUE)),
    matchExpressions: read.list(
      read.section<LabelRequirement>(
        { key: '', operator: 'Exists' },
        {
          key: read.text(),
          operator: read.choice('In', 'NotIn', 'Exists', 'DoesNotExist'),
          values: read.list(read.text(grammar.LABEL_VALUE)),
        },
      ),
    ),
  },
);

const PROXY: Reader<ProxyValues> = read.section(DEFAULT_VALUES.proxy, {
  uid: USER,
  gid: USER,
  logLevel: read.text(grammar.LOG_LEVEL),
  componentLogLevel: read.text(grammar.COMPONENT_LOG_LEVELS),
  agentLogLevel: read.text(grammar.AGENT_LOG_LEVELS),
  statusPort: read.whole(0, 65535),
  resources: read.section({}, { requests: QUANTITIES, limits: QUANTITIES }),
  readiness: read.section(DEFAULT_VALUES.proxy.readiness, {
    initialDelaySeconds: SECONDS,
    periodSeconds: COUNT,
    timeoutSeconds: COUNT,
    failureThreshold: COUNT,
  }),
  startup: read.section(DEFAULT_VALUES.proxy.startup, {
    enabled: read.flag,
    periodSeconds: COUNT,
    timeoutSeconds: COUNT,
    failureThreshold: COUNT,
  }),
  lifecycle: read.fields,
  holdApplicationUntilProxyStarts: read.flag,
  seccompProfile: read.fields,
  capNetBindService: read.flag,
});

const INTERCEPTION: Reader<InterceptionValues> = read.section(DEFAULT_VALUES.interception, {
  mode: read.choice('REDIRECT', 'TPROXY', 'NONE'),
  outboundPort: PORT,
  inboundPort: PORT,
  includeOutboundIPRanges: joined(grammar.CIDRS_OR_ALL),
  excludeOutboundIPRanges: joined(grammar.CIDRS),
  includeInboundPorts: joined(grammar.PORTS_OR_ALL),
  excludeInboundPorts: joined(grammar.PORTS),
  includeOutboundPorts: joined(grammar.PORTS),
  excludeOutboundPorts: joined(grammar.PORTS),
  cni: read.flag,
  forceApply: read.flag,
  nativeNftables: read.flag,
});

const TEMPLATE: Reader<string> = read.text({
  allowed: 'an eta template of a Pod in YAML',
  parse(text) {
    const problem = templateProblem(text);
    return problem === undefined ? text : new grammar.Refusal(problem);
  },
});

const CLUSTER_VERSION: Reader<string> = orEmpty({
  allowed: 'a version such as 1.33',
  parse: (text) => (/^v?\d{1,4}\.\d{1,4}([.+-].*)?$/.test(text) ? text : new grammar.Refusal('it is no version')),
});

const VALUES: Reader<InjectorValues> = read.section(DEFAULT_VALUES, {
  revision: read.text(grammar.DNS_LABEL),
  policy: read.choice('enabled', 'disabled'),
  enableNamespacesByDefault: read.flag,
  systemNamespaces: NAMES,
  neverInjectSelector: read.list(SELECTOR),
  alwaysInjectSelector: read.list(SELECTOR),
  image: read.text(grammar.IMAGE),
  initImage: orEmpty(grammar.IMAGE),
  imagePullPolicy: read.choice('Always', 'IfNotPresent', 'Never'),
  imagePullSecrets: NAMES,
  clusterDomain: read.text(grammar.DNS_NAME),
  clusterId: read.text(grammar.LABEL_VALUE),
  network: read.text(grammar.LABEL_VALUE),
  meshId: orEmpty(grammar.DNS_NAME),
  trustDomain: orEmpty(grammar.DNS_NAME),
  caAddress: read.text(grammar.HOST_PORT),
  proxy: PROXY,
  interception: INTERCEPTION,
  volumes: read.section(DEFAULT_VALUES.volumes, { podInfo: read.flag, token: read.flag, certificates: read.flag }),
  nativeSidecar: read.choice('auto', 'always', 'never'),
  clusterVersion: CLUSTER_VERSION,
  rewriteAppProbes: read.flag,
  mergePrometheusMetrics: read.flag,
  proxyConfig: read.checked(read.fields, (value) => checkProxyConfig(value), 'a ProxyConfig'),
  templates: (node, path, reading) => {
    const templates = read.map(TEMPLATE)(node, path, reading);
    return templates === undefined ? undefined : new Map(Object.entries(templates));
  },
  defaultTemplates: read.list(read.text(grammar.DNS_LABEL)),
  templateValues: read.fields,
});

/** Reads values; an empty text is the defaults. `name` is what findings call the file. */
export function readValues(text: string, name = 'values.yaml'): ReadValues {
  const reading = new read.Reading(new ConfigSource(name, text));
  const { root } = reading.source;
  const values = root === null ? DEFAULT_VALUES : (VALUES(root, '', reading) ?? DEFAULT_VALUES);
  checkTogether(values, reading);
  return { values, findings: reading.sorted() };
}

function checkTogether(values: InjectorValues, reading: read.Reading): void {
  const known = [SIDECAR_TEMPLATE, ...values.templates.keys()];
  for (const [i, name] of values.defaultTemplates.entries()) {
    if (!known.includes(name)) {
      reading.add(`defaultTemplates[${i}]`, 'there is no template of this name', {
        value: name,
        allowed: known.join(', '),
      });
    }
  }
  for (const [i, { matchExpressions = [] }] of [
    ...values.neverInjectSelector,
    ...values.alwaysInjectSelector,
  ].entries()) {
    const bad = matchExpressions.find(({ operator, values: list = [] }) => operator.endsWith('In') !== list.length > 0);
    if (bad !== undefined) {
      const isNever = i < values.neverInjectSelector.length;
      const at = isNever
        ? `neverInjectSelector[${i}]`
        : `alwaysInjectSelector[${i - values.neverInjectSelector.length}]`;
      reading.add(at, 'In and NotIn need values, Exists and DoesNotExist take none', { value: bad.operator });
    }
  }
}
