// Kubernetes' own code as an oracle of Pods: test/support/kubernetes_pod/main.go, built once, outside the checkout.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from './repository.js';

const SOURCE = join(REPOSITORY, 'test/support/kubernetes_pod');

/** The program, or why there is none. */
export type Oracle = { readonly program: string } | { readonly missing: string };

export function kubernetesOracle(): Oracle {
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'Go is not installed' };
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, file)));
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'weft', 'kubernetes_pod');
  const program = join(folder, hash.digest('hex').slice(0, 16));
  if (existsSync(program)) return { program };
  mkdirSync(folder, { recursive: true });
  const built = `${program}.${process.pid}`;
  const { status, stderr } = spawnSync('go', ['build', '-o', built, '.'], { cwd: SOURCE, encoding: 'utf8' });
  if (status !== 0) return { missing: `it does not build here: ${stderr.trim().split('\n')[0]}` };
  renameSync(built, program);
  return { program };
}

interface Answer {
  readonly errors: string[];
  readonly merged?: unknown;
}

function ask(program: string, questions: readonly unknown[]): Answer[] {
  const input = questions.map((each) => `${JSON.stringify(each)}\n`).join('');
  const { stdout, status, stderr } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

/** For each Pod what Kubernetes has against it. */
export function judgePods(program: string, pods: readonly unknown[]): string[][] {
  return ask(program, pods).map(({ errors }) => errors);
}

/** The strategic merge of Pods by Kubernetes. */
export function mergePods(program: string, pairs: readonly { base: unknown; patch: unknown }[]): unknown[] {
  return ask(program, pairs).map(({ errors, merged }) => merged ?? errors);
}
