// `npm run bench`, `bench:peers`, `bench:injector`, `bench:k6`, `bench:xds`, `torture`: builds what is stale and runs dist/bench/SUITE/main.js.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, ensureReady } from './setup.mjs';

const [suite, ...args] = process.argv.slice(2);
ensureReady(['core', 'host', 'bench']);
const child = spawn(process.execPath, [join(ROOT, 'dist/bench', suite, 'main.js'), ...args], {
  cwd: ROOT,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {}); // the child cleans up and decides the status
child.on('exit', (status, signal) => process.exit(signal ? 1 : (status ?? 1)));
