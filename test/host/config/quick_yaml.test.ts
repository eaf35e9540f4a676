// The quick reader beside the library: what it reads at all, it reads as the library does.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isListNode, isMapNode, type DocumentNode } from '../../../host/config/document.js';
import { parseFullYaml } from '../../../host/config/full_yaml.js';
import { parseQuickYaml } from '../../../host/config/quick_yaml.js';
import { REPOSITORY } from '../../support/repository.js';

/** Everything that findings and values can come from. Where a collection ends shows in nothing but its first line. */
function shape(node: DocumentNode | null): unknown {
  if (isMapNode(node)) return [node.start, node.entries.map(({ key, value }) => [shape(key), shape(value)])];
  if (isListNode(node)) return [node.start, ...node.items.map(shape)];
  return node;
}

function expectSame(text: string): boolean {
  const quick = parseQuickYaml(text);
  if (quick === undefined) return false;
  const { root, problems } = parseFullYaml(text);
  expect(problems, text).toEqual([]);
  expect(shape(quick), text).toEqual(shape(root));
  return true;
}

const ordinary = `
# a comment
--like: this
static_resources: # another
  listeners:
  - name: a b   # trailing
    address: { socket_address: { address: "127.0.0.1", port_value: 80 } }
    domains: ["*", 'it''s', a.b:80, x#y, -1, .5]
    nested:
    - - 1
      - "\\u00e9\\n\\"": deep
        more: {}
    - []
  "quoted key": http://a/b?c=d&e
other: {"json": [1, 2.5e3, true, null, {"a":"b"}],
  more: ok }
`;

test('an ordinary configuration is read without the library', () => {
  expect(expectSame(ordinary)).toBe(true);
  expect(expectSame('{"a":\n[1,\n{"b": null}]}')).toBe(true);
  expect(expectSame('---\na: b')).toBe(true);
});

test.each(['examples', 'test/golden/config'])('every configuration in %s is read as the library reads it', (folder) => {
  const files = readdirSync(join(REPOSITORY, folder)).filter((name) => /\.(ya?ml|json)$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) expectSame(readFileSync(join(REPOSITORY, folder, name), 'utf8'));
});

describe('what it leaves to the library', () => {
  test.each([
    ['nothing', ''],
    ['an anchor and an alias', 'a: &x 1\nb: *x\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a block scalar', 'a: |\n  text\n'],
    ['a plain scalar of two lines', 'a: b\n  c\n'],
    ['a quoted scalar of two lines', 'a: "b\n  c"\n'],
    ['a value that is missing', 'a:\nb: 1\n'],
    ['a complex key', '? a\n: b\n'],
    ['a pair in a list', '[a: b]'],
    ['a tab', 'a:\tb\n'],
    ['a carriage return', 'a: b\r\n'],
    ['two documents', 'a: b\n---\nc: d\n'],
    ['a directive', '%YAML 1.1\n---\na: b\n'],
    ['a map in a value', 'a: b: c\n'],
    ['a flow collection that hangs out of its block', 'a: [\n1]\n'],
    ['a key of more than 1000 characters', `${'k'.repeat(1025)}: 1\n`],
    ['lists in lists without end', '['.repeat(2000)],
  ])('%s', (_, text) => {
    expect(parseQuickYaml(text)).toBeUndefined();
  });
});

const TOKENS = [
  ...' \n\n\n  -:,[]{}#"\'ab01&*!|>%@`?\\.',
  '- ',
  ': ',
  ' #',
  '\n  ',
  '\n- ',
  'a: ',
  '{a: ',
  '"a":',
  '\n    ',
];

test('of random token rows, none is read otherwise', () => {
  let read = 0;
  const row = fc.array(fc.constantFrom(...TOKENS), { maxLength: 14 }).map((tokens) => tokens.join(''));
  fc.assert(
    fc.property(row, (text) => {
      if (expectSame(text)) read++;
    }),
    { numRuns: 30_000 },
  );
  expect(read).toBeGreaterThan(1000);
});

test('of documents with a token put in, taken out or doubled, none is read otherwise', () => {
  let read = 0;
  const lines = ordinary.split('\n');
  const piece = fc.tuple(fc.nat(lines.length), fc.integer({ min: 1, max: 8 }));
  const edit = fc.tuple(fc.nat(400), fc.nat(3), fc.constantFrom(...TOKENS));
  fc.assert(
    fc.property(piece, fc.array(edit, { minLength: 1, maxLength: 2 }), ([from, count], edits) => {
      let text = lines.slice(from, from + count).join('\n');
      for (const [at, cut, token] of edits) {
        const i = at % (text.length + 1);
        text = text.slice(0, i) + token + text.slice(i + cut);
      }
      if (expectSame(text)) read++;
    }),
    { numRuns: 20_000 },
  );
  expect(read).toBeGreaterThan(2000);
});
