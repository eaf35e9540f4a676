// The syntax tree of an RE2 regular expression, and what may be wrong with its text.

/** Code points as [low, high, low, high, …], sorted and apart. */
export type Ranges = readonly number[];

export type Tree =
  | { readonly kind: 'class'; readonly ranges: Ranges } // one code point
  | { readonly kind: 'byte' } // \C
  | { readonly kind: 'look'; readonly look: number }
  | { readonly kind: 'concat'; readonly items: readonly Tree[] } // empty: matches the empty text
  | { readonly kind: 'alternate'; readonly items: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly item: Tree; readonly min: number; readonly max: number }; // max Infinity

// LOOK_* of assembly/regex/nfa.ts
export const LOOK_TEXT_START = 1;
export const LOOK_TEXT_END = 2;
export const LOOK_LINE_START = 4;
export const LOOK_LINE_END = 8;
export const LOOK_WORD = 16;
export const LOOK_NOT_WORD = 32;

/** A pattern that RE2 refuses, or that is larger than weft allows. */
export class PatternError extends Error {
  constructor(
    message: string,
    /** Offset of the offending text in the pattern, in UTF-16 units. */
    readonly position: number,
    readonly isLimit = false,
  ) {
    super(message);
  }
}
