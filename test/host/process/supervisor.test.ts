// The supervisor with an echo program as its worker: a real process, real threads, real sockets.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { EPOLLIN } from '../../../host/io/constants.js';
import { Epoll } from '../../../host/io/epoll.js';
import { startConnect, streamSocket } from '../../../host/io/socket.js';
import * as sys from '../../../host/io/syscalls.js';

const MAIN = fileURLToPath(new URL('fixture/echo_main.mjs', import.meta.url));
const TCP = { address: { family: 'ipv4', address: '127.0.0.1', port: 0 }, reusePort: true };

class Echo {
  log = '';
  output = '';
  private constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.log += text));
  }

  static async start(specs: unknown[], drainMs = 5000): Promise<Echo> {
    const echo = new Echo(spawn(process.execPath, [MAIN, JSON.stringify(specs), String(drainMs)]));
    running.push(echo);
    await echo.until(() => echo.output.includes('"ready"'));
    return echo;
  }

  /** Polls until the condition holds; fails the test when the process ends before. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  get port(): number {
    return Number(/"port":(\d+)/.exec(this.output)![1]);
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.child.pid}/fd`).length;
  }

  async connect(to: NetConnectOpts = { port: this.port, host: '127.0.0.1' }): Promise<Socket> {
    const socket = connect(to);
    socket.setEncoding('utf8').setNoDelay(true);
    await once(socket, 'connect');
    return socket;
  }

  /** A connection that worker `index` serves. */
  async connectTo(index: number): Promise<Socket> {
    for (;;) {
      const socket = await this.connect();
      if ((await ask(socket, 'who')).startsWith(`${index} `)) return socket;
      socket.destroy();
    }
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

const running: Echo[] = [];
afterEach(async () => {
  for (const { child } of running.splice(0)) {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  }
});

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [string];
  return answer;
}

// Node 20 pads abstract names with zeros, which makes them other names.
function askAbstract(path: string, text: string): string {
  const fd = streamSocket('unix');
  expect(startConnect(fd, { family: 'unix', path })).toBe(0);
  const bytes = new Uint8Array(new ArrayBuffer(1024));
  const { written } = new TextEncoder().encodeInto(text, bytes);
  expect(sys.send(fd, sys.addressOf(bytes), written, 0)).toBe(written);
  const epoll = new Epoll(new ArrayBuffer(64), 0, 4);
  epoll.add(fd, EPOLLIN, 0, 0);
  epoll.wait(5000);
  const n = sys.recv(fd, sys.addressOf(bytes), 1024, 0);
  sys.close(fd);
  epoll.close();
  return Buffer.from(bytes.subarray(0, n)).toString();
}

test.each([
  ['class 75: a worker that throws', 'throw', 'Error: thrown by the test'],
  ['a worker that traps in WebAssembly', 'trap', 'RuntimeError: unreachable'],
  ['a worker that runs out of memory', 'oom', 'ERR_WORKER_OUT_OF_MEMORY'],
])('%s is logged and replaced, and only its connections are reset', async (_, breakage, logged) => {
  const echo = await Echo.start([TCP]);
  const [victim, bystander, survivor] = [await echo.connectTo(0), await echo.connectTo(0), await echo.connectTo(1)];
  const descriptors = echo.descriptors;
  const resets = [victim, bystander].map((socket) => once(socket, 'error'));
  victim.write(`${breakage} 0`);
  for (const [error] of await Promise.all(resets)) expect((error as NodeJS.ErrnoException).code).toBe('ECONNRESET');
  expect(await ask(survivor, 'still here')).toBe('1 still here');
  expect(await ask(await echo.connectTo(0), 'again')).toBe('0 again'); // waited in the queue of the same socket
  expect(echo.log).toMatch(/\[critical\]\[main\] worker 0 died: /);
  expect(echo.log).toContain(logged);
  await echo.until(() => echo.output.includes('"crashes":1'));
  expect(echo.output).toContain('{"dead":0}');
  // Two of the dead worker's connections are gone and one of the new worker's has come.
  expect(echo.descriptors).toBeLessThanOrEqual(descriptors);
});

