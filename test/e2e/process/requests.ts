// Requests whose fate is all that counts.
import { Agent, get } from 'node:http';

export interface Outcome {
  status?: number;
  error?: string;
  connection?: string;
  body?: string;
}

/** One request; never rejects. */
export function request(port: number, path: string, agent: Agent | false = false): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = get({ port, host: '127.0.0.1', path, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection, body }));
      response.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
  });
}

/** Keeps `width` requests going until told to stop; what became of each. */
export class Load {
  readonly outcomes: Outcome[] = [];
  private stopped = false;
  private readonly agent: Agent;
  private readonly runners: Promise<void>[];

  constructor(port: number, path: string, width: number) {
    this.agent = new Agent({ keepAlive: true, maxSockets: width });
    this.runners = Array.from({ length: width }, async () => {
      while (!this.stopped) {
        this.outcomes.push(await request(port, path, this.agent));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
  }

  get failures(): Outcome[] {
    return this.outcomes.filter(({ status }) => status !== 200);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.runners);
    this.agent.destroy();
  }
}
