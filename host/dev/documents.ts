// The documents of a file of several, each with its lines where they were: what belongs to the others is blank.
import { ConfigSource } from '../config/source.js';

/** In no YAML document may a line begin like this, not even in a block of text (YAML 1.2, 9.1.2: c-forbidden). */
const MARKER = /^(?:---|\.\.\.)(?=[ \t\r]|$)/;
const PREAMBLE = /^(?:[ \t]*(?:#.*)?|%.*)\r?$/;

/** One source for each document; those without content are left out, unless there is no other. */
export function documentsOf(name: string, text: string): ConfigSource[] {
  const lines = text.split('\n');
  const ranges = rangesOf(lines);
  if (ranges.length <= 1) return [new ConfigSource(name, ranges.length === 1 ? only(lines, ranges[0]) : text)];
  return ranges.map((range) => new ConfigSource(name, only(lines, range)));
}

type Range = readonly [first: number, end: number];

function rangesOf(lines: readonly string[]): Range[] {
  const starts = lines.flatMap((line, i) => (MARKER.test(line) ? [i] : []));
  const bounds = [0, ...starts, lines.length];
  const ranges = bounds.slice(1).map((end, i): Range => [bounds[i], end]);
  return ranges.filter(([first, end]) => lines.slice(first, end).some((line) => !PREAMBLE.test(content(line))));
}

function content(line: string): string {
  return line.replace(MARKER, '   ');
}

/** What stands outside becomes empty lines; the marker itself is taken out, so that one document is left. */
function only(lines: readonly string[], [first, end]: Range): string {
  return lines.map((line, i) => (i >= first && i < end ? content(line) : line.endsWith('\r') ? '\r' : '')).join('\n');
}
