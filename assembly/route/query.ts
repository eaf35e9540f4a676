// QueryParameterMatcher: the first parameter of a name decides; nothing is percent-decoded, as in Envoy.
import { bytesEqual, Head } from '../http1/head';
import { MATCH_ABSENT, StringMatch, stringMatches } from './string_match';

@unmanaged
export class QueryMatcher extends StringMatch {
  name: u32;
  nameLength: u32;
}

function find(p: usize, end: usize, c: u32): usize {
  while (p < end && load<u8>(p) != c) p++;
  return p;
}

/** Whether the query of the head's path fulfils the matcher. */
export function queryMatches(m: QueryMatcher, head: usize): bool {
  const h = changetype<Head>(head);
  const end = <usize>h.path + h.pathLength;
  let p = find(h.path, end, 0x3f) + 1;
  while (p < end) {
    const next = find(p, end, 0x26); // '&'
    const equals = find(p, next, 0x3d); // '='
    if (equals - p == m.nameLength && bytesEqual(m.name, p, m.nameLength)) {
      const value = equals < next ? equals + 1 : next;
      return stringMatches(m, value, <u32>(next - value));
    }
    p = next + 1;
  }
  return m.kind == MATCH_ABSENT;
}
