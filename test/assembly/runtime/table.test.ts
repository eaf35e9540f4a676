// What workers read of the runtime.
import { describe, expect, test } from 'vitest';
import { RuntimeKeys } from '../../../host/runtime/keys.js';
import { testCore } from '../../support/core.js';
import { RouteTester } from '../../support/route.js';
import { snapshot } from '../../support/runtime.js';

/** A share of the requests goes to one cluster, the rest to another. */
function route(fraction: string): string {
  return `
virtual_hosts:
- name: all
  domains: ['*']
  routes:
  - { match: { prefix: /, runtime_fraction: ${fraction} }, route: { cluster: part } }
  - { match: { prefix: / }, route: { cluster: rest } }
`;
}

const t = testCore();
const keys = new RuntimeKeys(t.control);
const x = t.worker.exports;

function number(name: string, absent = -1): number {
  const key = keys.acquire(name) + 1;
  try {
    return x.runtimeNumber(key, absent);
  } finally {
    keys.release(name);
  }
}

describe('values', () => {
  test('a key that nobody has says the default, whether there is a table or not', () => {
    expect(x.runtimeNumber(0, 7)).toBe(7);
    expect(x.runtimeNumber(5, 7)).toBe(7);
    expect(x.runtimeNumber(70_000, 7)).toBe(7);
    expect(number('nobody')).toBe(-1);
    expect(x.runtimeBoolean(1, true)).toBeTruthy();
  });

  test('a key can be read as soon as it has an index, and says something else after the next change', () => {
    keys.apply(snapshot({ a: 5, b: '60', c: 2 ** 31 }, { b: 'no number', huge: '1.8446744073709552e19', half: 2.5 }));
    expect(number('a')).toBe(5);
    expect(number('b')).toBe(-1);
    expect(number('c')).toBe(2 ** 31);
    expect(number('huge')).toBe(2 ** 64);
    expect(number('half')).toBe(2);
    const key = keys.acquire('a') + 1;
    keys.apply(snapshot({ a: 6 }));
    expect(x.runtimeNumber(key, 0)).toBe(6);
    keys.apply(snapshot({ a: true }));
    expect(x.runtimeNumber(key, 0)).toBe(0);
    expect(x.runtimeBoolean(key, false)).toBeTruthy();
    keys.apply(snapshot({}));
    expect(x.runtimeBoolean(key, false)).toBeFalsy();
    keys.release('a');
  });

  test('the table grows with the keys, and an index that is used again says what its new key says', () => {
    const many = Array.from({ length: 300 }, (_, i) => `key${i}`);
    keys.apply(snapshot(Object.fromEntries(many.map((name, i) => [name, i]))));
    const indices = many.map((name) => keys.acquire(name));
    expect(indices.map((index) => x.runtimeNumber(index + 1, -1))).toEqual(many.map((_, i) => i));
    for (const name of many) keys.release(name);
    expect(keys.used).toBe(0);
    expect(number('nothing of it')).toBe(-1);
    expect(number('key299')).toBe(299);
  });

  test('a fraction without a number is drawn: 0 never, all always', () => {
    keys.apply(snapshot({ never: 0, always: 100, million: { numerator: 1_000_000, denominator: 'MILLION' } }));
    for (const [name, wanted] of [
      ['never', 0],
      ['always', 1],
      ['million', 1],
      ['default', 0],
    ] as const) {
      const key = keys.acquire(name) + 1;
      for (let i = 0; i < 200; i++) expect(x.runtimeFractionDraw(key, 0, 100)).toBe(wanted);
      keys.release(name);
    }
  });
});

describe('runtime_fraction of a route', () => {
  const tester = new RouteTester(testCore());
  /** Whether the first route is taken by a share of the random values, and by no other. */
  const expectShare = (numerator: number, denominator: number): void => {
    for (const random of [0, numerator - 1, numerator, denominator - 1, denominator, 123_456_789]) {
      if (random < 0) continue;
      const cluster = tester.match({ path: '/', random: BigInt(random) })?.cluster;
      expect([random, cluster]).toEqual([random, random % denominator < numerator ? 'part' : 'rest']);
    }
  };

  test.each([
    [{}, 3000, 10_000],
    [{ k: 50 }, 50, 100],
    [{ k: '20' }, 20, 100],
    [{ k: 101 }, 100, 100],
    [{ k: 0 }, 0, 100],
    [{ k: { numerator: 7, denominator: 'TEN_THOUSAND' } }, 7, 10_000],
    [{ k: { numerator: 7 } }, 7, 100],
    [{ k: { numerator: 20_000, denominator: 'TEN_THOUSAND' } }, 20_000, 10_000],
    [{ k: { numerator: 3000, denominator: 'MILLION' } }, 3000, 1_000_000],
    [{ k: 'text' }, 3000, 10_000],
    [{ k: true }, 3000, 10_000],
    [{ other: 50 }, 3000, 10_000],
  ])('%j: %d of %d', (layer, numerator, denominator) => {
    tester.runtime.apply(snapshot(layer));
    tester.load(route('{ runtime_key: k, default_value: { numerator: 3000, denominator: TEN_THOUSAND } }'));
    expectShare(numerator, denominator);
  });

  test('a change of the runtime is seen by routes that are there already', () => {
    tester.runtime.apply(snapshot({ k: 10 }));
    tester.load(route('{ runtime_key: k, default_value: { numerator: 100 } }'));
    expectShare(10, 100);
    tester.runtime.apply(snapshot({ k: 20 }));
    expectShare(20, 100);
    tester.runtime.apply(snapshot({}));
    expectShare(100, 100);
  });

  test('without a key the default is all there is', () => {
    tester.runtime.apply(snapshot({ '': 10 }));
    tester.load(route('{ default_value: { numerator: 30 } }'));
    expectShare(30, 100);
  });
});
