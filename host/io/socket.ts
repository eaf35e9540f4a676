// Listening sockets, and the options of every socket.
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { decodeAddress, encodeAddress, formatAddress, SOCKADDR_MAX, type SocketAddress } from './address.js';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  EADDRINUSE,
  EINPROGRESS,
  EAGAIN,
  IP_FREEBIND,
  IP_TRANSPARENT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_FREEBIND,
  IPV6_TRANSPARENT,
  IPV6_V6ONLY,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from './constants.js';
import * as sys from './syscalls.js';

export interface KeepAlive {
  idleSeconds?: number | undefined;
  intervalSeconds?: number | undefined;
  probes?: number | undefined;
}

/** When an option is set: before bind, after it, after listen. */
export type SocketState = 'prebind' | 'bound' | 'listening';

/** envoy.config.core.v3.SocketOption */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: Uint8Array; // at most SOCKET_OPTION_MAX bytes
  readonly state: SocketState;
}

/** Longest value of an option. */
export const SOCKET_OPTION_MAX = 128;

export interface ListenOptions {
  /** Envoy's `socket_options`. */
  socketOptions?: readonly SocketOption[];
  /** Envoy's `tcp_backlog_size`; the kernel caps it at net.core.somaxconn. */
  backlog?: number;
  /** An IPv6 wildcard also serves IPv4 (`ipv4_compat`). */
  ipv4Compat?: boolean;
  /** Several sockets share the port, one for each worker. */
  reusePort?: boolean;
  transparent?: boolean;
  freebind?: boolean;
  keepAlive?: KeepAlive;
  /** Permission bits of a UNIX socket's file (`Pipe.mode`). */
  mode?: number;
}

/** What the operating system refused, in words for the person who runs the proxy. */
export class ListenError extends Error {
  constructor(
    readonly address: string,
    readonly errno: number,
    detail: string,
  ) {
    super(`cannot listen on ${address}: ${detail}`);
  }
}

// One option or one address at a time; never touched across an await.
const { view: scratch, address: scratchAddress } = sys.staticArea(256);
const LENGTH_AT = SOCKADDR_MAX;

/** Sets an `int` option. 0, or a negated errno. */
export function setOption(fd: number, level: number, name: number, value: number): number {
  scratch.setInt32(0, value, true);
  return sys.setsockopt(fd, level, name, scratchAddress, 4);
}

/** An `int` option; a negated errno is indistinguishable from a negative value, which no option in use has. */
export function getOption(fd: number, level: number, name: number): number {
  scratch.setInt32(LENGTH_AT, 4, true);
  const r = sys.getsockopt(fd, level, name, scratchAddress, scratchAddress + LENGTH_AT);
  return r < 0 ? r : scratch.getInt32(0, true);
}

/** The pending error of a socket as a positive errno, 0 = none; how a non-blocking connect reports. */
export function socketError(fd: number): number {
  return Math.abs(getOption(fd, SOL_SOCKET, SO_ERROR));
}

export function setNoDelay(fd: number): number {
  return setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

/** The next close drops what is unsent and resets the connection. */
export function setReset(fd: number): number {
  scratch.setInt32(0, 1, true);
  scratch.setInt32(4, 0, true);
  return sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, scratchAddress, 8);
}

/** Envoy's `tcp_keepalive`: what is unset stays the operating system's. */
export function setKeepAlive(fd: number, keepAlive: KeepAlive): void {
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  const { idleSeconds, intervalSeconds, probes } = keepAlive;
  if (idleSeconds !== undefined) setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, idleSeconds);
  if (intervalSeconds !== undefined) setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, intervalSeconds);
  if (probes !== undefined) setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

function nameOf(call: typeof sys.getsockname, fd: number): SocketAddress | undefined {
  scratch.setInt32(LENGTH_AT, SOCKADDR_MAX, true);
  const r = call(fd, scratchAddress, scratchAddress + LENGTH_AT);
  return r < 0 ? undefined : decodeAddress(scratch, 0, scratch.getInt32(LENGTH_AT, true));
}

export function localAddress(fd: number): SocketAddress | undefined {
  return nameOf(sys.getsockname, fd);
}

export function peerAddress(fd: number): SocketAddress | undefined {
  return nameOf(sys.getpeername, fd);
}

const FAMILY = { ipv4: AF_INET, ipv6: AF_INET6, unix: AF_UNIX };

