// What Envoy accepts and what it refuses, case by case (`envoy --mode validate`): weft never accepts what Envoy refuses, and every
// configuration that it refuses though Envoy accepts it says why. The verdicts of Envoy are recorded, and asked for again where
// there is one. Cases are data: cases.yaml.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../host/cli/load_config.js';
import { renderFindingLine } from '../../../host/cli/render_finding.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { checkConfiguration } from '../../../host/control/configuration.js';
import { compileCore, createMemory, loadCore } from '../../../host/core/load.js';
import { BOOTSTRAP_OF } from '../../support/configuration.js';
import { findEnvoy } from '../../support/peer.js';

type Verdict = 'accepts' | 'refuses';

interface Case {
  name: string;
  kind: string;
  text: string;
  envoy: Verdict;
  /** Where it is not Envoy's: always stricter, with the reason. */
  weft?: 'refuses';
  because?: string;
}

const cases = parse(readFileSync(new URL('cases.yaml', import.meta.url), 'utf8')) as Case[];
const folder = mkdtempSync(join(tmpdir(), 'weft-verdicts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const envoy = findEnvoy();
const descriptors = new Descriptors();
const core = loadCore(createMemory(), compileCore());

function fileOf({ kind, text }: Case): string {
  const file = join(folder, kind === 'json' ? 'bootstrap.json' : 'bootstrap.yaml');
  writeFileSync(file, BOOTSTRAP_OF[kind](text));
  return file;
}

/** The errors that weft finds, one line each. */
function errorsOf(path: string): string[] {
  const request = {
    path,
    yaml: undefined,
    unsupportedFields: 'refuse',
    allowUnknownFields: false,
    descriptors,
  } as const;
  const { findings } = loadConfig(request, (bootstrap) => checkConfiguration(bootstrap, core));
  return findings.filter((finding) => finding.severity === 'error').map(renderFindingLine);
}

function verdictOfEnvoy(path: string): Verdict {
  const args = ['--mode', 'validate', '--use-dynamic-base-id', '--concurrency', '1', '-l', 'off', '-c', path];
  return spawnSync(envoy as string, args, { timeout: 20_000 }).status === 0 ? 'accepts' : 'refuses';
}

test('cases have different names, and a difference has its reason', () => {
  const names = cases.map(({ kind, name }) => `${kind}: ${name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(cases.filter(({ weft, because }) => (weft === undefined) !== (because === undefined))).toEqual([]);
  expect(cases.filter(({ weft, envoy: verdict }) => weft !== undefined && verdict !== 'accepts')).toEqual([]);
});

describe('weft', () => {
  test.each(cases)('$kind: $name', (each) => {
    const errors = errorsOf(fileOf(each));
    // What is refused only because it is not there yet may be accepted one day.
    if (each.envoy === 'refuses') expect(errors).not.toEqual([]);
    else if (each.weft === undefined) expect(errors).toEqual([]);
  });
});

describe.skipIf(envoy === undefined)('Envoy', () => {
  test.each(cases)('$kind: $name', (each) => {
    expect(verdictOfEnvoy(fileOf(each))).toBe(each.envoy);
  });
});