test('a worker that keeps dying is replaced after 100, 200, 400 ms', async () => {
  const echo = await Echo.start([TCP]);
  for (const delay of [100, 200, 400]) {
    const victim = await echo.connectTo(1);
    victim.on('error', () => {}).write('throw 1');
    await echo.until(() => echo.log.includes(`worker 1 replaced after ${delay} ms`));
  }
});

test('class 36: a loop that stands still for more than 2 s is logged and counted', async () => {
  const echo = await Echo.start([TCP]);
  const socket = await echo.connectTo(0);
  socket.write('stall 0');
  await echo.until(() => echo.output.includes('"stalls":1'));
  expect(echo.log).toMatch(/\[critical\]\[main\] worker 0 has not turned its loop for \d+ ms/);
  await echo.until(() => echo.log.includes('worker 0 turns its loop again'));
  expect(echo.output).toContain('"crashes":0');
});

test('a line that a blocked worker logs is written at once', async () => {
  const echo = await Echo.start([TCP]);
  await ask(await echo.connectTo(1), 'log 1');
  await echo.until(() => /\[2\]\[info\]\[test\] line for the log from 1/.test(echo.log));
});

test('SIGTERM lets open connections finish and ends with the last one', async () => {
  const echo = await Echo.start([TCP]);
  const sockets = [await echo.connectTo(0), await echo.connectTo(1)];
  echo.child.kill('SIGTERM');
  await echo.until(() => echo.log.includes('SIGTERM: draining for at most 5 s'));
  for (const socket of sockets) expect(await ask(socket, 'in flight')).toMatch(/in flight$/);
  for (const socket of sockets) socket.end();
  expect(await echo.exit()).toBe(0);
});

test('nobody can connect while the process drains', async () => {
  const echo = await Echo.start([TCP]);
  const socket = await echo.connectTo(0);
  echo.child.kill('SIGTERM');
  await echo.until(async () => {
    const late = connect(echo.port, '127.0.0.1');
    const [error] = (await Promise.race([once(late, 'error'), once(late, 'connect')])) as [Error | undefined];
    late.destroy();
    return (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
  });
  expect(await ask(socket, 'served')).toBe('0 served');
});

test('the drain time is a limit', async () => {
  const echo = await Echo.start([TCP], 300);
  const socket = await echo.connectTo(0);
  socket.on('error', () => {});
  echo.child.kill('SIGTERM');
  expect(await echo.exit()).toBe(0);
  expect(echo.log).toContain('the drain time is over: 1 connections are cut off');
});

test('a second signal ends the process now', async () => {
  const echo = await Echo.start([TCP], 60_000);
  const socket = await echo.connectTo(0);
  socket.on('error', () => {});
  echo.child.kill('SIGINT');
  await echo.until(() => echo.log.includes('SIGINT: draining'));
  echo.child.kill('SIGINT');
  expect(await echo.exit()).toBe(0);
});

test('process.exit ends the process although its workers sleep in the kernel', async () => {
  const echo = await Echo.start([TCP]);
  await echo.connectTo(0);
  echo.child.kill('SIGUSR2');
  expect(await echo.exit()).toBe(7);
});

test('a UNIX socket is shared by the workers, and its file is gone at the end', async () => {
  const directory = mkdtempSync(`${tmpdir()}/weft-unix-`);
  const path = `${directory}/listener.sock`;
  const abstract = `@weft-supervisor-${process.pid}`;
  const echo = await Echo.start([
    { address: { family: 'unix', path } },
    { address: { family: 'unix', path: abstract } },
  ]);
  const socket = await echo.connect({ path });
  expect(await ask(socket, 'hello')).toMatch(/^[01] hello$/);
  socket.end();
  expect(askAbstract(abstract, 'hello')).toMatch(/^[01] hello$/);
  echo.child.kill('SIGTERM');
  expect(await echo.exit()).toBe(0);
  expect(existsSync(path)).toBe(false);
  rmSync(directory, { recursive: true });
});
