// `weft injector`: the admission webhook as a process. Loads nothing of the proxy.
import { existsSync } from 'node:fs';
import { hasErrors } from '../config/finding.js';
import { DEFAULT_VALUES, readValues } from '../injector/inject.js';
import type { InjectorValues } from '../injector/inject.js';
import { connectKubernetes, type KubernetesApi } from '../injector/kubernetes/api.js';
import { ClusterVersion } from '../injector/kubernetes/cluster_version.js';
import { Injector, type LogLine } from '../injector/webhook/injector.js';
import type { InjectorOptions } from '../injector/webhook/injector_options.js';
import { podDecision } from '../injector/webhook/pod_decision.js';
import { ReloadedFile } from '../injector/webhook/reloaded_file.js';
import { Logger } from '../process/log.js';
import { LOG_INFO, parseLogLevel } from '../process/log_level.js';
import { colorOf } from './color.js';
import type { ColorMode } from './color.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_UNREADABLE } from './exit_code.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import { renderFinding, renderFindingLine } from './render_finding.js';
import { badValue, UsageError } from './usage_error.js';
import { weftVersion } from './version.js';

type Values = Readonly<Record<string, unknown>>;

export interface InjectorCommand {
  readonly options: InjectorOptions;
  readonly logLevel: string;
  readonly logFormat: string | undefined;
  readonly color: ColorMode;
}

export function injectorCommand(values: Values, env: NodeJS.ProcessEnv): InjectorCommand {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const number = (name: string, standard: number): number => (values[name] as number | undefined) ?? standard;
  return {
    options: {
      address: text('address') ?? (existsSync('/proc/net/if_inet6') ? '::' : '0.0.0.0'),
      port: port('--port', number('port', 15017)),
      monitoringPort: port('--monitoring-port', number('monitoringPort', 15014)),
      valuesPath: text('values'),
      namespace: text('namespace') ?? env.POD_NAMESPACE ?? 'istio-system',
      service: text('service') ?? 'sidecar-injector-service',
      secret: text('caSecret') ?? 'sidecar-injector-ca',
      webhookConfiguration: text('webhookConfig') ?? 'sidecar-injector',
      files: givenFiles(text('tlsCertFile'), text('tlsKeyFile'), text('caFile')),
      kubeconfig: text('kubeconfig'),
      events: values.events !== false,
      drainMs: number('shutdownDelay', 5) * 1000,
    },
    logLevel: text('logLevel') ?? 'info',
    logFormat: text('logFormat'),
    color: colorOf(values),
  };
}

function port(flag: string, value: number): number {
  if (value > 65535) throw badValue(flag, value, '0 to 65535', 'injector');
  return value;
}

function givenFiles(certificate?: string, key?: string, ca?: string): InjectorOptions['files'] {
  if (certificate === undefined && key === undefined && ca === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new UsageError('WEFT1603', '--tls-cert-file and --tls-key-file are given together or not at all', 'injector');
  return { certificate, key, ca };
}

/** An exit code where it cannot start; otherwise the process ends by a signal. */
export async function runInjector(command: InjectorCommand, terminal: Terminal): Promise<number | undefined> {
  const { options } = command;
  const log = logLine(command);
  const failed = (code: string, message: string): number => {
    const label = paintFor(terminal, 'stderr', command.color)('error', `error[${code}]`);
    terminal.stderr.write(`${label}: ${message}\n`);
    return EXIT_FINDINGS;
  };
  const values = await loadValues(command, terminal);
  if (typeof values === 'number') return values;
  let api: KubernetesApi | undefined;
  try {
    api = await kubernetes(options, log);
  } catch (error) {
    return failed('WEFT1807', (error as Error).message);
  }
  const version = new ClusterVersion(api);
  const injector = new Injector(
    options,
    podDecision(
      () => values.value,
      () => version.value,
    ),
    log,
  );
  const end = new AbortController();
  void version.run(end.signal);
  void values.run(reloads(options, injector, log), end.signal);
  log('info', `weft ${weftVersion()} injector, webhook configuration ${options.webhookConfiguration}`);
  try {
    await injector.start(api);
  } catch (error) {
    return failed('WEFT1501', `cannot listen: ${(error as Error).message}`);
  }
  stopOnSignal(injector, end, log);
  return undefined;
}

// === what it starts from ===

interface CurrentValues {
  readonly value: InjectorValues;
  run: ReloadedFile<InjectorValues>['run'];
}

async function loadValues({ options, color }: InjectorCommand, terminal: Terminal): Promise<CurrentValues | number> {
  const path = options.valuesPath;
  if (path === undefined) return { value: DEFAULT_VALUES, run: () => Promise.resolve() };
  try {
    return await ReloadedFile.load(path, (text) => usable(text, path));
  } catch (error) {
    const paint = paintFor(terminal, 'stderr', color);
    if (!(error instanceof BadValues)) {
      terminal.stderr.write(`${paint('error', 'error[WEFT1001]')}: ${path}: ${(error as Error).message}\n`);
      return EXIT_UNREADABLE;
    }
    const texts = new Map([[path, error.text]]);
    terminal.stderr.write(error.findings.map((each) => `${renderFinding(each, texts, paint)}\n`).join('\n'));
    return EXIT_FINDINGS;
  }
}

type Findings = ReturnType<typeof readValues>['findings'];

class BadValues extends Error {
  constructor(
    readonly text: string,
    readonly findings: Findings,
  ) {
    super(findings.map((each) => renderFindingLine(each)).join('; '));
  }
}

function usable(text: string, path: string): InjectorValues {
  const { values, findings } = readValues(text, path);
  if (hasErrors(findings)) throw new BadValues(text, findings);
  return values;
}

function reloads({ valuesPath }: InjectorOptions, injector: Injector, log: LogLine) {
  return {
    onReloaded: () => log('info', `${valuesPath}: changed, in use from now on`),
    onRejected: (message: string) => {
      injector.metrics.increment('sidecar_injection_values_reload_failure_total');
      log('error', `${valuesPath}: changed, but not usable; the last good values stay: ${message}`);
    },
  };
}

/** Rejects where nothing works without it; Events alone are no reason to stay away. */
async function kubernetes(options: InjectorOptions, log: LogLine): Promise<KubernetesApi | undefined> {
  const { files, events, kubeconfig } = options;
  const needed = files === undefined || files.ca !== undefined;
  if (!needed && !events) return undefined;
  try {
    return await connectKubernetes(kubeconfig);
  } catch (error) {
    const message = `no way to the Kubernetes API: ${(error as Error).message}`;
    if (needed) throw new Error(message, { cause: error });
    log('warning', `${message}; decisions are told by the log only`);
    return undefined;
  }
}

// === its life ===

function logLine({ logLevel, logFormat }: InjectorCommand): LogLine {
  const logger = new Logger({ level: parseLogLevel(logLevel) ?? LOG_INFO, format: logFormat });
  return (level, message) => {
    // Names in it come from whoever creates Pods: one decision is one line.
    // eslint-disable-next-line no-control-regex
    const line = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => JSON.stringify(c).slice(1, -1));
    logger.log(parseLogLevel(level) ?? LOG_INFO, 'injector', line);
  };
}

function stopOnSignal(injector: Injector, end: AbortController, log: LogLine): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(EXIT_FINDINGS);
    stopping = true;
    log('info', `${signal}: not ready from now on, and gone when the last review is answered`);
    void injector.stop().then(() => {
      end.abort();
      process.exit(EXIT_OK);
    });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}
