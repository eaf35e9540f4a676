// Network namespaces that a test makes and removes. As root only; elsewhere `missingForNamespaces` says what is missing.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function hasProgram(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v "$1"`, 'sh', program]).status === 0;
}

/** Why a test of network namespaces cannot run here: '' where it can. */
export function missingForNamespaces(...programs: string[]): string {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = ['ip', ...programs].filter((program) => !hasProgram(program));
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  const probe = Namespace.create('probe');
  if (probe === undefined) return 'network namespaces cannot be made';
  probe.remove();
  return '';
}

let made = 0;

export class Namespace {
  private readonly children: ChildProcess[] = [];

  private constructor(readonly name: string) {}

  /** A new one with `lo` up, or undefined where the system refuses. */
  static create(label: string): Namespace | undefined {
    const namespace = new Namespace(`weft-${label}-${process.pid}-${++made}`);
    if (spawnSync('ip', ['netns', 'add', namespace.name]).status !== 0) return undefined;
    namespace.must('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  command(program: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.name, program, ...args]];
  }

  run(
    program: string,
    args: readonly string[],
    { input = '', env = {} as Record<string, string>, timeoutMs = 30_000 } = {},
  ): Ran {
    const [file, words] = this.command(program, args);
    const options = { input, encoding: 'utf8', env: { ...process.env, ...env }, timeout: timeoutMs } as const;
    const { status, stdout, stderr } = spawnSync(file, words, options);
    return { status, stdout, stderr };
  }

  /** Its standard output; throws where it fails. */
  must(program: string, ...args: string[]): string {
    const { status, stdout, stderr } = this.run(program, args);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** A program that runs until the namespace is removed. */
  start(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(...this.command(program, args), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.children.push(child);
    return child;
  }

  /** Joins two by a pair of interfaces. */
  static join(a: [Namespace, string, string[]], b: [Namespace, string, string[]]): void {
    const [[one, nameOne], [other, nameOther]] = [a, b];
    one.must('ip', 'link', 'add', nameOne, 'type', 'veth', 'peer', 'name', nameOther, 'netns', other.name);
    for (const [namespace, name, addresses] of [a, b]) {
      for (const address of addresses) {
        const nodad = address.includes(':') ? ['nodad'] : [];
        namespace.must('ip', 'addr', 'add', address, 'dev', name, ...nodad);
      }
      namespace.must('ip', 'link', 'set', name, 'up');
    }
  }

  remove(): void {
    for (const child of this.children) child.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}
