// disk_layer: a directory whose files are keys (their path, dots for slashes) with their content as values. It is read again when its
// symbolic link is replaced by a rename, as Envoy does.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeEntry, type RuntimeEntry } from './entry.js';
import { valueOfText } from './value.js';

const MAX_DEPTH = 16; // Envoy's

/** The values below `path`; throws with the reason where they cannot be read. */
export function readDirectory(path: string): Map<string, RuntimeEntry> {
  const values = new Map<string, RuntimeEntry>();
  walk(values, path, '', 1);
  return values;
}

function walk(values: Map<string, RuntimeEntry>, path: string, prefix: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error(`${path} is more than ${MAX_DEPTH} directories deep`);
  for (const name of readdirSync(path)) {
    const full = join(path, name);
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const found = statSync(full); // follows symbolic links
    if (found.isDirectory()) walk(values, full, key, depth + 1);
    else if (found.isFile()) values.set(key, fileEntry(full));
  }
}

function fileEntry(path: string): RuntimeEntry {
  const text = contentOf(readFileSync(path, 'utf8'));
  const value = valueOfText(text);
  if (value === undefined) throw new Error(`${path} is no YAML value`);
  return runtimeEntry(value, text);
}

/** Without empty lines and comments, and without white space at its end. */
export function contentOf(file: string): string {
  const lines = file.split('\n').filter((line) => line !== '');
  const last = lines.at(-1);
  return lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => (line === last ? line.trimEnd() : `${line}\n`))
    .join('');
}
