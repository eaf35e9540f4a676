// Whoever follows a document into the tree finds the file that it names.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../support/repository.js';

const NAMED = /`((?:assembly|bench|docs|examples|host|proto|scripts|test)\/[\w./-]*\w\/?)`/g;
const guides = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));
const documents = guides
  .map((name) => `docs/${name}`)
  .concat('ARCHITECTURE.md', 'README.md', 'SECURITY.md', 'bench/RESULTS.md');

test.each(documents)('every file that %s names is there', (document) => {
  const names = [...readFileSync(join(REPOSITORY, document), 'utf8').matchAll(NAMED)].map(([, name]) => name);
  expect(names.filter((name) => !existsSync(join(REPOSITORY, name)))).toEqual([]);
});
