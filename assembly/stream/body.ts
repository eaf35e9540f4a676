// The body of a message on its way through: one piece of received bytes is decoded in place by the framing it came in, and framed
// again for where it goes. Nothing is copied except where a frame has to be written into it.
import {
  CHUNK_DONE,
  CHUNK_ERROR,
  chunkConsumed,
  chunkDataEnd,
  chunkDataStart,
  chunkDecode,
  chunkHeadBefore,
} from '../http1/chunked';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_EOF, Slot } from './slot';

// Results of bodyDecode: instance-private globals, read at once by the caller.
export let pieceStart: usize = 0; // decoded bytes
export let pieceEnd: usize = 0;
export let pieceNext: usize = 0; // first byte not consumed
export let pieceLast: bool = false; // the body is complete

/** Decodes from [p, end) what belongs to the body that `s` is receiving; false when the framing is broken. */
export function bodyDecode(s: Slot, p: usize, end: usize): bool {
  pieceStart = p;
  pieceLast = false;
  switch (s.bodyMode) {
    case BODY_LENGTH: {
      const here = <u64>(end - p);
      const n = here < s.left ? here : s.left;
      s.left -= n;
      pieceEnd = p + <usize>n;
      pieceNext = pieceEnd;
      pieceLast = s.left == 0;
      return true;
    }
    case BODY_CHUNKED: {
      const state = changetype<usize>(s) + offsetof<Slot>('chunk0');
      const r = chunkDecode(state, p, end);
      if (r == CHUNK_ERROR) return false;
      pieceStart = chunkDataStart;
      pieceEnd = chunkDataEnd;
      pieceNext = chunkConsumed;
      pieceLast = r == CHUNK_DONE;
      return true;
    }
    case BODY_UNTIL_EOF: {
      pieceEnd = end;
      pieceNext = end;
      return true;
    }
    default: {
      pieceEnd = p;
      pieceNext = p;
      pieceLast = true;
      return true;
    }
  }
}

/** Writes the chunk frame around the piece just decoded (12 bytes before and 7 behind it must be free). */
export function bodyFrameChunk(): void {
  const n = <u32>(pieceEnd - pieceStart);
  if (n) {
    pieceStart = chunkHeadBefore(pieceStart, n);
    store<u16>(pieceEnd, 0x0a0d);
    pieceEnd += 2;
  }
  if (pieceLast) {
    store<u32>(pieceEnd, 0x0d0a0d30); // "0\r\n\r" "\n"
    store<u8>(pieceEnd + 4, 0x0a);
    pieceEnd += 5;
  }
}

/** Begins receiving a body. */
export function bodyBegin(s: Slot, mode: u8, length: u64): void {
  s.bodyMode = mode;
  s.left = length;
  s.chunk0 = 0;
  s.chunk1 = 0;
}

/** Bytes free behind the piece: what its own framing occupied. */
export function bodyTailroom(end: usize): usize {
  return pieceNext >= end ? 16 : pieceNext - pieceEnd;
}

export { BODY_NONE };
