// Subset construction: the DFA of a program over classes of bytes.
import { DFA_MAX_STATES } from '../../../assembly/abi.js';
import { NFA_ASSERT, NFA_MATCH, NFA_RANGE, NFA_SPLIT, NO_OTHER, type Program } from './program.js';
import { LOOK_LINE_END, LOOK_LINE_START, LOOK_NOT_WORD, LOOK_TEXT_END, LOOK_TEXT_START, LOOK_WORD } from './syntax.js';

export interface Dfa {
  /** byte -> class */
  readonly classes: Uint8Array;
  readonly classCount: number;
  /** [state * classCount + class]; state 0 is dead. */
  readonly table: Uint16Array;
  readonly start: number;
  /** States from this number on accept. */
  readonly accepting: number;
  readonly stateCount: number;
}

/** Steps after which a pattern is simulated rather than compiled: some tenths of a second. */
const MAX_WORK = 4_000_000;

// What stands beside a position, as far as look-around can tell.
const BEYOND = 0; // start or end of the text
const WORD = 1;
const LINE_FEED = 2;
const OTHER = 3;

function neighbour(byte: number): number {
  if (byte === 10) return LINE_FEED;
  const isWord = (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || byte === 95 || (byte >= 97 && byte <= 122);
  return isWord ? WORD : OTHER;
}

function looks(before: number, after: number): number {
  let held = (before === WORD) !== (after === WORD) ? LOOK_WORD : LOOK_NOT_WORD;
  if (before === BEYOND) held |= LOOK_TEXT_START | LOOK_LINE_START;
  if (before === LINE_FEED) held |= LOOK_LINE_START;
  if (after === BEYOND) held |= LOOK_TEXT_END | LOOK_LINE_END;
  if (after === LINE_FEED) held |= LOOK_LINE_END;
  return held;
}

interface ByteClasses {
  readonly map: Uint8Array;
  readonly samples: number[]; // one byte of each class
}

function byteClasses(program: Program, hasLooks: boolean): ByteClasses {
  const starts = new Set([0]);
  const cut = (low: number, high: number): void => void starts.add(low).add(high + 1);
  for (const i of program.instructions) if (i.op === NFA_RANGE && i.low <= i.high) cut(i.low, i.high);
  if (hasLooks) for (const [low, high] of ['\n\n', '09', 'AZ', '__', 'az']) cut(low.charCodeAt(0), high.charCodeAt(0));
  const map = new Uint8Array(256);
  const samples: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    if (starts.has(byte)) samples.push(byte);
    map[byte] = samples.length - 1;
  }
  return { map, samples };
}

interface State {
  readonly kernel: readonly number[]; // sorted instructions
  readonly before: number;
  readonly next: number[]; // by class
  accepts: boolean;
}

class Construction {
  private readonly states: State[] = [];
  private readonly known = new Map<string, number>();
  private readonly marked: Uint8Array;
  private readonly hasLooks: boolean;
  private readonly bytes: ByteClasses;
  private work = 0;

  constructor(private readonly program: Program) {
    this.hasLooks = program.instructions.some((i) => i.op === NFA_ASSERT);
    this.bytes = byteClasses(program, this.hasLooks);
    this.marked = new Uint8Array(program.instructions.length);
  }

  run(): Dfa | undefined {
    this.state([], OTHER); // dead
    const start = this.state([this.program.start], BEYOND);
    for (let i = 0; i < this.states.length; i++) {
      this.expand(this.states[i]);
      if (this.states.length > DFA_MAX_STATES || this.work > MAX_WORK) return undefined;
    }
    return this.laidOut(start);
  }

  // Without look-around a state is its closure, and what came before it does not matter.
  private state(kernel: readonly number[], before: number): number {
    const set = this.hasLooks ? kernel : this.closure(kernel, 0);
    const sorted = [...new Set(set)].toSorted((a, b) => a - b);
    const context = this.hasLooks && sorted.length > 0 ? before : OTHER;
    const key = `${context}:${sorted.join()}`;
    let found = this.known.get(key);
    if (found === undefined) {
      found = this.states.push({ kernel: sorted, before: context, next: [], accepts: false }) - 1;
      this.known.set(key, found);
    }
    return found;
  }

  private closure(kernel: readonly number[], held: number): number[] {
    const stack = [...kernel];
    const out: number[] = [];
    const touched: number[] = [];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.marked[at]) continue;
      this.marked[at] = 1;
      touched.push(at);
      const i = this.program.instructions[at];
      if (i.op === NFA_SPLIT) stack.push(i.other, i.next);
      else if (i.op === NFA_ASSERT) {
        if ((i.low & held) === i.low) stack.push(i.next);
      } else out.push(at);
    }
    for (const at of touched) this.marked[at] = 0;
    this.work += touched.length;
    return out;
  }

  private expand(state: State): void {
    const closures = [BEYOND, WORD, LINE_FEED, OTHER].map((after) =>
      this.hasLooks ? this.closure(state.kernel, looks(state.before, after)) : state.kernel,
    );
    const { instructions } = this.program;
    state.accepts = closures[BEYOND].some((at) => instructions[at].op === NFA_MATCH);
    const targets: number[][] = this.bytes.samples.map(() => []);
    closures.forEach((closure, kind) => {
      if (kind === BEYOND || (!this.hasLooks && kind !== OTHER)) return;
      for (const at of closure) this.step(at, kind, targets);
    });
    targets.forEach((next, c) => {
      state.next.push(next.length === 0 ? 0 : this.state(next, neighbour(this.bytes.samples[c])));
    });
  }

  // Adds where an instruction leads to the classes of its bytes; with look-around only to those of one kind.
  private step(at: number, kind: number, targets: number[][]): void {
    const { map, samples } = this.bytes;
    for (let chain = at; chain !== NO_OTHER;) {
      const i = this.program.instructions[chain];
      if (i.op !== NFA_RANGE) return;
      chain = i.other;
      if (i.low > i.high) continue;
      for (let c = map[i.low]; c <= map[i.high]; c++) {
        if (!this.hasLooks || neighbour(samples[c]) === kind) targets[c].push(i.next);
      }
      this.work += map[i.high] - map[i.low] + 1;
    }
  }

  private laidOut(start: number): Dfa {
    const order = this.states.map((_, i) => i);
    const rank = (i: number): number => (i === 0 ? 0 : this.states[i].accepts ? 2 : 1);
    order.sort((a, b) => rank(a) - rank(b) || a - b);
    const number = new Uint16Array(order.length);
    order.forEach((state, i) => (number[state] = i));
    const classCount = this.bytes.samples.length;
    const table = new Uint16Array(order.length * classCount);
    order.forEach((state, i) => {
      this.states[state].next.forEach((to, c) => (table[i * classCount + c] = number[to]));
    });
    const accepting = order.findIndex((state) => this.states[state].accepts);
    return {
      classes: this.bytes.map,
      classCount,
      table,
      start: number[start],
      accepting: accepting < 0 ? order.length : accepting,
      stateCount: order.length,
    };
  }
}

/** The DFA of a program, or undefined when it would have too many states. */
export function determinize(program: Program): Dfa | undefined {
  return new Construction(program).run();
}
