// A pattern (RE2 syntax, full match as RE2::FullMatch) -> a Regex in the core: a DFA where it is small enough, else its NFA.
import { putBytes, type Core } from '../../core/load.js';
import { determinize, type Dfa } from './dfa.js';
import { literalPrefix, parsePattern } from './parse.js';
import { assemble, type Program } from './program.js';
import { PatternError } from './syntax.js';

export { PatternError } from './syntax.js';

export interface CompiledPattern {
  /** The text with which every match begins. */
  readonly prefix: string;
  readonly program: Program;
  /** Absent when it would have more than DFA_MAX_STATES states: the program is simulated. */
  readonly dfa: Dfa | undefined;
}

/** Throws PatternError: bad syntax, or too large. */
export function compilePattern(pattern: string): CompiledPattern {
  const tree = parsePattern(pattern);
  const program = assemble(tree);
  return { prefix: literalPrefix(tree), program, dfa: determinize(program) };
}

function made(address: number): number {
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  return address;
}

function putDfa(core: Core, object: number, dfa: Dfa): number {
  const classes = putBytes(core, object, dfa.classes);
  const table = putBytes(core, object, new Uint8Array(dfa.table.buffer));
  return made(
    core.exports.regexNewDfa(object, classes.address, dfa.classCount, table.address, dfa.start, dfa.accepting),
  );
}

function putNfa(core: Core, object: number, program: Program): number {
  const { instructions, start } = program;
  const address = made(core.exports.regexNewNfa(object, instructions.length, start));
  instructions.forEach((i, at) => core.exports.regexSetInstruction(address, at, i.op, i.low, i.high, i.next, i.other));
  return address;
}

/** The address of the Regex, part of `object`. */
export function putRegex(core: Core, object: number, { dfa, program }: CompiledPattern): number {
  return dfa === undefined ? putNfa(core, object, program) : putDfa(core, object, dfa);
}

/** What is wrong with a pattern, as the parts of a finding. */
export function patternProblem(error: PatternError): { message: string; code: 'WEFT1403' | 'WEFT1407' } {
  if (error.isLimit) return { message: error.message, code: 'WEFT1407' };
  return { message: `${error.message} at character ${error.position + 1}`, code: 'WEFT1403' };
}
