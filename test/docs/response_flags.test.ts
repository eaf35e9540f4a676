import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RESPONSE_FLAGS } from '../../host/access_log/response_flags.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const doc = readFileSync(`${root}docs/response_flags.md`, 'utf8');

test('docs/response_flags.md names every flag once, with its long name', () => {
  for (const { short, long } of RESPONSE_FLAGS) {
    expect(doc.split(`\`${short}\``).length - 1, short).toBe(1);
    expect(doc, long).toContain(long);
  }
});

test('the flags in its table are those that the core sets', () => {
  const table = [...doc.matchAll(/^\| `([A-Z]+)` \|/gm)].map((match) => match[1]);
  const uses = execFileSync('grep', ['-rhoE', '--include=*.ts', '--exclude=abi.ts', '\\bFLAG_[A-Z]+', 'assembly'], {
    cwd: root,
    encoding: 'utf8',
  });
  const set = new Set(uses.split('\n').map((name) => name.replace('FLAG_', '')));
  expect(table.toSorted()).toEqual(
    RESPONSE_FLAGS.map(({ short }) => short)
      .filter((short) => set.has(short))
      .toSorted(),
  );
});
