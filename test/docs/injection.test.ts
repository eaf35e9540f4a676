// docs/injection.md says what the tables in the code say. WEFT_WRITE_GOLDEN=1 writes its two parts anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { annotationTable, defaultValuesYaml } from '../../host/injector/documentation.js';
import { DEFAULT_VALUES, readValues } from '../../host/injector/inject.js';
import { REPOSITORY } from '../support/repository.js';

const PAGE = join(REPOSITORY, 'docs/injection.md');
const PARTS = {
  annotations: annotationTable(),
  values: `\`\`\`yaml\n${defaultValuesYaml()}\n\`\`\``,
};

function withParts(page: string): string {
  return Object.entries(PARTS).reduce(
    (text, [name, part]) =>
      text.replace(
        new RegExp(`(<!-- ${name}: [^\n]*\n)[^]*?(<!-- end -->)`),
        (_, head: string, end: string) => `${head}${part}\n${end}`,
      ),
    page,
  );
}

if (process.env.WEFT_WRITE_GOLDEN === '1') writeFileSync(PAGE, withParts(readFileSync(PAGE, 'utf8')));

test('the annotations and the default values of the page are those of the code', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toBe(withParts(page));
  for (const part of Object.values(PARTS)) expect(page).toContain(part);
});

test('the default values, read as a file of values, are the defaults', () => {
  const { values, findings } = readValues(defaultValuesYaml());
  expect(findings).toEqual([]);
  expect(values).toEqual(DEFAULT_VALUES);
});

test('the example of a template on the page is accepted', () => {
  const example = /```yaml\n(defaultTemplates[^]*?)```/.exec(readFileSync(PAGE, 'utf8'))![1];
  expect(readValues(example).findings).toEqual([]);
});
