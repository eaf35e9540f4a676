// Requests that say whether what a control plane sent serves.
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An upstream at every loopback address, which answers with its name. */
export async function startUpstream(name: string): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => void response.end(name));
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly port: number) {}

  /** "200 body". */
  ask(host: string): Promise<string> {
    return new Promise((resolve) => {
      const { port, agent } = this;
      const outgoing = request({ host: '127.0.0.1', port, agent, headers: { host } }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (body += piece));
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
        response.on('error', (error) => resolve(String(error)));
      });
      outgoing.on('error', (error) => resolve(String(error)));
      outgoing.end();
    });
  }

  /** Asks until the answer is the wanted one; every other answer that begins with `200` or `may` is waited out. */
  async becomes(host: string, wanted: string, may: RegExp = /^200 /, patience = 60_000): Promise<void> {
    const deadline = performance.now() + patience;
    for (;;) {
      const answer = await this.ask(host);
      if (answer === wanted) return;
      if (!may.test(answer) || performance.now() > deadline)
        throw new Error(`${host} is answered with ${answer}, not with ${wanted}`);
      await sleep(0);
    }
  }

  close(): void {
    this.agent.destroy();
  }
}
