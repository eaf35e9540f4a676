// `weft dev`: its flags, read and checked.
import { colorOf, type ColorMode } from './color.js';
import type { LogLevel } from './proxy_options.js';
import { badValue, UsageError } from './usage_error.js';

type Values = Readonly<Record<string, unknown>>;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface DevCommand {
  readonly files: readonly string[];
  readonly listen: HostPort;
  readonly proxy: boolean;
  /** Of the proxy's admin listener. */
  readonly admin: HostPort | undefined;
  readonly isDelta: boolean;
  readonly concurrency: number | undefined;
  readonly logLevel: LogLevel;
  readonly task: 'serve' | 'check' | 'print bootstrap';
  readonly isUnchecked: boolean;
  readonly unsupportedFields: 'refuse' | 'warn';
  readonly output: 'text' | 'json';
  readonly isVerbose: boolean;
  readonly color: ColorMode;
}

const DEFAULT_LISTEN = '127.0.0.1:18000';

export function devCommand(files: readonly string[], values: Values): DevCommand {
  if (files.length === 0) throw new UsageError('WEFT1603', 'dev needs a FILE', 'dev');
  if (files.includes('-'))
    throw badValue('FILE', '-', 'files and directories: standard input cannot be watched', 'dev');
  const level = (values['logLevel'] as string | undefined) ?? 'warning';
  const task = values['check'] === true ? 'check' : values['printBootstrap'] === true ? 'print bootstrap' : 'serve';
  return {
    files,
    listen: hostPort('--listen', (values['listen'] as string | undefined) ?? DEFAULT_LISTEN),
    proxy: values['proxy'] === true,
    admin: values['admin'] === undefined ? undefined : hostPort('--admin', values['admin'] as string),
    isDelta: values['delta'] === true,
    concurrency: values['concurrency'] as number | undefined,
    logLevel: (level === 'warn' ? 'warning' : level) as LogLevel,
    task,
    isUnchecked: values['unchecked'] === true,
    unsupportedFields: (values['unsupportedFields'] as 'warn' | undefined) ?? 'refuse',
    output: (values['output'] as 'json' | undefined) ?? 'text',
    isVerbose: values['verbose'] === true,
    color: colorOf(values),
  };
}

const HOST_PORT = /^(?:(.*):)?(\d{1,5})$/;

/** "127.0.0.1:18000", "[::1]:18000", ":18000", "18000". */
function hostPort(flag: string, text: string): HostPort {
  const [, host = '', digits] = HOST_PORT.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) throw badValue(flag, text, 'HOST:PORT or PORT, as 127.0.0.1:18000', 'dev');
  return { host: host.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', port };
}
