// Moves large bodies from one socket to another through a pipe, inside the kernel.
//
// Only bytes that have left the pipe are reported to the core. A pipe that holds bytes of a broken transfer is thrown away. The
// pipes of all sidecars of a node share the kernel's per-user page budget, so a worker has few of them.
import {
  IO_EOF,
  IO_READABLE,
  IO_SPLICE,
  KIND_CLOSED,
  SLOT_FD,
  SLOT_GENERATION,
  SLOT_IO,
  SLOT_KIND,
  SLOT_OUT_BYTES,
  SLOT_SIZE,
  W_HOST,
  W_SLOTS,
} from '../../assembly/abi.js';
import { EAGAIN, F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK, SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from '../io/constants.js';
import * as sys from '../io/syscalls.js';
import { DescriptorTable } from '../process/descriptor_table.js';
import type { WorkerContext } from '../process/worker_context.js';

const PIPES_MAX = 16;
const PIPE_BYTES = 1 << 20; // /proc/sys/fs/pipe-max-size by default; refused sizes leave the 64 KiB pipe as it is
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
const MOVES_PER_EVENT = 16;

interface Pipe {
  readEnd: number;
  writeEnd: number;
}

interface Transfer {
  from: number;
  to: number;
  fromGeneration: number;
  toGeneration: number;
  pipe: Pipe;
  inPipe: number;
  toRead: number; // bytes of the body not yet in the pipe, as far as told
}

export class Splicer {
  private readonly bySource = new Map<number, Transfer>();
  private readonly byDestination = new Map<number, Transfer>();
  private readonly idle: Pipe[] = [];
  private pipes = 0;
  private readonly slots: number;
  private readonly descriptors: DescriptorTable;

  /** `again` puts a slot on the list of those that are to be read once more this turn. */
  constructor(
    private readonly context: WorkerContext,
    private readonly again: (slot: number) => void,
  ) {
    this.slots = context.W + W_SLOTS;
    this.descriptors = new DescriptorTable(context.core.i32, context.W);
  }

  private at(slot: number): number {
    return this.slots + slot * SLOT_SIZE;
  }

  private generation(slot: number): number {
    return this.context.core.i32[(this.at(slot) + SLOT_GENERATION) >> 2];
  }

  /** Takes the core's offer, or declines it. */
  begin(from: number, to: number): void {
    const { u8, u32, exports: x } = this.context.core;
    if (u8[this.at(from) + SLOT_KIND] === KIND_CLOSED || (u8[this.at(from) + SLOT_IO] & IO_SPLICE) === 0) return;
    const busy =
      u32[(this.at(to) + SLOT_OUT_BYTES) >> 2] !== 0 || this.bySource.has(from) || this.byDestination.has(to);
    const pipe = busy ? undefined : this.takePipe();
    if (!pipe) return x.onSpliceEnd(from);
    const transfer = {
      from,
      to,
      fromGeneration: this.generation(from),
      toGeneration: this.generation(to),
      pipe,
      inPipe: 0,
      toRead: x.spliceLeft(from),
    };
    this.bySource.set(from, transfer);
    this.byDestination.set(to, transfer);
  }

  /** Whether anything is being moved: the loop asks before it looks further. */
  active(): boolean {
    return this.bySource.size !== 0;
  }

  /** Whether bytes are moved to `slot`. */
  writes(slot: number): boolean {
    return this.byDestination.has(slot);
  }

  /** `slot` can be read: true when its bytes are moved here. */
  readable(slot: number, hangup: boolean): boolean {
    const t = this.bySource.get(slot);
    return t !== undefined && this.move(t, hangup);
  }

  /** `slot` can be written. */
  writable(slot: number): void {
    const t = this.byDestination.get(slot);
    if (t) this.move(t, false);
  }

  // Moves what can be moved now; false: this transfer is over and bytes are to be received as ever.
  private move(t: Transfer, hangup: boolean): boolean {
    if (!this.alive(t)) return this.end(t, false);
    const { i32, u8, exports: x } = this.context.core;
    const from = i32[(this.at(t.from) + SLOT_FD) >> 2];
    const to = i32[(this.at(t.to) + SLOT_FD) >> 2];
    for (let i = 0; i < MOVES_PER_EVENT; i++) {
      let read = -EAGAIN;
      if (t.inPipe === 0 && t.toRead > 0) {
        read = sys.splice(from, t.pipe.writeEnd, Math.min(t.toRead, PIPE_BYTES), FLAGS);
        if (read === 0 || (read < 0 && read !== -EAGAIN)) return this.end(t, true); // onData's recv finds out what it is
        if (read > 0) {
          t.inPipe += read;
          t.toRead -= read;
        }
      }
      if (t.inPipe === 0) {
        u8[this.at(t.from) + SLOT_IO] &= ~IO_READABLE;
        if (hangup) return this.end(t, true);
        return true;
      }
      const written = sys.splice(t.pipe.readEnd, to, t.inPipe, FLAGS);
      if (written === -EAGAIN) return true; // its EPOLLOUT goes on
      if (written <= 0) {
        this.end(t, false);
        x.onError(t.to, -written);
        return true;
      }
      t.inPipe -= written;
      x.onSpliced(t.from, written);
      if (t.toRead === 0 && t.inPipe === 0) {
        t.toRead = this.alive(t) && (u8[this.at(t.from) + SLOT_IO] & IO_SPLICE) !== 0 ? x.spliceLeft(t.from) : 0;
        if (t.toRead === 0) {
          this.end(t, false);
          // The end may follow the body, and it is said once only.
          if (this.alive(t) && (u8[this.at(t.from) + SLOT_IO] & IO_EOF) !== 0) this.again(t.from);
          return true;
        }
      }
    }
    u8[this.at(t.from) + SLOT_IO] |= IO_READABLE;
    this.again(t.from);
    return true;
  }

  private alive(t: Transfer): boolean {
    const { u8 } = this.context.core;
    return (
      this.generation(t.from) === t.fromGeneration &&
      this.generation(t.to) === t.toGeneration &&
      u8[this.at(t.from) + SLOT_KIND] !== KIND_CLOSED &&
      u8[this.at(t.to) + SLOT_KIND] !== KIND_CLOSED
    );
  }

  /** Forgets what belongs to a slot that is being closed. */
  closed(slot: number): void {
    const t = this.bySource.get(slot) ?? this.byDestination.get(slot);
    if (t) this.end(t, false);
  }

  private end(t: Transfer, handBack: boolean): boolean {
    this.bySource.delete(t.from);
    this.byDestination.delete(t.to);
    if (t.inPipe === 0) {
      this.idle.push(t.pipe);
    } else {
      for (const fd of [t.pipe.readEnd, t.pipe.writeEnd]) {
        this.descriptors.delete(fd);
        sys.close(fd);
      }
      this.pipes--;
    }
    if (handBack && this.alive(t)) this.context.core.exports.onSpliceEnd(t.from);
    return false;
  }

  private takePipe(): Pipe | undefined {
    const free = this.idle.pop();
    if (free) return free;
    if (this.pipes >= PIPES_MAX) return undefined;
    const { base, W, core } = this.context;
    const at = W + W_HOST + 512;
    if (sys.pipe2(base + at, O_NONBLOCK | O_CLOEXEC) < 0) return undefined;
    const pipe = { readEnd: core.i32[at >> 2], writeEnd: core.i32[(at >> 2) + 1] };
    this.descriptors.add(pipe.readEnd);
    this.descriptors.add(pipe.writeEnd);
    sys.fcntl(pipe.writeEnd, F_SETPIPE_SZ, PIPE_BYTES);
    this.pipes++;
    return pipe;
  }
}
