// envoy.type.matcher.v3.StringMatcher, and the number range of HeaderMatcher.
import { isSpace } from '../memory/bytes';
import { bytesEqual } from '../http1/head';
import { regexMatch } from '../regex/regex';
import { lowerEqual } from './ascii';

@unmanaged
export class StringMatch {
  start: i64; // MATCH_RANGE: start <= value < end
  end: i64;
  kind: u8; // MATCH_*
  ignoreCase: u8; // `value` is lower case
  pad: u16;
  value: u32;
  length: u32;
  regex: u32; // MATCH_REGEX: address of Regex
}

export const MATCH_PRESENT: u8 = 0;
export const MATCH_EXACT: u8 = 1;
export const MATCH_PREFIX: u8 = 2;
export const MATCH_SUFFIX: u8 = 3;
export const MATCH_CONTAINS: u8 = 4;
export const MATCH_REGEX: u8 = 5;
export const MATCH_RANGE: u8 = 6;
export const MATCH_ABSENT: u8 = 7; // present_match: false

function same(m: StringMatch, p: usize): bool {
  return m.ignoreCase ? lowerEqual(m.value, p, m.length) : bytesEqual(m.value, p, m.length);
}

// The value is the configuration's and short; the cost is bounded by its length times the header's.
function contains(m: StringMatch, p: usize, n: u32): bool {
  const last = p + n - m.length;
  for (; p <= last; p++) if (same(m, p)) return true;
  return false;
}

// Decimal with an optional sign, spaces around it as absl::SimpleAtoi takes them; no overflow.
function inRange(m: StringMatch, p: usize, n: u32): bool {
  let end = p + n;
  while (p < end && isSpace(load<u8>(p))) p++;
  while (p < end && isSpace(load<u8>(end - 1))) end--;
  if (p >= end) return false;
  const negative = load<u8>(p) == 0x2d;
  if (negative || load<u8>(p) == 0x2b) p++;
  if (p >= end) return false;
  let value: u64 = 0;
  for (; p < end; p++) {
    const digit = <u64>load<u8>(p) - 0x30;
    if (digit > 9 || value > 922337203685477580) return false;
    value = value * 10 + digit;
    if (value > <u64>i64.MAX_VALUE + (negative ? 1 : 0)) return false;
  }
  const signed = negative ? <i64>(0 - value) : <i64>value;
  return signed >= m.start && signed < m.end;
}

/** Whether a value that is there matches. */
export function stringMatches(m: StringMatch, p: usize, n: u32): bool {
  switch (m.kind) {
    case MATCH_PRESENT:
      return true;
    case MATCH_EXACT:
      return n == m.length && same(m, p);
    case MATCH_PREFIX:
      return n >= m.length && same(m, p);
    case MATCH_SUFFIX:
      return n >= m.length && same(m, p + n - m.length);
    case MATCH_CONTAINS:
      return n >= m.length && contains(m, p, n);
    case MATCH_REGEX:
      return regexMatch(m.regex, p, n);
    case MATCH_RANGE:
      return inRange(m, p, n);
    default:
      return false;
  }
}
