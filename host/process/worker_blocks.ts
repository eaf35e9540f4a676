// Control's view of the workers' blocks: how many there are, what a worker is doing, and what a dead one has left.
import {
  GLOBAL_BASE,
  GLOBAL_LOG_LEVEL,
  GLOBAL_SEEN,
  GLOBAL_STOP,
  GLOBAL_WORKER_SIZE,
  GLOBAL_WORKERS,
  KIND_FREE,
  KIND_LISTENER,
  KIND_WAKE,
  MAX_SLOTS,
  MEMORY_PAGES,
  PAGE,
  SEEN_OFFLINE,
  SEEN_STRIDE,
  SLOT_FD,
  SLOT_KIND,
  SLOT_SIZE,
  W_CLUSTER_STATE,
  W_DESCRIPTORS,
  W_DESCRIPTORS_MAX,
  W_SLOTS,
  W_STATS,
  WORKER_BASE,
  WORKER_DRAINING,
  WORKER_NOW,
  WORKER_OPEN_DOWNSTREAM,
  WORKER_SLOT_COUNT,
} from '../../assembly/abi.js';
import { addressOf, releasePages } from '../io/syscalls.js';

export class WorkerBlocks {
  readonly size: number;
  private readonly u8: Uint8Array;
  private readonly i32: Int32Array;

  /** Divides the memory among `count` workers. Nothing may run on it yet. */
  constructor(
    private readonly memory: WebAssembly.Memory,
    readonly count: number,
  ) {
    this.u8 = new Uint8Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.size = Math.floor((MEMORY_PAGES * PAGE - WORKER_BASE) / count / PAGE) * PAGE;
    this.i32[(GLOBAL_BASE + GLOBAL_WORKERS) >> 2] = count;
    this.i32[(GLOBAL_BASE + GLOBAL_WORKER_SIZE) >> 2] = this.size;
    for (let i = 0; i < count; i++) this.setOffline(i);
  }

  /** Where each block begins. */
  get bases(): number[] {
    return Array.from({ length: this.count }, (_, index) => this.base(index));
  }

  base(index: number): number {
    return WORKER_BASE + index * this.size;
  }

  /** STOP_*: what every worker does at its next turn. */
  get stop(): number {
    return Atomics.load(this.i32, (GLOBAL_BASE + GLOBAL_STOP) >> 2);
  }

  set stop(value: number) {
    Atomics.store(this.i32, (GLOBAL_BASE + GLOBAL_STOP) >> 2, value);
  }

  /** LOG_*: workers log nothing below it. */
  set logLevel(level: number) {
    Atomics.store(this.i32, (GLOBAL_BASE + GLOBAL_LOG_LEVEL) >> 2, level);
  }

  private word(index: number, offset: number): number {
    return Atomics.load(this.i32, (this.base(index) + offset) >> 2);
  }

  /** The worker's clock, which moves once a turn of its loop. */
  now(index: number): number {
    return this.word(index, WORKER_NOW);
  }

  openDownstream(index: number): number {
    return this.word(index, WORKER_OPEN_DOWNSTREAM);
  }

  draining(index: number): boolean {
    return this.word(index, WORKER_DRAINING) !== 0;
  }

  private seen(index: number): number {
    return (GLOBAL_BASE + GLOBAL_SEEN + index * SEEN_STRIDE) >> 2;
  }

  /** False: it sleeps in epoll_wait, or does not run. */
  online(index: number): boolean {
    return Atomics.load(this.i32, this.seen(index)) !== SEEN_OFFLINE;
  }

  /** A worker that does not run holds no table back. */
  setOffline(index: number): void {
    Atomics.store(this.i32, this.seen(index), SEEN_OFFLINE);
  }

  /** Descriptors in the worker's tables. The table of a worker that has trapped may hold anything. */
  descriptors(index: number): number[] {
    const found: number[] = [];
    const W = this.base(index);
    const slots = Math.min(this.word(index, WORKER_SLOT_COUNT) >>> 0, MAX_SLOTS - 1);
    for (let slot = 0; slot <= slots; slot++) {
      const at = W + W_SLOTS + slot * SLOT_SIZE;
      const kind = this.u8[at + SLOT_KIND];
      const fd = this.i32[(at + SLOT_FD) >> 2];
      if (kind !== KIND_FREE && kind !== KIND_LISTENER && kind !== KIND_WAKE && fd > 2) found.push(fd);
    }
    for (let i = 0; i < W_DESCRIPTORS_MAX; i++) {
      const fd = this.i32[((W + W_DESCRIPTORS) >> 2) + i] - 1;
      if (fd > 2) found.push(fd);
    }
    return found;
  }

  /** Makes the block all zero again, except for the statistics; the pages go back to the operating system. */
  reset(index: number): void {
    const W = this.base(index);
    this.zero(W, W + W_STATS);
    this.zero(W + W_CLUSTER_STATE, W + this.size);
    this.setOffline(index);
  }

  private zero(from: number, to: number): void {
    const r = releasePages(addressOf(new Uint8Array(this.memory.buffer)) + from, to - from);
    if (r < 0) this.u8.fill(0, from, to);
  }
}
