// A configuration's text with the positions of everything in it. JSON is read by the same parsers: it is a subset of YAML.
import { readFileSync } from 'node:fs';
import type { DocumentNode } from './document.js';
import { finding } from './finding.js';
import type { Finding, Position } from './finding.js';
import { parseQuickYaml } from './quick_yaml.js';
import { plainJsonScalar, plainYamlScalar } from './scalar.js';
import type { ScalarValue } from './scalar.js';
import { parseFullYaml } from './full_yaml.js';

export class ConfigSource {
  readonly root: DocumentNode | null = null;
  /** What is wrong with the text itself. Some of it shows only while values are read. */
  readonly findings: Finding[] = [];
  private readonly isJson: boolean;
  private readonly badWords = new Set<DocumentNode>();
  private lineStarts: number[] | undefined;

  constructor(
    readonly name: string,
    readonly text: string,
  ) {
    this.isJson = /\.json$/i.test(name) || (!/\.ya?ml$/i.test(name) && /^\s*\{\s*"/.test(text));
    const quick = parseQuickYaml(text);
    this.root = quick ?? this.parseFully();
  }

  private parseFully(): DocumentNode | null {
    try {
      const { root, problems } = parseFullYaml(this.text);
      for (const { message, start, end } of problems) {
        this.findings.push(finding('WEFT1002', '', message, { position: this.positionAt(start, end - start) }));
      }
      return root;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.findings.push(
        finding('WEFT1004', '', 'the document is nested too deeply', { position: this.positionAt(0, 1) }),
      );
      return null;
    }
  }

  /** The value of a scalar node; an absent node is null. */
  scalar(node: DocumentNode | null): ScalarValue | undefined {
    if (node === null) return { kind: 'null' };
    if (node.kind !== 'scalar') return undefined;
    if (!node.isPlain) return { kind: 'string', value: node.text };
    return this.isJson ? this.jsonScalar(node, node.text) : plainYamlScalar(node.text);
  }

  private jsonScalar(node: DocumentNode, source: string): ScalarValue {
    const value = plainJsonScalar(source);
    if (value === undefined && !this.badWords.has(node)) {
      this.badWords.add(node);
      this.findings.push(
        finding('WEFT1002', '', 'JSON has no such word', { value: source, position: this.positionOf(node) }),
      );
    }
    return value ?? { kind: 'string', value: source };
  }

  /** Where a node stands. A collection is shown by its first line. */
  positionOf(node: DocumentNode | null | undefined): Position | undefined {
    return node === null || node === undefined ? undefined : this.positionAt(node.start, node.end - node.start);
  }

  positionAt(offset: number, length: number): Position {
    const start = Math.min(offset, this.text.length);
    const line = this.lineOf(start);
    const lineEnd = this.text.indexOf('\n', offset);
    const rest = (lineEnd < 0 ? this.text.length : lineEnd) - offset;
    return {
      file: this.name,
      line: line + 1,
      column: start - this.starts[line] + 1,
      length: Math.max(1, Math.min(length, rest)),
    };
  }

  /** Where lines begin. Most documents are never asked. */
  private get starts(): readonly number[] {
    if (this.lineStarts !== undefined) return this.lineStarts;
    this.lineStarts = [0];
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
    return this.lineStarts;
  }

  private lineOf(offset: number): number {
    const { starts } = this;
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Reads a file, `-` being standard input. A file that cannot be read is a finding. */
export function readSource(file: string): ConfigSource | Finding {
  const text = readText(file);
  return typeof text === 'string' ? new ConfigSource(file === '-' ? '<stdin>' : file, text) : text;
}

/** The text of a file, not yet parsed. */
export function readText(file: string): string | Finding {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    return finding('WEFT1001', '', `${file} cannot be read: ${reason(error)}`, {
      position: { file, line: 1, column: 1, length: 1 },
    });
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
