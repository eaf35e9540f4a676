// A compiled regular expression over bytes: full match, as Envoy's safe_regex (RE2::FullMatch). Built by
// host/compile/regex/. Part of the object that uses it.
import { nfaMatch } from './nfa';

@unmanaged
export class Regex {
  kind: u32; // REGEX_*
  classes: u32; // address of u8[256]: byte -> class
  classCount: u32;
  table: u32; // REGEX_DFA: address of u16[stateCount * classCount]; state 0 is dead
  start: u32; // REGEX_DFA: first state; REGEX_NFA: first instruction
  accepting: u32; // REGEX_DFA: states from this number on accept
  program: u32; // REGEX_NFA: address of NfaInstruction[programLength]
  programLength: u32;
}

export const REGEX_DFA: u32 = 0;
export const REGEX_NFA: u32 = 1;

/** Whether the whole of [p, p + n) matches; linear in n. */
export function regexMatch(regex: usize, p: usize, n: u32): bool {
  const r = changetype<Regex>(regex);
  if (r.kind == REGEX_NFA) return nfaMatch(r, p, n);
  const classes: usize = r.classes;
  const table: usize = r.table;
  const width = r.classCount;
  let state = r.start;
  for (const end = p + n; p < end; p++) {
    state = load<u16>(table + ((state * width + load<u8>(classes + load<u8>(p))) << 1));
    if (!state) return false;
  }
  return state >= r.accepting;
}
