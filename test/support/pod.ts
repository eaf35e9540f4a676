// A Pod without Kubernetes: a network namespace with the redirection rules, a sidecar as uid 1337, and programs of other users that know
// nothing of it.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sidecarBootstrap } from '../../host/agent/sidecar_bootstrap.js';
import { missingForNamespaces, Namespace, type Ran } from './netns.js';
import { findEnvoy, type PeerKind } from './peer.js';
import { REPOSITORY } from './repository.js';

const WEFT = join(REPOSITORY, 'bin/weft');
export const PROXY_UID = 1337;
const APP_UID = 65534;
const PROXY_ARGS = ['--concurrency', '1', '--file-flush-interval-msec', '20'];
/** What Istio's injector writes. */
export const RULES = [
  '-p',
  '15001',
  '-z',
  '15006',
  '-u',
  '1337',
  '-m',
  'REDIRECT',
  '-i',
  '*',
  '-x',
  '',
  '-b',
  '*',
  '-d',
  '15090,15021,15020',
];

/** Why Pods cannot be made here: '' where they can. */
export function missingForPods(): string {
  const missing = missingForNamespaces('setpriv', 'curl');
  if (missing !== '') return missing;
  const probe = Namespace.create('uid');
  const { status } = probe?.run('setpriv', [...user(PROXY_UID), process.execPath, WEFT, 'version']) ?? { status: 1 };
  probe?.remove();
  return status === 0 ? '' : 'the checkout or node cannot be read by other users';
}

function user(uid: number, gid = uid): string[] {
  return ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
}

/** A program that runs in a Pod. */
export class Running {
  output = '';
  readonly exited: Promise<number | null>;

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (this.output += String(piece)));
    this.exited = new Promise((resolve) => child.on('exit', (status) => resolve(status)));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** `ip netns exec` and setpriv become the program itself, so that this is its own process. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async until(pattern: RegExp, ms = 10_000): Promise<void> {
    for (const deadline = performance.now() + ms; !pattern.test(this.output); await sleep(10)) {
      if (!this.running) throw new Error(`it ended before ${pattern}:\n${this.output}`);
      if (performance.now() > deadline) throw new Error(`no ${pattern} after ${ms} ms:\n${this.output}`);
    }
  }
}

function withBits(addresses: string[]): string[] {
  return addresses.map((each) => `${each}/${each.includes(':') ? 64 : 24}`);
}

export class Pod {
  private readonly folder = mkdtempSync(join(tmpdir(), 'weft-pod-'));
  private readonly programs: Running[] = [];

  private constructor(
    readonly namespace: Namespace,
    /** Of the Pod, as its INSTANCE_IP. */
    readonly address: string,
  ) {}

  static create(label: string, address: string): Pod {
    const namespace = Namespace.create(label);
    if (!namespace) throw new Error('no network namespace could be made');
    return new Pod(namespace, address);
  }

  /** Joins two by an interface each. The addresses of the Pods come first, further ones behind; all /24 or /64. */
  static join(a: Pod, addressesA: string[], b: Pod, addressesB: string[], label: string): void {
    Namespace.join([a.namespace, `${label}a`, withBits(addressesA)], [b.namespace, `${label}b`, withBits(addressesB)]);
    for (const [pod, name] of [
      [a, `${label}a`],
      [b, `${label}b`],
    ] as const) {
      // The kernel says so a moment later; before, the interface does not count.
      for (let i = 0; i < 200 && !pod.namespace.must('ip', 'link', 'show', name).includes('state UP'); i++);
    }
  }

  /** The init container. */
  capture(...more: string[]): void {
    const { status, stderr } = this.namespace.run(process.execPath, [WEFT, 'iptables', ...RULES, ...more]);
    if (status !== 0) throw new Error(`weft iptables: ${stderr}`);
  }

  /** Starts the sidecar, on its own bootstrap without another; `ready` waits for it. */
  sidecar(kind: PeerKind = 'weft', env: Record<string, string> = {}, bootstrap?: object): Running {
    const transparent = env.ISTIO_META_INTERCEPTION_MODE === 'TPROXY';
    // TPROXY needs NET_ADMIN: such a sidecar is root, of the proxy's group.
    const uid = transparent ? 0 : PROXY_UID;
    if (kind === 'envoy') {
      const interception = transparent ? 'TPROXY' : 'REDIRECT';
      const own = { adminPort: 15000, ipv6: env.ISTIO_DUAL_STACK === 'true', interception } as const;
      return this.envoy(this.file(bootstrap ?? sidecarBootstrap(own)), uid);
    }
    const args = [WEFT, 'proxy', 'sidecar', ...PROXY_ARGS, ...(bootstrap ? ['-c', this.file(bootstrap)] : [])];
    return this.start(uid, process.execPath, args, { INSTANCE_IP: this.address, ...env }, PROXY_UID);
  }

  private envoy(file: string, uid: number): Running {
    const args = ['-c', file, '--use-dynamic-base-id', '--disable-hot-restart', '-l', 'warning', ...PROXY_ARGS];
    return this.start(uid, findEnvoy() ?? 'envoy', args, {}, PROXY_UID);
  }

  // Readable for the sidecar's user. Envoy opens the path of its log, which a pipe of ours does not have.
  private file(bootstrap: object): string {
    chmodSync(this.folder, 0o755);
    const file = join(this.folder, 'bootstrap.json');
    writeFileSync(file, JSON.stringify(bootstrap).replaceAll('/dev/stdout', '/dev/null'), { mode: 0o644 });
    return file;
  }

  /** Another container's program, of node. */
  app(args: string[], env: Record<string, string> = {}): Running {
    return this.start(APP_UID, process.execPath, args, env);
  }

  /** Another container's program, as root. */
  service(program: string, args: string[]): Running {
    return this.start(0, program, args);
  }

  private start(uid: number, program: string, args: string[], env: Record<string, string> = {}, gid = uid): Running {
    const [file, words] = this.namespace.command('setpriv', [...user(uid, gid), program, ...args]);
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const running = new Running(child);
    this.programs.push(running);
    return running;
  }

  /** Runs a program of a container to its end; of the application's without `uid`. */
  exec(program: string, args: readonly string[], uid = APP_UID): Ran {
    return this.namespace.run('setpriv', [...user(uid), program, ...args]);
  }

  /** The body of a GET, by curl. */
  get(url: string, { uid = APP_UID, flags = [] as string[] } = {}): string {
    const { status, stdout, stderr } = this.exec('curl', ['-sS', '-m', '10', ...flags, url], uid);
    return status === 0 ? stdout : `curl ${status}: ${stderr}`;
  }

  async ready(): Promise<void> {
    for (const deadline = performance.now() + 15_000; ; await sleep(30)) {
      if (this.get('http://127.0.0.1:15000/ready') === 'LIVE\n') return;
      const sidecar = this.programs.find(({ running }) => !running);
      if (sidecar || performance.now() > deadline) throw new Error(`not ready:\n${sidecar?.output}`);
    }
  }

  /** A counter or gauge of the sidecar; 0 where it is absent. */
  stat(name: string): number {
    const page = this.get('http://127.0.0.1:15000/stats');
    const line = page.split('\n').find((each) => each.startsWith(`${name}: `));
    return line === undefined ? 0 : Number(line.slice(name.length + 2));
  }

  async remove(): Promise<void> {
    for (const program of this.programs) if (program.running) program.signal('SIGKILL');
    await Promise.all(this.programs.map(({ exited }) => exited));
    this.namespace.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
