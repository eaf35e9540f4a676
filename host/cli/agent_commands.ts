// From the flags of `weft proxy sidecar`, `weft wait` and `weft request` to what they ask for.
import { parseDuration } from '../agent/variable.js';
import type { RequestOptions, WaitOptions } from './ask.js';
import { LOG_LEVELS } from './proxy_flags.js';
import type { LogLevel } from './proxy_options.js';
import type { PilotFlags } from './sidecar.js';
import { badValue } from './usage_error.js';

type Values = Readonly<Record<string, unknown>>;

const DEFAULT_URL = 'http://localhost:15021/healthz/ready';
const ADMIN_PORT = 15000;

/** pilot-agent's names for Envoy's log flags, put under those of Envoy; Envoy's own win. */
export function sidecarValues(values: Values): Values {
  const entries = String(values.proxyLogLevel ?? '')
    .split(',')
    .filter(Boolean);
  const level = entries.find((entry) => !entry.includes(':'));
  if (level !== undefined && !(LOG_LEVELS as readonly string[]).includes(level))
    throw badLevel('--proxyLogLevel', level);
  const components = [
    ...entries.filter((entry) => entry.includes(':')),
    values.proxyComponentLogLevel,
    values.componentLogLevel,
  ];
  const isJson = values.log_as_json === true || values.log_as_json === 'true';
  return {
    ...values,
    logLevel: values.logLevel ?? level,
    componentLogLevel: components.filter(Boolean).join(','),
    logFormat: values.logFormat ?? (isJson ? 'json' : undefined),
  };
}

export function pilotFlags(values: Values): PilotFlags {
  return {
    domain: domain(values.domain as string | undefined),
    serviceCluster: values.serviceCluster as string | undefined,
    agentLogLevel: outputLevel(values.log_output_level as string | undefined),
  };
}

function domain(name: string | undefined): string | undefined {
  if (name === undefined || /^[A-Za-z0-9]([-.A-Za-z0-9]{0,251}[A-Za-z0-9])?\.?$/.test(name)) return name;
  throw badValue('--domain', name, 'a DNS name', 'proxy');
}

/** `default:info,ads:debug`: weft has no more scopes than `default`. */
function outputLevel(list: string | undefined): LogLevel | undefined {
  const entries = (list ?? '').split(',').filter(Boolean);
  const entry = entries.find((each) => !each.includes(':') || each.startsWith('default:'));
  if (entry === undefined) return undefined;
  const name = entry.replace(/^default:/, '');
  const level = { warn: 'warning', none: 'off', fatal: 'critical' }[name] ?? name;
  if (!(LOG_LEVELS as readonly string[]).includes(level)) throw badLevel('--log_output_level', name);
  return level as LogLevel;
}

function badLevel(flag: string, level: string): Error {
  return badValue(flag, level, LOG_LEVELS.join(', '), 'proxy');
}

export function waitOptions(values: Values): WaitOptions {
  const seconds = values.timeoutSeconds as number | undefined;
  return {
    url: (values.url as string | undefined) ?? DEFAULT_URL,
    timeoutMs: duration(values, 'timeout') ?? (seconds === undefined ? 60_000 : seconds * 1000),
    periodMs: Math.max(1, duration(values, 'period') ?? (values.periodMillis as number | undefined) ?? 500),
    requestTimeoutMs: duration(values, 'requestTimeout') ?? (values.requestTimeoutMillis as number | undefined) ?? 500,
  };
}

function duration(values: Values, name: string): number | undefined {
  const text = values[name] as string | undefined;
  const ms = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && ms === undefined) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw badValue(`--${flag}`, text, 'a duration such as 30s or 500ms', 'wait');
  }
  return ms;
}

export function requestOptions(method: string, path: string, body: string | undefined, values: Values): RequestOptions {
  const port = (values.debugPort as number | undefined) ?? ADMIN_PORT;
  if (port < 1 || port > 65535) throw badValue('--debug-port', port, 'a port', 'request');
  return { port, method, path, body };
}
