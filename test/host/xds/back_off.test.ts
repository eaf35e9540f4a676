// How long is waited after a failure: the bound doubles up to the most, the random part of it begins at the least.
import { expect, test } from 'vitest';
import { BackOff } from '../../../host/xds/back_off.js';

test.each([
  ['as Envoy, from nothing on', 0, 0, [0, 0, 0, 0]],
  ['as Envoy, below the bound', 0, 0.5, [50, 100, 200, 200]],
  ['never less than the least part', 0.5, 0, [50, 100, 200, 200]],
  ['a random part of what is above the least', 0.5, 0.5, [75, 150, 300, 300]],
])('%s', (_claim, least, random, waits) => {
  const backOff = new BackOff(100, 400, () => random, least);
  expect(waits.map(() => backOff.next())).toEqual(waits);
  backOff.reset();
  expect(backOff.next()).toBe(waits[0]);
});
