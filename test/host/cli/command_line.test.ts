// The built bin/weft as a user starts it: texts, streams and exit codes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../../host/config/error_codes.js';

const weft = fileURLToPath(new URL('../../../bin/weft', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'weft-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], { input = '', env = {}, command = weft } = {}): Run {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env;
  const options = { cwd: folder, input, encoding: 'utf8', env: { ...rest, ...env }, timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], options);
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const good = file('good.yaml', 'static_resources: {clusters: [{name: app, type: STATIC, connect_timeout: 1s}]}\n');
const bad = file('bad.yaml', 'static_resources:\n  clusters:\n  - name: app\n    conect_timeout: 1s\n');
const broken = file('broken.yaml', 'static_resources: [\n');

describe('exit codes', () => {
  const cases: [string, string[], number][] = [
    ['a good file is 0', ['validate', good], 0],
    ['findings are 1', ['validate', bad], 1],
    ['findings of one among many are 1', ['validate', good, bad], 1],
    ['text that is no YAML is 65', ['validate', broken], 65],
    ['an input that cannot be read outweighs findings', ['validate', bad, broken], 65],
    ['a missing file is 65', ['validate', 'nowhere.yaml'], 65],
    ['a directory is 65', ['validate', '.'], 65],
    ['proxy with findings is 1', ['proxy', '-c', bad], 1],
    ['proxy without its file is 65', ['proxy', '-c', 'nowhere.yaml'], 65],
    ['proxy --mode validate of a good file is 0', ['proxy', '-c', good, '--mode', 'validate'], 0],
    ['no command is 2', [], 2],
    ['an unknown command is 2', ['prxy'], 2],
    ['an unknown flag is 2', ['validate', '--flag', good], 2],
    ['a flag without its value is 2', ['proxy', '-c'], 2],
    ['a bad value is 2', ['proxy', '-c', good, '--concurrency', 'many'], 2],
    ['proxy without a configuration is 2', ['proxy'], 2],
    ['validate without a file is 2', ['validate'], 2],
    ['help is 0', ['--help'], 0],
    ['version is 0', ['version'], 0],
    ['an unknown help topic is 2', ['help', 'WEFT0000'], 2],
  ];
  test.each(cases)('%s', (_claim, args, status) => {
    expect(run(args)).toMatchObject({ status });
  });
});

describe('what is printed', () => {
  test('findings go to standard error, the summary to standard output', () => {
    const { stdout, stderr } = run(['validate', good, bad]);
    expect(stdout).toBe('good.yaml: ok\nbad.yaml: 1 error\n1 of 2 files are ok\n');
    expect(stderr).toContain('bad.yaml:4:5');
    expect(stderr).toContain('did you mean connect_timeout?');
  });

  test('a usage error is two lines, no wall of help', () => {
    const { stdout, stderr } = run(['proxy', '--conig-path', 'x']);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      "error[WEFT1601]: unknown option '--conig-path' (did you mean --config-path?)\nSee `weft help proxy`.\n",
    );
  });

  test.each([
    [['validate', 'sidecar', '--bogus'], 'validate'],
    [['proxy', 'sidecar', '--bogus'], 'proxy sidecar'],
    [['istio-iptables', '--bogus'], 'iptables'],
  ])('a usage error of %j leads to `weft help %s`', (args, topic) => {
    expect(run(args).stderr).toBe(`error[WEFT1601]: unknown option '--bogus'\nSee \`weft help ${topic}\`.\n`);
  });

  test.each([
    ['a command', ['vaildate', 'x'], 'did you mean validate?'],
    ['a flag', ['proxy', '--concurency', '2'], 'did you mean --concurrency?'],
    ['an error code', ['help', 'WEFT110'], 'did you mean WEFT110'],
  ])('a mistyped name of %s is guessed', (_what, args, hint) => {
    expect(run(args).stderr).toContain(hint);
  });

  test('standard input is read as -', () => {
    const { status, stdout, stderr } = run(['validate', '-'], { input: 'nope: 1\n' });
    expect([status, stdout]).toEqual([1, '-: 1 error\n']);
    expect(stderr).toContain('<stdin>:1:1');
  });

  test('--config-yaml is merged over the file and named in its findings', () => {
    const { status, stderr } = run(['validate', '-c', good, '--config-yaml', 'node: {idd: x}']);
    expect(status).toBe(1);
    expect(stderr).toContain('--config-yaml:1:8');
  });

  test('JSON output has the same findings and the same exit code', () => {
    const { status, stdout, stderr } = run(['validate', '-o', 'json', good, bad]);
    expect([status, stderr]).toEqual([1, '']);
    const report = JSON.parse(stdout) as { version: number; errors: number; files: { findings: object[] }[] };
    expect(report).toMatchObject({ version: 1, errors: 1, warnings: 0 });
    expect(report.files[1]).toMatchObject({ file: 'bad.yaml', status: 'findings' });
    expect(report.files[1].findings).toContainEqual({
      code: 'WEFT1101',
      severity: 'error',
      path: 'static_resources.clusters[0].conect_timeout',
      message: 'Cluster has no field "conect_timeout"',
      suggestion: 'connect_timeout',
      file: 'bad.yaml',
      line: 4,
      column: 5,
      length: 14,
    });
  });

  test('more findings than the limit are counted', () => {
    const many = file('many.yaml', Array.from({ length: 60 }, (_, i) => `field_${i}: 1`).join('\n'));
    expect(run(['validate', many]).stderr).toContain('and 10 more');
    expect(run(['validate', many, '--max-findings', '0']).stderr).not.toContain(' more (');
  });

  test('an unknown field is a warning with --allow-unknown-static-fields', () => {
    const text = file('unknown.yaml', 'nope: 1\n');
    expect(run(['validate', '--allow-unknown-static-fields', text])).toMatchObject({
      status: 0,
      stdout: 'unknown.yaml: ok, 1 warning\n',
    });
  });
});

