// The floor: an epoll loop that passes bytes between a client and its own upstream connection and reads none of them.
// What a proxy costs beyond this is HTTP. usage: node bytes_only_loop.js LISTEN_PORT UPSTREAM_PORT
import * as io from '../../host/io/constants.js';
import { ipAddress } from '../../host/io/address.js';
import { Epoll } from '../../host/io/epoll.js';
import { openListener, setNoDelay, startConnect, streamSocket } from '../../host/io/socket.js';
import { accept4, addressOf, close, recv, send } from '../../host/io/syscalls.js';

const EVENTS = 256;
const BUFFER = 65536;
const MAX_FD = 65536;
const FLAGS = io.MSG_DONTWAIT | io.MSG_NOSIGNAL;
const WATCH = io.EPOLLIN | io.EPOLLOUT | io.EPOLLRDHUP | io.EPOLLET;

const [listenPort, upstreamPort] = process.argv.slice(2).map(Number);
const upstream = ipAddress('127.0.0.1', upstreamPort)!;
const listener = openListener(ipAddress('127.0.0.1', listenPort)!, { backlog: 4096 });

const events = new SharedArrayBuffer(EVENTS * 16);
const epoll = new Epoll(events, 0, EVENTS);
const buffer = new SharedArrayBuffer(BUFFER);
const bytes = new Uint8Array(buffer);
const address = addressOf(bytes);

/** The other side of each descriptor; -1 where there is none. */
const peer = new Int32Array(MAX_FD).fill(-1);
/** Bytes that a descriptor has not taken yet: its source is not read until they are gone. */
const pending = new Map<number, { bytes: Uint8Array; address: number; from: number }>();

function acceptAll(): void {
  for (;;) {
    const client = accept4(listener, 0, 0, io.SOCK_NONBLOCK | io.SOCK_CLOEXEC);
    if (client < 0) return;
    const server = streamSocket(upstream.family);
    startConnect(server, upstream);
    peer[client] = server;
    peer[server] = client;
    for (const fd of [client, server]) {
      setNoDelay(fd);
      epoll.add(fd, WATCH, fd, 0);
    }
  }
}

function pump(from: number): void {
  const to = peer[from];
  if (to < 0) return;
  while (!pending.has(to)) {
    const n = recv(from, address, BUFFER, FLAGS);
    if (n === 0 || (n < 0 && n !== -io.EAGAIN)) return closePair(from);
    if (n < 0) return;
    const sent = Math.max(send(to, address, n, FLAGS), 0);
    if (sent < n) keep(to, sent, n);
    if (n < BUFFER) return;
  }
}

function keep(fd: number, from: number, to: number): void {
  const copy = new Uint8Array(new SharedArrayBuffer(to - from));
  copy.set(bytes.subarray(from, to));
  pending.set(fd, { bytes: copy, address: addressOf(copy), from: 0 });
}

function flush(fd: number): void {
  const rest = pending.get(fd);
  if (rest === undefined) return;
  const sent = send(fd, rest.address + rest.from, rest.bytes.length - rest.from, FLAGS);
  if (sent > 0) rest.from += sent;
  if (rest.from < rest.bytes.length) return;
  pending.delete(fd);
  pump(peer[fd]);
}

function closePair(fd: number): void {
  for (const each of [fd, peer[fd]]) {
    peer[each] = -1;
    pending.delete(each);
    close(each);
  }
}

epoll.add(listener, io.EPOLLIN, listener, 0);
process.stdout.write('ready\n');
for (;;) {
  const n = epoll.wait(-1);
  for (let i = 0; i < n; i++) {
    const fd = epoll.slot(i);
    if (fd === listener) acceptAll();
    else if (peer[fd] >= 0) {
      const bits = epoll.events(i);
      if (bits & io.EPOLLOUT) flush(fd);
      if (peer[fd] >= 0 && bits & ~io.EPOLLOUT) pump(fd);
    }
  }
}
