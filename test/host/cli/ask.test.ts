// `weft wait` and `weft request` as a container calls them.
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/ports.js';
import { REPOSITORY } from '../../support/repository.js';

interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

function weft(...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [join(REPOSITORY, 'bin/weft'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ran: Ran = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (piece) => (ran.stdout += String(piece)));
  child.stderr.on('data', (piece) => (ran.stderr += String(piece)));
  return new Promise((resolve) => child.on('close', (status) => resolve({ ...ran, status })));
}

let server: Server;
let port: number;
let asked: string[] = [];
let failures = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/silence') return;
    if (request.url === '/ready' && failures-- > 0) response.writeHead(503).end('not ready: warming\n');
    else if (request.url === '/never') response.writeHead(503).end('not ready: warming\n');
    else if (request.url === '/missing') response.writeHead(404).end('nothing here');
    else request.pipe(response.writeHead(200));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const url = (path: string): string => `http://127.0.0.1:${port}${path}`;

describe('wait', () => {
  test('ends with 0 when the answer is 200, and says nothing', async () => {
    failures = 2;
    expect(await weft('wait', '--url', url('/ready'), '--period', '20ms')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  test.each([
    ['what the answer says', () => url('/never'), 'status 503, not ready: warming'],
    ['that nobody answers', async () => `http://127.0.0.1:${await freePort()}/`, 'ECONNREFUSED'],
    ['that the answer does not come', () => url('/silence'), 'no answer within'],
  ])('ends with 1 when the time is over, and says %s', async (_what, of, reason) => {
    const { status, stderr } = await weft(
      'wait',
      '--url',
      await of(),
      '--timeout',
      '300ms',
      '--period',
      '50ms',
      '--request-timeout',
      '100ms',
    );
    expect(status).toBe(1);
    expect(stderr).toContain('is not ready after 0.3 s: ');
    expect(stderr).toContain(reason);
  });

  test("takes pilot-agent's flags", async () => {
    const flags = ['--timeoutSeconds', '1', '--periodMillis', '50', '--requestTimeoutMillis', '100'];
    expect(await weft('wait', '--url', url('/never'), ...flags)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('after 1 s'),
    });
  });

  test.each([
    ['--url', 'localhost:15021'],
    ['--url', 'https://localhost/'],
    ['--timeout', 'long'],
    ['--periodMillis', '0.5'],
  ])('%s %s is a usage error', async (flag, value) => {
    const { status, stderr } = await weft('wait', flag, value);
    expect(status).toBe(2);
    expect(stderr).toContain('WEFT1602');
  });
});

describe('request', () => {
  test('prints what a port of the Pod answers', async () => {
    asked = [];
    const ran = await weft('request', '--debug-port', String(port), 'POST', 'drain', 'body');
    expect(ran).toEqual({ status: 0, stdout: 'body\n', stderr: '' });
    expect(asked).toEqual(['POST /drain']);
  });

  test('a query goes on', async () => {
    asked = [];
    await weft('request', `--debug-port=${port}`, 'GET', '/stats?filter=a.b');
    expect(asked).toEqual(['GET /stats?filter=a.b']);
  });

  test('ends with 1 for an answer that is not 2xx', async () => {
    const ran = await weft('request', `--debug-port=${port}`, 'GET', 'missing');
    expect(ran).toEqual({
      status: 1,
      stdout: '',
      stderr: `error[WEFT1511]: http://127.0.0.1:${port}/missing answers with status 404\nnothing here\n`,
    });
  });

  test('ends with 1 where nobody answers', async () => {
    expect(await weft('request', `--debug-port=${await freePort()}`, 'GET', 'x')).toMatchObject({ status: 1 });
  });

  test.each([[['get', 'x']], [['GET']], [['GET', 'x', '--debug-port', '99999']]])(
    '%j is a usage error',
    async (args) => {
      expect(await weft('request', ...args)).toMatchObject({ status: 2 });
    },
  );
});
