// The table "Failure classes and their tests" of SECURITY.md says what the tests say: each class named there has tests of that
// name in each of its files, and none that is required is missing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../support/repository.js';

/** What HTTP/1.1, paths, hosts, limits, logs and connection reuse touch, except TLS (class 19). */
const REQUIRED = [
  ...range(1, 18),
  ...range(20, 24),
  ...range(37, 41),
  ...range(44, 47),
  61,
  64,
  67,
  69,
  70,
  71,
  74,
  75,
];
/** Classes about the behaviour of connections: something runs the built proxy. */
const END_TO_END = [...range(13, 18), ...range(22, 24), 46, 47, 67, 69];

interface Row {
  classNumber: number;
  files: string[];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function read(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}

/** Rows `| 14 | what | examples | files |`. */
function rows(): Row[] {
  const section = read('SECURITY.md').split('\n## Failure classes and their tests\n')[1].split('\n## ')[0];
  return [...section.matchAll(/^\| (\d+) +\|[^|]*\|[^|]*\|([^|]*)\|$/gm)].map(([, classNumber, files]) => ({
    classNumber: Number(classNumber),
    files: [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file),
  }));
}

/** Class numbers in the names of tests and of golden cases. */
function named(file: string): number[] {
  const text = read(file);
  const name = file.endsWith('.md') ? /^## class(?:es)? ([\d, and]+):/gm : /['"`]class(?:es)? ([\d, and]+):/g;
  return [...text.matchAll(name)].flatMap(([, numbers]) => (numbers.match(/\d+/g) ?? []).map(Number));
}

test('each file of a row has a test that is named after the class', () => {
  for (const { classNumber, files } of rows()) {
    for (const file of files) expect.soft(named(file), `${file}, class ${classNumber}`).toContain(classNumber);
  }
});

test('no required class is without a test', () => {
  const covered = rows().flatMap(({ classNumber, files }) => (files.length > 0 ? [classNumber] : []));
  expect(REQUIRED.filter((each) => !covered.includes(each))).toEqual([]);
});

test('classes about connections have an end-to-end test', () => {
  const proven = rows().flatMap(({ classNumber, files }) =>
    files.some((file) => file.startsWith('test/e2e/')) ? [classNumber] : [],
  );
  expect(END_TO_END.filter((each) => !proven.includes(each))).toEqual([]);
});
