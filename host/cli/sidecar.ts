// `weft proxy sidecar`: the proxy of a Pod. The Pod's environment is read first; without a configuration of its own it serves a generated one.
import { readSidecarEnvironment } from '../agent/environment.js';
import { sidecarBootstrap } from '../agent/sidecar_bootstrap.js';
import type { Finding } from '../config/finding.js';
import { ConfigSource } from '../config/source.js';
import type { ColorMode } from './color.js';
import { EXIT_FINDINGS } from './exit_code.js';
import type { Terminal } from './output.js';
import { paintFor } from './output.js';
import { runProxy } from './proxy.js';
import type { LogLevel, ProxyOptions } from './proxy_options.js';
import { reportText } from './report.js';
import type { CliServices } from './services.js';

/** What pilot-agent's flags say. */
export interface PilotFlags {
  readonly domain: string | undefined;
  readonly serviceCluster: string | undefined;
  /** Of what the agent itself logs. */
  readonly agentLogLevel: LogLevel | undefined;
}

/** What the life of a Pod is logged by. */
const AGENT_COMPONENTS = ['agent', 'main'];

/** An exit code, or undefined when the proxy runs and ends the process by itself. */
export async function runSidecar(
  options: ProxyOptions,
  flags: PilotFlags,
  color: ColorMode,
  services: CliServices,
  terminal: Terminal,
): Promise<number | undefined> {
  const findings: Finding[] = [];
  const { concurrency } = options;
  const sidecar = readSidecarEnvironment(terminal.env, { ...flags, concurrency }, findings);
  if (findings.length > 0) {
    const config = { name: 'the environment', findings, decoded: undefined, texts: new Map<string, string>() };
    terminal.stderr.write(`${reportText(config, paintFor(terminal, 'stderr', color))}\n`);
    return EXIT_FINDINGS;
  }
  const isOwn = options.configPath !== undefined || options.configYaml !== undefined;
  const generated = isOwn
    ? undefined
    : new ConfigSource('the sidecar bootstrap.json', JSON.stringify(sidecarBootstrap(sidecar), null, 1));
  const { agentLogLevel: level } = flags;
  const levels = level ? AGENT_COMPONENTS.map((name) => [name, level] as const) : [];
  const given: ProxyOptions = {
    ...options,
    concurrency: sidecar.concurrency,
    serviceNode: options.serviceNode ?? sidecar.node.id,
    serviceCluster: options.serviceCluster ?? sidecar.node.cluster,
    componentLogLevels: new Map([...levels, ...options.componentLogLevels]),
    generated,
    sidecar,
  };
  return runProxy(given, color, services, terminal);
}
