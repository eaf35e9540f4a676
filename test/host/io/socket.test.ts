import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { formatAddress, type SocketAddress } from '../../../host/io/address.js';
import {
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  EINPROGRESS,
  EPOLLIN,
  EPOLLOUT,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SO_KEEPALIVE,
  TCP_NODELAY,
} from '../../../host/io/constants.js';
import { Epoll } from '../../../host/io/epoll.js';
import {
  getOption,
  ListenError,
  localAddress,
  openListener,
  peerAddress,
  probeAddress,
  setReset,
  socketError,
  startConnect,
  streamSocket,
} from '../../../host/io/socket.js';
import * as sys from '../../../host/io/syscalls.js';
import { clearWake, openWake, wake } from '../../../host/io/wake.js';

const directory = mkdtempSync(`${tmpdir()}/weft-socket-`);
afterAll(() => rmSync(directory, { recursive: true }));

const LOOPBACK: SocketAddress = { family: 'ipv4', address: '127.0.0.1', port: 0 };

function boundTo(fd: number): SocketAddress & { port: number } {
  return localAddress(fd) as SocketAddress & { port: number };
}

test('a second instance on the same port is told so, although both would share it by SO_REUSEPORT', () => {
  const first = openListener(LOOPBACK, { reusePort: true });
  const address = boundTo(first);
  const second = openListener(address, { reusePort: true }); // one per worker
  expect(() => probeAddress(address)).toThrow(
    `cannot listen on ${formatAddress(address)}: the address is in use; another program (or another weft) listens there`,
  );
  sys.close(first);
  sys.close(second);
  expect(() => probeAddress(address)).not.toThrow();
});

test('an address that is not of this machine is refused with the name of the error', () => {
  expect(() => openListener({ family: 'ipv4', address: '192.0.2.1', port: 0 })).toThrow(
    /^cannot listen on 192.0.2.1:0: bind: EADDRNOTAVAIL/,
  );
});

test('an accepted connection inherits TCP_NODELAY and knows both addresses', async () => {
  const listener = openListener(LOOPBACK, { keepAlive: { idleSeconds: 100 } });
  const client = connect(boundTo(listener).port, '127.0.0.1');
  await once(client, 'connect');
  const fd = sys.accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
  expect(fd).toBeGreaterThan(0);
  expect(getOption(fd, IPPROTO_TCP, TCP_NODELAY)).toBe(1);
  expect(peerAddress(fd)).toEqual({ family: 'ipv4', address: '127.0.0.1', port: client.localPort });
  expect(localAddress(fd)).toEqual(boundTo(listener));
  expect(sys.accept4(listener, 0, 0, SOCK_NONBLOCK)).toBe(-EAGAIN);
  setReset(fd);
  sys.close(fd);
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  sys.close(listener);
});

test('an IPv6 wildcard serves IPv4 only when ipv4Compat asks for it', () => {
  for (const ipv4Compat of [false, true]) {
    const listener = openListener({ family: 'ipv6', address: '::', port: 0 }, { ipv4Compat });
    const fd = streamSocket('ipv4');
    startConnect(fd, { family: 'ipv4', address: '127.0.0.1', port: boundTo(listener).port });
    const epoll = new Epoll(new ArrayBuffer(64), 0, 4);
    epoll.add(fd, EPOLLOUT, 1, 1);
    epoll.wait(1000);
    expect(socketError(fd)).toBe(ipv4Compat ? 0 : ECONNREFUSED);
    for (const open of [fd, listener, epoll.fd]) sys.close(open);
  }
});

test('a UNIX socket has its mode, and a stale one is replaced', () => {
  const address: SocketAddress = { family: 'unix', path: `${directory}/stale.sock` };
  sys.close(openListener(address)); // the file stays, as after a kill
  expect(existsSync(address.path)).toBe(true);
  const fd = openListener(address, { mode: 0o600 });
  expect(statSync(address.path).mode & 0o777).toBe(0o600);
  expect(() => openListener(address)).toThrow(/the address is in use/);
  sys.close(fd);
});

