// Out chain: bytes that a socket did not take, in order, as a chain of pool buffers.
//
//   Segment: | u32 next | u32 offset | u32 end | u32 capacity | bytes ... |
import { CMD_SEND, CMD_SEND_QUEUED } from '../abi';
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { W_BUFFERS, W_OUT, W_OUT_END } from '../memory/map';
import { command, W, WorkerState } from '../memory/worker_block';
import { Slot, slotIndex } from './slot';

@unmanaged
class Segment {
  next: u32;
  offset: u32; // first byte not yet sent
  end: u32;
  capacity: u32;
}
const SEGMENT: u32 = 16;
const LARGEST: u32 = 65536 - 64;
const LEAST: u32 = 4096 - 64; // more is likely to follow, and a segment is a send of its own

/** Appends a copy of [p, p + n); false when the buffer pool is exhausted (the connection must be closed). */
export function outAppend(s: Slot, p: usize, n: u32): bool {
  let from = p;
  let left = n;
  while (left) {
    let tail = changetype<Segment>(<usize>s.outTail);
    if (!s.outTail || tail.end == tail.capacity) {
      const b = bufferAlloc(SEGMENT + min(max(left, LEAST), LARGEST));
      if (!b) return false;
      const fresh = changetype<Segment>(b);
      fresh.next = 0;
      fresh.offset = SEGMENT;
      fresh.end = SEGMENT;
      fresh.capacity = bufferCapacity(b);
      if (s.outTail) tail.next = <u32>b;
      else s.outHead = <u32>b;
      s.outTail = <u32>b;
      tail = fresh;
    }
    const room = tail.capacity - tail.end;
    const m = left < room ? left : room;
    memory.copy(changetype<usize>(tail) + tail.end, from, m);
    tail.end += m;
    from += m;
    left -= m;
    s.outBytes += m;
  }
  return true;
}

/** Asks the host to send the front of the chain. */
export function outSend(s: Slot): void {
  if (!s.outBytes) return;
  const front = changetype<Segment>(<usize>s.outHead);
  command(CMD_SEND_QUEUED, slotIndex(s), <usize>s.outHead + front.offset, front.end - front.offset);
}

/** The socket took `n` bytes of the front segment. */
export function outTook(s: Slot, n: u32): void {
  const front = changetype<Segment>(<usize>s.outHead);
  front.offset += n;
  s.outBytes -= n;
  if (front.offset < front.end) return;
  s.outHead = front.next;
  if (!s.outHead) s.outTail = 0;
  bufferFree(changetype<usize>(front));
}

export function outClear(s: Slot): void {
  let p: usize = s.outHead;
  while (p) {
    const next: usize = changetype<Segment>(p).next;
    bufferFree(p);
    p = next;
  }
  s.outHead = 0;
  s.outTail = 0;
  s.outBytes = 0;
}

/**
 * Sends [p, p + n): the host queues what the socket does not take, or all of it behind what waits already. The command is carried out
 * later: bytes of the out area stay till then, those of the receive buffer make the host carry it out before it receives again, and
 * retained input (a pool buffer, which may be freed and used again at once) is copied to the out area.
 */
export function transmit(s: Slot, p: usize, n: u32): void {
  const w = changetype<WorkerState>(W);
  let from = p;
  s.txBytes += n;
  if (p < W + W_OUT) {
    w.rxHeld = 1;
  } else if (p >= W + W_BUFFERS) {
    from = w.out;
    if (from + n > W + W_OUT_END) unreachable(); // what is retained is at most one receive buffer; the host empties the area in time
    memory.copy(from, p, n);
    w.out = <u32>((from + n + 15) & ~15);
  }
  command(CMD_SEND, slotIndex(s), from, n);
}
