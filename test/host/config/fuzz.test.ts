// Fuzz target 10 of reliability.md: a bootstrap, whatever is in it, ends in findings or in a compiled configuration, never in an
// exception. Seeded: WEFT_FUZZ_SEED and WEFT_FUZZ_CASES repeat or lengthen a run.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { painter } from '../../../host/cli/color.js';
import { renderFinding } from '../../../host/cli/render_finding.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { ERROR_CODES } from '../../../host/config/error_codes.js';
import type { Finding } from '../../../host/config/finding.js';
import { hasErrors } from '../../../host/config/finding.js';
import { ConfigSource } from '../../../host/config/source.js';
import { checkConfiguration } from '../../../host/control/configuration.js';
import { compileCore, createMemory, loadCore } from '../../../host/core/load.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';

const SEED = FUZZ_SEED;
const CASES = Number(process.env.WEFT_FUZZ_CASES ?? 1500);

const root = new URL('../../../', import.meta.url);
const texts = ['examples/', 'test/golden/config/'].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => /\.(yaml|json)$/.test(name))
    .map((name) => readFileSync(new URL(folder + name, root), 'utf8')),
);

/** Words that have broken parsers, mappers and prototypes before. */
const HOSTILE = [
  '__proto__: {polluted: true}',
  'constructor: {prototype: {polluted: true}}',
  '"@type": type.googleapis.com/google.protobuf.Any',
  '"@type": type.googleapis.com/google.protobuf.Value',
  '"@type": "/"',
  '"@type": type.googleapis.com/..',
  '<<: *a',
  '&a [*a]',
  '? {}: x',
  '? [a]\n: b',
  '!!binary AAAA',
  '!!set {a}',
  '%YAML 9.9\n---',
  '---\n...\n---',
  '{'.repeat(3000),
  '[[[[[[[[[[',
  'a: '.repeat(500),
  '"\\ud800"',
  '\u0000\u0007\u001b[31m',
  '\t',
  '\r',
  '\uFEFF',
  '-0x8000000000000000',
  '99999999999999999999999999999999999',
  '1e999',
  '-.inf',
  '.nan',
  '9223372036854775807s',
  '-0s',
  '0.0000000001s',
  '"%"',
  '|2-\n  x',
  '>+\n\n',
  "'",
  '"',
];

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Mutation = (text: string, next: (below: number) => number) => string;

const splice = (text: string, at: number, length: number, insert: string): string =>
  text.slice(0, at) + insert + text.slice(at + length);

function lines(change: (rows: string[], at: number, next: (below: number) => number) => void): Mutation {
  return (text, next) => {
    const rows = text.split('\n');
    change(rows, next(rows.length), next);
    return rows.join('\n');
  };
}

const MUTATIONS: readonly Mutation[] = [
  (text, next) => splice(text, next(text.length + 1), 1, String.fromCharCode(next(256))),
  (text, next) => splice(text, next(text.length + 1), next(20), ''),
  (text, next) => splice(text, next(text.length + 1), 0, HOSTILE[next(HOSTILE.length)]),
  (text, next) => text.slice(0, next(text.length + 1)),
  lines((rows, at) => rows.splice(at, 1)),
  lines((rows, at, next) => rows.splice(next(rows.length), 0, rows[at])),
  lines((rows, at, next) => (rows[at] = ' '.repeat(next(9)) + rows[at].trimStart())),
  lines((rows, at, next) => (rows[at] = rows[at].replace(/:.*/, `: ${HOSTILE[next(HOSTILE.length)]}`))),
  lines((rows, at, next) => (rows[at] = rows[at].replace(/\S+:/, `${rows[next(rows.length)].trim().split(':')[0]}:`))),
  lines((rows, at, next) => rows.splice(at, 0, `${/^ */.exec(rows[at])?.[0] ?? ''}${HOSTILE[next(HOSTILE.length)]}`)),
];

function mutated(next: (below: number) => number): string {
  let text = texts[next(texts.length)];
  for (let i = 1 + next(4); i > 0; i--) text = MUTATIONS[next(MUTATIONS.length)](text, next);
  return text;
}

const descriptors = new Descriptors();
const core = loadCore(createMemory(), compileCore());
const plain = painter(false);

function run(text: string, name: string, unsupportedFields: 'refuse' | 'warn'): readonly Finding[] {
  const source = new ConfigSource(name, text);
  const { bootstrap, findings, place } = decodeBootstrap([source], { unsupportedFields, descriptors });
  const compiled = hasErrors(findings) ? [] : place(checkConfiguration(bootstrap, core));
  const all = [...findings, ...compiled];
  const shown = new Map([[name, text]]);
  for (const finding of all) renderFinding(finding, shown, plain);
  return all;
}

function checkFinding({ code, position }: Finding, text: string): void {
  expect(ERROR_CODES).toHaveProperty(code);
  if (position === undefined) return;
  expect(position.line).toBeLessThanOrEqual(text.split('\n').length);
  expect(Math.min(position.line, position.column, position.length)).toBeGreaterThanOrEqual(1);
}

test(`${CASES} mutated bootstraps end in findings or in a configuration (seed ${SEED})`, { timeout: 120_000 }, () => {
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    const next = random(SEED + i);
    const text = mutated(next);
    const name = next(4) === 0 ? 'fuzz.json' : 'fuzz.yaml';
    const mode = next(2) === 0 ? 'refuse' : 'warn';
    try {
      const findings = run(text, name, mode);
      for (const finding of findings) checkFinding(finding, text);
      if (hasErrors(findings)) refused++;
    } catch (error) {
      throw new Error(`seed ${SEED + i}, ${name}, ${mode}:\n${text}`, { cause: error });
    }
  }
  expect(refused).toBeGreaterThan(CASES / 2);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