test('a file that is no socket is never removed', () => {
  const path = `${directory}/precious`;
  writeFileSync(path, 'data');
  expect(() => openListener({ family: 'unix', path })).toThrow(ListenError);
  expect(statSync(path).size).toBe(4);
});

test('a socket in the abstract name space has no file and is exclusive', () => {
  const address: SocketAddress = { family: 'unix', path: `@weft-test-${process.pid}` };
  const fd = openListener(address);
  expect(localAddress(fd)).toEqual(address);
  expect(() => openListener(address)).toThrow(/the address is in use/);
  sys.close(fd);
});

test('events carry slot and generation', () => {
  const buffer = new SharedArrayBuffer(4096);
  const epoll = new Epoll(buffer, 1024, 8);
  const fd = openWake();
  epoll.add(fd, EPOLLIN, 0x7fff1234, 0x1badcafe);
  expect(epoll.wait(0)).toBe(0);
  wake(fd);
  wake(fd);
  expect(epoll.wait(1000)).toBe(1);
  expect([epoll.events(0), epoll.slot(0), epoll.generation(0)]).toEqual([EPOLLIN, 0x7fff1234, 0x1badcafe]);
  clearWake(fd);
  expect(epoll.wait(0)).toBe(0);
  expect(epoll.delete(fd)).toBe(0);
  sys.close(fd);
  epoll.close();
});

test('what system calls read and write outlives garbage collection', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const fd = openWake();
  const count = sys.staticArea(8);
  for (let i = 0; i < 20; i++) {
    collect();
    const noise = Array.from({ length: 200 }, () => new Uint8Array(new ArrayBuffer(16)).fill(0xee));
    wake(fd);
    expect(noise.every((bytes) => bytes.every((byte) => byte === 0xee))).toBe(true);
    expect(sys.read(fd, count.address, 8)).toBe(8);
    expect(count.view.getBigUint64(0, true)).toBe(1n);
  }
  sys.close(fd);
});

test('a failed call answers the negated errno', () => {
  expect(sys.close(-1)).toBe(-EBADF);
  expect(sys.recv(-1, 0, 0, MSG_DONTWAIT)).toBe(-EBADF);
  expect(sys.errorText(-ECONNREFUSED)).toBe('ECONNREFUSED: connection refused');
});

test('bytes move between two sockets through a pipe by splice', async () => {
  const server = createServer((socket) => socket.end('spliced'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const from = streamSocket('ipv4');
  const { port } = server.address() as { port: number };
  expect([0, -EINPROGRESS]).toContain(startConnect(from, { family: 'ipv4', address: '127.0.0.1', port }));
  await once(server, 'connection');
  const pipe = new Int32Array(new ArrayBuffer(8));
  expect(sys.pipe2(sys.addressOf(pipe), SOCK_NONBLOCK)).toBe(0);
  const epoll = new Epoll(new ArrayBuffer(64), 0, 4);
  epoll.add(from, EPOLLIN, 0, 0);
  expect(epoll.wait(1000)).toBe(1);
  expect(sys.splice(from, pipe[1], 1 << 20, 2)).toBe(7);
  const into = new Uint8Array(new ArrayBuffer(64));
  expect(sys.read(pipe[0], sys.addressOf(into), 64)).toBe(7);
  expect(Buffer.from(into.subarray(0, 7)).toString()).toBe('spliced');
  for (const fd of [from, ...pipe, epoll.fd]) sys.close(fd);
  server.close();
});

test('socket_options are set in their states, and one that fails fails the listener', () => {
  const one = new Uint8Array([1, 0, 0, 0]);
  const option = { level: SOL_SOCKET, name: SO_KEEPALIVE, value: one } as const;
  for (const state of ['prebind', 'bound', 'listening'] as const) {
    const fd = openListener(
      { family: 'ipv4', address: '127.0.0.1', port: 0 },
      { socketOptions: [{ ...option, state }] },
    );
    expect(getOption(fd, SOL_SOCKET, SO_KEEPALIVE)).toBe(1);
    sys.close(fd);
    const bad = { ...option, level: 99, state };
    expect(() => openListener(LOOPBACK, { socketOptions: [bad] })).toThrow(
      /setsockopt: ENOPROTOOPT|setsockopt: EOPNOTSUPP/,
    );
  }
});
