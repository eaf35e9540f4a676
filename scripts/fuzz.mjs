// `npm run fuzz`: the random tests with a seed of its own and more runs; what it finds is repeated by WEFT_FUZZ_SEED.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, ensureReady } from './setup.mjs';

const TESTS = ['test/fuzz', 'test/differential', 'test/host/config/fuzz.test.ts', 'test/host/compile/regex'];

ensureReady();
const seed = process.env.WEFT_FUZZ_SEED ?? String(Date.now() % 2 ** 30);
const runs = process.env.WEFT_FUZZ_RUNS ?? '20000';
console.log(`WEFT_FUZZ_SEED=${seed} WEFT_FUZZ_RUNS=${runs}`);
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', '--testTimeout=3600000', ...TESTS, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, WEFT_BUILT: '1', WEFT_FUZZ_SEED: seed, WEFT_FUZZ_RUNS: runs },
});
child.on('exit', (status, signal) => process.exit(signal ? 1 : (status ?? 1)));
