// What is done to a socket between socket() and connect(), as its cluster has it: options, a source address, keep-alive.
import {
  REFUSED_BIND,
  REFUSED_OPTION,
  SOCKET_OPTION_SIZE,
  UPSTREAM_SOCKET_AT_FREEBIND,
  UPSTREAM_SOCKET_AT_KEEPALIVE,
  UPSTREAM_SOCKET_AT_OPTIONS,
} from '../../assembly/abi.js';
import {
  AF_INET,
  IP_BIND_ADDRESS_NO_PORT,
  IP_FREEBIND,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_FREEBIND,
} from '../io/constants.js';
import { setKeepAlive, setNoDelay, setOption } from '../io/socket.js';
import * as sys from '../io/syscalls.js';
import type { WorkerContext } from '../process/worker_context.js';

export class UpstreamSockets {
  private readonly u32: Uint32Array;

  constructor(private readonly context: WorkerContext) {
    this.u32 = context.core.u32;
  }

  /** Makes the TCP socket of `slot` ready; false: it could not be, and the core has been told. */
  prepare(slot: number, fd: number, family: number): boolean {
    setNoDelay(fd);
    const socket = this.context.core.exports.upstreamSocket(slot);
    return socket === 0 || this.prepareWith(socket, slot, fd, family);
  }

  private prepareWith(socket: number, slot: number, fd: number, family: number): boolean {
    const { exports } = this.context.core;
    if (this.u32[(socket + UPSTREAM_SOCKET_AT_FREEBIND) >> 2] !== 0) setFreebind(fd, family);
    const set = this.setOptions((socket + UPSTREAM_SOCKET_AT_OPTIONS) >> 2, fd);
    // Envoy does not say which option it was.
    if (set < 0) exports.onConnectRefused(slot, REFUSED_OPTION, 0);
    if (set < 0) return false;
    const bound = this.bindSource(exports.upstreamSource(socket, family) >> 2, fd);
    if (bound < 0) exports.onConnectRefused(slot, REFUSED_BIND, -bound);
    if (bound < 0) return false;
    this.setKeepAlive((socket + UPSTREAM_SOCKET_AT_KEEPALIVE) >> 2, fd);
    return true;
  }

  private setOptions(at: number, fd: number): number {
    const { u32 } = this;
    const count = u32[at];
    const options = u32[at + 1];
    for (let i = 0; i < count; i++) {
      const option = (options + i * SOCKET_OPTION_SIZE) >> 2; // level, name, address of the value, its length
      const value = this.context.base + u32[option + 2];
      const r = sys.setsockopt(fd, u32[option], u32[option + 1], value, u32[option + 3]);
      if (r < 0) return r;
    }
    return 0;
  }

  // Without a port the kernel chooses one in connect(), when it knows the other end: so there are many more.
  private bindSource(source: number, fd: number): number {
    if (source === 0) return 0;
    const sockaddr = this.u32[source + 1];
    const length = this.u32[source + 2];
    const port = this.context.core.view.getUint16(sockaddr + 2);
    if (port === 0) setOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return sys.bind(fd, this.context.base + sockaddr, length);
  }

  private setKeepAlive(at: number, fd: number): void {
    if (this.u32[at] === 0) return;
    const [probes, idleSeconds, intervalSeconds] = [1, 2, 3].map((i) => this.u32[at + i] || undefined);
    setKeepAlive(fd, { probes, idleSeconds, intervalSeconds });
  }
}

function setFreebind(fd: number, family: number): void {
  if (family === AF_INET) setOption(fd, IPPROTO_IP, IP_FREEBIND, 1);
  else setOption(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
}
