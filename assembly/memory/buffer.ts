// This worker's buffer pool: blocks of 256 B << class from the end of its block. Each bufferAlloc'ed payload is preceded by
// 16 bytes { u32 class } and followed by at least 16 readable bytes, so that SIMD scans may read past its end.
// Freed blocks serve their class again; an exhausted pool answers 0 and the caller sheds the connection.
import { GLOBAL_BASE, GLOBAL_WORKER_SIZE, W_BUFFERS } from './map';
import { W, WorkerState } from './worker_block';

const HEADER: usize = 16;
const GUARD: u32 = 16;
const SMALLEST: u32 = 256;
const CLASSES: u32 = 16; // up to 8 MiB

function listOf(c: u32): usize {
  return W + offsetof<WorkerState>('bufferFree') + ((<usize>c) << 2);
}

/** At least `size` bytes, or 0 when the pool is exhausted or `size` is beyond the largest class. */
export function bufferAlloc(size: u32): usize {
  const need = size + <u32>HEADER + GUARD;
  const c: u32 = need <= SMALLEST ? 0 : 24 - clz(need - 1);
  if (c >= CLASSES) return 0;
  const list = listOf(c);
  const bytes = SMALLEST << c;
  const w = changetype<WorkerState>(W);
  let p: usize = load<u32>(list);
  if (p) {
    store<u32>(list, load<u32>(p));
  } else {
    let bump: usize = w.bufferBump;
    if (!bump) bump = W + W_BUFFERS;
    if (bump + bytes > W + <usize>load<u32>(GLOBAL_BASE + GLOBAL_WORKER_SIZE)) return 0;
    w.bufferBump = <u32>(bump + bytes);
    p = bump + HEADER;
    store<u32>(p - HEADER, c);
  }
  w.bufferBytes += bytes;
  return p;
}

/** Usable bytes of a buffer. */
export function bufferCapacity(p: usize): u32 {
  return (SMALLEST << load<u32>(p - HEADER)) - <u32>HEADER - GUARD;
}

export function bufferFree(p: usize): void {
  const c = load<u32>(p - HEADER);
  const list = listOf(c);
  store<u32>(p, load<u32>(list));
  store<u32>(list, <u32>p);
  changetype<WorkerState>(W).bufferBytes -= SMALLEST << c;
}

/** Bytes of this worker's pool in use. */
export function bufferBytes(): u32 {
  return changetype<WorkerState>(W).bufferBytes;
}
