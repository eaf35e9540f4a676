// Readers of typed values out of a YAML document. A reader yields a value, or undefined and a finding with its line.
import { isListNode, isMapNode, isScalarNode } from '../config/document.js';
import type { DocumentNode } from '../config/document.js';
import { finding, sortFindings } from '../config/finding.js';
import type { Finding, FindingDetails, Position } from '../config/finding.js';
import type { ScalarValue } from '../config/scalar.js';
import type { ConfigSource } from '../config/source.js';
import { suggest } from '../config/suggest.js';
import { Refusal } from './grammar.js';
import type { Grammar } from './grammar.js';
import { put } from './pod.js';
import type { Fields } from './pod.js';

/** A null node stands for nothing written. */
export type Reader<T> = (node: DocumentNode | null, path: string, reading: Reading) => T | undefined;

const MAX_DEPTH = 60;
const MAX_NODES = 100_000;

export class Reading {
  private readonly findings: Finding[] = [];
  private readonly positions = new Map<string, Position | undefined>();
  private depth = 0;
  private nodes = 0;
  private isEndless = false;

  constructor(readonly source: ConfigSource) {}

  add(path: string, message: string, details: FindingDetails & { node?: DocumentNode | null } = {}): undefined {
    const { node, ...rest } = details;
    const position = this.source.positionOf(node) ?? this.positions.get(path);
    this.findings.push(
      finding('WEFT1805', path, message, { ...rest, ...(position === undefined ? {} : { position }) }),
    );
    return undefined;
  }

  /** Reads a child: aliases may make a document endless, or larger than its text. */
  child<T>(reader: Reader<T>, node: DocumentNode | null, path: string): T | undefined {
    this.positions.set(path, this.source.positionOf(node));
    this.nodes += 1;
    if (this.depth >= MAX_DEPTH || this.nodes > MAX_NODES) return this.endless();
    this.depth += 1;
    const value = reader(node, path, this);
    this.depth -= 1;
    return value;
  }

  sorted(): Finding[] {
    const allowed = `${MAX_DEPTH} levels and ${MAX_NODES} values`;
    const tooLarge = this.isEndless
      ? [finding('WEFT1004', '', 'the document is nested too deeply or too large', { allowed })]
      : [];
    return [...this.source.findings, ...tooLarge, ...sortFindings(this.findings)];
  }

  private endless(): undefined {
    this.isEndless = true;
  }

  scalar(node: DocumentNode | null): ScalarValue | undefined {
    return this.source.scalar(node);
  }
}

function wrong(node: DocumentNode | null, path: string, reading: Reading, allowed: string): undefined {
  const scalar = reading.scalar(node);
  const written = isMapNode(node)
    ? 'a map'
    : isListNode(node)
      ? 'a list'
      : scalar === undefined
        ? 'nothing'
        : textOf(scalar);
  return reading.add(path, 'the value is of the wrong kind', { written, allowed, node });
}

function textOf(scalar: ScalarValue): string {
  return scalar.kind === 'null' ? 'null' : String(scalar.value);
}

/** A text, of a grammar if one is given. A plain number is a text too, as it is written. */
export function text<T extends string>(grammar?: Grammar<T>): Reader<T> {
  return (node, path, reading) => {
    const scalar = reading.scalar(node);
    if (scalar === undefined || scalar.kind === 'null') return wrong(node, path, reading, grammar?.allowed ?? 'a text');
    const written = scalar.kind === 'string' || !isScalarNode(node) ? String(scalar.value) : node.text;
    if (grammar === undefined) return written as T;
    const value = grammar.parse(written);
    if (!(value instanceof Refusal)) return value;
    return reading.add(path, value.reason === '' ? 'the value is not of its form' : value.reason, {
      value: written,
      allowed: grammar.allowed,
      node,
    });
  };
}

export const flag: Reader<boolean> = (node, path, reading) => {
  const scalar = reading.scalar(node);
  return scalar?.kind === 'bool' ? scalar.value : wrong(node, path, reading, 'true or false');
};

export function whole(minimum: number, maximum: number): Reader<number> {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  return (node, path, reading) => {
    const scalar = reading.scalar(node);
    const value = scalar?.kind === 'number' ? Number(scalar.value) : Number.NaN;
    if (!Number.isInteger(value)) return wrong(node, path, reading, allowed);
    if (value >= minimum && value <= maximum) return value;
    return reading.add(path, 'the number is out of range', { value, allowed, node });
  };
}

