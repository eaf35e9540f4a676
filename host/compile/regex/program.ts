// A pattern's NFA over bytes: the program that is simulated, or made into a DFA.
import { NFA_MAX_STATES } from '../../../assembly/abi.js';
import { PatternError, type Ranges, type Tree } from './syntax.js';
import { byteSequences, type ByteSequence } from './utf8.js';

// NFA_* of assembly/regex/nfa.ts
export const NFA_RANGE = 0;
export const NFA_SPLIT = 1;
export const NFA_ASSERT = 2;
export const NFA_MATCH = 3;

/** No other range to try. */
export const NO_OTHER = 0xffff;

export interface Instruction {
  op: number;
  low: number; // NFA_ASSERT: LOOK_*
  high: number;
  next: number;
  /** NFA_SPLIT: the second way. NFA_RANGE: the range to try when this one does not hold the byte, or NO_OTHER. */
  other: number;
}

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

// Built from the end to the start: each part is told what follows it and returns where it begins.
class Assembler {
  readonly instructions: Instruction[] = [];

  add(op: number, low: number, high: number, next: number, other = NO_OTHER): number {
    if (this.instructions.length >= NFA_MAX_STATES) {
      throw new PatternError(`the automaton has more than ${NFA_MAX_STATES} states`, 0, true);
    }
    return this.instructions.push({ op, low, high, next, other }) - 1;
  }

  build(tree: Tree, next: number): number {
    switch (tree.kind) {
      case 'class':
        return this.oneOf(tree.ranges, next);
      case 'byte':
        return this.add(NFA_RANGE, 0, 255, next);
      case 'look':
        return this.add(NFA_ASSERT, tree.look, 0, next);
      case 'concat':
        return tree.items.reduceRight((after, item) => this.build(item, after), next);
      case 'alternate':
        return this.either(tree.items.map((item) => this.build(item, next)));
      case 'repeat':
        return this.repeat(tree.item, tree.min, tree.max, next);
    }
  }

  // An empty class matches nothing: a range that no byte is in.
  private oneOf(ranges: Ranges, next: number): number {
    const sequences: ByteSequence[] = [];
    for (let i = 0; i < ranges.length; i += 2) sequences.push(...byteSequences(ranges[i], ranges[i + 1]));
    if (sequences.length === 0) return this.add(NFA_RANGE, 1, 0, next);
    return this.sequences(sequences, next, new Map());
  }

  // A tree of byte ranges, so that no byte leads two ways; equal subtrees are kept once.
  private sequences(all: readonly ByteSequence[], next: number, known: Map<string, number>): number {
    if (all[0].length === 0) return next;
    const key = all.join('|');
    const found = known.get(key);
    if (found !== undefined) return found;
    const ranges: [low: number, high: number, next: number][] = [];
    for (let i = 0; i < all.length;) {
      const [low, high] = all[i][0];
      const rest: ByteSequence[] = [];
      for (; i < all.length && all[i][0][0] === low && all[i][0][1] === high; i++) rest.push(all[i].slice(1));
      const to = this.sequences(rest, next, known);
      const last = ranges.at(-1);
      if (last !== undefined && last[1] + 1 === low && last[2] === to) last[1] = high;
      else ranges.push([low, high, to]);
    }
    const start = ranges.reduceRight((other, r) => this.add(NFA_RANGE, ...r, other), NO_OTHER);
    known.set(key, start);
    return start;
  }

  private either(starts: readonly number[]): number {
    return starts.reduceRight((rest, start) => this.add(NFA_SPLIT, 0, 0, start, rest));
  }

  private repeat(item: Tree, min: number, max: number, next: number): number {
    let at = next;
    if (max === Infinity) {
      at = this.add(NFA_SPLIT, 0, 0, 0, next);
      this.instructions[at].next = this.build(item, at);
    } else {
      for (let i = min; i < max; i++) at = this.add(NFA_SPLIT, 0, 0, this.build(item, at), next);
    }
    for (let i = 0; i < min; i++) at = this.build(item, at);
    return at;
  }
}

/** Throws PatternError when it would be too large. */
export function assemble(tree: Tree): Program {
  const assembler = new Assembler();
  const match = assembler.add(NFA_MATCH, 0, 0, 0);
  const start = assembler.build(tree, match);
  return { instructions: assembler.instructions, start };
}
