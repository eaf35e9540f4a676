// Builder of path trees, candidate lists, conditions and matchers.
import { objectAlloc } from '../memory/object';
import { HeaderMatcher } from './conditions';
import { PathNode } from './path_tree';
import { QueryMatcher } from './query';
import { Candidate, CandidateList, Conditions } from './route_config';
import { StringMatch } from './string_match';

/** A node whose subtree has these lowest ranks (NO_RANK = none). */
export function pathNodeNew(
  object: usize,
  label: usize,
  labelLength: u32,
  plainRank: u32,
  conditionalRank: u32,
): usize {
  const p = objectAlloc(object, offsetof<PathNode>());
  if (!p) return 0;
  const n = changetype<PathNode>(p);
  n.label = <u32>label;
  n.labelLength = labelLength;
  n.plainRank = plainRank;
  n.conditionalRank = conditionalRank;
  return p;
}

/** CandidateLists of a node (0 = none): prefix, exact path, path_separated_prefix. */
export function pathNodeSetLists(node: usize, prefix: usize, exact: usize, segment: usize): void {
  const n = changetype<PathNode>(node);
  n.prefix = <u32>prefix;
  n.exact = <u32>exact;
  n.segment = <u32>segment;
}

/** Room for children whose labels begin with firstChild … firstChild + span - 1. */
export function pathNodeSetSpan(object: usize, node: usize, firstChild: u32, span: u32): usize {
  const n = changetype<PathNode>(node);
  n.firstChild = firstChild;
  n.childSpan = span;
  n.children = <u32>objectAlloc(object, span << 2);
  return n.children;
}

export function pathNodeSetChild(node: usize, first: u32, child: usize): void {
  const n = changetype<PathNode>(node);
  store<u32>(<usize>n.children + ((<usize>(first - n.firstChild)) << 2), <u32>child);
}

export function candidateListNew(object: usize, count: u32, plainRank: u32, plainRoute: usize): usize {
  const p = objectAlloc(object, offsetof<CandidateList>());
  if (!p) return 0;
  const l = changetype<CandidateList>(p);
  l.plainRank = plainRank;
  l.plainRoute = <u32>plainRoute;
  l.count = count;
  l.candidates = <u32>objectAlloc(object, count ? count * offsetof<Candidate>() : 4);
  return l.candidates ? p : 0;
}

/** Candidates are set in the order of their ranks. */
export function candidateSet(list: usize, i: u32, rank: u32, conditions: usize, route: usize): void {
  const at = <usize>changetype<CandidateList>(list).candidates + <usize>i * offsetof<Candidate>();
  const c = changetype<Candidate>(at);
  c.rank = rank;
  c.conditions = <u32>conditions;
  c.route = <u32>route;
}

/** denominator 0 = no runtime_fraction; `runtimeKey` is its key's index + 1, 0 = none. */
export function conditionsNew(
  object: usize,
  headerCount: u32,
  queryCount: u32,
  regex: usize,
  fraction: u32,
  denominator: u32,
  runtimeKey: u32,
  flags: u32,
): usize {
  const p = objectAlloc(object, offsetof<Conditions>());
  if (!p) return 0;
  const c = changetype<Conditions>(p);
  c.regex = <u32>regex;
  c.fraction = fraction;
  c.denominator = denominator;
  c.runtimeKey = runtimeKey;
  c.flags = flags;
  c.headerCount = headerCount;
  c.queryCount = queryCount;
  c.headers = <u32>objectAlloc(object, headerCount * offsetof<HeaderMatcher>() + 4);
  c.queries = <u32>objectAlloc(object, queryCount * offsetof<QueryMatcher>() + 4);
  return c.headers && c.queries ? p : 0;
}

/** The route with these conditions has weighted clusters with runtime keys. */
export function conditionsSetWeighted(conditions: usize, route: usize): void {
  changetype<Conditions>(conditions).weighted = <u32>route;
}

/** The i-th header matcher; its StringMatch is set with stringMatchSet. `name` is lower case. */
export function headerMatcherSet(conditions: usize, i: u32, id: u32, name: usize, nameLength: u32, flags: u32): usize {
  const p = <usize>changetype<Conditions>(conditions).headers + <usize>i * offsetof<HeaderMatcher>();
  const m = changetype<HeaderMatcher>(p);
  m.name = <u32>name;
  m.nameLength = <u16>nameLength;
  m.nameId = <u8>id;
  m.flags = <u8>flags;
  return p;
}

/** The i-th query parameter matcher; its StringMatch is set with stringMatchSet. */
export function queryMatcherSet(conditions: usize, i: u32, name: usize, nameLength: u32): usize {
  const p = <usize>changetype<Conditions>(conditions).queries + <usize>i * offsetof<QueryMatcher>();
  const m = changetype<QueryMatcher>(p);
  m.name = <u32>name;
  m.nameLength = nameLength;
  return p;
}

/** With ignoreCase `value` is lower case. */
export function stringMatchSet(
  match: usize,
  kind: u32,
  ignoreCase: bool,
  value: usize,
  length: u32,
  regex: usize,
): void {
  const m = changetype<StringMatch>(match);
  m.kind = <u8>kind;
  m.ignoreCase = ignoreCase ? 1 : 0;
  m.value = <u32>value;
  m.length = length;
  m.regex = <u32>regex;
}

/** MATCH_RANGE bounds as halves of 64-bit numbers. */
export function stringMatchSetRange(match: usize, startHigh: i32, startLow: u32, endHigh: i32, endLow: u32): void {
  const m = changetype<StringMatch>(match);
  m.start = ((<i64>startHigh) << 32) | (<i64>startLow);
  m.end = ((<i64>endHigh) << 32) | (<i64>endLow);
}
