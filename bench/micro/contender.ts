// What a microbenchmark is made of. Every contender of a case gives the same answer; each runs in a process of its own.

export interface Contender {
  name: string;
  /** Prepares and returns the operation, which throws when its answer is wrong. */
  setup?: () => () => void;
  /** How often one call of it does the work, so that calling it weighs little beside nanoseconds; 1 if left out. */
  batch?: number;
  /** A program outside: nanoseconds per operation, or the line that says how to get it. */
  outside?: () => number | string;
}

export interface MicroCase {
  name: string;
  /** The first one is what the others are compared with. */
  contenders: Contender[];
}

/** Throws unless two answers are the same. */
export function answer(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`a contender answered ${found} instead of ${wanted}`);
}
