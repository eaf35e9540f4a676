// `weft injector` as a process beside a test cluster.
import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.js';
import { REPOSITORY } from './repository.js';

export class InjectorProcess {
  log = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly monitoringPort: number,
  ) {
    child.stderr?.on('data', (data: Buffer) => (this.log += data.toString()));
  }

  /** Resolves when it is ready. */
  static async start(args: readonly string[], port?: number): Promise<InjectorProcess> {
    const reviews = port ?? (await freePort());
    const monitoring = await freePort();
    const ports = [`--port=${reviews}`, `--monitoring-port=${monitoring}`, '--address=127.0.0.1', '--shutdown-delay=0'];
    const child = spawn(process.execPath, [join(REPOSITORY, 'bin/weft'), 'injector', ...ports, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const injector = new InjectorProcess(child, reviews, monitoring);
    for (let i = 0; i < 200; i++) {
      if (child.exitCode !== null) throw new Error(`weft injector ended: ${injector.log}`);
      if ((await injector.get('/readyz')).status === 200) return injector;
      await sleep(100);
    }
    await injector.stop();
    throw new Error(`weft injector did not become ready: ${injector.log}`);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve) => {
      get({ host: '127.0.0.1', port: this.monitoringPort, path }, (response) => {
        let body = '';
        response.on('data', (data) => (body += data));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      }).on('error', () => resolve({ status: 0, body: '' }));
    });
  }

  async metric(line: string): Promise<number> {
    const { body } = await this.get('/metrics');
    const found = body.split('\n').find((each) => each.startsWith(`${line} `));
    return found === undefined ? 0 : Number(found.split(' ').at(-1));
  }

  /** Its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return ended;
  }
}
