// The filter chains of a listener -> the tree by which a connection finds its own (assembly/listener/match.ts).
import { MATCH_TRANSPORT_PROTOCOL } from '../../assembly/abi.js';
import { finding, type Finding } from '../config/finding.js';
import { putBytes, type Core } from '../core/load.js';
import type { MatchKey, MatchModel } from './filter_chain_match.js';

export interface MatchTree {
  readonly level: number; // MATCH_*
  /** By the text of the key. */
  readonly children: Map<string, { readonly key: MatchKey; readonly child: MatchChild }>;
  any: MatchChild | undefined;
}

/** A tree, or a leaf: the chain's place in the listener's list. */
export type MatchChild = MatchTree | number;

/** A chain that cannot be told from an earlier one, `path`: where it stands. */
export function matchTree(
  chains: readonly { readonly match: MatchModel; readonly path: string; readonly name: string }[],
  findings: Finding[],
): MatchChild | undefined {
  if (chains.length === 0) return undefined;
  const root: MatchTree = newTree(chains[0].match[0].level);
  chains.forEach(({ match, path, name }, i) => {
    if (insert(root, match, 0, i)) return;
    const message = 'every connection that this filter chain matches is matched by another one, or by itself twice';
    findings.push(finding('WEFT1405', path, message, name ? { value: name } : {}));
  });
  return withoutIdleLevels(root);
}

function newTree(level: number): MatchTree {
  return { level, children: new Map(), any: undefined };
}

// False where the leaf is taken already.
function insert(tree: MatchTree, match: MatchModel, depth: number, leaf: number): boolean {
  const { keys } = match[depth];
  if (keys.length === 0) return insertBelow(tree, undefined, match, depth, leaf);
  let free = true;
  for (const key of keys) free = insertBelow(tree, isNothing(key) ? undefined : key, match, depth, leaf) && free;
  return free;
}

// An empty text stands for "whatever".
function isNothing(key: MatchKey): boolean {
  return key.kind === 'text' && key.text === '';
}

function insertBelow(
  tree: MatchTree,
  key: MatchKey | undefined,
  match: MatchModel,
  depth: number,
  leaf: number,
): boolean {
  const text = key === undefined ? '' : `${key.kind} ${keyText(key)}`;
  const there = key === undefined ? tree.any : tree.children.get(text)?.child;
  if (depth === match.length - 1) {
    if (there !== undefined) return false;
    setChild(tree, key, text, leaf);
    return true;
  }
  if (there !== undefined) return insert(there as MatchTree, match, depth + 1, leaf);
  const child = newTree(match[depth + 1].level);
  setChild(tree, key, text, child);
  return insert(child, match, depth + 1, leaf);
}

function setChild(tree: MatchTree, key: MatchKey | undefined, text: string, child: MatchChild): void {
  if (key === undefined) tree.any = child;
  else tree.children.set(text, { key, child });
}

function keyText(key: MatchKey): string {
  if (key.kind === 'number') return String(key.value);
  if (key.kind === 'text') return key.text;
  const { bytes, bits } = key.range;
  const kept = Array.from(bytes, (byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))) & 0xff);
  return `${kept.join('.')}/${bits}`;
}

// Levels that no chain asks about.
function withoutIdleLevels(node: MatchChild): MatchChild {
  if (typeof node === 'number') return node;
  if (node.children.size === 0 && node.any !== undefined) return withoutIdleLevels(node.any);
  const children: MatchTree['children'] = new Map();
  for (const [text, { key, child }] of node.children) children.set(text, { key, child: withoutIdleLevels(child) });
  return { level: node.level, children, any: node.any === undefined ? undefined : withoutIdleLevels(node.any) };
}

/** Lays the tree out in `object` and returns its root; `chains`: addresses of the FilterChains, by place. */
export function buildMatchTree(core: Core, object: number, tree: MatchChild, chains: readonly number[]): number {
  if (typeof tree === 'number') return chains[tree];
  const x = core.exports;
  const any = tree.any === undefined ? 0 : buildMatchTree(core, object, tree.any, chains);
  const prefixes = prefixLengths(tree);
  const node = required(x.matchNodeNew(object, tree.level, tree.children.size, prefixes.length, any));
  prefixes.forEach(({ family, bits }, i) => x.matchNodeSetPrefix(node, i, family, bits));
  for (const { key, child } of tree.children.values()) {
    if (key.kind === 'text' && tree.level === MATCH_TRANSPORT_PROTOCOL) continue; // nothing detects it
    addKey(core, object, node, key, buildMatchTree(core, object, child, chains));
  }
  return node;
}

function addKey(core: Core, object: number, node: number, key: MatchKey, child: number): void {
  const x = core.exports;
  if (key.kind === 'number') {
    required(Number(x.matchNodeAddNumber(object, node, key.value, child)));
  } else if (key.kind === 'text') {
    const { address, length } = putBytes(core, object, key.text);
    x.matchNodeAddBytes(node, address, length, child);
  } else {
    const { bytes, bits } = key.range;
    const address = required(x.objectAlloc(object, 24));
    core.u8.set(bytes, address);
    x.matchNodeAddPrefix(node, address, familyOf(bytes), bits, child);
  }
}

function familyOf(bytes: Uint8Array): number {
  return bytes.length === 4 ? 4 : 6;
}

// The longest first.
function prefixLengths(tree: MatchTree): { family: number; bits: number }[] {
  const lengths = new Map<string, { family: number; bits: number }>();
  for (const { key } of tree.children.values()) {
    if (key.kind !== 'prefix') continue;
    const { bytes, bits } = key.range;
    lengths.set(`${bytes.length} ${bits}`, { family: familyOf(bytes), bits });
  }
  return [...lengths.values()].toSorted((a, b) => b.bits - a.bits);
}

function required(address: number): number {
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  return address;
}
