// A program under measurement: started on a port, waited for, stopped by its own process id.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export class Child {
  private output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (this.output += piece));
  }

  /** Resolves once something listens on `port`. */
  static async start(command: string, args: string[], port: number): Promise<Child> {
    const child = new Child(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    for (let attempt = 0; attempt < 200; attempt++) {
      if (child.child.exitCode !== null) throw new Error(`${command} ended:\n${child.output}`);
      if (await listens(port)) return child;
      await sleep(50);
    }
    await child.stop();
    throw new Error(`${command} does not listen on ${port}:\n${child.output}`);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 2000);
    await exited;
    clearTimeout(timer);
  }
}

export function installed(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
