// Descriptors of a worker that stand in no slot: pipes, and a connection between accept and its slot. They are written down in
// the worker's block, so that control can close them when the worker dies.
import { W_DESCRIPTORS, W_DESCRIPTORS_MAX } from '../../assembly/abi.js';

export class DescriptorTable {
  private readonly first: number;

  constructor(
    private readonly i32: Int32Array,
    W: number,
  ) {
    this.first = W + W_DESCRIPTORS;
  }

  /** Entry 0 is for the one that changes with every connection: -1 clears it. */
  setCurrent(fd: number): void {
    this.i32[this.first >> 2] = fd + 1;
  }

  /** False: the table is full, so the descriptor would be lost with the worker. */
  add(fd: number): boolean {
    const at = this.find(0);
    if (at < 0) return false;
    this.i32[at] = fd + 1;
    return true;
  }

  delete(fd: number): void {
    const at = this.find(fd + 1);
    if (at >= 0) this.i32[at] = 0;
  }

  private find(word: number): number {
    const start = this.first >> 2;
    for (let i = 1; i < W_DESCRIPTORS_MAX; i++) {
      if (this.i32[start + i] === word) return start + i;
    }
    return -1;
  }
}
