// Deadlines: a binary heap of slots by the earliest time at which one of their timers could fire.
//
// A slot is in the heap at most once. A later need does not move it: when it fires, its state says whether anything is due
// and when to look again. So a request on a kept-alive connection costs a comparison, not a heap operation.
// Times are u32 milliseconds and may wrap: they are compared by signed difference (spans up to 24 days).
import { W_DEADLINES } from '../memory/map';
import { W, WorkerState } from '../memory/worker_block';
import { Slot, slotAt, slotIndex } from './slot';

export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

function place(position: u32, s: Slot): void {
  store<u32>(W + W_DEADLINES + ((<usize>position) << 2), slotIndex(s));
  s.heapIndex = position + 1;
}

function heapAt(position: u32): Slot {
  return slotAt(load<u32>(W + W_DEADLINES + ((<usize>position) << 2)));
}

function siftUp(from: u32, s: Slot): void {
  let i = from;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const p = heapAt(parent);
    if (!before(s.deadline, p.deadline)) break;
    place(i, p);
    i = parent;
  }
  place(i, s);
}

function siftDown(from: u32, s: Slot): void {
  const n = changetype<WorkerState>(W).deadlines;
  let i = from;
  for (;;) {
    let child = (i << 1) + 1;
    if (child >= n) break;
    let c = heapAt(child);
    if (child + 1 < n) {
      const right = heapAt(child + 1);
      if (before(right.deadline, c.deadline)) {
        c = right;
        child++;
      }
    }
    if (!before(c.deadline, s.deadline)) break;
    place(i, c);
    i = child;
  }
  place(i, s);
}

/** Makes sure that `s` is looked at no later than `at`. */
export function deadlineAt(s: Slot, at: u32): void {
  const w = changetype<WorkerState>(W);
  if (s.heapIndex) {
    if (!before(at, s.deadline)) return;
    s.deadline = at;
    siftUp(s.heapIndex - 1, s);
    return;
  }
  s.deadline = at;
  siftUp(w.deadlines++, s);
}

/** Takes `s` out of the heap. */
export function deadlineRemove(s: Slot): void {
  if (!s.heapIndex) return;
  const w = changetype<WorkerState>(W);
  const i = s.heapIndex - 1;
  s.heapIndex = 0;
  const last = heapAt(--w.deadlines);
  if (last === s) return;
  if (i > 0 && before(last.deadline, heapAt((i - 1) >> 1).deadline)) siftUp(i, last);
  else siftDown(i, last);
}

/** The slot whose deadline has come, taken out of the heap; null when none is due. */
export function deadlineDue(): Slot | null {
  const w = changetype<WorkerState>(W);
  if (!w.deadlines) return null;
  const s = heapAt(0);
  if (before(w.now, s.deadline)) return null;
  deadlineRemove(s);
  return s;
}

/** Milliseconds until the next deadline, for epoll_wait: -1 = none. */
export function nextTimeout(): i32 {
  const w = changetype<WorkerState>(W);
  if (!w.deadlines) return -1;
  const d = <i32>(heapAt(0).deadline - w.now);
  return d < 0 ? 0 : d;
}
