// Names that the core knows by index: an index is never another name's while an object that names it may still be read.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLUSTER_DIR } from '../../../assembly/abi.js';
import { NameIndices, References } from '../../../host/core/name_indices.js';
import { Retirement } from '../../../host/core/retirement.js';
import { clusterSpec, staticEndpoint, testManager } from '../../support/cluster_manager.js';
import { testCore } from '../../support/core.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';

test('a name keeps its index until it is released as often as it was acquired; then another may have it', () => {
  const freed: string[] = [];
  const indices = new NameIndices(8, 'things', (name, index) => freed.push(`${name}=${index}`));
  const a = indices.acquire('a');
  expect(indices.acquire('a')).toBe(a);
  indices.release('a');
  expect(indices.acquire('b')).not.toBe(a);
  expect(freed).toEqual([]);
  indices.release('a');
  expect(freed).toEqual([`a=${a}`]);
  expect(indices.get('a')).toBeUndefined();
  expect(indices.acquire('c')).toBe(a);
});

test('references hold a name once, however often it is named, and give it back once', () => {
  const indices = new NameIndices(8, 'things');
  const one = new References(indices);
  const two = new References(indices);
  expect(one.indexOf('a')).toBe(one.indexOf('a'));
  two.indexOf('a');
  one.release();
  one.release();
  expect(indices.get('a')).toBeDefined();
  two.release();
  expect(indices.get('a')).toBeUndefined();
});

test('releasing what nobody holds is nothing, and when all are taken that is said and nothing is lost', () => {
  const indices = new NameIndices(2, 'things');
  indices.release('never');
  indices.acquire('a');
  indices.acquire('b');
  for (let i = 0; i < 3; i++) expect(() => indices.acquire('c')).toThrow('more than 2 things');
  expect(indices.used).toBe(2);
  indices.release('a');
  expect(indices.acquire('c')).toBeLessThan(2);
  expect(indices.used).toBe(2);
});

test('whatever comes and goes: no two names have one index at a time, and no name has two', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const indices = new NameIndices(8, 'things');
      const holders = new Map<number, { references: References; names: Map<string, number> }>();
      for (const [who, name, lets] of steps) {
        const holder = holders.get(who) ?? { references: new References(indices), names: new Map<string, number>() };
        if (lets) {
          holder.references.release();
          holders.delete(who);
        } else {
          holders.set(who, holder);
          const index = holder.references.indexOf(name);
          expect(holder.names.get(name) ?? index).toBe(index);
          holder.names.set(name, index);
        }
        const held = new Map<number, string>();
        for (const { names } of holders.values())
          for (const [each, index] of names) expect(held.set(index, held.get(index) ?? each).get(index)).toBe(each);
        expect(indices.used).toBe(held.size);
      }
    }),
    { seed: FUZZ_SEED, numRuns: 300 },
  );
});

test('what a replaced object holds is released when the core has freed it, not before', () => {
  const core = testCore();
  const { manager } = testManager(core);
  const retirement = new Retirement(core.control);
  core.worker.exports.online();
  manager.set(clusterSpec('a', [staticEndpoint(1)]));
  const index = manager.indexOf('a')!;
  const object = core.worker.u32[(CLUSTER_DIR >> 2) + index];
  const freed: number[] = [];
  manager.set(clusterSpec('a', [staticEndpoint(2)]));
  retirement.add(object, () => freed.push(object));
  expect(retirement.sweep()).toBeGreaterThan(0);
  expect(freed).toEqual([]);
  core.worker.exports.offline();
  core.worker.exports.online();
  retirement.sweep();
  expect(freed).toEqual([object]);
  retirement.sweep();
  expect(freed).toEqual([object]);
  manager.close();
});

test('an object that never was is freed at once', () => {
  const { control } = testCore();
  const freed: string[] = [];
  new Retirement(control).add(0, () => freed.push('now'));
  expect(freed).toEqual(['now']);
});

test('a cluster that is removed while a route names it leaves its index to the route, and has it again when it comes back', () => {
  const core = testCore();
  const { manager } = testManager(core);
  core.worker.exports.online();
  const route = new References(manager.indices);
  manager.set(clusterSpec('a', [staticEndpoint(1)]));
  const index = route.indexOf('a');
  manager.remove('a');
  const turn = (): void => {
    core.worker.exports.offline();
    core.worker.exports.online();
    manager.sweep();
  };
  turn();
  manager.set(clusterSpec('b', [staticEndpoint(2)]));
  expect(manager.indices.get('b')).not.toBe(index);
  manager.set(clusterSpec('a', [staticEndpoint(3)]));
  expect(manager.indexOf('a')).toBe(index);
  manager.remove('a');
  route.release();
  turn();
  manager.set(clusterSpec('c', [staticEndpoint(4)]));
  expect(manager.indexOf('c')).toBe(index);
  manager.close();
});
