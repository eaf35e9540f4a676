// Plain HTTP for probes and for Prometheus, beside the HTTPS port: /healthz, /readyz, /metrics.
import { createServer, type Server } from 'node:http';

export interface HealthContext {
  /** Undefined when reviews can be answered; else what is missing. */
  notReady(): string | undefined;
  metrics(): string;
}

const TIMEOUT_MS = 5_000;

export class HealthServer {
  private readonly server: Server;

  constructor(context: HealthContext) {
    this.server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS }, (request, response) => {
      request.resume();
      const { status, body } = answer(context, request.method ?? '', (request.url ?? '').split('?', 1)[0]);
      const type = 'text/plain; version=0.0.4; charset=utf-8';
      response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
    this.server.maxConnections = 128;
  }

  /** Resolves with the bound port. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, exclusive: true }, () => {
        this.server.off('error', reject);
        this.server.on('error', () => {});
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function answer(context: HealthContext, method: string, path: string): { status: number; body: string } {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'GET\n' };
  if (path === '/healthz') return { status: 200, body: 'ok\n' };
  if (path === '/metrics') return { status: 200, body: context.metrics() };
  if (path !== '/readyz') return { status: 404, body: '/healthz /readyz /metrics\n' };
  const missing = context.notReady();
  return missing === undefined ? { status: 200, body: 'ok\n' } : { status: 503, body: `${missing}\n` };
}
