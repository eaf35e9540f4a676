// A TCP client that sends and keeps exact bytes.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Ending = 'open' | 'fin' | 'reset';

/** What a client does, in order. A bare string is sent as latin1 bytes. */
export type ClientStep =
  | string
  | { repeat: string; times: number }
  /** Sends the bytes one by one, each in a segment of its own. */
  | { bytewise: string }
  | { wait: number }
  /** Waits until that many bytes of text have been answered (a regular expression over all received). */
  | { until: string }
  | { fin: true }
  | { reset: true };

export class RawClient {
  received = '';
  ending: Ending = 'open';
  private changed: () => void = () => {};

  readonly localPort: number;

  private constructor(readonly socket: Socket) {
    this.localPort = socket.localPort ?? 0; // gone once the socket is closed
    socket.setNoDelay(true);
    socket.on('data', (piece) => {
      this.received += piece.toString('latin1');
      this.changed();
    });
    socket.on('end', () => this.end('fin'));
    socket.on('error', () => this.end('reset'));
  }

  static connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  async run(steps: ClientStep[]): Promise<void> {
    for (const step of steps) {
      if (this.socket.destroyed) return;
      await this.step(step);
    }
  }

  send(text: string): void {
    if (this.socket.writable) this.socket.write(text, 'latin1');
  }

  /** Resolves when `test` holds, false when it still does not after `ms`. Looked at after every piece received. */
  async until(test: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!test()) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 20));
        this.changed = () => (clearTimeout(timer), resolve());
      });
    }
    return true;
  }

  close(): void {
    this.socket.destroy();
  }

  private async step(step: ClientStep): Promise<void> {
    if (typeof step === 'string') this.send(step);
    else if ('repeat' in step) this.send(step.repeat.repeat(step.times));
    else if ('wait' in step) await sleep(step.wait);
    else if ('fin' in step) this.socket.end();
    else if ('reset' in step) this.socket.resetAndDestroy();
    else if ('until' in step) await this.until(() => new RegExp(step.until, 's').test(this.received), 2000);
    else await this.sendBytewise(step.bytewise);
  }

  private async sendBytewise(text: string): Promise<void> {
    for (const byte of text) {
      if (this.ending !== 'open') return;
      this.send(byte);
      await new Promise(setImmediate);
    }
  }

  private end(how: Ending): void {
    if (this.ending === 'open') this.ending = how;
    this.changed();
  }
}
