// What the injector, and the Pod's own manifest, tell the sidecar: environment variables in Istio's names and shapes. Each is checked before
// anything is started.
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Finding } from '../config/finding.js';
import type { SidecarDrain } from '../process/drain.js';
import type { AgentOptions } from './agent.js';
import { readAppProbers } from './app_probers.js';
import { readProxyConfig, type ProxyConfig } from './proxy_config.js';
import { readScrapeTargets } from './scrape_targets.js';
import { address, duration, flag, port, refuse, variable, type Variables } from './variable.js';

export interface SidecarEnvironment {
  readonly agent: AgentOptions;
  readonly drain: SidecarDrain;
  readonly adminPort: number;
  readonly concurrency: number | undefined;
  readonly node: { readonly id: string; readonly cluster: string };
  /** Whether the Pod has IPv6 addresses: the listeners then take both. */
  readonly ipv6: boolean;
  readonly interception: 'REDIRECT' | 'TPROXY' | 'NONE';
  /** Sentences to log once. */
  readonly notices: readonly string[];
}

export interface SidecarFlags {
  /** `--domain`: `NAMESPACE.svc.cluster.local` */
  readonly domain?: string;
  readonly serviceCluster?: string;
  readonly concurrency?: number;
}

const DEFAULT_STATUS_PORT = 15020;
const DEFAULT_READY_PORT = 15021;
const DEFAULT_METRICS_PORT = 15090;
const DEFAULT_ADMIN_PORT = 15000;
const DEFAULT_TERMINATION_MS = 5000;
const DEFAULT_MINIMUM_MS = 5000;
const DEFAULT_DRAIN_MS = 45_000;

/** Findings have the name of the variable as their path. */
export function readSidecarEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  flags: SidecarFlags,
  findings: Finding[],
): SidecarEnvironment {
  const config = readProxyConfig({ env, findings });
  // The injector sets them as variables too, and those win.
  const variables: Variables = { env: { ...Object.fromEntries(config.metadata), ...definedOf(env) }, findings };
  const agent = readAgent(config, variables);
  return {
    agent,
    drain: readDrain(config, variables),
    adminPort: config.adminPort ?? DEFAULT_ADMIN_PORT,
    concurrency: readConcurrency(flags, config, variables),
    node: readNode(agent.podAddress, flags, config, variables),
    ipv6: isIPv6(agent.podAddress) || (flag('ISTIO_DUAL_STACK', variables) ?? false),
    interception: readInterception(variables),
    notices: config.notices,
  };
}

function definedOf(env: Variables['env']): Variables['env'] {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

function readAgent(config: ProxyConfig, variables: Variables): AgentOptions {
  const statusPort = config.statusPort ?? DEFAULT_STATUS_PORT;
  const readyPort = port('ENVOY_STATUS_PORT', variables, true) ?? DEFAULT_READY_PORT;
  const metricsPort = port('ENVOY_PROMETHEUS_PORT', variables, true) ?? DEFAULT_METRICS_PORT;
  const isLegacy = flag('REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION', variables) ?? false;
  const podAddress = address('INSTANCE_IP', variables) ?? machineAddress();
  return {
    statusPort,
    readyPort,
    metricsPort,
    podAddress: isLegacy ? (isIPv6(podAddress) ? '::1' : '127.0.0.1') : podAddress,
    probers: readAppProbers(variables),
    scrapeTargets: readScrapeTargets(variables, [statusPort, readyPort, metricsPort]),
  };
}

function readDrain(config: ProxyConfig, variables: Variables): SidecarDrain {
  const waitForAll = flag('EXIT_ON_ZERO_ACTIVE_CONNECTIONS', variables) ?? false;
  const terminationMs =
    config.terminationDrainMs ??
    duration('TERMINATION_DRAIN_DURATION', variables) ??
    seconds(variables) ??
    DEFAULT_TERMINATION_MS;
  const minimumMs = duration('MINIMUM_DRAIN_DURATION', variables) ?? DEFAULT_MINIMUM_MS;
  return {
    terminationMs,
    minimumMs: waitForAll ? minimumMs : Math.min(minimumMs, terminationMs),
    waitForAll,
    idleMs: config.drainMs ?? DEFAULT_DRAIN_MS,
  };
}

/** Istio's older name. */
function seconds(variables: Variables): number | undefined {
  const name = 'TERMINATION_DRAIN_DURATION_SECONDS';
  const text = variable(name, variables);
  if (text === undefined) return undefined;
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : refuse(name, text, 'whole seconds', variables);
}

/** As Istio: the flag, PROXY_CONFIG, the CPU limit of the container; 0 and nothing stand for what the machine offers. */
function readConcurrency(flags: SidecarFlags, config: ProxyConfig, variables: Variables): number | undefined {
  const limit = variable('ISTIO_CPU_LIMIT', variables);
  if (limit !== undefined && !/^\d{1,6}$/.test(limit))
    refuse('ISTIO_CPU_LIMIT', limit, 'a whole number of cores', variables);
  return flags.concurrency ?? config.concurrency ?? (Number(limit) || undefined);
}

// sidecar~ADDRESS~POD.NAMESPACE~DOMAIN, as istiod reads it.
function readNode(
  podAddress: string,
  flags: SidecarFlags,
  config: ProxyConfig,
  variables: Variables,
): SidecarEnvironment['node'] {
  const name = dnsName('POD_NAME', variables) ?? 'unknown';
  const namespace = dnsName('POD_NAMESPACE', variables) ?? 'default';
  const domain = flags.domain ?? `${namespace}.svc.cluster.local`;
  const cluster = flags.serviceCluster ?? config.serviceCluster ?? `istio-proxy.${namespace}`;
  return { id: `sidecar~${podAddress}~${name}.${namespace}~${domain}`, cluster };
}

function dnsName(name: string, variables: Variables): string | undefined {
  const text = variable(name, variables);
  if (text === undefined || /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(text)) return text;
  return refuse(name, text, 'a DNS name in lower case', variables);
}

function readInterception(variables: Variables): SidecarEnvironment['interception'] {
  const name = 'ISTIO_META_INTERCEPTION_MODE';
  const mode = variable(name, variables) ?? 'REDIRECT';
  if (mode === 'REDIRECT' || mode === 'TPROXY' || mode === 'NONE') return mode;
  refuse(name, mode, 'REDIRECT, TPROXY or NONE', variables);
  return 'REDIRECT';
}

/** Outside Kubernetes: the first address that is not loopback, IPv4 before IPv6. */
function machineAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter(({ internal, address: text }) => !internal && !/^fe[89ab]/i.test(text));
  const first = usable.find(({ family }) => family === 'IPv4') ?? usable[0];
  return first?.address ?? '127.0.0.1';
}
