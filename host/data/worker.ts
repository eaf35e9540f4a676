// A worker: one epoll loop over its listening sockets and its connections. It moves bytes and keeps time; what they mean is the
// core's business. A turn: wait, receive from whoever has bytes, send what the core has decided, act on deadlines.
import {
  GLOBAL_BASE,
  GLOBAL_STOP,
  IO_CONNECTING,
  KIND_CLOSED,
  KIND_FREE,
  SLOT_ERRNO,
  SLOT_FD,
  SLOT_GENERATION,
  SLOT_IO,
  SLOT_KIND,
  SLOT_OUT_BYTES,
  SLOT_SIZE,
  STOP_NOW,
  STOP_RUN,
  W_EVENTS,
  W_EVENTS_MAX,
  W_HOST,
  W_OUT,
  W_SLOTS,
  WORKER_COMMANDS,
  WORKER_DRAINING,
  WORKER_OUT,
} from '../../assembly/abi.js';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../io/constants.js';
import { SOCKADDR_MAX } from '../io/address.js';
import { Epoll } from '../io/epoll.js';
import { socketError } from '../io/socket.js';
import * as sys from '../io/syscalls.js';
import { clearWake } from '../io/wake.js';
import type { WorkerContext } from '../process/worker_context.js';
import { createClock } from './clock.js';
import { createCommands } from './commands.js';
import { HTTP_FILTERS, type HttpFilterRegistry } from '../filter/http/registry.js';
import { FilterRunner } from './filter_runner.js';
import { Listeners, LISTENER_TAG } from './listeners.js';
import { Receiver } from './receiver.js';
import { Splicer } from './splicer.js';

const WAKE_TAG = 0x7fffffff;
const HANGUP = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const COMMANDS_LIMIT = 0x4000; // bytes of commands after which they are carried out in the middle of a turn
const OUT_LIMIT = 0x30000; // bytes of the out area, likewise

/** The program of a worker thread: runs until control says STOP_NOW. */
export function runWorker(context: WorkerContext): Promise<void> {
  return runWorkerWith(context, HTTP_FILTERS);
}

