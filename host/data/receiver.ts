// Receiving. Connections that only have bytes, which most events of a busy worker say, are received together: one system call for
// all of them, each into a small buffer of its own. A connection that fills its buffer is received by itself for a while, into the
// large one; so is whatever has more to say than "bytes" (an end, an error, bytes to write, a body that is spliced).
import {
  BATCH_BYTES,
  BATCH_MAX,
  BATCH_STRIDE,
  IO_EOF,
  IO_PEEK,
  IO_READ,
  IO_READABLE,
  IO_SPLICE,
  KIND_CLOSED,
  KIND_DOWNSTREAM_NEW,
  KIND_FREE,
  KIND_UPSTREAM_HTTP,
  KIND_UPSTREAM_TCP,
  MAX_SLOTS,
  RX_SIZE,
  SLOT_FD,
  SLOT_GENERATION,
  SLOT_IO,
  SLOT_KIND,
  SLOT_OUT_BYTES,
  SLOT_SIZE,
  W_BATCH,
  W_RX,
  W_SLOTS,
  WORKER_RX_HELD,
} from '../../assembly/abi.js';
import { AIO_READ, AioBatch } from '../io/aio.js';
import { EAGAIN, MSG_DONTWAIT, MSG_PEEK } from '../io/constants.js';
import * as sys from '../io/syscalls.js';
import type { WorkerContext } from '../process/worker_context.js';
import { batchMinimum } from './batch_minimum.js';
import type { Splicer } from './splicer.js';

const READS_PER_EVENT = 16; // then the others get their turn
const BULK_READS = 8; // small receives after which a connection that filled its buffer is received with the others again

export interface ReceiverHandlers {
  /** The kernel may hold more of `slot`, and will not say so again. */
  again(slot: number): void;
  /** Whether the lists of the core are filling up. */
  crowded(): boolean;
  runCommands(): void;
}

export class Receiver {
  private readonly batch: AioBatch | undefined;
  private readonly minimum: number;
  private readonly slotOf = new Int32Array(BATCH_MAX);
  private readonly generationOf = new Int32Array(BATCH_MAX);
  private readonly bulk = new Uint8Array(MAX_SLOTS);
  private readonly slots: number;
  private readonly rx: number; // address
  private readonly held: number;
  private taken = 0;
  private submitted = 0;

  constructor(
    private readonly context: WorkerContext,
    private readonly splicer: Splicer,
    private readonly handlers: ReceiverHandlers,
  ) {
    const { W, base, aioContext } = context;
    this.slots = W + W_SLOTS;
    this.rx = base + W + W_RX;
    this.held = (W + WORKER_RX_HELD) >> 2;
    this.minimum = batchMinimum();
    if (aioContext <= 0 || this.minimum > BATCH_MAX) return;
    this.batch = new AioBatch(aioContext, AIO_READ, BATCH_MAX);
    const first = base + W + W_BATCH + BATCH_STRIDE - BATCH_BYTES;
    for (let i = 0; i < BATCH_MAX; i++) this.batch.set(i, -1, first + i * BATCH_STRIDE, BATCH_BYTES);
  }

  /** Takes a connection of this turn that has bytes and nothing else to say into the batch; false: its event is to be handled by itself. */
  take(slot: number, generation: number): boolean {
    if (this.batch === undefined) return false;
    const { u8, u32, i32 } = this.context.core;
    const s = this.slots + slot * SLOT_SIZE;
    const kind = u8[s + SLOT_KIND];
    if ((u8[s + SLOT_IO] & ~IO_READABLE) !== IO_READ || kind === KIND_FREE || kind === KIND_CLOSED) return false;
    if (i32[(s + SLOT_GENERATION) >> 2] !== generation) return false;
    if (this.bulk[slot] !== 0 || u32[(s + SLOT_OUT_BYTES) >> 2] !== 0) return false;
    if (this.splicer.active() && this.splicer.writes(slot)) return false;
    const i = this.taken++;
    this.slotOf[i] = slot;
    this.generationOf[i] = generation;
    this.batch.setDescriptor(i, i32[(s + SLOT_FD) >> 2]);
    return true;
  }

  /**
   * Receives for those that were taken. Nothing may have been handled since the first was: a descriptor closed in between could be
   * another connection's by now.
   */
  submit(): void {
    this.submitted = this.batch !== undefined && this.taken >= this.minimum ? this.batch.submit(this.taken) : 0;
  }

  /**
   * Gives the core what was received. Upstreams first: bytes that no request has asked for meet an idle connection then, not one that a
   * request of this turn has just been given.
   */
  deliver(): void {
    for (let i = 0; i < this.taken; i++) if (this.isUpstream(this.slotOf[i])) this.deliverOne(i);
    for (let i = 0; i < this.taken; i++) if (!this.isUpstream(this.slotOf[i])) this.deliverOne(i);
    this.taken = 0;
  }

