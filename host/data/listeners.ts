// The listening sockets of a worker.
import { GLOBAL_BASE, GLOBAL_STOP, SLOT_GENERATION, SLOT_SIZE, STOP_RUN, W_HOST, W_SLOTS } from '../../assembly/abi.js';
import {
  ECONNABORTED,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from '../io/constants.js';
import type { Epoll } from '../io/epoll.js';
import * as sys from '../io/syscalls.js';
import { DescriptorTable } from '../process/descriptor_table.js';
import { LOG_WARNING } from '../process/log_level.js';
import type { DrainListenerMessage, ListenMessage } from '../process/messages.js';
import type { WorkerContext } from '../process/worker_context.js';
import { CONNECTION_EVENTS } from './commands.js';

/** Epoll data of listening sockets: LISTENER_TAG + their place in the worker's list. */
export const LISTENER_TAG = 0x40000000;

const ACCEPTS_PER_EVENT = 64; // then the connections get their turn; level-triggered, so the rest is announced again
const PAUSE_MS = 100; // after the descriptors ran out

interface Listening {
  listener: number;
  fd: number;
  shared: boolean;
}

export class Listeners {
  private readonly list: (Listening | undefined)[] = [];
  private readonly peer: number; // sockaddr of the peer, in the host's scratch area
  private readonly local: number;
  private readonly length: number;
  private readonly descriptors: DescriptorTable;
  private readonly draining = new Map<number, number>(); // listener -> ms for what is idle
  private pausedUntil = 0;

  constructor(
    private readonly context: WorkerContext,
    private readonly epoll: Epoll,
  ) {
    this.peer = context.W + W_HOST;
    this.local = this.peer + 128;
    this.length = this.local + 128;
    this.descriptors = new DescriptorTable(context.core.i32, context.W);
  }

  add({ listener, fd, shared }: ListenMessage): void {
    const place = this.list.push({ listener, fd, shared }) - 1;
    this.epoll.add(fd, this.events(shared), LISTENER_TAG + place, 0);
  }

  remove(fd: number): void {
    const place = this.list.findIndex((l) => l?.fd === fd);
    if (place >= 0) this.drainOne(place);
  }

  /** What the listener accepts from now on gets one answer. */
  runOut({ listener, idleMs }: DrainListenerMessage): void {
    this.draining.set(listener, idleMs);
    this.context.core.exports.drainListener(listener, idleMs);
  }

  /** Accepts what waits everywhere, then listens no more. */
  drain(): void {
    for (let place = 0; place < this.list.length; place++) if (this.list[place]) this.drainOne(place);
  }

  // Closing one of several SO_REUSEPORT sockets resets what waits in its queue: so right after accept found it empty.
  private drainOne(place: number): void {
    const l = this.list[place]!;
    while (this.accept(l) === 0);
    this.list[place] = undefined;
    if (l.shared) {
      this.epoll.delete(l.fd);
    } else {
      sys.close(l.fd);
      this.context.post({ type: 'closed', fd: l.fd });
    }
  }

  acceptAll(place: number): void {
    const l = this.list[place];
    if (!l) return;
    for (let i = 0; i < ACCEPTS_PER_EVENT; i++) {
      const r = this.accept(l);
      if (r === 0 || r === -ECONNABORTED) continue;
      if (r === -EMFILE || r === -ENFILE || r === -ENOBUFS || r === -ENOMEM) this.pause(r);
      return;
    }
  }

  // 0, or a negated errno. The connection inherits TCP_NODELAY from the listening socket.
  private accept(l: Listening): number {
    const { core, base, W } = this.context;
    core.u32[this.length >> 2] = 128;
    const fd = sys.accept4(l.fd, base + this.peer, base + this.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return fd;
    this.descriptors.setCurrent(fd);
    core.u32[this.length >> 2] = 128;
    sys.getsockname(fd, base + this.local, base + this.length);
    const slot = core.exports.onAccept(l.listener, fd, this.peer, this.local);
    this.descriptors.setCurrent(-1);
    if (slot < 0) {
      sys.close(fd);
      return 0;
    }
    if (this.draining.size > 0) this.drainAccepted(l.listener, slot);
    const generation = core.i32[(W + W_SLOTS + slot * SLOT_SIZE + SLOT_GENERATION) >> 2];
    this.epoll.add(fd, CONNECTION_EVENTS, slot, generation);
    return 0;
  }

  private drainAccepted(listener: number, slot: number): void {
    const idleMs = this.draining.get(listener);
    if (idleMs !== undefined) this.context.core.exports.drainConnection(slot, idleMs);
  }

  // Out of descriptors: waiting connections stay in the kernel's queue until some are free again.
  private pause(errno: number): void {
    this.pausedUntil = performance.now() + PAUSE_MS;
    this.context.log(LOG_WARNING, 'main', `accept: ${sys.errorText(errno)}; accepting again in ${PAUSE_MS} ms`);
    this.setAll(0);
  }

  afterTurn(): void {
    if (this.pausedUntil === 0 || performance.now() < this.pausedUntil) return;
    this.pausedUntil = 0;
    if (Atomics.load(this.context.core.i32, (GLOBAL_BASE + GLOBAL_STOP) >> 2) === STOP_RUN) this.setAll(1);
  }

  /** The time to wait in epoll, given the core's own: a pause must end. */
  timeout(core: number): number {
    if (this.pausedUntil === 0) return core;
    const mine = Math.max(0, Math.ceil(this.pausedUntil - performance.now()));
    return core < 0 || mine < core ? mine : core;
  }

  // EPOLLEXCLUSIVE sets refuse modification: they are taken out and put in again.
  private setAll(on: number): void {
    for (let place = 0; place < this.list.length; place++) {
      const l = this.list[place];
      if (!l) continue;
      if (on) this.epoll.add(l.fd, this.events(l.shared), LISTENER_TAG + place, 0);
      else this.epoll.delete(l.fd);
    }
  }

  private events(shared: boolean): number {
    return shared ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN;
  }
}
