// A finding as text: what, where, the line with a caret under it, path, value, what is allowed, and the code.
import type { Finding } from '../config/finding.js';
import type { Paint } from './color.js';

/** The text of a source by its name, for code frames. */
export type SourceTexts = ReadonlyMap<string, string>;

const MAX_LINE = 120;
const MAX_ALLOWED = 400;

export function renderFinding(finding: Finding, texts: SourceTexts, paint: Paint): string {
  const { code, severity, message } = finding;
  return [
    `${paint(severity, `${severity}[${code}]`)}: ${paint('strong', message)}`,
    ...frame(finding, texts, paint),
    ...details(finding, paint),
  ].join('\n');
}

/** One line for a log: `envoy.yaml:6:5: static_resources.…: message (WEFT1301)`. */
export function renderFindingLine({ position, path, message, code }: Finding): string {
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
  return `${where}${path === '' ? '' : `${path}: `}${message} (${code})`;
}

function frame({ position, suggestion }: Finding, texts: SourceTexts, paint: Paint): string[] {
  if (position === undefined) return [];
  const { file, line, column, length } = position;
  const head = `${paint('faint', '  -->')} ${file}:${line}:${column}`;
  const text = texts.get(file)?.split(/\r?\n/, line)[line - 1];
  if (text === undefined) return [head];
  const margin = String(line).length + 1;
  const bar = paint('faint', `${' '.repeat(margin)} |`);
  const start = column - 1 + length <= MAX_LINE ? 0 : Math.max(0, column - 1 - MAX_LINE / 2);
  const shown = printable(text.slice(start, start + MAX_LINE));
  const carets = '^'.repeat(Math.max(1, Math.min(length, shown.length - (column - 1 - start))));
  const hint = isShort(suggestion) ? ` did you mean ${suggestion}?` : '';
  return [
    head,
    bar,
    `${paint('faint', `${String(line).padStart(margin)} |`)} ${shown}`,
    `${bar} ${' '.repeat(column - 1 - start)}${paint('error', carets + hint)}`,
  ];
}

/** Short enough to stand behind the caret. */
function isShort(suggestion: string | undefined): suggestion is string {
  return suggestion !== undefined && suggestion.length <= 40;
}

/** A tab or a control character as one column, so that the caret stands right and the terminal is left alone. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\t' ? ' ' : '\ufffd'));
}

function details(finding: Finding, paint: Paint): string[] {
  const { path, value, allowed, suggestion, position, code } = finding;
  const rows: [string, string | undefined][] = [
    ['path', path === '' ? undefined : path],
    ['value', value],
    ['allowed', allowed === undefined || allowed.length <= MAX_ALLOWED ? allowed : `${allowed.slice(0, MAX_ALLOWED)}…`],
    ['did you mean', position === undefined || !isShort(suggestion) ? suggestion : undefined],
    ['explain', `weft help ${code}`],
  ];
  return rows
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${paint('faint', `  = ${name}:`)} ${printable(text as string)}`);
}

/** `3 errors and 1 warning`. */
export function countText(errors: number, warnings: number): string {
  const parts = [plural(errors, 'error'), plural(warnings, 'warning')].filter((part) => part !== '');
  return parts.length === 0 ? 'no findings' : parts.join(' and ');
}

function plural(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}