describe('colour', () => {
  const RED = '\u001b[31m';
  const cases: [string, string[], Record<string, string>, boolean][] = [
    ['none where no terminal is', [], {}, false],
    ['with FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['not with FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['NO_COLOR is stronger', [], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['--color=always is stronger still', ['--color=always'], { NO_COLOR: '1' }, true],
    ['--color=never', ['--color=never'], { FORCE_COLOR: '1' }, false],
    ['--color=auto is the default', ['--color=auto'], {}, false],
  ];
  test.each(cases)('%s', (_claim, args, env, isColored) => {
    expect(run(['validate', bad, ...args], { env }).stderr.includes(RED)).toBe(isColored);
  });
});

describe('help', () => {
  test.each([[[]], [['proxy']], [['validate']], [['iptables']], [['doctor']], [['version']], [['help']]])(
    'help %j starts with examples and fits one screen',
    (topic) => {
      const { stdout } = run(['help', ...topic]);
      expect(stdout).toMatch(/^Examples?:\n {2}\S/);
      const lines = stdout.trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(45);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(92);
    },
  );

  test('every exit code is in the help', () => {
    const { stdout } = run(['help']);
    for (const code of [0, 1, 2, 65, 70]) expect(stdout).toMatch(new RegExp(`^ {2}${code} `, 'm'));
  });

  test('an error code is explained offline, in any case', () => {
    const { stdout } = run(['help', 'weft1106']);
    expect(stdout).toMatch(/^WEFT1106: /);
    expect(stdout.replace(/\s+/g, ' ')).toContain(ERROR_CODES.WEFT1106.explanation);
  });
});

test('bin/weft works from another directory and through a link, as npm makes one', () => {
  const link = join(folder, 'weft');
  symlinkSync(weft, link);
  expect(run(['version'], { command: link }).stdout).toMatch(/^weft \d+\.\d+\.\d+ \(Envoy API 1\.40\.0, Node /);
});
