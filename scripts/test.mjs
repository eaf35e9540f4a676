// `npm test`: sets the tree up, then runs every test, or those that the arguments name (they are vitest's own).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, ensureReady } from './setup.mjs';

ensureReady();
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, WEFT_BUILT: '1' },
});
child.on('exit', (status, signal) => process.exit(signal ? 1 : (status ?? 1)));
