// The patch against an independent implementation of RFC 6902 that applies it.
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { expect, test } from 'vitest';
import { jsonPatch, type PatchOperation } from '../../../../host/injector/webhook/json_patch.js';

function apply(from: unknown, patch: readonly PatchOperation[]): unknown {
  const holder = structuredClone({ document: from });
  const moved = structuredClone(patch).map((each) => ({ ...each, path: `/document${each.path}` }));
  expect(applyPatch(holder, moved).filter((error) => error !== null)).toEqual([]);
  return holder.document;
}

const named = (name: string, more: object = {}): object => ({ name, ...more });

test('a container before others is one add, and a changed one is changed in place', () => {
  const from = { containers: [named('a', { image: '1' }), named('b')] };
  const to = { containers: [named('proxy'), named('a', { image: '2' }), named('b')] };
  expect(jsonPatch(from, to)).toEqual([
    { op: 'add', path: '/containers/0', value: { name: 'proxy' } },
    { op: 'replace', path: '/containers/1/image', value: '2' },
  ]);
});

test('equal values need no operation', () => {
  const value = { a: [1, { b: null }], c: 'x' };
  expect(jsonPatch(value, structuredClone(value))).toEqual([]);
});

test('names are escaped by RFC 6901', () => {
  const from = { 'a/b': 1, 'c~d': 1, '~1': 1 };
  const to = { 'a/b': 2, '~1': 2 };
  const patch = jsonPatch(from, to);
  expect(patch.map(({ path }) => path)).toEqual(['/c~0d', '/a~1b', '/~01']);
  expect(apply(from, patch)).toEqual(to);
});

test('an undefined field is no field, as in JSON', () => {
  expect(jsonPatch({ a: 1, b: undefined }, { a: undefined, b: 2, c: undefined })).toEqual([
    { op: 'remove', path: '/a' },
    { op: 'add', path: '/b', value: 2 },
  ]);
});

test('lists too long for a table are replaced as a whole', () => {
  const from = Array.from({ length: 1000 }, (_, i) => i);
  const to = Array.from({ length: 1000 }, (_, i) => i + 5000);
  expect(jsonPatch(from, to)).toEqual([{ op: 'replace', path: '', value: to }]);
});

test('what is patched is always what was wanted', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', '/', '~', '');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, 1, 'x', ''),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.dictionary(name, tie('value'), { maxKeys: 5 }),
      fc.record({ name, x: tie('value') }),
    ),
  }));
  fc.assert(
    fc.property(value, value, (from, to) => {
      expect(apply(from, jsonPatch(from, to))).toEqual(to);
    }),
    { numRuns: 3000 },
  );
});
