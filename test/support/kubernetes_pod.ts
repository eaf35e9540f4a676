// Kubernetes' own code as an oracle of Pods: `node scripts/kubernetes_pod.mjs` builds it, outside the checkout.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { kubernetesPodPath } from '../../scripts/kubernetes_pod.mjs';

/** The program, or why there is none. */
export type Oracle = { readonly program: string } | { readonly missing: string };

export function kubernetesOracle(): Oracle {
  const program = kubernetesPodPath();
  return existsSync(program) ? { program } : { missing: '`node scripts/kubernetes_pod.mjs` builds what judges them' };
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
