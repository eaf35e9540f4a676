// What a route asks besides its path: header and query parameter matchers, runtime_fraction, grpc, a path regex.
import { headerFind, headerFindName, HeaderEntry, headerNext } from '../http1/head';
import { H_CONTENT_TYPE } from '../http1/header_names';
import { W, WorkerState } from '../memory/worker_block';
import { regexMatch } from '../regex/regex';
import { runtimeFraction } from '../runtime/table';
import { ABSENT, headerValue, NAME_AUTHORITY, valueAddress, valueLength } from './header_values';
import { queryMatches, QueryMatcher } from './query';
import { Route } from './route';
import { CONDITION_GRPC, Conditions } from './route_config';
import { MATCH_ABSENT, MATCH_PRESENT, StringMatch, stringMatches } from './string_match';
import { weightedChooses } from './weighted';

/** HeaderMatcher. */
@unmanaged
export class HeaderMatcher extends StringMatch {
  name: u32; // lower case
  nameLength: u16;
  nameId: u8; // header_names.ts or NAME_*
  flags: u8; // HEADER_*
}

export const HEADER_INVERT: u8 = 1; // invert_match
export const HEADER_MISSING_AS_EMPTY: u8 = 2; // treat_missing_header_as_empty
export const HEADER_INLINE: u8 = 4; // Envoy joins the values of this name by commas

// Any of the values of a header that Envoy keeps apart; its own inline headers it joins by commas as they arrive.
function anyMatches(m: HeaderMatcher, head: usize, first: usize): bool {
  for (let e = first; e; e = headerNext(head, e)) {
    const entry = changetype<HeaderEntry>(e);
    if (stringMatches(m, entry.value, entry.valueLength)) return true;
  }
  return false;
}

function joinedMatches(m: HeaderMatcher, value: u64): bool {
  return stringMatches(m, valueAddress(value), valueLength(value));
}

/** Envoy: an absent header satisfies only `present_match`, whatever invert_match says of other matchers. */
export function headerMatches(m: HeaderMatcher, head: usize): bool {
  const invert = (m.flags & HEADER_INVERT) != 0;
  if (m.nameId < NAME_AUTHORITY && !(m.flags & HEADER_INLINE)) {
    const first = headerFindName(head, m.nameId, m.name, m.nameLength);
    return first ? anyMatches(m, head, first) != invert : absentMatches(m, invert);
  }
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const value = headerValue(head, m.nameId, m.name, m.nameLength);
  const matched = value == ABSENT ? absentMatches(m, invert) : joinedMatches(m, value) != invert;
  w.scratch = mark;
  return matched;
}

function absentMatches(m: HeaderMatcher, invert: bool): bool {
  if (m.flags & HEADER_MISSING_AS_EMPTY) return stringMatches(m, 0, 0) != invert;
  return m.kind == (invert ? MATCH_PRESENT : MATCH_ABSENT);
}

// content-type: application/grpc, alone or followed by `+…`
function isGrpc(head: usize): bool {
  const e = headerFind(head, H_CONTENT_TYPE);
  if (!e) return false;
  const p: usize = changetype<HeaderEntry>(e).value;
  const n = changetype<HeaderEntry>(e).valueLength;
  if (n < 16 || load<u64>(p) != 0x746163696c707061 || load<u64>(p, 8) != 0x637072672f6e6f69) return false;
  if (n == 16) return !headerNext(head, e); // a list is no grpc
  return load<u8>(p, 16) == 0x2b;
}

/** Whether a request with the path [path, end) fulfils the Conditions at `at`. */
export function conditionsHold(at: usize, head: usize, path: usize, end: usize, random: u64): bool {
  const c = changetype<Conditions>(at);
  if (c.denominator && !runtimeFraction(c.runtimeKey, c.fraction, c.denominator, random)) return false;
  if (c.weighted && !weightedChooses(changetype<Route>(<usize>c.weighted).weighted)) return false;
  if (c.flags & CONDITION_GRPC && !isGrpc(head)) return false;
  for (let i: u32 = 0; i < c.headerCount; i++) {
    if (!headerMatches(changetype<HeaderMatcher>(<usize>c.headers + <usize>i * offsetof<HeaderMatcher>()), head))
      return false;
  }
  for (let i: u32 = 0; i < c.queryCount; i++) {
    if (!queryMatches(changetype<QueryMatcher>(<usize>c.queries + <usize>i * offsetof<QueryMatcher>()), head))
      return false;
  }
  return !c.regex || regexMatch(c.regex, path, <u32>(end - path));
}
