// Simulation of an NFA for patterns whose DFA would be too large: every state at once, so linear in the input whatever it is.
//
//   W_REGEX: u16 current[N] | u16 next[N] | u16 stack[N] | u8 marked[N]          N = NFA_MAX_STATES
import { NFA_MAX_STATES } from '../abi';
import { W_REGEX } from '../memory/map';
import { W } from '../memory/worker_block';
import { Regex } from './regex';

/** One state. `next` and `other` are states; the host writes them. */
@unmanaged
export class NfaInstruction {
  op: u8; // NFA_*
  low: u8; // NFA_RANGE: low <= byte <= high; NFA_ASSERT: low = LOOK_* bits that must hold
  high: u8;
  pad: u8;
  next: u16;
  other: u16; // NFA_SPLIT: the second way; NFA_RANGE: the range to try when this one does not hold the byte, or NO_OTHER
}

export const NFA_RANGE: u8 = 0;
export const NFA_SPLIT: u8 = 1;
export const NFA_ASSERT: u8 = 2;
export const NFA_MATCH: u8 = 3;
export const NO_OTHER: u16 = 0xffff;

export const LOOK_TEXT_START: u8 = 1;
export const LOOK_TEXT_END: u8 = 2;
export const LOOK_LINE_START: u8 = 4;
export const LOOK_LINE_END: u8 = 8;
export const LOOK_WORD: u8 = 16; // \b
export const LOOK_NOT_WORD: u8 = 32; // \B

const STATES: usize = NFA_MAX_STATES;
const NEXT: usize = STATES * 2;
const STACK: usize = STATES * 4;
const MARKED: usize = STATES * 6;

function isWord(c: i32): bool {
  return c == 0x5f || <u32>(c - 0x30) < 10 || <u32>((c | 0x20) - 0x61) < 26;
}

/** The LOOK_* that hold between two bytes; -1 stands for the start or the end of the text. */
export function looks(before: i32, after: i32): u8 {
  let bits: u8 = isWord(before) != isWord(after) ? LOOK_WORD : LOOK_NOT_WORD;
  if (before == -1) bits |= LOOK_TEXT_START | LOOK_LINE_START;
  if (before == 0x0a) bits |= LOOK_LINE_START;
  if (after == -1) bits |= LOOK_TEXT_END | LOOK_LINE_END;
  if (after == 0x0a) bits |= LOOK_LINE_END;
  return bits;
}

// Replaces the states of `list` by those that consume a byte (or match) and can be reached from them without one;
// returns how many there are, put into the list itself. Each state is marked once, so the stack cannot overflow.
function closure(r: Regex, list: usize, count: u32, held: u8): u32 {
  const stack = W + W_REGEX + STACK;
  const marked = W + W_REGEX + MARKED;
  memory.fill(marked, 0, r.programLength);
  let top: u32 = 0;
  for (let i = count; i > 0; i--) top = push(stack, marked, top, load<u16>(list + ((<usize>(i - 1)) << 1)));
  let kept: u32 = 0;
  while (top > 0) {
    top--;
    const state = load<u16>(stack + ((<usize>top) << 1));
    const instruction = changetype<NfaInstruction>(<usize>r.program + ((<usize>state) << 3));
    if (instruction.op == NFA_RANGE || instruction.op == NFA_MATCH) {
      store<u16>(list + ((<usize>kept) << 1), state);
      kept++;
    } else if (instruction.op != NFA_ASSERT || (instruction.low & held) == instruction.low) {
      if (instruction.op == NFA_SPLIT) top = push(stack, marked, top, instruction.other);
      top = push(stack, marked, top, instruction.next);
    }
  }
  return kept;
}

function push(stack: usize, marked: usize, top: u32, state: u16): u32 {
  if (load<u8>(marked + state)) return top;
  store<u8>(marked + state, 1);
  store<u16>(stack + ((<usize>top) << 1), state);
  return top + 1;
}

// Where a chain of ranges leads with the byte `c`, or NO_OTHER.
function follow(r: Regex, state: u16, c: u8): u16 {
  while (state != NO_OTHER) {
    const instruction = changetype<NfaInstruction>(<usize>r.program + ((<usize>state) << 3));
    if (instruction.op != NFA_RANGE) return NO_OTHER;
    if (c >= instruction.low && c <= instruction.high) return instruction.next;
    state = instruction.other;
  }
  return NO_OTHER;
}

// Moves every state of `list` over one byte into `next`; returns how many.
function step(r: Regex, list: usize, count: u32, next: usize, c: u8): u32 {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const to = follow(r, load<u16>(list + ((<usize>i) << 1)), c);
    if (to == NO_OTHER) continue;
    store<u16>(next + ((<usize>kept) << 1), to);
    kept++;
  }
  return kept;
}

function accepts(r: Regex, list: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    const state = load<u16>(list + ((<usize>i) << 1));
    if (changetype<NfaInstruction>(<usize>r.program + ((<usize>state) << 3)).op == NFA_MATCH) return true;
  }
  return false;
}

/** Whether the whole of [p, p + n) matches. */
export function nfaMatch(r: Regex, p: usize, n: u32): bool {
  let current = W + W_REGEX;
  let next = current + NEXT;
  store<u16>(current, <u16>r.start);
  let count: u32 = 1;
  let before: i32 = -1;
  for (const end = p + n; p < end; p++) {
    const c = load<u8>(p);
    count = closure(r, current, count, looks(before, c));
    count = step(r, current, count, next, c);
    if (!count) return false;
    const free = current;
    current = next;
    next = free;
    before = c;
  }
  count = closure(r, current, count, looks(before, -1));
  return accepts(r, current, count);
}
