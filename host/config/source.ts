// A configuration's text with the positions of everything in it. JSON is read by the same parser: it is a subset of YAML.
import { readFileSync } from 'node:fs';
import { isAlias, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, ParsedNode, YAMLError } from 'yaml';
import { finding } from './finding.js';
import type { Finding, Position } from './finding.js';
import { plainJsonScalar, plainYamlScalar } from './scalar.js';
import type { ScalarValue } from './scalar.js';

export class ConfigSource {
  readonly lines = new LineCounter();
  readonly root: ParsedNode | null = null;
  /** What is wrong with the text itself. Some of it shows only while values are read. */
  readonly findings: Finding[] = [];
  private readonly document: Document.Parsed | undefined;
  private readonly isJson: boolean;
  private readonly badWords = new Set<Node>();
  private readonly anchored = new Map<Node, Node | null>();

  constructor(
    readonly name: string,
    readonly text: string,
  ) {
    this.isJson = /\.json$/i.test(name) || (!/\.ya?ml$/i.test(name) && /^\s*\{\s*"/.test(text));
    try {
      // The failsafe schema leaves every scalar as written; plainYamlScalar reads it as Envoy does.
      this.document = parseDocument(text, {
        version: '1.1',
        schema: 'failsafe',
        lineCounter: this.lines,
        uniqueKeys: false,
        logLevel: 'silent',
        prettyErrors: false,
      });
      this.root = this.document.contents;
      this.findings.push(...this.document.errors.map((error) => this.syntaxError(error)));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.findings.push(
        finding('WEFT1004', '', 'the document is nested too deeply', { position: this.positionAt(0, 1) }),
      );
    }
  }

  /** Follows an alias to its anchor. */
  resolve(node: Node | null | undefined): Node | null {
    if (node === null || node === undefined) return null;
    if (!isAlias(node)) return node;
    // The library walks the whole document for each; a document of aliases would take hours.
    const known = this.anchored.get(node);
    if (known !== undefined) return known;
    const found = this.document === undefined ? null : (node.resolve(this.document) ?? null);
    this.anchored.set(node, found);
    return found;
  }

  /** The value of a scalar node; an absent node is null. */
  scalar(node: Node | null): ScalarValue | undefined {
    if (node === null) return { kind: 'null' };
    if (!isScalar(node)) return undefined;
    const isPlain = node.type === undefined || node.type === 'PLAIN';
    if (!isPlain) return { kind: 'string', value: String(node.value) };
    const source = node.source ?? String(node.value ?? '');
    return this.isJson ? this.jsonScalar(node, source) : plainYamlScalar(source);
  }

  private jsonScalar(node: Node, source: string): ScalarValue {
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
  positionOf(node: Node | null | undefined): Position | undefined {
    const range = node?.range;
    return range === null || range === undefined ? undefined : this.positionAt(range[0], range[1] - range[0]);
  }

  positionAt(offset: number, length: number): Position {
    const { line, col } = this.lines.linePos(Math.min(offset, this.text.length));
    const lineEnd = this.text.indexOf('\n', offset);
    const rest = (lineEnd < 0 ? this.text.length : lineEnd) - offset;
    return {
      file: this.name,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      length: Math.max(1, Math.min(length, rest)),
    };
  }

  private syntaxError(error: YAMLError): Finding {
    const text = error.message.replace(/\.$/, '');
    return finding('WEFT1002', '', text, { position: this.positionAt(error.pos[0], error.pos[1] - error.pos[0]) });
  }
}

/** Reads a file, `-` being standard input. A file that cannot be read is a finding. */
export function readSource(file: string): ConfigSource | Finding {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8');
    return new ConfigSource(file === '-' ? '<stdin>' : file, text.replace(/^\uFEFF/, ''));
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
