import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editScript, unifiedDiff } from '../../../host/injector/text_diff.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '-', '+ '), { maxLength: 30 });

test('the edits lead from the one text to the other, and no shorter ones do', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const edits = editScript(before, after);
      expect(edits.filter(({ kind }) => kind !== '+').map(({ line }) => line)).toEqual(before);
      expect(edits.filter(({ kind }) => kind !== '-').map(({ line }) => line)).toEqual(after);
      expect(edits.filter(({ kind }) => kind === ' ').length).toBe(commonLength(before, after));
    }),
    { seed: FUZZ_SEED, numRuns: 1000 },
  );
});

/** The length of the longest common subsequence, by the table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i][j] = a[i - 1] === b[j - 1] ? table[i - 1][j - 1] + 1 : Math.max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.length][b.length];
}

test('equal texts have no difference, and hunks far apart stand apart', () => {
  expect(unifiedDiff('a\n', 'a\n', 'x')).toBe('');
  const before = Array.from({ length: 40 }, (_, i) => `${i}\n`).join('');
  const diff = unifiedDiff(before, before.replace('3\n', 'three\n').replace('35\n', ''), 'x');
  expect(diff.match(/^@@.*@@$/gm)).toEqual(['@@ -1,7 +1,7 @@', '@@ -33,7 +33,6 @@']);
});
