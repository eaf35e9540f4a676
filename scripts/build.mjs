// Builds dist/: core.wasm by `asc`, host/ by `tsc`; with --core, --host or --bench only those parts (the last one is
// built on request only). Each part leaves a stamp, by which setup.mjs knows what is stale.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup.mjs';

const FEATURES = ['simd', 'threads', 'bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals'].map(
  (feature) => `--enable-${feature}`,
);

const BUILDERS = {
  core: [
    ['assemblyscript/bin/asc.js', '--target', 'release'],
    // asc only translates; binaryen optimizes. The core is many small functions, and asc's own -O3 stops inlining early: inlining
    // this far saves 12 to 18 % of the time that a request spends in the core, at twice the size; further on it gets slower again.
    [
      'binaryen/bin/wasm-opt',
      'dist/core.wasm',
      '-o',
      'dist/core.wasm',
      '-O3',
      '-aimfs',
      '120',
      '-fimfs',
      '200',
      ...FEATURES,
    ],
  ],
  host: [['typescript/bin/tsc', '-p', 'tsconfig.build.json']],
  bench: [['typescript/bin/tsc', '-p', 'tsconfig.bench.json']],
};

function build(part) {
  const stamp = join(ROOT, 'dist', `.${part}.built`);
  const started = new Date();
  rmSync(stamp, { force: true });
  for (const [tool, ...args] of BUILDERS[part]) {
    const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules', tool), ...args], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(status ?? 1);
  }
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
}

const asked = process.argv.slice(2).map((flag) => flag.replace(/^--/, ''));
const unknown = asked.find((part) => !(part in BUILDERS));
if (unknown !== undefined) {
  process.stderr.write(`build: no part "${unknown}"; there are ${Object.keys(BUILDERS).join(', ')}\n`);
  process.exit(2);
}
for (const part of asked.length > 0 ? asked : ['core', 'host']) build(part);
