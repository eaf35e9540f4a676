// Composition root: what `weft proxy` consists of. The command line (host/cli/) has read and checked the flags and the bootstrap.
import type { ProxyOptions } from './cli/proxy_options.js';
import type { DecodedBootstrap } from './config/bootstrap.js';
import type { Finding } from './config/finding.js';
import { ProxyControl } from './control/proxy_control.js';
import { LOG_INFO, parseLogLevel } from './process/log_level.js';
import { prepareProxy, type ProcessOptions } from './process/start_proxy.js';

/** A proxy whose threads are starting; `run` gives it its configuration, without errors among its findings. */
export interface PreparedProxy {
  /**
   * Starts to serve; the process then lives until a signal ends it. Rejects before anything listens with a ConfigError (findings of
   * the compilers, their positions to be looked up by `decoded.place`), a ListenError (an address cannot be had: its message is for
   * the user), or another Error (a fault of weft, or of the machine).
   */
  run(decoded: DecodedBootstrap): Promise<void>;
  /** Instead, or after a rejection. */
  abandon(): Promise<void>;
}

export function prepare(options: ProxyOptions, version: string): PreparedProxy {
  const prepared = prepareProxy(processOptions(options, version));
  return {
    run({ bootstrap, findings }) {
      const configuration = { options, version, bootstrap, leftOut: countLeftOut(findings) };
      return prepared.run(notices(options, findings), (context) => new ProxyControl(configuration, context));
    },
    abandon: () => prepared.abandon(),
  };
}

function notices(options: ProxyOptions, findings: readonly Finding[]): string[] {
  return [
    ...options.flagsWithoutEffect.map((flag) => `${flag} has no effect in weft`),
    ...(options.sidecar?.notices ?? []),
    ...findings.map((f) => `${f.path}: ${f.message}`),
  ];
}

/** What of the file has no effect, for the statistics. */
function countLeftOut(findings: readonly Finding[]): { unsupported: number; unknown: number } {
  const count = (codes: RegExp): number => findings.filter(({ code }) => codes.test(code)).length;
  return { unsupported: count(/^WEFT130[123]$/), unknown: count(/^WEFT1101$/) };
}

function processOptions(options: ProxyOptions, version: string): ProcessOptions {
  return {
    version,
    configuration: configurationName(options),
    concurrency: options.concurrency,
    initOnly: options.mode === 'init_only',
    sidecarDrain: options.sidecar?.drain,
    drainMs: options.drainTimeSeconds === undefined ? undefined : options.drainTimeSeconds * 1000,
    log: {
      level: logLevel(options.logLevel),
      componentLevels: new Map([...options.componentLogLevels].map(([name, each]) => [name, logLevel(each)])),
      format: options.logFormat,
      path: options.logPath,
    },
  };
}

function logLevel(name: string): number {
  return parseLogLevel(name) ?? LOG_INFO;
}

function configurationName({ configPath, configYaml, generated, sidecar }: ProxyOptions): string {
  const file = configPath === '-' ? 'standard input' : configPath;
  if (generated !== undefined) return sidecar ? 'the sidecar’s own' : generated.name;
  return [file, configYaml === undefined ? undefined : '--config-yaml'].filter(Boolean).join(' and ');
}
