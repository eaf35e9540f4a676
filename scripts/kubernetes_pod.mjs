// Builds the program that judges Pods by Kubernetes' own code (test/support/kubernetes_pod/main.go), by Go, into ~/.cache/weft (or
// $WEFT_CACHE): about two minutes of two cores, once for each version of its sources. Prints its path. Tests that want it skip where it
// has not been built.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './setup.mjs';

const SOURCE = join(ROOT, 'test/support/kubernetes_pod');

/** Where it is, or is to be. */
export function kubernetesPodPath() {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, file)));
  const cache = process.env.WEFT_CACHE ?? join(homedir(), '.cache/weft');
  return join(cache, 'kubernetes_pod', hash.digest('hex').slice(0, 16));
}

function build(target) {
  mkdirSync(dirname(target), { recursive: true });
  const part = `${target}.${process.pid}`;
  const { status, error } = spawnSync('go', ['build', '-o', part, '.'], { cwd: SOURCE, stdio: ['ignore', 2, 2] });
  if (error !== undefined || status !== 0) {
    process.stderr.write(`kubernetes_pod: go build failed${error === undefined ? '' : `: ${error.message}`}\n`);
    process.exit(1);
  }
  renameSync(part, target);
}

if (process.argv[1] === import.meta.filename) {
  const target = kubernetesPodPath();
  if (!existsSync(target)) build(target);
  process.stdout.write(`${target}\n`);
}
