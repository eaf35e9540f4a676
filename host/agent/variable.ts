// One environment variable's value by its grammar, or a finding that names the variable, the value and what is allowed.
import { isIP } from 'node:net';
import { finding, type Finding } from '../config/finding.js';
import { parseBool } from '../config/parse_bool.js';

export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly findings: Finding[];
}

/** An unset variable and an empty one are the same: undefined. */
export function variable(name: string, { env }: Variables): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}

export function refuse(name: string, value: unknown, allowed: string, { findings }: Variables): undefined {
  findings.push(finding('WEFT1510', name, `the environment variable ${name} has a bad value`, { value, allowed }));
  return undefined;
}

/** A port; 0 where `zero` says that it stands for "none". */
export function port(name: string, variables: Variables, zero = false): number | undefined {
  const text = variable(name, variables);
  if (text === undefined) return undefined;
  const n = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (n <= 65535 && n >= (zero ? 0 : 1)) return n;
  return refuse(name, text, `a port from ${zero ? 0 : 1} to 65535`, variables);
}

export function address(name: string, variables: Variables): string | undefined {
  const text = variable(name, variables);
  if (text === undefined || isIP(text) !== 0) return text;
  return refuse(name, text, 'an IPv4 or IPv6 address', variables);
}

export function flag(name: string, variables: Variables): boolean | undefined {
  const text = variable(name, variables);
  return text === undefined ? undefined : (parseBool(text) ?? refuse(name, text, 'true or false', variables));
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};
const MAX_DURATION_MS = 365 * 24 * 3_600_000;

/** Go's durations ("1m30s", "500ms"), which those of protobuf's JSON ("5.5s") are a part of, as milliseconds. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d{1,12}(\.\d{1,9})?(h|ms|us|µs|ns|m|s))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([a-zµ]+)/g)) ms += Number(number) * UNITS[unit];
  return ms <= MAX_DURATION_MS ? ms : undefined;
}

export function duration(name: string, variables: Variables): number | undefined {
  const text = variable(name, variables);
  if (text === undefined) return undefined;
  return parseDuration(text) ?? refuse(name, text, 'a duration such as 5s or 1m30s, at most a year', variables);
}
