// Retained input of a slot: bytes received that could not be used yet, contiguous, so that a head can be parsed again from its
// start. IN_HEADROOM bytes before them are free for a chunk head; the pool leaves a guard behind.
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { Slot } from './slot';

const IN_HEADROOM: u32 = 64;

/** Appends [p, p + n) to what is retained; false when the pool is exhausted. */
export function inAppend(s: Slot, p: usize, n: u32): bool {
  if (!s.inBuffer) {
    const b = bufferAlloc(IN_HEADROOM + n);
    if (!b) return false;
    s.inBuffer = <u32>b;
    s.inOffset = IN_HEADROOM;
    s.inLength = 0;
  }
  const capacity = bufferCapacity(s.inBuffer);
  if (s.inOffset + s.inLength + n > capacity) {
    if (IN_HEADROOM + s.inLength + n <= capacity) {
      memory.copy(<usize>s.inBuffer + IN_HEADROOM, <usize>s.inBuffer + s.inOffset, s.inLength);
    } else {
      const b = bufferAlloc((IN_HEADROOM + s.inLength + n) << 1);
      if (!b) return false;
      memory.copy(b + IN_HEADROOM, <usize>s.inBuffer + s.inOffset, s.inLength);
      bufferFree(s.inBuffer);
      s.inBuffer = <u32>b;
    }
    s.inOffset = IN_HEADROOM;
  }
  memory.copy(<usize>s.inBuffer + s.inOffset + s.inLength, p, n);
  s.inLength += n;
  return true;
}

/** Keeps exactly [p, end): bytes of the receive buffer, or the rest of what was retained already. */
export function inKeep(s: Slot, p: usize, end: usize): bool {
  if (p >= end) {
    inClear(s);
    return true;
  }
  if (s.inBuffer && p >= <usize>s.inBuffer && p <= <usize>s.inBuffer + bufferCapacity(s.inBuffer)) {
    s.inOffset = <u32>(p - <usize>s.inBuffer);
    s.inLength = <u32>(end - p);
    return true;
  }
  inClear(s);
  return inAppend(s, p, <u32>(end - p));
}

export function inClear(s: Slot): void {
  if (s.inBuffer) bufferFree(s.inBuffer);
  s.inBuffer = 0;
  s.inOffset = 0;
  s.inLength = 0;
  s.parsed = 0;
}

/**
 * Whether a retained partial head, to which the last `n` bytes have just come, is worth parsing again: when it may be complete, or when
 * it has grown by a part of itself and a line has ended (a broken line is then found early). So a head that comes byte by byte costs
 * time in proportion to its length, not to its square.
 */
export function inWorthParsing(s: Slot, n: u32): bool {
  const end = <usize>s.inBuffer + s.inOffset + s.inLength;
  let lineEnded = false;
  let complete = false;
  for (let p = end - n; p < end; p++) {
    if (load<u8>(p) != 0x0a) continue;
    lineEnded = true;
    const before = load<u8>(p - 1); // IN_HEADROOM bytes before the first are ours
    if (before == 0x0a || (before == 0x0d && load<u8>(p - 2) == 0x0a)) complete = true;
  }
  if (!complete && !(lineEnded && s.inLength - s.parsed >= (s.inLength >> 5) + 16)) return false;
  s.parsed = s.inLength;
  return true;
}
