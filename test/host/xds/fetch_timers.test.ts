// initial_fetch_timeout, for each name from when it is first asked for.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FetchTimers } from '../../../host/xds/fetch_timers.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function timers(patience: number) {
  const late: (readonly string[] | undefined)[] = [];
  return { late, timers: new FetchTimers(patience, (names) => late.push(names)) };
}

test('names that are asked for later have their own time', () => {
  const { late, timers: t } = timers(1000);
  t.watch(new Set(['a']));
  vi.advanceTimersByTime(600);
  t.watch(new Set(['a', 'b']));
  vi.advanceTimersByTime(400);
  expect(late).toEqual([['a']]);
  vi.advanceTimersByTime(600);
  expect(late).toEqual([['a'], ['b']]);
});

test('a collection has one time, for all of it', () => {
  const { late, timers: t } = timers(1000);
  t.watch(undefined);
  vi.advanceTimersByTime(5000);
  expect(late).toEqual([undefined]);
});

test('zero is for ever', () => {
  const { late, timers: t } = timers(0);
  t.watch(new Set(['a']));
  t.watch(undefined);
  expect([late, vi.getTimerCount()]).toEqual([[], 0]);
});

test('the same names again start no time, and closing ends all', () => {
  const { late, timers: t } = timers(1000);
  t.watch(new Set(['a']));
  t.watch(new Set(['a']));
  expect(vi.getTimerCount()).toBe(1);
  t.close();
  vi.advanceTimersByTime(5000);
  expect(late).toEqual([]);
});
