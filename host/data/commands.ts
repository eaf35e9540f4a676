// Carries out what the core has decided: the commands in the worker's block, in order, until there are none.
import {
  BATCH_MAX,
  CMD_CLOSE,
  CMD_CONNECT,
  CMD_DISCARD,
  CMD_FILTER,
  CMD_FILTER_RESPONSE,
  CMD_FLUSHED,
  CMD_ORIGINAL_DST,
  CMD_READ,
  CMD_RESUME,
  CMD_SEND,
  CMD_SEND_QUEUED,
  CMD_SHUTDOWN,
  CMD_SPLICE,
  CMD_STREAM_END,
  KIND_CLOSED,
  REFUSED_CONNECT,
  MAX_SLOTS,
  SLOT_FD,
  SLOT_GENERATION,
  SLOT_KIND,
  SLOT_OUT_BYTES,
  SLOT_SIZE,
  W_COMMANDS,
  W_HOST,
  W_OUT,
  W_SLOTS,
  WORKER_COMMANDS,
  WORKER_OUT,
  WORKER_RX_HELD,
} from '../../assembly/abi.js';
import {
  AF_UNIX,
  EAGAIN,
  EINPROGRESS,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../io/constants.js';
import { AIO_WRITE, AioBatch } from '../io/aio.js';
import { SOCKADDR_MAX } from '../io/address.js';
import { putOriginalDestination } from '../io/original_destination.js';
import { setReset } from '../io/socket.js';
import * as sys from '../io/syscalls.js';
import type { WorkerContext } from '../process/worker_context.js';
import type { Epoll } from '../io/epoll.js';
import { batchMinimum } from './batch_minimum.js';
import type { Splicer } from './splicer.js';
import { UpstreamSockets } from './upstream_sockets.js';

/** Every connection is registered once, edge-triggered: no epoll_ctl per request. */
export const CONNECTION_EVENTS = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

const DISCARD_MAX = 1024; // bytes of one call

export interface CommandHandlers {
  /** The core wants bytes from `slot` again, and the kernel may hold some. */
  readAgain(slot: number): void;
  /** A host filter is to run for the stream in this place with this id. `filter`: address of its FilterConfig. */
  runFilter(stream: number, id: number, filter: number, onResponse: boolean): void;
  /** A stream that host filters have seen is over. */
  endStream(stream: number, id: number): void;
}

/** Returns the function that carries out all waiting commands. */
export function createCommands(
  context: WorkerContext,
  epoll: Epoll,
  splicer: Splicer,
  handlers: CommandHandlers,
): () => void {
  const { core, W, base } = context;
  const { i32, u32, u8 } = core;
  const x = core.exports;
  const used = (W + WORKER_COMMANDS) >> 2;
  const out = (W + WORKER_OUT) >> 2;
  const held = (W + WORKER_RX_HELD) >> 2;
  const first = (W + W_COMMANDS) >> 2;
  const slots = W + W_SLOTS;
  const sockaddrLength = W + W_HOST + 2048; // and behind it a sockaddr, or bytes that are dropped
  const sockaddr = sockaddrLength + 16;
  const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
  // Slots that go on once the lists are empty: before that, the core would find them as full as it left them.
  const waiting: number[] = [];

  const upstreamSockets = new UpstreamSockets(context);
  const minimum = batchMinimum();
  const batch =
    context.aioContext > 0 && minimum <= BATCH_MAX ? new AioBatch(context.aioContext, AIO_WRITE, BATCH_MAX) : undefined;
  // Sends that wait to be made together: where their commands stand. A connection is among them once at the most, and they are made
  // before any other command is carried out.
  const gathered = new Int32Array(BATCH_MAX);
  const isGathered = new Uint8Array(MAX_SLOTS);
  let gatheredCount = 0;

  function gather(p: number): void {
    const slot = i32[p + 1];
    const s = slots + slot * SLOT_SIZE;
    if (isGathered[slot] !== 0 || gatheredCount === BATCH_MAX) sendGathered();
    if (batch === undefined || u8[s + SLOT_KIND] === KIND_CLOSED || u32[(s + SLOT_OUT_BYTES) >> 2] !== 0)
      return send(slot, i32[p + 2], i32[p + 3]);
    batch.set(gatheredCount, i32[(s + SLOT_FD) >> 2], base + i32[p + 2], i32[p + 3]);
    isGathered[slot] = 1;
    gathered[gatheredCount++] = p;
  }

  function sendGathered(): void {
    const count = gatheredCount;
    if (count === 0) return;
    gatheredCount = 0;
    const done = count < minimum ? 0 : batch!.submit(count);
    for (let i = 0; i < count; i++) {
      const p = gathered[i];
      const slot = i32[p + 1];
      isGathered[slot] = 0;
      if (i >= done) send(slot, i32[p + 2], i32[p + 3]);
      else if (batch!.result(i) !== i32[p + 3]) sent(slot, i32[p + 2], i32[p + 3], batch!.result(i));
    }
  }

  function send(slot: number, address: number, length: number): void {
    const s = slots + slot * SLOT_SIZE;
    if (u8[s + SLOT_KIND] === KIND_CLOSED) return;
    if (u32[(s + SLOT_OUT_BYTES) >> 2] !== 0) return x.onUnsent(slot, address, length);
    sent(slot, address, length, sys.send(i32[(s + SLOT_FD) >> 2], base + address, length, FLAGS));
  }

  function sent(slot: number, address: number, length: number, r: number): void {
    if (r === length || u8[slots + slot * SLOT_SIZE + SLOT_KIND] === KIND_CLOSED) return;
    if (r >= 0) return x.onUnsent(slot, address + r, length - r);
    if (r === -EAGAIN) return x.onUnsent(slot, address, length);
    x.onError(slot, -r);
  }

  function sendQueued(slot: number, address: number, length: number): void {
    const s = slots + slot * SLOT_SIZE;
    if (u32[(s + SLOT_OUT_BYTES) >> 2] === 0) return; // dropped meanwhile
    const r = sys.send(i32[(s + SLOT_FD) >> 2], base + address, length, FLAGS);
    if (r > 0) return x.onQueueSent(slot, r, r === length);
    if (r !== -EAGAIN) x.onError(slot, -r);
  }

  function connect(slot: number, sockaddr: number, length: number): void {
    const s = slots + slot * SLOT_SIZE;
    const family = core.view.getUint16(sockaddr, true);
    const fd = sys.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return x.onError(slot, -fd);
    i32[(s + SLOT_FD) >> 2] = fd;
    if (family !== AF_UNIX && !upstreamSockets.prepare(slot, fd, family)) return;
    const r = sys.connect(fd, base + sockaddr, length);
    if (r !== 0 && r !== -EINPROGRESS) return x.onConnectRefused(slot, REFUSED_CONNECT, -r);
    epoll.add(fd, CONNECTION_EVENTS, slot, i32[(s + SLOT_GENERATION) >> 2]);
  }

  function close(slot: number, reset: number): void {
    const at = (slots + slot * SLOT_SIZE + SLOT_FD) >> 2;
    const fd = i32[at];
    if (splicer.active()) splicer.closed(slot);
    if (fd >= 0) {
      if (reset !== 0) setReset(fd);
      sys.close(fd);
    }
    x.onClosed(slot);
  }

  // TCP drops the bytes; a UNIX socket needs somewhere to put them.
  function discard(slot: number, length: number): void {
    const s = slots + slot * SLOT_SIZE;
    if (u8[s + SLOT_KIND] === KIND_CLOSED) return;
    for (let left = length; left > 0;) {
      const r = sys.recv(
        i32[(s + SLOT_FD) >> 2],
        base + sockaddr,
        Math.min(left, DISCARD_MAX),
        MSG_DONTWAIT | MSG_TRUNC,
      );
      if (r <= 0) return; // what is wrong is found when the connection is read
      left -= r;
    }
  }

  function restore(slot: number, family: number): void {
    const s = slots + slot * SLOT_SIZE;
    if (u8[s + SLOT_KIND] === KIND_CLOSED) return;
    u32[sockaddrLength >> 2] = SOCKADDR_MAX;
    const fd = i32[(s + SLOT_FD) >> 2];
    const known = putOriginalDestination(fd, family === 6, base + sockaddr, base + sockaddrLength);
    x.onOriginalDst(slot, known ? sockaddr : 0);
  }

  function execute(op: number, slot: number, a: number, b: number): void {
    const s = slots + slot * SLOT_SIZE;
    switch (op) {
      case CMD_SEND_QUEUED:
        return sendQueued(slot, a, b);
      case CMD_CONNECT:
        if (u8[s + SLOT_KIND] !== KIND_CLOSED) connect(slot, a, b);
        return;
      case CMD_CLOSE:
        return close(slot, a);
      case CMD_SHUTDOWN:
        if (u8[s + SLOT_KIND] !== KIND_CLOSED) sys.shutdown(i32[(s + SLOT_FD) >> 2], SHUT_WR);
        return;
      case CMD_READ:
        return handlers.readAgain(slot);
      case CMD_FLUSHED:
        return x.onFlushed(slot);
      case CMD_RESUME:
        waiting.push(slot);
        return;
      case CMD_SPLICE:
        return splicer.begin(slot, a);
      case CMD_FILTER:
        return handlers.runFilter(slot, b >>> 0, a >>> 0, false);
      case CMD_FILTER_RESPONSE:
        return handlers.runFilter(slot, b >>> 0, a >>> 0, true);
      case CMD_STREAM_END:
        return handlers.endStream(slot, a >>> 0);
      case CMD_DISCARD:
        return discard(slot, a);
      case CMD_ORIGINAL_DST:
        return restore(slot, a);
      default:
        throw new Error(`the core left an unknown command: ${op}`);
    }
  }

  function carryOut(): void {
    let i = 0;
    do {
      // Carrying one out may add more behind it.
      for (; i < u32[used]; i += 16) {
        const p = first + (i >> 2);
        if (i32[p] === CMD_SEND) {
          gather(p);
        } else {
          sendGathered();
          execute(i32[p], i32[p + 1], i32[p + 2], i32[p + 3]);
        }
      }
      sendGathered();
    } while (i < u32[used]);
    u32[used] = 0;
    u32[held] = 0;
    u32[out] = W + W_OUT;
  }

  return function run(): void {
    carryOut();
    while (waiting.length !== 0) {
      x.onResume(waiting.pop() ?? 0);
      carryOut();
    }
  };
}
