// Regular expressions of the core against RE2 (re2js): both the DFA and the simulated NFA.
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { DFA_MAX_STATES, NFA_MAX_STATES } from '../../../../assembly/abi.js';
import { compilePattern, PatternError } from '../../../../host/compile/regex/compile.js';
import { FUZZ_SEED } from '../../../support/fuzz_seed.js';
import { RegexTester } from '../../../support/regex.js';

const tester = new RegexTester();

const TABLE: [pattern: string, texts: string[]][] = [
  ['', ['', 'a', '\n']],
  ['abc', ['abc', 'ab', 'abcd', 'ABC']],
  ['a|b|', ['a', 'b', '', 'ab']],
  ['a*b+c?', ['b', 'aab', 'bbc', 'c', 'abcc']],
  ['a{2,3}', ['a', 'aa', 'aaa', 'aaaa']],
  ['a{2,}', ['a', 'aa', 'aaaaaa']],
  ['a{,2}', ['a{,2}', 'aa', '']],
  ['a{0}', ['', 'a']],
  ['x{2}{', ['xx{', 'xx']],
  ['(?:ab){2}|c', ['abab', 'c', 'ab']],
  ['.', ['a', '\n', 'é', '€', '😀', '']],
  ['(?s).', ['a', '\n']],
  ['(?s:.).', ['\na', 'a\n']],
  ['[^a]', ['b', 'a', '\n', 'é']],
  ['[]a]', [']', 'a', 'b']],
  ['[^]a]', [']', 'b']],
  ['[a-]', ['a', '-', 'b']],
  ['[a-b-c]', ['a', '-', 'c', 'd']],
  ['[\\d\\-x]', ['5', '-', 'x', 'y']],
  ['[[:alpha:][:^digit:]]', ['a', '5', '_']],
  ['[[:word:]]+', ['a_9', 'é']],
  ['\\d\\D\\w\\W\\s\\S', ['1a_- x', '1aa- x']],
  ['\\pL+', ['abc', 'äöü', 'a1']],
  ['\\p{Greek}+', ['αβγ', 'abc']],
  ['\\P{Greek}', ['α', 'a']],
  ['\\p{^Lu}', ['a', 'A']],
  ['\\x41\\x{20ac}\\101\\0', ['A€A\0', 'A€A']],
  ['\\Qa.b*\\E+', ['a.b*', 'a.b**', 'a.b']],
  ['\\a\\f\\t\\n\\r\\v', ['\x07\f\t\n\r\v']],
  ['\\.\\*\\/\\-\\_', ['.*/-_', 'x*/-_']],
  ['^abc$', ['abc', 'abc\n']],
  ['\\Aabc\\z', ['abc', 'abcd']],
  ['(?m)a$\\n^b', ['a\nb', 'ab']],
  ['(?m)^$', ['', '\n']],
  ['a\\b c', ['a c']],
  ['a\\bc', ['ac']],
  ['\\Ba', ['a']],
  ['\\b', ['', 'a']],
  ['\\B', ['', 'a']],
  ['(?:\\b|-)+', ['', '-', '--']],
  ['é\\b', ['é']],
  ['(?i)straße', ['STRAßE', 'straSSe', 'ſtraße', 'STRAẞE']],
  ['(?i)k', ['k', 'K', '\u212a']],
  ['(?i)[^k]', ['k', '\u212a', 'x']],
  ['(?i)\\w', ['\u212a', 'ſ', 'k']],
  ['(?i)\\W', ['\u212a', '-']],
  ['(?i)a(?-i)b', ['Ab', 'aB', 'ab']],
  ['(?i:a)b', ['Ab', 'AB']],
  ['(?i)ς', ['σ', 'Σ', 'ς']],
  ['(?i)İ', ['i', 'İ']],
  ['(?U)a+', ['aa']],
  ['(a*)*', ['', 'aaa', 'b']],
  ['(a|b*)*c', ['abbac', 'c', 'abd']],
  ['(?P<n>a)(?<m>b)', ['ab']],
  ['(|a)+', ['', 'aa']],
  ['(?:a?){3}a{3}', ['aaa', 'aaaaaa', 'aa', 'aaaaaaa']],
  ['[\\x00-\\x{10FFFF}]*', ['', '\0😀\n']],
  ['[^\\x00-\\x{10FFFF}]', ['', 'a']],
  ['^*a', ['a']],
  ['[α-ω]+', ['λόγος', 'λγ']],
  ['/api/v\\d+/(users|items)/[^/]+', ['/api/v1/users/7', '/api/v22/items/x/y', '/api/v/users/1']],
];

test.each(TABLE)('the table: %j', (pattern, texts) => {
  const oracle = RE2JS.compile(pattern);
  for (const kind of ['as compiled', 'nfa'] as const) {
    const m = tester.compile(pattern, kind);
    for (const text of texts) expect([kind, text, m.matches(text)]).toEqual([kind, text, oracle.matches(text)]);
    m.free();
  }
});

const REFUSED: [pattern: string, position: number][] = [
  ['*a', 0],
  ['a**', 2],
  ['a+*', 2],
  ['a|*', 2],
  ['(*a)', 1],
  ['a{1001}', 1],
  ['a{2,1}', 1],
  ['(a{100}){11}', 8],
  ['(a', 0],
  ['a)', 1],
  ['[a', 0],
  ['[z-a]', 1],
  ['[[:nope:]]', 1],
  ['\\', 0],
  ['\\1', 0],
  ['\\8', 0],
  ['\\y', 0],
  ['\\Z', 0],
  ['\\E', 0],
  ['\\x{110000}', 0],
  ['\\xg', 0],
  ['\\p{Nope}', 0],
  ['\\pq', 0],
  ['(?=a)', 0],
  ['(?!a)', 0],
  ['(?<=a)', 0],
  ['(?>a)', 0],
  ['(?P=n)', 0],
  ['(?P<n>a)(?P<n>b)', 9],
  ['(?z)', 0],
  ['(?i-)', 0],
  ['a*+', 2],
];

