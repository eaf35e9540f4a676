// What is wrong with a configuration, and where. Findings are values: they are collected, sorted and shown all at once.
import type { FindingCode } from './error_codes.js';

export type { FindingCode };
/** An `error` refuses the configuration; a `warning` is logged. */
export type Severity = 'error' | 'warning';

/** Line and column count from 1; `length` is that of the offending text on its line. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** JSON path from the root of the resource: `static_resources.listeners[0].name`. */
  readonly path: string;
  /** One sentence without its full stop. */
  readonly message: string;
  /** The offending value as it was written. */
  readonly value?: string;
  /** What is allowed at this place. */
  readonly allowed?: string;
  /** "Did you mean …". */
  readonly suggestion?: string;
  readonly position?: Position;
}

export interface FindingDetails {
  value?: unknown;
  /** Instead of `value`: how the value is written, to be shown as it is. */
  written?: string;
  allowed?: string;
  suggestion?: string;
  severity?: Severity;
  position?: Position;
}

/** Makes a finding. `value` is shown shortened; without `severity` it is an error. */
export function finding(code: FindingCode, path: string, message: string, details: FindingDetails = {}): Finding {
  const { value, written, severity = 'error', ...rest } = details;
  const shown = written === undefined ? (value === undefined ? undefined : showValue(value)) : shorten(written);
  return { code, severity, path, message, ...(shown === undefined ? {} : { value: shown }), ...rest };
}

/** A refused configuration as an exception, for code that cannot return findings. */
export class ConfigError extends Error {
  constructor(readonly findings: readonly Finding[]) {
    super(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
  }
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((f) => f.severity === 'error');
}

/** In the order of the file; what has no position comes last. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => {
    if (a.position === undefined || b.position === undefined) {
      return Number(a.position === undefined) - Number(b.position === undefined);
    }
    if (a.position.file !== b.position.file) return 0;
    return a.position.line - b.position.line || a.position.column - b.position.column;
  });
}

/** The first `limit` findings, and how many more there are. */
export function capFindings(findings: readonly Finding[], limit: number): { shown: Finding[]; more: number } {
  return { shown: findings.slice(0, limit), more: Math.max(0, findings.length - limit) };
}

const MAX_SHOWN_VALUE = 120;

/** A value on one line, without control characters, at most 120 characters long. */
export function showValue(value: unknown): string {
  return shorten(typeof value === 'string' ? JSON.stringify(value) : plainText(value));
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_VALUE ? text : `${text.slice(0, MAX_SHOWN_VALUE)}…`;
}

function plainText(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