export function choice<const T extends string>(...words: readonly T[]): Reader<T> {
  return (node, path, reading) => {
    const scalar = reading.scalar(node);
    const written = scalar === undefined || scalar.kind === 'null' ? undefined : String(scalar.value);
    const word = words.find((each) => each === written);
    if (word !== undefined || written === undefined) return word ?? wrong(node, path, reading, words.join(', '));
    const suggestion = suggest(written, words);
    const details = suggestion === undefined ? {} : { suggestion };
    return reading.add(path, 'there is no such word here', {
      value: written,
      allowed: words.join(', '),
      node,
      ...details,
    });
  };
}

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (node, path, reading) => {
    if (!isListNode(node)) return wrong(node, path, reading, 'a list');
    const items = node.items.map((each, i) => reading.child(item, each, `${path}[${i}]`));
    return items.filter((each) => each !== undefined);
  };
}

/** A map with names from outside. */
export function map<T>(item: Reader<T>): Reader<Record<string, T>> {
  return (node, path, reading) => {
    const values: Record<string, T> = {};
    const isRead = eachPair(node, path, reading, (name, value, at) => {
      const read = reading.child(item, value, at);
      if (read !== undefined) put(values, name, read);
    });
    return isRead ? values : undefined;
  };
}

/** A map with known fields over its defaults. */
export function section<T extends object>(
  defaults: T,
  readers: { readonly [K in keyof T]?: Reader<NonNullable<T[K]>> },
): Reader<T> {
  return (node, path, reading) => {
    const values = { ...defaults } as Fields;
    const isRead = eachPair(node, path, reading, (name, value, at, key) => {
      if (!Object.hasOwn(readers, name)) return unknownField(name, Object.keys(readers), at, key, reading);
      const read = reading.child(readers[name as keyof T] as Reader<unknown>, value, at);
      if (read !== undefined) values[name] = read;
      return undefined;
    });
    return isRead ? (values as T) : undefined;
  };
}

function unknownField(
  name: string,
  known: readonly string[],
  path: string,
  node: DocumentNode,
  reading: Reading,
): undefined {
  const suggestion = suggest(name, known);
  const details = suggestion === undefined ? {} : { suggestion };
  return reading.add(path, 'there is no such value', { value: name, allowed: known.join(', '), node, ...details });
}

function eachPair(
  node: DocumentNode | null,
  path: string,
  reading: Reading,
  visit: (name: string, value: DocumentNode | null, path: string, key: DocumentNode) => void,
): boolean {
  if (!isMapNode(node)) return wrong(node, path, reading, 'a map') ?? false;
  const seen = new Set<string>();
  for (const { key, value } of node.entries) {
    const scalar = reading.scalar(key);
    if (scalar === undefined || key === null) reading.add(path, 'a key is no text', { node: key });
    else {
      const name = textOf(scalar);
      const at = /^[A-Za-z_][\w-]*$/.test(name)
        ? `${path === '' ? '' : `${path}.`}${name}`
        : `${path}[${JSON.stringify(name)}]`;
      if (seen.has(name)) reading.add(at, 'the key stands twice', { node: key });
      seen.add(name);
      visit(name, value, at, key);
    }
  }
  return true;
}

/** Any value, as JSON. */
export const json: Reader<unknown> = (node, path, reading) => {
  if (isMapNode(node)) return map(json)(node, path, reading);
  if (isListNode(node)) return list(json)(node, path, reading);
  const scalar = reading.scalar(node);
  if (scalar === undefined || scalar.kind === 'null') return null;
  return scalar.kind === 'number' ? Number(scalar.value) : scalar.value;
};

export const fields: Reader<Fields> = (node, path, reading) =>
  isMapNode(node) ? map(json)(node, path, reading) : wrong(node, path, reading, 'a map');

/** A value that is checked as a whole when it has been read. */
export function checked<T>(reader: Reader<T>, problemOf: (value: T) => string | undefined, allowed: string): Reader<T> {
  return (node, path, reading) => {
    const value = reader(node, path, reading);
    const problem = value === undefined ? undefined : problemOf(value);
    return problem === undefined ? value : reading.add(path, problem, { allowed, node });
  };
}
