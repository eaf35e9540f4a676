// Other HTTP servers, as judges of where one request ends and the next begins.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitResponses, statusOf } from '../../test/support/http_message.js';
import { freePort } from '../../test/support/ports.js';
import { RawClient } from '../../test/support/raw_client.js';
import { Child, installed } from '../peers/child.js';
import { nginxPreamble, NGINX_TEMP_PATHS } from '../peers/upstream.js';

export interface Judge {
  name: string;
  port: number;
  stop(): Promise<void>;
}

export async function startJudges(): Promise<Judge[]> {
  const node = await startNode();
  const judges = [node];
  if (installed('nginx')) judges.push(await startNginx());
  if (installed('haproxy')) judges.push(await startHaproxy(node.port));
  return judges;
}

/** How many requests the judge finds in `bytes`: it answers each with a 200 that carries the request's path. */
export async function countRequests(judge: Judge, bytes: string, methods: string[]): Promise<number> {
  const client = await RawClient.connect(judge.port);
  client.send(bytes);
  const answers = () =>
    splitResponses(client.received, methods, client.ending === 'fin').messages.filter((each) => statusOf(each) >= 200)
      .length;
  await client.until(() => answers() >= methods.length || client.ending !== 'open', 3000);
  await client.until(() => answers() > methods.length, 5);
  client.close();
  return answers();
}

async function startNode(): Promise<Judge> {
  const port = await freePort();
  const server = createServer({ keepAlive: true }, (request, response) => {
    request.resume();
    request.on('end', () => response.end(request.url));
  });
  server.maxRequestsPerSocket = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve())));
  return { name: 'node:http', port, stop };
}

function startNginx(): Promise<Judge> {
  return startProgram('nginx', (folder, port) => ({
    config: `${nginxPreamble(folder)}
http { access_log off; keepalive_requests 1000000; ${NGINX_TEMP_PATHS}
  server { listen 127.0.0.1:${port}; client_max_body_size 0; location / { return 200 $uri; } } }
`,
    args: (file) => ['-p', folder, '-c', file],
  }));
}

function startHaproxy(behind: number): Promise<Judge> {
  return startProgram('haproxy', (_folder, port) => ({
    config: `defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
listen l
  bind 127.0.0.1:${port}
  server s 127.0.0.1:${behind}
`,
    args: (file) => ['-db', '-f', file],
  }));
}

async function startProgram(
  name: string,
  prepare: (folder: string, port: number) => { config: string; args: (file: string) => string[] },
): Promise<Judge> {
  const folder = mkdtempSync(join(tmpdir(), `weft-judge-${name}-`));
  const port = await freePort();
  const { config, args } = prepare(folder, port);
  const file = join(folder, 'config');
  writeFileSync(file, config);
  const child = await Child.start(name, args(file), port);
  const stop = async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { name, port, stop };
}
