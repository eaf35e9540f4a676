// Builds dist/: core.wasm by `asc`, then host/ by `tsc`. With --core or --host only that part.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const only = process.argv.slice(2);

function run(tool, args) {
  const { status } = spawnSync(process.execPath, [`${root}node_modules/${tool}`, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

if (!only.includes('--host')) run('assemblyscript/bin/asc.js', ['--target', 'release']);
if (!only.includes('--core')) run('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
