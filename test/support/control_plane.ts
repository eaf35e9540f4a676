// go-control-plane's own server (test/control_plane/), built once where Go is present and kept outside the tree.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY } from './repository.js';

const SOURCE = join(REPOSITORY, 'test/control_plane');
const PATIENCE_MS = 10_000;

export interface ControlPlaneEvent {
  readonly event: 'listening' | 'open' | 'closed' | 'request' | 'response' | 'set' | 'refused';
  readonly type?: string;
  readonly version?: string;
  readonly nonce?: string;
  readonly error?: string;
  readonly names?: readonly string[] | null;
  readonly unsubscribe?: readonly string[] | null;
  readonly initial?: Readonly<Record<string, string>> | null;
  readonly address?: string;
  readonly node?: string;
}

/** Builds the program; undefined, with the reason on standard error, where that cannot be done. */
export function controlPlaneProgram(): string | undefined {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, file)));
  const folder = join(homedir(), '.cache/weft');
  const program = join(folder, `control_plane-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: SOURCE,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 600_000,
    });
    return program;
  } catch (error) {
    process.stderr.write(`tests against go-control-plane are left out: ${(error as Error).message}\n`);
    return undefined;
  }
}

export class ControlPlane {
  readonly events: ControlPlaneEvent[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    createInterface({ input: child.stdout! }).on('line', (line) =>
      this.events.push(JSON.parse(line) as ControlPlaneEvent),
    );
  }

  /** `ads`: resources come in the order that aggregated streams need. */
  static async start(program: string, port: number, ads = true): Promise<ControlPlane> {
    const child = spawn(program, [`-listen=127.0.0.1:${port}`, `-ads=${ads}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    const plane = new ControlPlane(child, port);
    await plane.until(({ event }) => event === 'listening');
    return plane;
  }

  /** Every proxy gets these resources. */
  async set(version: string, resources: readonly object[]): Promise<void> {
    this.child.stdin!.write(`${JSON.stringify({ version, resources })}\n`);
    const told = await this.until((e) => e.event === 'refused' || (e.event === 'set' && e.version === version));
    if (told.event === 'refused') throw new Error(told.error);
  }

  /** The first event, old or new, that is meant. */
  async until(meant: (event: ControlPlaneEvent) => boolean): Promise<ControlPlaneEvent> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const found = this.events.find(meant);
      if (found) return found;
      await sleep(10);
    }
    throw new Error(`it never happened; last: ${JSON.stringify(this.events.slice(-5))}`);
  }

  /** The acknowledgement (or refusal) of `version` of a type, which ends with `type`. */
  answered(type: string, version: string): Promise<ControlPlaneEvent> {
    return this.until((e) => {
      if (e.event !== 'request' || !e.type?.endsWith(type) || !e.nonce) return false;
      return this.events.some(
        (r) => r.event === 'response' && r.nonce === e.nonce && r.version === version && r.type === e.type,
      );
    });
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.on('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }
}
