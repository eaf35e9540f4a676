import { expect, test } from 'vitest';
import { W_HOST, WORKER_RANDOM } from '../../../assembly/abi.js';
import { testCore } from '../../support/core.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a request id is a version 4 UUID, every other bit of which is free', () => {
  const t = testCore();
  t.worker.u64[(t.W + WORKER_RANDOM) >> 3] = 0x9e3779b97f4a7c15n;
  t.worker.u64[(t.W + WORKER_RANDOM + 8) >> 3] = 0xbf58476d1ce4e5b9n;
  const at = t.W + W_HOST;
  const seen = new Set<string>();
  let ones = 0n;
  let zeros = 0n;
  for (let i = 0; i < 20_000; i++) {
    t.worker.exports.putUuid(at);
    const text = Buffer.from(t.worker.u8.subarray(at, at + 36)).toString();
    expect(text).toMatch(UUID);
    const bits = BigInt(`0x${text.replaceAll('-', '')}`);
    ones |= bits;
    zeros |= ~bits;
    seen.add(text);
  }
  expect(seen.size).toBe(20_000);
  const fixed = (0xfn << 76n) | (0x3n << 62n); // version and variant
  const all = (1n << 128n) - 1n;
  expect(ones & zeros & all).toBe(all ^ fixed);
});
