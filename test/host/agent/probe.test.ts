// The agent's probes against real servers: node:http, node:https, sockets, and grpc-js.
import { Server as GrpcServer, ServerCredentials, status as grpcStatus, type ServiceDefinition } from '@grpc/grpc-js';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ask, startAgent, type TestAgent } from '../../support/agent.js';
import { freePort } from '../../support/ports.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening<S extends TcpServer | Server>(server: S): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(() => {
    server.close();
    (server as Server).closeAllConnections?.();
  });
  return (server.address() as AddressInfo).port;
}

async function agentWith(action: object, timeoutSeconds?: number): Promise<TestAgent> {
  const started = await startAgent(
    { '/app-health/app/livez': { ...action, timeoutSeconds } },
    { readyPort: 0, metricsPort: 0 },
  );
  closers.push(() => started.agent.close());
  return started;
}

async function probed(action: object, options = {}): Promise<{ status: number; body: string; events: string[] }> {
  const { ports, events } = await agentWith(action);
  const { status, body } = await ask(ports.status, '/app-health/app/livez', options);
  return { status, body, events };
}

async function httpApp(handler: RequestListener): Promise<number> {
  return listening(createServer(handler));
}

describe('httpGet', () => {
  test('status and body pass, and the application sees the probe come from 127.0.0.6', async () => {
    const port = await httpApp((request, response) => response.writeHead(418).end(request.socket.remoteAddress));
    expect(await probed({ httpGet: { port, path: '/x' } })).toMatchObject({
      status: 418,
      body: '127.0.0.6',
      events: [],
    });
  });

  test("the kubelet's headers go on, those of the probe win, those of the connection stay", async () => {
    const port = await httpApp((request, response) => response.end(JSON.stringify([request.url, request.headers])));
    const httpHeaders = [
      { name: 'X-Two', value: 'a' },
      { name: 'x-two', value: 'b' },
      { name: 'User-Agent', value: 'mine' },
    ];
    const headers = {
      'user-agent': 'kube-probe/1.37',
      accept: '*/*',
      'x-two': 'kubelet',
      te: 'trailers',
      connection: 'close, x-gone',
    };
    const { body } = await probed({ httpGet: { port, path: 'p?q=1', httpHeaders } }, { headers });
    expect(JSON.parse(body)).toEqual([
      '/p?q=1',
      { accept: '*/*', 'user-agent': 'mine', 'x-two': 'a, b', host: `127.0.0.1:${port}`, connection: 'close' },
    ]);
  });

  test.each([
    ['the one the kubelet has sent, with the port of the application', {}, {}, (port: number) => `127.0.0.1:${port}`],
    ['a name that the kubelet has sent', { headers: { host: 'a.example' } }, {}, () => 'a.example'],
    ['that of the probe', {}, { httpHeaders: [{ name: 'host', value: 'b.example' }] }, () => 'b.example'],
    ['the host field of the probe', {}, { host: 'c.example' }, (port: number) => `c.example:${port}`],
  ])('the Host header is %s', async (_claim, options, action, expected) => {
    const port = await httpApp((request, response) => response.end(request.headers.host));
    expect((await probed({ httpGet: { port, ...action } }, options)).body).toBe(expected(port));
  });

  test('a redirect to the same host is followed, one to another host is a success that is not', async () => {
    const port = await httpApp((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/two' }).end();
      else if (request.url === '/two') response.writeHead(307, { location: `http://127.0.0.1:${port}/three?x` }).end();
      else if (request.url === '/away') response.writeHead(301, { location: 'http://127.0.0.2/' }).end('gone');
      else response.writeHead(503).end(request.url);
    });
    expect(await probed({ httpGet: { port } })).toMatchObject({ status: 503, body: '/three?x' });
    expect(await probed({ httpGet: { port, path: '/away' } })).toMatchObject({ status: 200, body: '' });
  });

  test('a circle of redirects is a failure', async () => {
    let requests = 0;
    const port = await httpApp((_request, response) => {
      requests++;
      response.writeHead(302, { location: '/again' }).end();
    });
    expect(await probed({ httpGet: { port } })).toMatchObject({ status: 500, body: 'stopped after 10 redirects\n' });
    expect(requests).toBe(11);
  });

  test('at most 10 KiB of the body pass', async () => {
    const port = await httpApp((_request, response) => response.end('x'.repeat(100_000)));
    expect((await probed({ httpGet: { port } })).body).toBe('x'.repeat(10 * 1024));
  });

  test('a body that never ends does not make a success late', async () => {
    const port = await httpApp((_request, response) => void response.writeHead(200).write('some'));
    expect(await probed({ httpGet: { port } })).toMatchObject({ status: 200, body: 'some' });
  });

  test.each([
    ['that refuses the connection', undefined, /ECONNREFUSED/],
    ['that closes without an answer', (socket: Socket) => socket.end(), /socket hang up|without an answer/],
    ['that is silent', () => {}, /no answer within 1 s/],
    ['that speaks no HTTP', (socket: Socket) => socket.end('220 mail ESMTP\r\n'), /Parse Error/],
    [
      'that switches protocols',
      (socket: Socket) => socket.end('HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: y\r\n\r\n'),
      /101/,
    ],
  ])('an application %s is a failure with its reason', async (_claim, serve, reason) => {
    const server = createTcpServer(serve);
    const port = serve ? await listening(server) : await freePort();
    const { status, body, events } = await probed({ httpGet: { port } });
    expect(status).toBe(500);
    expect(body).toMatch(reason);
    expect(events[0]).toBe('count weft.agent.probe_failures');
    expect(events[1]).toMatch(/^warn \/app-health\/app\/livez: /);
  });

  test('a failure is logged when it begins and when it ends', async () => {
    const port = await freePort();
    const { ports, events } = await agentWith({ httpGet: { port } });
    const askOnce = async (): Promise<number> => (await ask(ports.status, '/app-health/app/livez')).status;
    expect([await askOnce(), await askOnce()]).toEqual([500, 500]);
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
    closers.push(() => server.close());
    expect([await askOnce(), await askOnce()]).toEqual([200, 200]);
    expect(events.filter((event) => !event.startsWith('count'))).toEqual([
      expect.stringMatching(/^warn .*ECONNREFUSED/),
      'info /app-health/app/livez: the application answers again',
    ]);
  });

  test('https is not verified', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-probe-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=elsewhere.example', '-days', '1', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'ignore' });
    const credentials = { key: readFileSync(key), cert: readFileSync(cert) };
    const port = await listening(createTlsServer(credentials, (_request, response) => response.end('secret')));
    expect(await probed({ httpGet: { port, scheme: 'HTTPS' } })).toMatchObject({ status: 200, body: 'secret' });
  });
});

