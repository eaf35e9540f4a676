// An upstream that records what it is sent and answers, or misbehaves, by script.
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTunnel, splitRequests } from './http_message.js';

/** What an upstream does, in order. A bare string is sent as latin1 bytes. */
export type UpstreamStep =
  | string
  | { repeat: string; times: number }
  | { bytewise: string }
  | { wait: number }
  | { fin: true }
  | { close: true }
  | { reset: true };

export interface UpstreamScript {
  /** `connect`: at once; `head`: when a request head is there; `request`: when the request is complete; `bytes`: on the first byte. */
  on: 'connect' | 'head' | 'request' | 'bytes';
  /** One list for each such event on a connection; the last one repeats. */
  steps: UpstreamStep[][];
}

export const OK_RESPONSE = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
export const OK_SCRIPT: UpstreamScript = { on: 'request', steps: [[OK_RESPONSE]] };

export class UpstreamConnection {
  received = '';
  ending: 'open' | 'fin' | 'reset' = 'open';
  /** Events of the script already answered. */
  events = 0;
  running: Promise<void> = Promise.resolve();
  busy = 0;

  constructor(readonly socket: Socket) {}

  /** Idle between two requests: nothing half-read, nothing still to be said. */
  get idle(): boolean {
    const { messages, rest } = splitRequests(this.received);
    return this.busy === 0 && rest === '' && !messages.some(isTunnel);
  }
}

export class TcpUpstream {
  connections: UpstreamConnection[] = [];
  script: UpstreamScript = OK_SCRIPT;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static start(port: number): Promise<TcpUpstream> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true });
      const upstream = new TcpUpstream(server, port);
      server.on('connection', (socket) => upstream.accept(socket));
      server.on('error', reject);
      server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => resolve(upstream));
    });
  }

  /** Starts a new record: open idle connections stay (a proxy's pool), others are dropped. */
  reset(script: UpstreamScript = OK_SCRIPT): boolean {
    this.script = script;
    let dropped = false;
    this.connections = this.connections.filter((connection) => {
      if (connection.ending === 'open' && connection.idle) {
        connection.received = '';
        connection.events = 0;
        return true;
      }
      dropped ||= !connection.socket.destroyed;
      connection.socket.destroy();
      return false;
    });
    return dropped;
  }

  dropAll(): void {
    for (const connection of this.connections) connection.socket.destroy();
    this.connections = [];
  }

  async stop(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    const connection = new UpstreamConnection(socket);
    this.connections.push(connection);
    socket.on('data', (piece) => {
      connection.received += piece.toString('latin1');
      this.react(connection);
    });
    socket.on('end', () => {
      connection.ending = 'fin';
      if (connection.busy === 0) socket.end();
    });
    socket.on('error', () => (connection.ending = 'reset'));
    this.react(connection);
  }

  private react(connection: UpstreamConnection): void {
    const { on, steps } = this.script;
    while (connection.events < this.eventsSeen(connection, on)) {
      const list = steps[Math.min(connection.events, steps.length - 1)] ?? [];
      connection.events++;
      connection.busy++;
      connection.running = connection.running
        .then(() => runSteps(connection.socket, list))
        .finally(() => connection.busy--);
    }
  }

  private eventsSeen({ received }: UpstreamConnection, on: UpstreamScript['on']): number {
    if (on === 'connect') return 1;
    if (on === 'bytes') return received === '' ? 0 : 1;
    const { messages, rest } = splitRequests(received);
    return messages.length + (on === 'head' && rest.includes('\r\n\r\n') ? 1 : 0);
  }
}

async function runSteps(socket: Socket, steps: UpstreamStep[]): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    await runStep(socket, step);
  }
}

async function runStep(socket: Socket, step: UpstreamStep): Promise<void> {
  if (typeof step === 'string') socket.write(step, 'latin1');
  else if ('repeat' in step) socket.write(step.repeat.repeat(step.times), 'latin1');
  else if ('wait' in step) await sleep(step.wait);
  else if ('fin' in step) socket.end();
  else if ('close' in step) await new Promise<void>((resolve) => socket.end(() => (socket.destroy(), resolve())));
  else if ('reset' in step) await flushed(socket).then(() => socket.resetAndDestroy());
  else
    for (const byte of step.bytewise) {
      socket.write(byte, 'latin1');
      await new Promise(setImmediate);
    }
}

/** A reset throws away what the kernel has not sent; give it the moment that loopback needs. */
async function flushed(socket: Socket): Promise<void> {
  if (socket.writableLength > 0) await new Promise((resolve) => socket.once('drain', resolve));
  await sleep(10);
}
