// The table heap: blocks of [TABLE_BASE, TABLE_END), written by the control thread only.
//
//   block: | u32 size class | payload ...            (payload is 16-byte aligned; the word stands 4 bytes before it)
//
// Size classes are eighths of powers of two: at most 1/8 of a block is waste, and a freed block serves the next request
// of its class. Nothing is ever given back to the operating system. Failure is the address 0.
import { GLOBAL_BASE, GLOBAL_TABLE_BYTES, TABLE_BASE, TABLE_END } from './map';

const STATE: usize = GLOBAL_BASE + 0x2000; // u32 bump; u32[CLASSES] free lists
const CLASSES: u32 = 256;

// Index of the smallest class that holds `size` bytes.
function classOf(size: u32): u32 {
  if (size <= 128) return (size + 15) >> 4; // 16-byte steps: classes 0 to 8
  const top: u32 = 31 - clz(size - 1);
  const step: u32 = (size - 1) >> (top - 3); // 8 to 15
  return 9 + ((top - 7) << 3) + (step - 8);
}

function classSize(c: u32): u32 {
  if (c <= 8) return c << 4;
  const k = c - 9;
  return (9 + (k & 7)) << ((k >> 3) + 4);
}

/** Allocates `size` bytes, zeroed, 16-byte aligned; 0 when the heap is exhausted. */
export function tableAlloc(size: u32): usize {
  const c = classOf(size == 0 ? 1 : size);
  if (c >= CLASSES) return 0;
  const bytes = classSize(c);
  const list = STATE + 16 + ((<usize>c) << 2);
  let p: usize = load<u32>(list);
  if (p) {
    store<u32>(list, load<u32>(p));
  } else {
    let bump: usize = load<u32>(STATE);
    if (bump == 0) bump = TABLE_BASE;
    if (<usize>bytes + 16 > TABLE_END - bump) return 0;
    p = bump + 16;
    store<u32>(STATE, <u32>(bump + 16 + bytes));
    store<u32>(p - 4, c);
  }
  memory.fill(p, 0, bytes);
  store<u32>(GLOBAL_BASE + GLOBAL_TABLE_BYTES, load<u32>(GLOBAL_BASE + GLOBAL_TABLE_BYTES) + bytes);
  return p;
}

/** Gives back a block of `tableAlloc`. */
export function tableFree(p: usize): void {
  const c = load<u32>(p - 4);
  const list = STATE + 16 + ((<usize>c) << 2);
  store<u32>(p, load<u32>(list));
  store<u32>(list, <u32>p);
  store<u32>(GLOBAL_BASE + GLOBAL_TABLE_BYTES, load<u32>(GLOBAL_BASE + GLOBAL_TABLE_BYTES) - classSize(c));
}

/** Bytes of the table heap in use (size classes rounded up). */
export function tableBytes(): u32 {
  return load<u32>(GLOBAL_BASE + GLOBAL_TABLE_BYTES);
}