  private isUpstream(slot: number): boolean {
    const kind = this.context.core.u8[this.slots + slot * SLOT_SIZE + SLOT_KIND];
    return kind === KIND_UPSTREAM_HTTP || kind === KIND_UPSTREAM_TCP;
  }

  private deliverOne(i: number): void {
    const { u8, i32, exports: x } = this.context.core;
    const slot = this.slotOf[i];
    const s = this.slots + slot * SLOT_SIZE;
    // Gone meanwhile, and what it had sent with it.
    if (i32[(s + SLOT_GENERATION) >> 2] !== this.generationOf[i] || u8[s + SLOT_KIND] === KIND_CLOSED) return;
    if (i >= this.submitted) {
      this.receive(slot, false);
    } else {
      const n = this.batch!.result(i);
      if (n <= 0) return this.nothing(slot, n);
      const full = n === BATCH_BYTES;
      u8[s + SLOT_IO] = full ? u8[s + SLOT_IO] | IO_READABLE : u8[s + SLOT_IO] & ~IO_READABLE;
      x.onBatchData(slot, i, n);
      if (full) this.receiveRest(slot, this.generationOf[i]);
    }
    if (this.handlers.crowded()) this.handlers.runCommands();
  }

  private receiveRest(slot: number, generation: number): void {
    const { u8, i32 } = this.context.core;
    const s = this.slots + slot * SLOT_SIZE;
    this.bulk[slot] = BULK_READS;
    if (u8[s + SLOT_KIND] !== KIND_CLOSED && i32[(s + SLOT_GENERATION) >> 2] === generation) this.receive(slot, false);
  }

  // Not a byte: the end, an error, or nothing yet.
  private nothing(slot: number, n: number): void {
    const { u8, exports: x } = this.context.core;
    if (n === 0) x.onEof(slot);
    else if (n !== -EAGAIN) x.onError(slot, -n);
    else u8[this.slots + slot * SLOT_SIZE + SLOT_IO] &= ~IO_READABLE;
  }

  /** Receives for one connection until it has no more. `event`: the kernel has said that its peer has ended its side, or that it is broken. */
  receive(slot: number, event: boolean): void {
    const { u8, u32, i32, exports: x } = this.context.core;
    const s = this.slots + slot * SLOT_SIZE;
    // Said once only, and perhaps before anybody wanted to read: it is kept, so that reading goes on to the end.
    if (event) u8[s + SLOT_IO] |= IO_EOF;
    const hangup = (u8[s + SLOT_IO] & IO_EOF) !== 0;
    const generation = i32[(s + SLOT_GENERATION) >> 2];
    const fd = i32[(s + SLOT_FD) >> 2];
    for (let left = READS_PER_EVENT; ; left--) {
      const io = u8[s + SLOT_IO];
      if ((io & IO_READ) === 0) {
        u8[s + SLOT_IO] = io | IO_READABLE;
        if (hangup) x.onHangup(slot);
        return;
      }
      if ((io & IO_SPLICE) !== 0 && this.splicer.readable(slot, hangup)) return;
      if (left === 0) return this.handlers.again(slot);
      if ((io & IO_PEEK) !== 0) return this.peek(slot, fd, hangup);
      const n = sys.recv(fd, this.rx, RX_SIZE, MSG_DONTWAIT);
      if (n <= 0) return this.nothing(slot, n);
      if (n < BATCH_BYTES && left === READS_PER_EVENT && this.bulk[slot] !== 0) this.bulk[slot]--;
      const drained = n < RX_SIZE && !hangup;
      u8[s + SLOT_IO] = drained ? io & ~IO_READABLE : io | IO_READABLE;
      x.onData(slot, n);
      if (u32[this.held] !== 0 || this.handlers.crowded()) this.handlers.runCommands();
      if (drained || u8[s + SLOT_KIND] === KIND_CLOSED || i32[(s + SLOT_GENERATION) >> 2] !== generation) return;
    }
  }

  // Looks at what has come and leaves it in the kernel. The core asks again (CMD_READ) when it wants to read; new bytes are announced anew.
  private peek(slot: number, fd: number, hangup: boolean): void {
    const { u8, i32, exports: x } = this.context.core;
    const s = this.slots + slot * SLOT_SIZE;
    const generation = i32[(s + SLOT_GENERATION) >> 2];
    const n = sys.recv(fd, this.rx, RX_SIZE, MSG_DONTWAIT | MSG_PEEK);
    if (n <= 0) return this.nothing(slot, n);
    u8[s + SLOT_IO] |= IO_READABLE;
    x.onData(slot, n);
    this.handlers.runCommands();
    // Nothing follows, and what there is does not say enough.
    const same = i32[(s + SLOT_GENERATION) >> 2] === generation && u8[s + SLOT_KIND] === KIND_DOWNSTREAM_NEW;
    if (hangup && same && (u8[s + SLOT_IO] & IO_PEEK) !== 0) x.onEof(slot);
  }
}
