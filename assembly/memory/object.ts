// Published objects: what control builds, workers read, and read-copy-update retires.
//
// An object is one arena: a chain of table-heap blocks that are freed together. Its root structure begins with
// ObjectHeader. Builders allocate everything that belongs to the object from its arena and never free a part.
//
//   control: objectNew -> fill -> publish (one atomic store into a directory) -> old one to objectRetire
//   worker:  loads the directory word while online; pins what it keeps across loop turns; unpins at the end
//
// A retired object is freed once every worker has passed the epoch of its retirement and no worker pins it.
import {
  GLOBAL_BASE,
  GLOBAL_EPOCH,
  GLOBAL_SEEN,
  GLOBAL_WORKERS,
  GLOBAL_WORKER_SIZE,
  MAX_PINS,
  PIN_FREE,
  RETIRED,
  RETIRED_SIZE,
  SEEN_STRIDE,
  W_PINS,
  WORKER_BASE,
} from './map';
import { tableAlloc, tableFree } from './table_heap';

/** First words of every published object. */
@unmanaged
export class ObjectHeader {
  arena: u32; // newest Block of the arena
  pin: u32; // index into each worker's W_PINS
}

@unmanaged
class Block {
  next: u32;
  used: u32;
  size: u32;
  pad: u32;
}
const BLOCK: u32 = 16;

const STATE: usize = GLOBAL_BASE + 0x3000; // u32 pin bump, u32 pin free count, u32 retired count

function blockNew(size: u32, next: u32): usize {
  const p = tableAlloc(size + BLOCK);
  if (!p) return 0;
  const b = changetype<Block>(p);
  b.next = next;
  b.used = BLOCK;
  b.size = size + BLOCK;
  return p;
}

/** A new object of `size` bytes (ObjectHeader included), zeroed. Returns 0 when memory or pins are exhausted. */
export function objectNew(size: u32): usize {
  let pin: u32;
  const free = load<u32>(STATE, 4);
  if (free) {
    pin = load<u16>(PIN_FREE + ((<usize>(free - 1)) << 1));
    store<u32>(STATE, free - 1, 4);
  } else {
    pin = load<u32>(STATE);
    if (pin >= MAX_PINS) return 0;
    store<u32>(STATE, pin + 1);
  }
  const block = blockNew(size < 240 ? 240 : (size + 15) & ~15, 0);
  if (!block) return 0;
  changetype<Block>(block).used = BLOCK + ((size + 15) & ~15);
  const o = changetype<ObjectHeader>(block + BLOCK);
  o.arena = <u32>block;
  o.pin = pin;
  return block + BLOCK;
}

/** `size` bytes that live as long as `object`, zeroed, 16-byte aligned; 0 when the heap is exhausted. */
export function objectAlloc(object: usize, size: u32): usize {
  const o = changetype<ObjectHeader>(object);
  const bytes = (size + 15) & ~15;
  let b = changetype<Block>(<usize>o.arena);
  if (b.size - b.used < bytes) {
    let want = b.size << 1;
    if (want > 0x40000) want = 0x40000;
    if (want < bytes) want = bytes;
    const p = blockNew(want, o.arena);
    if (!p) return 0;
    o.arena = <u32>p;
    b = changetype<Block>(p);
  }
  const at = changetype<usize>(b) + b.used;
  b.used += bytes;
  return at;
}

/** Frees an object that was never published, or that no reader can hold. */
export function objectFree(object: usize): void {
  const o = changetype<ObjectHeader>(object);
  const count = load<u32>(STATE, 4);
  store<u16>(PIN_FREE + ((<usize>count) << 1), <u16>o.pin);
  store<u32>(STATE, count + 1, 4);
  let p: usize = o.arena;
  while (p) {
    const next: usize = changetype<Block>(p).next;
    tableFree(p);
    p = next;
  }
}

/** Stores `object` (0: none) into the directory word at `slot` and retires what stood there. */
export function publish(slot: usize, object: usize): void {
  const old: usize = load<u32>(slot);
  atomic.store<u32>(slot, <u32>object);
  if (old) objectRetire(old);
}

/** Queues an object that is no longer reachable from any directory; `reclaim` frees it when no reader holds it. */
export function objectRetire(object: usize): void {
  // Never full: every object has a pin of its own, and there are as many entries as pins.
  const n = load<u32>(STATE, 8);
  const epoch = atomic.add<u32>(GLOBAL_BASE + GLOBAL_EPOCH, 1) + 1;
  setRetired(n, object, epoch);
  store<u32>(STATE, n + 1, 8);
}

function setRetired(i: u32, object: usize, epoch: u32): void {
  const e = RETIRED + <usize>i * RETIRED_SIZE;
  store<u32>(e, <u32>object);
  store<u32>(e, epoch, 4);
}

// The oldest epoch that an online worker may still read under.
function oldestSeen(): u32 {
  let oldest: u32 = 0xffffffff;
  const workers = load<u32>(GLOBAL_BASE + GLOBAL_WORKERS);
  for (let w: u32 = 0; w < workers; w++) {
    const seen = atomic.load<u32>(GLOBAL_BASE + GLOBAL_SEEN + <usize>w * SEEN_STRIDE);
    if (seen < oldest) oldest = seen;
  }
  return oldest;
}

/** A new epoch: what was reachable before it began is out of every worker's sight once `epochPassed` says so. */
export function epochNext(): u32 {
  return atomic.add<u32>(GLOBAL_BASE + GLOBAL_EPOCH, 1) + 1;
}

/** Every online worker has begun a turn of its loop after `epoch` was given out. */
export function epochPassed(epoch: u32): bool {
  return epoch <= oldestSeen();
}

function pinned(pin: u32): bool {
  const workers = load<u32>(GLOBAL_BASE + GLOBAL_WORKERS);
  const size: usize = load<u32>(GLOBAL_BASE + GLOBAL_WORKER_SIZE);
  for (let w: u32 = 0; w < workers; w++) {
    if (atomic.load<u32>(WORKER_BASE + <usize>w * size + W_PINS + ((<usize>pin) << 2))) return true;
  }
  return false;
}

/** How many objects wait to be freed. */
export function retiredCount(): u32 {
  return load<u32>(STATE, 8);
}

/**
 * Frees what no reader can hold any more; returns how many objects still wait. Control calls it now and then.
 * The entries of RETIRED from there to the former count name what has been freed, until the next object retires.
 */
export function reclaim(): u32 {
  const oldest = oldestSeen();
  const n = load<u32>(STATE, 8);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const e = RETIRED + <usize>i * RETIRED_SIZE;
    const object: usize = load<u32>(e);
    const epoch = load<u32>(e, 4);
    if (epoch <= oldest && !pinned(changetype<ObjectHeader>(object).pin)) {
      objectFree(object);
      continue;
    }
    const k = RETIRED + <usize>kept * RETIRED_SIZE;
    setRetired(i, load<u32>(k), load<u32>(k, 4));
    setRetired(kept++, object, epoch);
  }
  store<u32>(STATE, kept, 8);
  return kept;
}
