// What all parts of the route compiler share: the object being filled, its strings, and the findings.
import type { HttpFilterRegistry } from '../../filter/http/registry.js';
import { putBytes, type Core } from '../../core/load.js';
import { compilePattern, PatternError, patternProblem, putRegex } from '../regex/compile.js';
import type { Snapshot } from '../../runtime/snapshot.js';
import { finding, type Finding, type FindingCode, type FindingDetails } from '../../config/finding.js';

export interface RouteCompileContext {
  /** The index of a configured cluster. */
  clusterIndex(name: string): number | undefined;
  /** The index that a cluster which is not there yet will have: for routes that may name such ones. */
  reserveCluster?(name: string): number;
  /** Of a runtime key: its index + 1. Without it keys have no values. */
  runtimeKey?(name: string): number;
  /** What the runtime says now. */
  readonly runtime?: Snapshot;
  /** JSON path of the RouteConfiguration, for findings. */
  readonly path?: string;
  /** Where `validate_clusters` is absent: true for a static configuration (default), false for one from RDS. */
  readonly validateClusters?: boolean;
  /** Bytes of a DataSource's file; without it such bodies are refused. */
  readFile?(path: string): Uint8Array;
  /** Filters that routes may speak to. */
  readonly httpFilters?: HttpFilterRegistry;
}

export interface Bytes {
  readonly address: number;
  readonly length: number;
}

export interface PlacedRegex {
  readonly address: number;
  /** The text with which every match begins. */
  readonly prefix: string;
}

/** The table memory is exhausted: the object is freed and the error passed on. */
export class TableMemoryError extends Error {
  constructor() {
    super('the table memory of the core is exhausted');
  }
}

export class RouteBuilder {
  readonly findings: Finding[] = [];
  private readonly strings = new Map<string, Bytes>();
  private readonly patterns = new Map<string, PlacedRegex | PatternError>();

  constructor(
    readonly core: Core,
    readonly object: number,
    readonly context: RouteCompileContext,
  ) {}

  report(code: FindingCode, path: string, message: string, details: FindingDetails = {}): undefined {
    this.findings.push(finding(code, path, message, details));
    return undefined;
  }

  /** A string in the object, as UTF-8; equal ones are kept once. */
  text(value: string): Bytes {
    let bytes = this.strings.get(value);
    if (bytes === undefined) this.strings.set(value, (bytes = this.bytes(value)));
    return bytes;
  }

  /** Bytes in the object. */
  bytes(value: string | Uint8Array): Bytes {
    return putBytes(this.core, this.object, value);
  }

  /** A lower-case header name and its well-known id. */
  headerName(name: string): Bytes & { id: number } {
    const bytes = this.text(name.toLowerCase());
    return { ...bytes, id: this.core.exports.headerNameIdOf(bytes.address, bytes.length) };
  }

  /** A regular expression in the object; equal ones are kept once. Reports what is wrong with it. */
  regex(pattern: string, path: string): PlacedRegex | undefined {
    let placed = this.patterns.get(pattern);
    if (placed === undefined) this.patterns.set(pattern, (placed = this.place(pattern)));
    if (!(placed instanceof PatternError)) return placed;
    const { code, message } = patternProblem(placed);
    return this.report(code, path, message, { value: pattern });
  }

  private place(pattern: string): PlacedRegex | PatternError {
    try {
      const compiled = compilePattern(pattern);
      return { address: putRegex(this.core, this.object, compiled), prefix: compiled.prefix };
    } catch (error) {
      if (error instanceof PatternError) return error;
      throw error;
    }
  }

  /** For the core: the index of a runtime key + 1, 0 = none. */
  runtimeKey(name: string): number {
    return name === '' ? 0 : (this.context.runtimeKey?.(name) ?? 0);
  }

  /** An address of a builder export, which is 0 when memory is exhausted. */
  made(address: number): number {
    if (address === 0) throw new TableMemoryError();
    return address;
  }

  /** An array of words in the object. */
  words(values: readonly number[]): number {
    const address = this.made(this.core.exports.wordsNew(this.object, values.length));
    this.core.u32.set(values, address >> 2);
    return address;
  }
}

/** The member of a oneof that is set: protobufjs tells, a plain object shows it. */
export function oneofOf<T extends object, K extends keyof T & string>(
  message: T,
  name: string,
  members: readonly K[],
): K | undefined {
  const told = (message as Record<string, unknown>)[name];
  if (typeof told === 'string') return told as K;
  return members.find((m) => Object.hasOwn(message, m) && message[m] !== null && message[m] !== undefined);
}

/** ASCII letters in lower case, nothing else changed. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (c) => c.toLowerCase());
}