/** The same with other HTTP filters. */
export async function runWorkerWith(context: WorkerContext, registry: HttpFilterRegistry): Promise<void> {
  const { core, W, base } = context;
  const { i32, u32, u8 } = core;
  const x = core.exports;
  const stop = (GLOBAL_BASE + GLOBAL_STOP) >> 2;
  const slots = W + W_SLOTS;
  const commandBytes = (W + WORKER_COMMANDS) >> 2;
  const outWord = (W + WORKER_OUT) >> 2;
  const outLimit = W + W_OUT + OUT_LIMIT;
  const local = W + W_HOST + 1024; // a sockaddr, and its length behind it
  const localLength = local + SOCKADDR_MAX;
  const tick = createClock(core, W);
  const epoll = new Epoll(core.memory.buffer, W + W_EVENTS, W_EVENTS_MAX, context.epollFd);
  const listeners = new Listeners(context, epoll);
  const filters = new FilterRunner(context, registry);
  const splicer = new Splicer(context, again);
  const runCommands = createCommands(context, epoll, splicer, {
    readAgain: again,
    runFilter: (stream, id, filter, onResponse) => filters.run(stream, id, filter, onResponse),
    endStream: (stream, id) => filters.end(stream, id),
  });
  const receiver = new Receiver(context, splicer, { again, crowded, runCommands });
  const special = new Int32Array(W_EVENTS_MAX); // events that are handled by themselves
  // Slots whose bytes wait though the kernel will not say so again: pairs (slot, generation).
  let ready: number[] = [];
  let resumed: number[] = [];

  function again(slot: number): void {
    ready.push(slot, i32[(slots + slot * SLOT_SIZE + SLOT_GENERATION) >> 2]);
  }

  function crowded(): boolean {
    return u32[commandBytes] > COMMANDS_LIMIT || u32[outWord] > outLimit;
  }

  function connected(slot: number, events: number): boolean {
    const s = slots + slot * SLOT_SIZE;
    const error = socketError(i32[(s + SLOT_FD) >> 2]);
    if ((events & (EPOLLERR | EPOLLHUP)) !== 0 || error !== 0) {
      u8[s + SLOT_ERRNO] = error;
      x.onError(slot, error);
      return false;
    }
    if ((events & EPOLLOUT) !== 0) {
      u32[localLength >> 2] = SOCKADDR_MAX;
      if (sys.getsockname(i32[(s + SLOT_FD) >> 2], base + local, base + localLength) === 0)
        x.onLocalAddress(slot, local);
      x.onConnected(slot);
    }
    return true;
  }

  function connectionEvent(slot: number, generation: number, events: number): void {
    const s = slots + slot * SLOT_SIZE;
    if (i32[(s + SLOT_GENERATION) >> 2] !== generation) return; // of an earlier owner
    const kind = u8[s + SLOT_KIND];
    if (kind === KIND_FREE || kind === KIND_CLOSED) return;
    if ((u8[s + SLOT_IO] & IO_CONNECTING) !== 0) {
      if (!connected(slot, events)) return;
    } else if ((events & EPOLLOUT) !== 0) {
      if (u32[(s + SLOT_OUT_BYTES) >> 2] !== 0) {
        x.onWritable(slot);
        runCommands();
      }
      if (splicer.active()) splicer.writable(slot);
    }
    if ((events & (EPOLLIN | HANGUP)) !== 0) receiver.receive(slot, (events & HANGUP) !== 0);
  }

  // Receives for all connections that only have bytes before anything is handled, then handles what is special about the others, then
  // hands on the bytes. Connections are accepted, and commands of control looked at, when those that are open have been served.
  function handle(count: number): void {
    let others = 0;
    for (let i = 0; i < count; i++) {
      const plain = (epoll.events(i) & (EPOLLIN | HANGUP)) === EPOLLIN && epoll.slot(i) < LISTENER_TAG;
      if (!plain || !receiver.take(epoll.slot(i), epoll.generation(i))) special[others++] = i;
    }
    receiver.submit();
    for (let i = 0; i < others; i++) handleConnection(special[i]);
    receiver.deliver();
    for (let i = 0; i < others; i++) handleListener(epoll.slot(special[i]));
  }

  function handleConnection(event: number): void {
    if (epoll.slot(event) >= LISTENER_TAG) return;
    connectionEvent(epoll.slot(event), epoll.generation(event), epoll.events(event));
    if (crowded()) runCommands();
  }

  function handleListener(tag: number): void {
    if (tag < LISTENER_TAG) return;
    if (tag === WAKE_TAG) woken();
    else listeners.acceptAll(tag - LISTENER_TAG);
    if (crowded()) runCommands();
  }

  function woken(): void {
    clearWake(context.wakeFd);
    takeMessages();
    if (Atomics.load(i32, stop) === STOP_RUN) return;
    listeners.drain();
    u32[(W + WORKER_DRAINING) >> 2] = 1; // not before: control closes what is shared when all workers say so
    while (x.closeIdle()) runCommands();
  }

  function takeMessages(): void {
    for (let m = context.receive(); m; m = context.receive()) {
      if (m.type === 'listen') listeners.add(m);
      else if (m.type === 'unlisten') listeners.remove(m.fd);
      else if (m.type === 'answer') filters.settle(m);
      else if (m.type === 'drain_listener') listeners.runOut(m);
      else if (m.type === 'retire') x.retire(m.retirement, m.ms);
      else if (m.type === 'close_retired') while (x.closeRetired(m.retirement)) runCommands();
      else if (m.type === 'follow_listener') x.followListener(m.listener);
      else if (m.type === 'cluster_left') x.onClusterLeft(m.cluster);
      else for (const id of m.ids) while (x.onEndpointRemoved(id)) runCommands();
    }
  }

  function readAgain(): void {
    const pairs = ready;
    ready = resumed;
    resumed = pairs;
    for (let i = 0; i < pairs.length; i += 2) {
      const s = slots + pairs[i] * SLOT_SIZE;
      if (i32[(s + SLOT_GENERATION) >> 2] === pairs[i + 1] && u8[s + SLOT_KIND] !== KIND_CLOSED)
        receiver.receive(pairs[i], false);
    }
    pairs.length = 0;
  }

  function timeout(): number {
    if (ready.length !== 0) return 0;
    const own = listeners.timeout(x.nextTimeout());
    return filters.pending() && (own < 0 || own > 1) ? 1 : own;
  }

  // One turn of the loop.
  function turn(): void {
    x.offline();
    const n = epoll.wait(timeout());
    x.online();
    tick();
    if (n > 0) handle(n);
    if (ready.length !== 0) readAgain();
    runCommands();
    x.onTimers();
    if (u32[commandBytes] !== 0) runCommands();
    listeners.afterTurn();
    filters.afterTurn();
  }

  tick();
  epoll.add(context.wakeFd, EPOLLIN, WAKE_TAG, 0);
  takeMessages();
  if (Atomics.load(i32, stop) !== STOP_RUN) woken();
  while (Atomics.load(i32, stop) !== STOP_NOW) {
    turn();
    // Promises of host filters only settle when this thread's own event loop runs.
    if (!filters.pending()) continue;
    await filters.breathe();
    runCommands(); // what their answers have led to
  }
  while (x.onStop()) runCommands();
  runCommands();
  x.offline();
}
