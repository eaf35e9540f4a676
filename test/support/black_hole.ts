// A port that takes no connection and refuses none: a stopped process listens there with a full queue, so that a SYN
// is dropped and a connect only ends by its own timeout.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LISTEN =
  "require('net').createServer().listen({port:+process.argv[1],host:'127.0.0.1',backlog:1},()=>console.log('up'))";
const FILL = 8;

export class BlackHole {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly queued: Socket[],
  ) {}

  static async start(port: number): Promise<BlackHole> {
    const child = spawn(process.execPath, ['-e', LISTEN, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout!, 'data');
    child.kill('SIGSTOP');
    await sleep(50);
    const queued = Array.from({ length: FILL }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
    await sleep(50);
    return new BlackHole(port, child, queued);
  }

  stop(): void {
    this.child.kill('SIGKILL');
    for (const socket of this.queued) socket.destroy();
  }
}