test.each(REFUSED)('RE2 refuses %j, and so do we, with the position', (pattern, position) => {
  expect(() => RE2JS.compile(pattern)).toThrow();
  let error: unknown;
  try {
    compilePattern(pattern);
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(PatternError);
  expect((error as PatternError).position).toBe(position);
});

// Random patterns of RE2's grammar over a small alphabet, and texts that are likely to match.
const ATOMS =
  'a b k é - . \\d \\w \\W \\s [ab] [^a] [a-k] \\b \\B ^ $ (?i:k) (?s:.) (?m:^) (?m:$) \\n [[:^word:]] [α-ω\\x{e9}] \\x{e9}';
const atom = fc.constantFrom(...ATOMS.split(' '));
const { pattern } = fc.letrec<{ pattern: string; sequence: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    atom,
    tie('pattern').map((p) => `(?:${p})`),
  ),
  sequence: fc
    .array(fc.tuple(tie('piece'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?')), {
      maxLength: 4,
    })
    .map((parts) => parts.map((p) => p.join('')).join('')),
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((all) => all.join('|')),
}));
const shortPattern = pattern.filter((p) => p.length <= 60);
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'k', 'K', 'é', '-', '1', '\n', ' ', '\u212a'), maxLength: 8 });

test('random patterns and texts: DFA, NFA and RE2 agree', () => {
  let tried = 0;
  fc.assert(
    fc.property(shortPattern, fc.array(text, { minLength: 20, maxLength: 20 }), (source, texts) => {
      const oracle = RE2JS.compile(source);
      const dfa = tester.compile(source);
      const nfa = tester.compile(source, 'nfa');
      for (const t of texts) {
        const expected = oracle.matches(t);
        expect([t, dfa.matches(t), nfa.matches(t)]).toEqual([t, expected, expected]);
        tried++;
      }
      dfa.free();
      nfa.free();
    }),
    { numRuns: 1500, seed: FUZZ_SEED },
  );
  expect(tried).toBe(30_000);
});

describe('51: hostile patterns', () => {
  test('exponential backtracking patterns match in linear time', () => {
    const m = tester.compile('(a*)*(a*)*(a|a)*(.*)(.*)(.*)[^b]*c');
    expect(m.matches('a'.repeat(60_000))).toBe(false);
    expect(m.matches(`${'a'.repeat(60_000)}c`)).toBe(true);
  });

  test('a pattern whose DFA is too large is simulated, with the same answer', () => {
    const m = tester.compile('(?:a|b)*a(?:a|b){20}');
    expect(m.compiled.dfa).toBeUndefined();
    const oracle = RE2JS.compile('(?:a|b)*a(?:a|b){20}');
    for (const t of [`a${'b'.repeat(20)}`, `b${'b'.repeat(20)}`, `${'ab'.repeat(500)}a${'ab'.repeat(10)}`, 'a']) {
      expect([t, m.matches(t)]).toEqual([t, oracle.matches(t)]);
    }
  });

  test('a simulated pattern of the largest size takes long texts', () => {
    const m = tester.compile('(?:[ab]{0,30}c){1,30}[ab]*', 'nfa');
    expect(m.compiled.program.instructions.length).toBeGreaterThan(1000);
    expect(m.matches('abc'.repeat(20) + 'ab'.repeat(5_000))).toBe(true);
    expect(m.matches('abc'.repeat(20) + 'ab'.repeat(5_000) + 'd')).toBe(false);
  });

  test('an NFA over the limit is refused as a limit, before it is built', () => {
    for (const source of ['(\\pL{10}){10}', '((a{10}){10}){10}[^a]{1000}\\pL{100}', '.{1000}'.repeat(10)]) {
      let error: unknown;
      try {
        compilePattern(source);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(PatternError);
      expect((error as PatternError).isLimit).toBe(true);
    }
  });

  test('deep nesting is refused and does not exhaust the stack', () => {
    expect(() => compilePattern('('.repeat(50_000))).toThrow(PatternError);
    expect(compilePattern(`${'('.repeat(900)}a${')'.repeat(900)}`).dfa?.stateCount).toBe(3);
  });

  test('the compiled sizes stay within their limits', () => {
    for (const source of ['[^/]+(/[^/]+){5}', '(x+x+)+y', '.*a.{9}', '(?i)[a-z]{1,40}@[a-z]{1,40}']) {
      const { dfa, program } = compilePattern(source);
      expect(program.instructions.length).toBeLessThanOrEqual(NFA_MAX_STATES);
      if (dfa) expect(dfa.stateCount).toBeLessThanOrEqual(DFA_MAX_STATES);
    }
  });
});

test('bytes that are no UTF-8 match as in RE2: not by a dot, but by \\C', () => {
  const bytes = Uint8Array.of(0x61, 0xff);
  expect(tester.compile('a.').matches(bytes)).toBe(false);
  expect(tester.compile('a\\C').matches(bytes)).toBe(true);
  expect(tester.compile('a[^b]').matches(Uint8Array.of(0x61, 0xc3))).toBe(false);
});
