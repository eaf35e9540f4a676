// What is done to a socket between socket() and connect(), as its cluster has it: options, a source address, keep-alive.
import {
  ORIGINAL_SOURCE_AT_LENGTH,
  ORIGINAL_SOURCE_AT_MARK,
  ORIGINAL_SOURCE_AT_SOCKADDR,
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
  IP_TRANSPARENT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_FREEBIND,
  IPV6_TRANSPARENT,
  SO_MARK,
  SOL_SOCKET,
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
    const { upstreamSocket, upstreamOriginalSource } = this.context.core.exports;
    const socket = upstreamSocket(slot);
    const original = upstreamOriginalSource(slot);
    return (socket === 0 && original === 0) || this.prepareWith(socket, original, slot, fd, family);
  }

  private prepareWith(socket: number, original: number, slot: number, fd: number, family: number): boolean {
    const { exports } = this.context.core;
    let set = socket === 0 ? 0 : this.setClusterOptions(socket, fd, family);
    if (set >= 0 && original !== 0) set = this.setTransparent(original, fd, family);
    // Envoy does not say which option it was.
    if (set < 0) exports.onConnectRefused(slot, REFUSED_OPTION, 0);
    if (set < 0) return false;
    const bound =
      original === 0 ? this.bindSource(exports.upstreamSource(socket, family), fd) : this.bindOriginal(original, fd);
    if (bound < 0) exports.onConnectRefused(slot, REFUSED_BIND, -bound);
    if (bound < 0) return false;
    if (socket !== 0) this.setKeepAlive((socket + UPSTREAM_SOCKET_AT_KEEPALIVE) >> 2, fd);
    return true;
  }

  private setClusterOptions(socket: number, fd: number, family: number): number {
    if (this.u32[(socket + UPSTREAM_SOCKET_AT_FREEBIND) >> 2] !== 0) setFreebind(fd, family);
    return this.setOptions((socket + UPSTREAM_SOCKET_AT_OPTIONS) >> 2, fd);
  }

  // The address is another machine's: without this it could not be bound, and its packets would not come back here.
  private setTransparent(original: number, fd: number, family: number): number {
    const level = family === AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    const set = setOption(fd, level, family === AF_INET ? IP_TRANSPARENT : IPV6_TRANSPARENT, 1);
    const mark = this.u32[(original + ORIGINAL_SOURCE_AT_MARK) >> 2];
    return set < 0 || mark === 0 ? set : setOption(fd, SOL_SOCKET, SO_MARK, mark);
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

  private bindSource(source: number, fd: number): number {
    return source === 0 ? 0 : this.bind(this.u32[(source >> 2) + 1], this.u32[(source >> 2) + 2], fd);
  }

  private bindOriginal(original: number, fd: number): number {
    return this.bind(original + ORIGINAL_SOURCE_AT_SOCKADDR, this.u32[(original + ORIGINAL_SOURCE_AT_LENGTH) >> 2], fd);
  }

  // Without a port the kernel chooses one in connect(), when it knows the other end: so there are many more.
  private bind(sockaddr: number, length: number, fd: number): number {
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
