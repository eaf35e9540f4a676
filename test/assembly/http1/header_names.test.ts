import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { W_RX } from '../../../assembly/abi.js';
import { testCore } from '../../support/core.js';

// The ids as the source gives them: H_X_REQUEST_ID = 14 is x-request-id.
const source = readFileSync(new URL('../../../assembly/http1/header_names.ts', import.meta.url), 'utf8');
const names = new Map(
  [...source.matchAll(/^export const H_(\w+): u32 = (\d+);/gm)].map((m) => [
    m[1].toLowerCase().replaceAll('_', '-'),
    Number(m[2]),
  ]),
);
const t = testCore();
const { headerNameId, headerNameAddress, headerNameLength } = t.worker.exports;

function idOf(name: string): number {
  const p = t.W + W_RX;
  t.worker.u8.set(Buffer.from(`${name}zzzz`, 'latin1'), p);
  return headerNameId(p, name.length);
}

test('every well-known name has the id of its constant, and the id has the name', () => {
  expect(names.size).toBeGreaterThan(60);
  for (const [name, id] of names) {
    expect([name, idOf(name)]).toEqual([name, id]);
    const p = headerNameAddress(id);
    expect(Buffer.from(t.worker.u8.slice(p, p + headerNameLength(id))).toString()).toBe(name);
  }
});

test('a name that differs in one byte, or is longer or shorter, is not well known', () => {
  for (const name of names.keys()) {
    for (let i = 0; i < name.length; i++) {
      const other = name.slice(0, i) + String.fromCharCode(name.charCodeAt(i) ^ 1) + name.slice(i + 1);
      expect([other, idOf(other)]).toEqual([other, names.get(other) ?? 0]);
      const shorter = name.slice(0, i);
      expect([shorter, idOf(shorter)]).toEqual([shorter, names.get(shorter) ?? 0]);
    }
    expect(idOf(`${name}x`)).toBe(0);
  }
});