/** A non-blocking stream socket of the address's family, or a negated errno. */
export function streamSocket(family: SocketAddress['family']): number {
  return sys.socket(FAMILY[family], SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/** Starts a connect: 0, -EINPROGRESS or another negated errno. */
export function startConnect(fd: number, address: SocketAddress): number {
  return sys.connect(fd, scratchAddress, encodeAddress(scratch, 0, address));
}

function failure(address: SocketAddress, call: string, r: number): ListenError {
  const detail =
    -r === EADDRINUSE
      ? 'the address is in use; another program (or another weft) listens there'
      : `${call}: ${sys.errorText(r)}`;
  return new ListenError(formatAddress(address), -r, detail);
}

// Runs the steps on a new socket; closes it again where one fails.
function openSocket(address: SocketAddress, steps: (fd: number) => [call: string, result: number]): number {
  const fd = streamSocket(address.family);
  if (fd < 0) throw failure(address, 'socket', fd);
  const [call, r] = steps(fd);
  if (r >= 0) return fd;
  sys.close(fd);
  throw failure(address, call, r);
}

// The first that fails, else 0.
function setSocketOptions(fd: number, options: readonly SocketOption[] = [], now: SocketState): number {
  for (const { level, name, value, state } of options) {
    if (state !== now) continue;
    for (let i = 0; i < value.length; i++) scratch.setUint8(i, value[i]);
    const r = sys.setsockopt(fd, level, name, scratchAddress, value.length);
    if (r < 0) return r;
  }
  return 0;
}

function bindAddress(fd: number, address: SocketAddress): [string, number] {
  return ['bind', sys.bind(fd, scratchAddress, encodeAddress(scratch, 0, address))];
}

/**
 * Throws a ListenError where another socket already listens on the TCP address. With SO_REUSEPORT on both sides the
 * kernel would let two instances share the port, and half of the connections would reach the wrong one.
 */
export function probeAddress(address: SocketAddress, options: ListenOptions = {}): void {
  if (address.family === 'unix' || address.port === 0) return;
  const fd = openSocket(address, (fd) => {
    setListenOptions(fd, address, { ...options, reusePort: false });
    const set = setSocketOptions(fd, options.socketOptions, 'prebind');
    return set < 0 ? ['setsockopt', set] : bindAddress(fd, address);
  });
  sys.close(fd);
}

// Accepted sockets inherit TCP_NODELAY and the keep-alive options (tcp(7)), which saves two calls per connection.
function setListenOptions(fd: number, address: SocketAddress, options: ListenOptions): void {
  if (address.family === 'unix') return;
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reusePort) setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.family === 'ipv6') setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv4Compat ? 0 : 1);
  setBindOptions(fd, address.family === 'ipv6', options);
  setNoDelay(fd);
  if (options.keepAlive) setKeepAlive(fd, options.keepAlive);
}

// What is not said stays as it is.
function setBindOptions(fd: number, ipv6: boolean, { transparent, freebind }: ListenOptions): void {
  const level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (transparent !== undefined) setOption(fd, level, ipv6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, Number(transparent));
  if (freebind !== undefined) setOption(fd, level, ipv6 ? IPV6_FREEBIND : IP_FREEBIND, Number(freebind));
}

/** A bound and listening non-blocking socket. Throws a ListenError. */
export function openListener(address: SocketAddress, options: ListenOptions = {}): number {
  if (address.family === 'unix') removeStaleSocket(address);
  return openSocket(address, (fd) => {
    setListenOptions(fd, address, options);
    const set = (state: SocketState): number => setSocketOptions(fd, options.socketOptions, state);
    const before = set('prebind');
    if (before < 0) return ['setsockopt', before];
    const bound = bindAddress(fd, address);
    if (bound[1] < 0) return bound;
    const after = set('bound');
    if (after < 0) return ['setsockopt', after];
    // Nobody can connect before listen(), so the file's mode is in force from the first connection on.
    if (address.family === 'unix' && options.mode && !address.path.startsWith('@')) {
      chmodSync(address.path, options.mode);
    }
    const listening = sys.listen(fd, options.backlog ?? 4096);
    return listening < 0 ? ['listen', listening] : ['setsockopt', set('listening')];
  });
}

// A socket file that nobody serves is what a killed process left behind; one that answers is somebody else's.
function removeStaleSocket(address: SocketAddress & { family: 'unix' }): void {
  if (address.path.startsWith('@')) return;
  const stat = lstatSync(address.path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw new ListenError(address.path, EADDRINUSE, 'a file that is no socket stands there');
  const fd = streamSocket('unix');
  if (fd < 0) throw failure(address, 'socket', fd);
  const r = startConnect(fd, address);
  sys.close(fd);
  if (r === 0 || r === -EINPROGRESS || r === -EAGAIN) throw failure(address, 'bind', -EADDRINUSE);
  unlinkSync(address.path);
}
