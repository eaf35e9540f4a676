// `weft inject` and `weft uninject` as a user starts them: streams and exit codes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const weft = fileURLToPath(new URL('../../../bin/weft', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'weft-inject-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], input = ''): Run {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [weft, ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    env,
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const POD = 'kind: Pod\nmetadata:\n  name: web # ours\nspec:\n  containers:\n    - name: web\n      image: web:1\n';
const good = file('good.yaml', POD);
const bad = file('bad.yaml', POD.replace('web # ours', 'web\n  annotations:\n    sidecar.istio.io/logLevel: loud'));
const broken = file('broken.yaml', 'kind: [\n');
const values = file('values.yaml', 'image: registry.example.com/weft:2\n');
const badValues = file('bad_values.yaml', 'imag: x\npolicy: on\n');

describe('exit codes', () => {
  const cases: [string, string[], number][] = [
    ['a good file is 0', ['inject', '-f', good], 0],
    ['a file without an option is 0', ['inject', good], 0],
    ['a refused Pod is 1', ['inject', '-f', bad], 1],
    ['wrong values are 1', ['inject', '-f', good, '--values', badValues], 1],
    ['no file is 2', ['inject'], 2],
    ['an unknown option is 2', ['inject', '-f', good, '--vaules', values], 2],
    ['a bad option value is 2', ['inject', '-f', good, '--namespace', 'A B'], 2],
    ['a label that is none is 2', ['inject', '-f', good, '--namespace-label', 'x'], 2],
    ['a version that is none is 2', ['inject', '-f', good, '--cluster-version', 'new'], 2],
    ['no YAML is 65', ['inject', '-f', broken], 65],
    ['no such file is 65', ['inject', '-f', 'missing.yaml'], 65],
    ['no such values are 65', ['inject', '-f', good, '--values', 'missing.yaml'], 65],
    ['the worst of several counts', ['inject', '-f', good, '-f', bad, '-f', broken], 65],
    ['taking nothing out is 0', ['uninject', good], 0],
    ['uninject without a file is 2', ['uninject'], 2],
    ['help is 0', ['inject', '--help'], 0],
  ];
  test.each(cases)('%s', (_name, args, status) => {
    expect(run(args).status).toBe(status);
  });
});

test('the result goes to standard output, what happened to standard error', () => {
  const { stdout, stderr } = run(['inject', '-f', '-', '--values', values], POD);
  expect(stdout).toContain('name: web # ours\n');
  expect(stdout).toContain('image: registry.example.com/weft:2\n');
  expect(stderr).toBe('Pod default/web: injected. The injector injects what does not refuse (policy: enabled).\n');
});

test('nothing goes to standard output when one of the Pods is refused', () => {
  const { stdout, stderr } = run(['inject', '-f', good, '-f', bad]);
  expect(stdout).toBe('');
  expect(stderr).toContain('error[WEFT1801]');
  expect(stderr).toContain('bad.yaml:5:32');
  expect(stderr).toContain('sidecar.istio.io/logLevel');
  expect(stderr).toContain('= allowed: one of trace, debug, info,');
});

test('uninject undoes inject to the byte, through pipes', () => {
  const injected = run(['inject', '-f', good, '--cluster-version', '1.34']).stdout;
  expect(injected).toContain('restartPolicy: Always');
  expect(run(['uninject', '-'], injected).stdout).toBe(POD);
});

test('--diff shows what would change, and nothing else', () => {
  const { stdout } = run(['inject', '-f', good, '--diff']);
  expect(stdout).toMatch(/^--- good\.yaml\n\+\+\+ good\.yaml \(injected\)\n@@ -1,7 \+1,\d+ @@\n kind: Pod\n/);
  expect(stdout.split('\n').filter((line) => line.startsWith('-') && !line.startsWith('---'))).toEqual([]);
  const patched = spawnSync('patch', ['-p0', '-o', '-', 'good.yaml'], { cwd: folder, input: stdout, encoding: 'utf8' });
  if (patched.error === undefined) expect(patched.stdout).toBe(run(['inject', '-f', good]).stdout);
});

test('--explain says each thing that was looked at, and what decided', () => {
  const { stderr } = run(['inject', '-f', good, '--explain', '--namespace-label', 'istio-injection=enabled']);
  expect(stderr).toContain('looked at : The Pod has a network of its own.');
  expect(stderr).toContain(
    'decided by: The label istio-injection: enabled of the namespace default asks for injection.',
  );
  const skipped = run(['inject', '-f', good, '--explain', '--namespace-label', 'istio-injection=disabled']);
  expect(skipped.stderr).toContain('Pod default/web: skipped.');
  expect(skipped.stdout).toBe(POD);
});

test('wrong values are shown all at once, with their lines', () => {
  const { stderr } = run(['inject', '-f', good, '--values', badValues]);
  expect(stderr).toContain('bad_values.yaml:1:1');
  expect(stderr).toContain('did you mean image?');
  expect(stderr).toContain('bad_values.yaml:2:9');
});

test('a misspelt flag is answered with the right one', () => {
  expect(run(['inject', '-f', good, '--vaules', values]).stderr).toContain('did you mean --values?');
});

test.each(['inject', 'uninject'])('the help of %s begins with examples and fits a screen', (command) => {
  const { stdout } = run(['help', command]);
  expect(stdout).toMatch(/^Examples:\n {2}weft /);
  expect(stdout.split('\n').length).toBeLessThan(40);
  expect(run([command, '--help']).stdout).toBe(stdout);
});