describe('tcpSocket', () => {
  test('whoever accepts is well, and is connected to from 127.0.0.6', async () => {
    let from: string | undefined;
    const port = await listening(createTcpServer((socket) => (from = socket.remoteAddress)));
    expect(await probed({ tcpSocket: { port } })).toMatchObject({ status: 200, body: '' });
    expect(from).toBe('127.0.0.6');
  });

  test('a closed port is a failure', async () => {
    expect(await probed({ tcpSocket: { port: await freePort() } })).toMatchObject({ status: 500 });
  });
});

const plain = (value: Buffer): Buffer => value;

describe('grpc', () => {
  const definition: ServiceDefinition = {
    Check: {
      path: '/grpc.health.v1.Health/Check',
      requestStream: false,
      responseStream: false,
      requestSerialize: plain,
      requestDeserialize: plain,
      responseSerialize: plain,
      responseDeserialize: plain,
    },
  };

  type Check = (request: Buffer, peer: string, answer: (error: object | null, value?: Buffer) => void) => void;

  async function app(check: Check | undefined): Promise<number> {
    const server = new GrpcServer();
    if (check) {
      server.addService(definition, {
        Check: (call: { request: Buffer; getPeer(): string }, callback: Parameters<Check>[2]) =>
          check(call.request, call.getPeer(), callback),
      });
    }
    const credentials = ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    closers.push(() => server.forceShutdown());
    return port;
  }

  test('SERVING is well; the service is asked for, from 127.0.0.6', async () => {
    const seen: string[] = [];
    const port = await app((request, peer, answer) => {
      seen.push(request.toString('latin1'), peer.split(':')[0]);
      answer(null, Buffer.of(8, 1));
    });
    expect(await probed({ grpc: { port, service: 'shop.Cart' } })).toMatchObject({ status: 200 });
    expect(seen).toEqual(['\n\tshop.Cart', '127.0.0.6']);
  });

  test('without a service the whole server is asked', async () => {
    const port = await app((request, _peer, answer) => answer(null, Buffer.of(8, request.length === 0 ? 1 : 2)));
    expect(await probed({ grpc: { port } })).toMatchObject({ status: 200 });
  });

  test('a long service name is written as protobuf wants it', async () => {
    const service = 's'.repeat(300);
    const port = await app((request, _peer, answer) =>
      answer(null, Buffer.of(8, request.subarray(3).toString() === service ? 1 : 2)),
    );
    expect(await probed({ grpc: { port, service } })).toMatchObject({ status: 200 });
  });

  const failures: [string, Check | undefined, RegExp][] = [
    ['NOT_SERVING', (_request, _peer, answer) => answer(null, Buffer.of(8, 2)), /NOT_SERVING/],
    ['an empty message', (_request, _peer, answer) => answer(null, Buffer.alloc(0)), /UNKNOWN/],
    [
      'a message that is none',
      (_request, _peer, answer) => answer(null, Buffer.of(255, 255)),
      /no HealthCheckResponse/,
    ],
    ['an error', (_request, _peer, answer) => answer({ code: grpcStatus.NOT_FOUND, details: 'x' }), /gRPC status 5/],
    ['no such service', undefined, /does not implement/],
    ['silence', () => {}, /no answer within 1 s/],
    ['an endless answer', (_request, _peer, answer) => answer(null, Buffer.alloc(100_000)), /longer/],
  ];
  test.each(failures)('%s is a failure', async (_claim, check, reason) => {
    const { status, body } = await probed({ grpc: { port: await app(check) } });
    expect(status).toBe(500);
    expect(body).toMatch(reason);
  });

  test.each([
    ['a closed port', undefined],
    [
      'a server of HTTP/1.1',
      (socket: Socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    ['a server that closes', (socket: Socket) => socket.destroy()],
  ])('%s is a failure', async (_claim, serve) => {
    const port = serve ? await listening(createTcpServer(serve)) : await freePort();
    expect(await probed({ grpc: { port } })).toMatchObject({ status: 500 });
  });
});

test('a lifecycle handler may take its time, and ends with its caller', async () => {
  let closed: () => void;
  const ended = new Promise<void>((resolve) => (closed = resolve));
  const port = await listening(createServer((request) => request.socket.on('close', () => closed())));
  const { agent, ports } = await startAgent(
    { '/app-lifecycle/app/prestopz': { httpGet: { port } } },
    { readyPort: 0, metricsPort: 0 },
  );
  closers.push(() => agent.close());
  const controller = new AbortController();
  const asked = fetch(`http://127.0.0.1:${ports.status}/app-lifecycle/app/prestopz`, { signal: controller.signal });
  setTimeout(() => controller.abort(), 1500);
  await expect(asked).rejects.toThrow('aborted');
  await ended;
});

test('more probes at once than there may be are turned away', async () => {
  const port = await listening(createTcpServer(() => {}));
  const { ports } = await agentWith({ httpGet: { port } }, 2);
  const statuses = await Promise.all(
    Array.from({ length: 70 }, async () => (await ask(ports.status, '/app-health/app/livez')).status),
  );
  expect(statuses.filter((status) => status === 503)).toHaveLength(6);
  expect(statuses.filter((status) => status === 500)).toHaveLength(64);
});
