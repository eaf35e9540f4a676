// An upstream that answers `GET /MS` after that many milliseconds, and other paths at once.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';

export interface SlowUpstream {
  port: number;
  server: Server;
  stop(): void;
}

export async function startSlowUpstream(port: number): Promise<SlowUpstream> {
  const server = createServer((request, response) => {
    const ms = Number(request.url?.slice(1)) || 0;
    setTimeout(() => response.end(`after ${ms} ms`), ms);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port, server, stop };
}
