// `weft proxy`: Envoy's flags in, a checked configuration handed to whoever serves it.
import { ConfigError } from '../config/finding.js';
import type { Finding } from '../config/finding.js';
import { ConfigSource } from '../config/source.js';
import type { ColorMode } from './color.js';
import { EXIT_FINDINGS, EXIT_OK } from './exit_code.js';
import { loadConfig } from './load_config.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import type { CliServices } from './services.js';
import type { ProxyOptions } from './proxy_options.js';
import { exitCodeOf, reportText, summaryLine } from './report.js';
import { UsageError } from './usage_error.js';

/** An exit code, or undefined when the proxy runs and ends the process by itself. */
export async function runProxy(
  options: ProxyOptions,
  color: ColorMode,
  services: CliServices,
  terminal: Terminal,
): Promise<number | undefined> {
  if (options.configPath === undefined && options.configYaml === undefined && options.generated === undefined) {
    throw new UsageError('WEFT1603', 'proxy needs -c FILE or --config-yaml', 'proxy');
  }
  // Whoever serves compiles by itself.
  const compile = options.mode === 'validate' ? await services.compiler() : (): readonly Finding[] => [];
  const server = options.mode === 'validate' ? undefined : await services.prepare(options);
  const config = loadConfig(requestOf(options), compile);
  const code = exitCodeOf(config);
  if (code !== EXIT_OK || server === undefined) {
    const paint = paintFor(terminal, 'stderr', color);
    if (config.findings.length > 0) terminal.stderr.write(`${reportText(config, paint)}\n`);
    if (code === EXIT_OK) terminal.stdout.write(`${summaryLine(config, paintFor(terminal, 'stdout', color))}\n`);
    else terminal.stderr.write(`${summaryLine(config, paint)}\n`);
    await server?.abandon();
    return code;
  }
  try {
    await server.serve(config);
    return options.mode === 'init_only' ? EXIT_OK : undefined;
  } catch (error) {
    await server.abandon();
    if (!(error instanceof ConfigError)) throw error;
    const findings = config.decoded?.place(error.findings) ?? error.findings;
    terminal.stderr.write(`${reportText({ ...config, findings }, paintFor(terminal, 'stderr', color))}\n`);
    return EXIT_FINDINGS;
  }
}

function requestOf(options: ProxyOptions): Parameters<typeof loadConfig>[0] {
  return {
    path: options.configPath,
    yaml: options.configYaml,
    generated: options.generated,
    unsupportedFields: options.unsupportedFields,
    allowUnknownFields: options.allowUnknownFields,
    overlays: nodeOverlay(options),
  };
}

/** Envoy lets the command line say who the node is, over what the file says. */
function nodeOverlay({ serviceNode, serviceCluster, serviceZone }: ProxyOptions): ConfigSource[] {
  if (serviceNode === undefined && serviceCluster === undefined && serviceZone === undefined) return [];
  const locality = serviceZone === undefined ? undefined : { zone: serviceZone };
  const node = { id: serviceNode, cluster: serviceCluster, locality };
  return [new ConfigSource('the command line.json', JSON.stringify({ node }))];
}
