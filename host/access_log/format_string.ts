// Envoy's substitution format strings: `%OPERATOR(parameters):length%` between plain text, `%%` for a percent sign.
// Parsed once, when the configuration arrives.
import { FormatError } from './format_error.js';
import type { HeaderNeeds } from './header_needs.js';
import { OPERATORS } from './operators.js';
import type { LogRecord } from './record.js';
import { toBytes } from './utf8.js';

/** What an operator yields: a binary string, a number (in JSON without quotes) or nothing. */
export type Value = string | number | null;
export type Operator = (record: LogRecord) => Value;
/** Plain text (a binary string) or an operator. */
export type FormatPart = string | Operator;

// Parameters end at the first `)` that the rest fits behind, as in Envoy; they hold no line break.
const COMMAND = /%([A-Z0-9_]+)(?:\(([^\n]*?)\))?(?::(\d+))?%/y;

/** Throws FormatError with the position (in characters) of the first thing that is wrong. */
export function parseFormat(format: string, needs: HeaderNeeds): FormatPart[] {
  const parts: FormatPart[] = [];
  let text = '';
  for (let at = 0; at < format.length;) {
    const percent = format.indexOf('%', at);
    text += format.slice(at, percent < 0 ? format.length : percent);
    if (percent < 0) break;
    if (format[percent + 1] === '%') {
      text += '%';
      at = percent + 2;
      continue;
    }
    COMMAND.lastIndex = percent;
    const match = COMMAND.exec(format);
    if (match === null)
      throw new FormatError('no valid operator stands here', percent, '%NAME%, %NAME(…)%, %NAME:9% or %%');
    if (text) parts.push(toBytes(text));
    text = '';
    parts.push(operator(match, percent, needs));
    at = COMMAND.lastIndex;
  }
  if (text) parts.push(toBytes(text));
  return parts;
}

function operator([, name, parameters = '', length]: RegExpExecArray, at: number, needs: HeaderNeeds): Operator {
  const kind = OPERATORS.get(name);
  if (kind === undefined) throw new FormatError(`there is no operator ${name}`, at);
  if (kind.unsupported) throw new FormatError(`weft does not have the operator ${name} yet`, at);
  if (parameters && kind.parameters === 'none') throw new FormatError(`${name} takes no parameters`, at);
  if (!parameters && kind.parameters === 'required') throw new FormatError(`${name} needs parameters`, at);
  if (length !== undefined && !kind.length) throw new FormatError(`${name} takes no length`, at);
  const made = kind.make(parameters, needs, at);
  return length === undefined ? made : truncated(made, Number(length));
}

function truncated(inner: Operator, length: number): Operator {
  return (record) => {
    const value = inner(record);
    return typeof value === 'string' ? value.slice(0, length) : value;
  };
}

/** Renders a text format: `-`, or nothing with `omitEmpty`, for what has no value. */
export function renderText(parts: readonly FormatPart[], record: LogRecord, omitEmpty: boolean): string {
  let line = '';
  for (const part of parts) {
    if (typeof part === 'string') line += part;
    else line += oneLine(part(record) ?? (omitEmpty ? '' : '-'));
  }
  return line;
}

// eslint-disable-next-line no-control-regex
const BREAKS = /[\0\n\r]/g;

// No codec lets these through; if one ever does, a value still cannot begin a line of its own.
function oneLine(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return value.search(BREAKS) < 0 ? value : value.replace(BREAKS, (c) => `\\x0${c.charCodeAt(0).toString(16)}`);
}
