// `?filter=`: a regular expression (RE2 syntax, as in Envoy), found anywhere in a name. It becomes a byte DFA, so that no pattern can keep the
// control thread: a match takes one step for each byte of a name.
import { compilePattern, PatternError } from '../compile/regex/compile.js';

export type NameFilter = (name: string) => boolean;

const MAX_LENGTH = 512;

/** The filter, or the sentence that says why it is refused. */
export function nameFilter(pattern: string | null): NameFilter | string {
  return compileFilter(pattern, (inner) => `(?s:.*)(?:${inner})(?s:.*)`);
}

/** As `nameFilter`, of the whole name. */
export function wholeNameFilter(pattern: string | null): NameFilter | string {
  return compileFilter(pattern, (inner) => inner);
}

function compileFilter(pattern: string | null, around: (pattern: string) => string): NameFilter | string {
  if (pattern === null || pattern === '') return () => true;
  if (pattern.length > MAX_LENGTH) return `the filter is longer than ${MAX_LENGTH} characters`;
  try {
    compilePattern(pattern); // alone: in the brackets below "a)(b" would be a pattern
    const { dfa } = compilePattern(around(pattern));
    if (dfa === undefined) return 'the filter is too complex';
    const { classes, classCount, table, start, accepting } = dfa;
    return (name) => {
      let state = start;
      for (const byte of Buffer.from(name)) state = table[state * classCount + classes[byte]];
      return state >= accepting;
    };
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}
