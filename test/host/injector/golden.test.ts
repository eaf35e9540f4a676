// A Pod and options → the exact Pod, or why not. WEFT_WRITE_GOLDEN=1 writes the answers anew; read the difference.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { inject } from '../../../host/injector/inject.js';
import { restore } from '../../../host/injector/restore.js';
import { goldenCases } from '../../support/golden.js';
import type { GoldenCase } from '../../support/golden.js';
import { answersOf, contextOf, podOf } from '../../support/inject_case.js';

const folder = new URL('../../golden/inject/', import.meta.url);
const INPUTS = ['pod', 'options'];

function write(golden: GoldenCase): void {
  const kept = INPUTS.filter((kind) => golden.blocks.has(kind)).map((kind) => [kind, golden.blocks.get(kind)!]);
  const blocks = [...kept, ...answersOf(golden)].map(([kind, text]) => `\n\`\`\`${kind}\n${text}\n\`\`\`\n`);
  writeFileSync(new URL(golden.file, folder), `## ${golden.claim}\n${blocks.join('')}`);
}

if (process.env.WEFT_WRITE_GOLDEN === '1') goldenCases(folder).forEach(write);

const cases = goldenCases(folder);
const injected = cases.filter(({ blocks }) => blocks.has('injected'));
const named = (list: readonly GoldenCase[]): (readonly [string, string, GoldenCase])[] =>
  list.map((each) => [each.file.replace('.md', ''), each.claim, each] as const);

test('there are cases of every outcome', () => {
  const outcomes = cases.map(({ blocks }) => blocks.get('decision')!.split(':')[0]);
  for (const outcome of ['injected', 'skipped', 'refused']) expect(outcomes).toContain(outcome);
  expect(cases.length).toBeGreaterThanOrEqual(40);
});

describe('a Pod becomes exactly this', () => {
  test.each(named(cases))('%s: %s', (_file, _claim, golden) => {
    const expected = [...golden.blocks].filter(([kind]) => !INPUTS.includes(kind));
    expect([...answersOf(golden)]).toEqual(expected);
  });
});

describe('injecting twice changes nothing', () => {
  test.each(named(injected))('%s', (_file, _claim, golden) => {
    const once = parse(golden.blocks.get('injected')!) as ReturnType<typeof podOf>;
    const twice = inject(once, contextOf(golden));
    expect(JSON.stringify(twice.pod)).toBe(JSON.stringify(once));
  });
});

describe('taking the sidecar out gives the Pod as it was, with the order of its keys', () => {
  test.each(named(injected))('%s', (_file, _claim, golden) => {
    const { pod } = restore(parse(golden.blocks.get('injected')!) as ReturnType<typeof podOf>);
    expect(JSON.stringify(pod)).toBe(JSON.stringify(podOf(golden)));
  });
});

test.each(named(cases.filter(({ blocks }) => !blocks.has('injected'))))(
  'a Pod that is not injected is left as it is: %s',
  (_file, _claim, golden) => {
    const pod = podOf(golden);
    expect(inject(pod, contextOf(golden)).pod).toBe(pod);
  },
);
