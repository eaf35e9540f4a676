// Builder of Regex objects, for host/compile/regex/. The host writes classes, table and program itself: bytes and 16-bit words,
// whose layouts are drawn in regex.ts and nfa.ts.
import { objectAlloc } from '../memory/object';
import { NfaInstruction } from './nfa';
import { Regex, REGEX_DFA, REGEX_NFA } from './regex';

/** `classes`: u8[256]; `table`: u16[states * classCount], state 0 dead, states from `accepting` on accept. */
export function regexNewDfa(
  object: usize,
  classes: usize,
  classCount: u32,
  table: usize,
  start: u32,
  accepting: u32,
): usize {
  const p = objectAlloc(object, offsetof<Regex>());
  if (!p) return 0;
  const r = changetype<Regex>(p);
  r.kind = REGEX_DFA;
  r.classes = <u32>classes;
  r.classCount = classCount;
  r.table = <u32>table;
  r.start = start;
  r.accepting = accepting;
  return p;
}

/** Room for an NFA of `length` states, all of them to be set. */
export function regexNewNfa(object: usize, length: u32, start: u32): usize {
  const p = objectAlloc(object, offsetof<Regex>());
  if (!p) return 0;
  const r = changetype<Regex>(p);
  r.kind = REGEX_NFA;
  r.start = start;
  r.programLength = length;
  r.program = <u32>objectAlloc(object, length * offsetof<NfaInstruction>());
  return r.program ? p : 0;
}

export function regexSetInstruction(regex: usize, i: u32, op: u32, low: u32, high: u32, next: u32, other: u32): void {
  const at = <usize>changetype<Regex>(regex).program + <usize>i * offsetof<NfaInstruction>();
  const instruction = changetype<NfaInstruction>(at);
  instruction.op = <u8>op;
  instruction.low = <u8>low;
  instruction.high = <u8>high;
  instruction.next = <u16>next;
  instruction.other = <u16>other;
}

/** regexMatch for tests. */
export { regexMatch } from './regex';
