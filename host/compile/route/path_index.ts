// The radix tree of a virtual host's paths, and how it is laid into the core. Routes are added in the order of their ranks.
import type { RouteBuilder } from './builder.js';

export interface Candidate {
  readonly rank: number;
  readonly conditions: number; // address, 0 = none
  readonly route: number; // address
}

export type PathKind = 'prefix' | 'exact' | 'segment';

const NO_RANK = 0xffff_ffff;

/** Candidates in order; what stands behind one without conditions can never match and is left out. */
export class CandidateQueue {
  private readonly candidates: Candidate[] = [];
  private plain: Candidate | undefined;

  add(candidate: Candidate): void {
    if (this.plain) return;
    if (candidate.conditions === 0) this.plain = candidate;
    else this.candidates.push(candidate);
  }

  get isClosed(): boolean {
    return this.plain !== undefined;
  }

  /** The address of the CandidateList. */
  emit(b: RouteBuilder): number {
    const x = b.core.exports;
    const { rank, route } = this.plain ?? { rank: NO_RANK, route: 0 };
    const list = b.made(x.candidateListNew(b.object, this.candidates.length, rank, route));
    this.candidates.forEach((c, i) => x.candidateSet(list, i, c.rank, c.conditions, c.route));
    return list;
  }
}

class Node {
  readonly children = new Map<number, Node>();
  readonly lists = new Map<PathKind, CandidateQueue>();
  plainRank = NO_RANK;
  conditionalRank = NO_RANK;

  constructor(public label: Buffer) {}

  list(kind: PathKind): CandidateQueue {
    let queue = this.lists.get(kind);
    if (queue === undefined) this.lists.set(kind, (queue = new CandidateQueue()));
    return queue;
  }

  note(candidate: Candidate): void {
    if (candidate.conditions === 0) this.plainRank = Math.min(this.plainRank, candidate.rank);
    else this.conditionalRank = Math.min(this.conditionalRank, candidate.rank);
  }

  /** Cuts the label in two; the returned node takes this one's place. */
  split(length: number): Node {
    const upper = new Node(this.label.subarray(0, length));
    upper.plainRank = this.plainRank;
    upper.conditionalRank = this.conditionalRank;
    this.label = this.label.subarray(length);
    upper.children.set(this.label[0], this);
    return upper;
  }
}

function commonLength(a: Buffer, b: Buffer): number {
  const n = Math.min(a.length, b.length);
  let i = 0;
  while (i < n && a[i] === b[i]) i++;
  return i;
}

export class PathIndex {
  private readonly root = new Node(Buffer.alloc(0));
  private isEmpty = true;

  /** Adds a route whose path begins with (prefix, segment) or is (exact) `path`. */
  add(kind: PathKind, path: string, candidate: Candidate): void {
    let node = this.root;
    let rest: Buffer = Buffer.from(path);
    const passed = [node];
    while (rest.length > 0) {
      if (node.lists.get('prefix')?.isClosed) return; // an earlier route takes all of these
      node = this.next(node, rest);
      rest = rest.subarray(node.label.length);
      passed.push(node);
    }
    this.isEmpty = false;
    node.list(kind).add(candidate);
    for (const n of passed) n.note(candidate);
  }

  private next(node: Node, rest: Buffer): Node {
    const child = node.children.get(rest[0]);
    if (child === undefined) {
      const leaf = new Node(rest);
      node.children.set(rest[0], leaf);
      return leaf;
    }
    const common = commonLength(child.label, rest);
    if (common === child.label.length) return child;
    const upper = child.split(common);
    node.children.set(rest[0], upper);
    return upper;
  }

  /** The address of the root PathNode, 0 when no route was added. */
  emit(b: RouteBuilder): number {
    if (this.isEmpty) return 0;
    const root = emitNode(b, this.root);
    const open: [Node, number][] = [[this.root, root]];
    for (let top = open.pop(); top !== undefined; top = open.pop()) {
      const [node, address] = top;
      for (const [first, child] of node.children) {
        const at = emitNode(b, child);
        b.core.exports.pathNodeSetChild(address, first, at);
        open.push([child, at]);
      }
    }
    return root;
  }
}

function emitNode(b: RouteBuilder, node: Node): number {
  const x = b.core.exports;
  const label = b.bytes(node.label);
  const at = b.made(x.pathNodeNew(b.object, label.address, label.length, node.plainRank, node.conditionalRank));
  const lists = (['prefix', 'exact', 'segment'] as const).map((kind) => node.lists.get(kind)?.emit(b) ?? 0);
  x.pathNodeSetLists(at, lists[0], lists[1], lists[2]);
  if (node.children.size > 0) {
    const keys = [...node.children.keys()];
    const first = Math.min(...keys);
    b.made(x.pathNodeSetSpan(b.object, at, first, Math.max(...keys) - first + 1));
  }
  return at;
}
