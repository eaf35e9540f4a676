// All of YAML 1.1, by the library: for the documents that quick_yaml.ts leaves to it.
import { createRequire } from 'node:module';
import type { Node, YAMLSeq } from 'yaml';
import type { DocumentNode, Entry } from './document.js';
import { isYamlTooDeep } from './yaml_depth.js';

type Yaml = typeof import('yaml');

const require = createRequire(import.meta.url);

export interface SyntaxProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface FullDocument {
  readonly root: DocumentNode | null;
  readonly problems: readonly SyntaxProblem[];
}

/** Throws a RangeError where the document is nested too deeply. */
export function parseFullYaml(text: string): FullDocument {
  const yaml = require('yaml') as Yaml; // 70 files, loaded when they are needed
  if (isYamlTooDeep(yaml, text)) throw new RangeError('the document is nested too deeply');
  // The failsafe schema leaves every scalar as written; plainYamlScalar reads it as Envoy does.
  const document = yaml.parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  const problems = document.errors.map(({ message, pos }) => ({
    message: message.replace(/\.$/, ''),
    start: pos[0],
    end: pos[1],
  }));
  return { root: new Conversion(yaml).node(document.contents), problems };
}

/** In the order of the document, so that an alias stands for the last anchor of its name before it. */
class Conversion {
  // The library's own look-up walks the whole document for each alias; a document of aliases would take hours.
  private readonly anchors = new Map<string, DocumentNode>();

  constructor(private readonly yaml: Yaml) {}

  node(node: unknown): DocumentNode | null {
    if (node === null || node === undefined) return null;
    if (this.yaml.isAlias(node)) return this.anchors.get(node.source) ?? null;
    const [start, end] = (node as Node).range ?? [0, 0];
    if (this.yaml.isScalar(node)) {
      const isPlain = node.type === undefined || node.type === 'PLAIN';
      const text = isPlain ? (node.source ?? String(node.value ?? '')) : String(node.value);
      return this.anchored(node.anchor, { kind: 'scalar', start, end, text, isPlain });
    }
    // A collection is known before its content, which may refer to it.
    if (this.yaml.isMap(node)) {
      const entries: Entry[] = [];
      const map = this.anchored(node.anchor, { kind: 'map', start, end, entries });
      for (const { key, value } of node.items) entries.push({ key: this.node(key), value: this.node(value) });
      return map;
    }
    const { anchor, items: parsed } = node as YAMLSeq;
    const items: (DocumentNode | null)[] = [];
    const list = this.anchored(anchor, { kind: 'list', start, end, items });
    for (const item of parsed) items.push(this.node(item));
    return list;
  }

  private anchored(name: string | undefined, node: DocumentNode): DocumentNode {
    if (name !== undefined) this.anchors.set(name, node);
    return node;
  }
}
