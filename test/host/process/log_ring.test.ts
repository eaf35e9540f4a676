import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogRing, type LogLine } from '../../../host/process/log_ring.js';
import { W_LINES, W_LINES_END } from '../../../assembly/abi.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';

function rings(): { worker: LogRing; control: LogRing } {
  const buffer = new SharedArrayBuffer(W_LINES_END);
  new Uint32Array(buffer, W_LINES, 2).fill(2 ** 32 - 3000); // positions run over the end of 32 bits
  return { worker: new LogRing(buffer, 0), control: new LogRing(buffer, 0) };
}

test('lines arrive whole and in order, however they fall on the end of the ring', () => {
  const line = fc.record({
    level: fc.nat(5),
    component: fc.string({ maxLength: 20 }),
    text: fc.string({ unit: 'grapheme' }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 40 }), { maxLength: 60 }), (bursts) => {
      const { worker, control } = rings();
      for (const burst of bursts) {
        const fits: LogLine[] = burst.filter(({ text }) => Buffer.byteLength(text) <= 500);
        for (const { level, component, text } of fits) worker.write(level, component, text);
        expect(control.read()).toEqual({ lines: fits, dropped: 0 });
      }
    }),
    { numRuns: 200, seed: FUZZ_SEED },
  );
});

test('control is told once until it has read', () => {
  const { worker, control } = rings();
  expect(worker.write(2, 'main', 'a')).toBe(true);
  expect(worker.write(2, 'main', 'b')).toBe(false);
  expect(control.read().lines).toHaveLength(2);
  expect(worker.write(2, 'main', 'c')).toBe(true);
});

test('a full ring drops whole lines and counts them', () => {
  const { worker, control } = rings();
  for (let i = 0; i < 100; i++) worker.write(2, 'main', `${i} ${'x'.repeat(1000)}`);
  const { lines, dropped } = control.read();
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.length + dropped).toBe(100);
  expect(lines.map(({ text }) => Number.parseInt(text, 10))).toEqual(lines.map((_, i) => i));
  worker.write(2, 'main', 'y'.repeat(100_000));
  expect(control.read()).toMatchObject({ lines: [{ text: 'y'.repeat(4096) }], dropped: 0 });
});
