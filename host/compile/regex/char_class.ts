// Sets of code points: union, complement, case folding, and the named classes of RE2.
import { caseVariants, foldablePoints } from './case_fold.js';
import type { Ranges } from './syntax.js';

export const MAX_CODE_POINT = 0x10ffff;

/** Sorts ranges and joins those that touch. */
export function normalized(ranges: Ranges): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i], ranges[i + 1]]);
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const out: number[] = [];
  for (const [low, high] of pairs) {
    if (out.length > 0 && low <= out[out.length - 1] + 1) out[out.length - 1] = Math.max(out[out.length - 1], high);
    else out.push(low, high);
  }
  return out;
}

export function negated(ranges: Ranges): number[] {
  const out: number[] = [];
  let next = 0;
  const sorted = normalized(ranges);
  for (let i = 0; i < sorted.length; i += 2) {
    if (sorted[i] > next) out.push(next, sorted[i] - 1);
    next = sorted[i + 1] + 1;
  }
  if (next <= MAX_CODE_POINT) out.push(next, MAX_CODE_POINT);
  return out;
}

/** The ranges with every other case of their letters (simple case folding). */
export function folded(ranges: Ranges): number[] {
  const out = [...ranges];
  const points = foldablePoints();
  for (let i = 0; i < ranges.length; i += 2) {
    for (let k = lowerBound(points, ranges[i]); k < points.length && points[k] <= ranges[i + 1]; k++) {
      for (const other of caseVariants(points[k])) out.push(other, other);
    }
  }
  return normalized(out);
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function ascii(...spans: string[]): number[] {
  return spans.flatMap((s) => [s.charCodeAt(0), s.charCodeAt(s.length - 1)]);
}

const DIGIT = ascii('09');
const WORD = ascii('09', 'AZ', '_', 'az');
const SPACE = ascii('\t\n', '\f\r', ' ');

/** `\d`, `\w`, `\s`. */
export const PERL_CLASSES: ReadonlyMap<string, Ranges> = new Map([
  ['d', DIGIT],
  ['w', WORD],
  ['s', SPACE],
]);

/** `[[:alpha:]]` and its like. */
export const POSIX_CLASSES: ReadonlyMap<string, Ranges> = new Map([
  ['alnum', ascii('09', 'AZ', 'az')],
  ['alpha', ascii('AZ', 'az')],
  ['ascii', ascii('\0\x7f')],
  ['blank', ascii('\t', ' ')],
  ['cntrl', ascii('\0\x1f', '\x7f')],
  ['digit', DIGIT],
  ['graph', ascii('!~')],
  ['lower', ascii('az')],
  ['print', ascii(' ~')],
  ['punct', ascii('!/', ':@', '[`', '{~')],
  ['space', ascii('\t\r', ' ')],
  ['upper', ascii('AZ')],
  ['word', WORD],
  ['xdigit', ascii('09', 'AF', 'af')],
]);

const CATEGORIES = new Set(
  'L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs C Cc Cf Co Cs'.split(' '),
);
const known = new Map<string, Ranges>();

// RE2's C has no unassigned code points, JavaScript's has.
function propertyPattern(name: string): RegExp | undefined {
  if (name === 'C') return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
  if (CATEGORIES.has(name)) return new RegExp(`\\p{${name}}`, 'u');
  if (!/^[A-Z][A-Za-z_]{2,40}$/.test(name)) return undefined;
  try {
    return new RegExp(`\\p{Script=${name}}`, 'u');
  } catch {
    return undefined;
  }
}

/** The code points of a Unicode category or script as RE2 spells them, or undefined. */
export function unicodeClass(name: string): Ranges | undefined {
  if (name === 'Any') return [0, MAX_CODE_POINT];
  const found = known.get(name);
  if (found !== undefined) return found;
  const pattern = propertyPattern(name);
  if (pattern === undefined) return undefined;
  const out: number[] = [];
  for (let c = 0; c <= MAX_CODE_POINT; c++) {
    if (!pattern.test(String.fromCodePoint(c))) continue;
    if (out.length > 0 && out[out.length - 1] === c - 1) out[out.length - 1] = c;
    else out.push(c, c);
  }
  known.set(name, out);
  return out;
}
