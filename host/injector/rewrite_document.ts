// Puts changed Pods back into their documents: comments, the order of keys and what did not change stay as they were written.
import { Alias, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import type { Manifest, PodPlace } from './manifests.js';
import { identical, isFields, own } from './pod.js';
import type { Fields, Pod } from './pod.js';
import { mergeKeyOf } from './strategic_merge.js';

/** The text of a document with other Pods in the places of its own. */
export function rewritten({ document, text }: Manifest, changes: readonly (readonly [PodPlace, Pod])[]): string {
  expandAliases(document);
  for (const [{ path, pod }, after] of changes) {
    const node = document.getIn(path, true) as Node;
    const changed = update(document, node, pod, after);
    if (path.length === 0) document.contents = changed as never;
    else document.setIn(path, changed);
  }
  return document.toString({ ...styleOf(text), lineWidth: 0 });
}

/** An anchor that changes would change all that refer to it. */
function expandAliases(document: Document): void {
  let hasAliases = false;
  visit(document, {
    Alias(_key, node) {
      hasAliases = true;
      const copy = (node.resolve(document) as Node | undefined)?.clone() as (Node & { anchor?: string }) | undefined;
      if (copy === undefined) return undefined;
      delete copy.anchor;
      return copy;
    },
  });
  if (!hasAliases) return;
  visit(document, {
    Node(_key, node) {
      if (!(node instanceof Alias) && 'anchor' in node) delete node.anchor;
    },
  });
}

function update(document: Document, node: unknown, before: unknown, after: unknown, name = ''): Node {
  if (node !== null && node !== undefined && identical(before, after)) return node as Node;
  if (isMap(node) && isFields(before) && isFields(after) && !hasMergeKey(node))
    return updateMap(document, node, before, after);
  const key = mergeKeyOf(name);
  if (key !== undefined && isSeq(node) && Array.isArray(before) && Array.isArray(after)) {
    return updateList(document, node, before as Fields[], after as Fields[], key);
  }
  return document.createNode(after, { aliasDuplicateObjects: false }) as Node;
}

/** The library keeps the key of a merge as a symbol. */
function hasMergeKey(map: YAMLMap): boolean {
  return map.items.some(({ key }) => isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol'));
}

function keyText(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function updateMap(document: Document, map: YAMLMap, before: Fields, after: Fields): Node {
  const pairs = new Map(map.items.map((pair) => [keyText(pair), pair]));
  map.items = Object.keys(after)
    .filter((name) => after[name] !== undefined)
    .map((name) => {
      const pair = pairs.get(name) ?? (document.createPair(name, null) as Pair);
      const isOld = pairs.has(name);
      if (!isOld || !identical(own(before, name), after[name])) {
        pair.value = updateValue(document, pair.value, own(before, name), after[name], name);
      }
      return pair as (typeof map.items)[number];
    });
  if (map.items.length === 0 || Object.keys(before).length === 0) map.flow = map.items.length === 0;
  return map;
}

/** A text or a number stays where it stands, with its comment. */
function updateValue(document: Document, node: unknown, before: unknown, after: unknown, name: string): Node {
  const value = update(document, node, before, after, name);
  if (value !== node && isScalar(node) && isScalar(value)) {
    if (node.comment !== undefined) value.comment = node.comment;
  }
  return value;
}

function updateList(document: Document, list: YAMLSeq, before: Fields[], after: Fields[], key: string): Node {
  const nodes = new Map(before.map((item, i) => [item[key], [list.items[i], item] as const]));
  list.items = after.map((item) => {
    const [node, was] = nodes.get(item[key]) ?? [];
    return update(document, node, was, item);
  });
  if (list.items.length > 0 && before.length === 0) list.flow = false;
  return list;
}

interface Style {
  /** A space inside of `{ }`. */
  readonly flowCollectionPadding: boolean;
  readonly indent: number;
  readonly indentSeq: boolean;
}

/** How the document indents: maps in maps, and whether lists stand deeper than their key. */
export function styleOf(text: string): Style {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  let indent: number | undefined;
  let indentSeq: boolean | undefined;
  for (let i = 0; i + 1 < lines.length; i++) {
    if (!/:\s*(#.*)?$/.test(lines[i])) continue;
    const isItem = /^\s*- /.test(lines[i]);
    const step = indentOf(lines[i + 1]) - indentOf(lines[i]);
    const isList = /^\s*-( |$)/.test(lines[i + 1]);
    if (isList && !isItem) indentSeq ??= step > 0;
    else if (!isList && !isItem && step > 1) indent ??= step;
  }
  const flowCollectionPadding = !/[:-] [{[][^\s}\]]/.test(text);
  return { flowCollectionPadding, indent: Math.min(indent ?? 2, 8), indentSeq: indentSeq ?? true };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
