// The path index of a virtual host: a radix tree over bytes. First match in order is kept by ranks (the position of a route
// in its virtual host): each node knows the lowest rank below it, and a walk ends where nothing better can follow, so that a
// lookup costs the length of the path and not the number of routes.
//
// A regex stands at its literal prefix as one more condition. A first walk takes only routes without conditions; a second
// one evaluates conditions, and only of those that rank before what the first walk found.
import { bytesEqual } from '../http1/head';
import { lowerByte, lowerEqual } from './ascii';
import { conditionsHold } from './conditions';
import { Candidate, CandidateList } from './route_config';

@unmanaged
export class PathNode {
  label: u32; // bytes on the edge to this node
  labelLength: u32;
  plainRank: u32; // lowest rank without conditions in this subtree
  conditionalRank: u32; // lowest rank with conditions in this subtree
  prefix: u32; // address of CandidateList: `prefix` that ends here, and regexes with this literal prefix
  exact: u32; // `path`
  segment: u32; // `path_separated_prefix`
  firstChild: u32; // smallest first byte of a child's label
  childSpan: u32; // children stand for firstChild … firstChild + childSpan - 1
  children: u32; // address of u32[childSpan]: PathNode or 0
}

/** A rank in the upper half, its Route in the lower one: the smaller is the better. */
export const NO_MATCH: u64 = 0xffffffff00000000;

// The child of `node` that continues with the path at `p`, or 0. In a tree that ignores case labels are lower case.
function descend(node: PathNode, p: usize, end: usize, ignoreCase: bool): usize {
  if (p >= end) return 0;
  const c = ignoreCase ? lowerByte(load<u8>(p)) : <u32>load<u8>(p);
  const slot = c - node.firstChild;
  if (slot >= node.childSpan) return 0;
  const child: usize = load<u32>(<usize>node.children + ((<usize>slot) << 2));
  if (!child) return 0;
  const n = changetype<PathNode>(child);
  if (<usize>n.labelLength > end - p) return 0;
  const same = ignoreCase ? lowerEqual(n.label, p, n.labelLength) : bytesEqual(n.label, p, n.labelLength);
  return same ? child : 0;
}

function plain(list: u32, best: u64): u64 {
  const l = changetype<CandidateList>(<usize>list);
  const found = ((<u64>l.plainRank) << 32) | l.plainRoute;
  return found < best ? found : best;
}

/** The best route without conditions for the path [p, end), or `best`. */
export function walkPlain(root: usize, p: usize, end: usize, ignoreCase: bool, best: u64): u64 {
  let at = root;
  while (at) {
    const node = changetype<PathNode>(at);
    if (node.plainRank >= <u32>(best >> 32)) break;
    p += node.labelLength;
    if (node.prefix) best = plain(node.prefix, best);
    if (node.exact && p == end) best = plain(node.exact, best);
    if (node.segment && (p == end || load<u8>(p) == 0x2f)) best = plain(node.segment, best);
    at = descend(node, p, end, ignoreCase);
  }
  return best;
}

/** The first candidate of a list that ranks before `best` and whose conditions hold, or `best`. */
export function firstCandidate(list: u32, head: usize, path: usize, end: usize, random: u64, best: u64): u64 {
  const l = changetype<CandidateList>(<usize>list);
  const limit = <u32>(best >> 32);
  let c: usize = l.candidates;
  for (let i: u32 = 0; i < l.count; i++, c += offsetof<Candidate>()) {
    const candidate = changetype<Candidate>(c);
    if (candidate.rank >= limit) break;
    if (conditionsHold(candidate.conditions, head, path, end, random)) {
      return ((<u64>candidate.rank) << 32) | candidate.route;
    }
  }
  return best;
}

/** The same for routes with conditions. */
export function walkConditional(
  root: usize,
  head: usize,
  path: usize,
  end: usize,
  random: u64,
  ignoreCase: bool,
  best: u64,
): u64 {
  let at = root;
  let p = path;
  while (at) {
    const node = changetype<PathNode>(at);
    if (node.conditionalRank >= <u32>(best >> 32)) break;
    p += node.labelLength;
    if (node.prefix) best = firstCandidate(node.prefix, head, path, end, random, best);
    if (node.exact && p == end) best = firstCandidate(node.exact, head, path, end, random, best);
    if (node.segment && (p == end || load<u8>(p) == 0x2f))
      best = firstCandidate(node.segment, head, path, end, random, best);
    at = descend(node, p, end, ignoreCase);
  }
  return best;
}
