// The body of a message on its way through: one piece of received bytes is decoded in place by the framing it came in, and framed
// again for where it goes. Nothing is copied except where a frame has to be written into it.
import {
  CHUNK_DONE,
  CHUNK_ERROR,
  CHUNK_KEEP_TRAILERS,
  CHUNK_TRAILERS,
  chunkConsumed,
  chunkDataEnd,
  chunkDataStart,
  chunkDecode,
  chunkHeadBefore,
  chunkInTrailers,
  ChunkState,
  chunkTail,
  lastChunk,
} from '../http1/chunked';
import { copyBytes } from '../memory/bytes';
import { parseTrailers, writeTrailers } from '../http1/trailers';
import { BATCH_BYTES, PARSE_PARTIAL } from '../abi';
import { RX_SIZE, W_OUT_END, W_REQUEST_HEAD, W_RX } from '../memory/map';
import { scratchReset, W, WorkerState } from '../memory/worker_block';
import { transmit } from './out_chain';
import { BODY_CHUNKED, BODY_LENGTH, BODY_TRAILERS, BODY_UNTIL_EOF, Slot } from './slot';

/**
 * A body piece up to this size is copied behind its head; a larger one gets the head laid before it, for which only the large receive
 * buffer has the room.
 */
export const BODY_COPY: u32 = BATCH_BYTES;

const TRAILERS_MAX: u32 = 61440; // bytes of a trailer section
const TRAILERS_COUNT_MAX: u32 = 100;

// Results of bodyDecode: instance-private globals, read at once by the caller.
export let pieceStart: usize = 0; // decoded bytes
export let pieceEnd: usize = 0;
export let pieceNext: usize = 0; // first byte not consumed
export let pieceLast: bool = false; // the body is complete
export let pieceTrailers: bool = false; // with pieceLast: its trailers stand in the request head's place (W_REQUEST_HEAD)
export let pieceBroken: bool = false; // behind the piece, the framing is broken
export let pieceWait: bool = false; // [pieceNext, end) is an unfinished trailer section: keep it until more has come

/**
 * Decodes from [p, end) what belongs to the body that `s` is receiving; false when the framing is broken. Before a broken trailer
 * section the data is whole and goes on, as in Envoy; then pieceBroken is set.
 */
export function bodyDecode(s: Slot, p: usize, end: usize): bool {
  const whole = decode(s, p, end);
  const inTrailers = s.bodyMode == BODY_TRAILERS || chunkInTrailers;
  pieceBroken = !whole && inTrailers && pieceEnd > pieceStart;
  return whole || pieceBroken;
}

function decode(s: Slot, p: usize, end: usize): bool {
  pieceStart = p;
  pieceEnd = p;
  pieceNext = p;
  pieceLast = false;
  pieceTrailers = false;
  pieceWait = false;
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
      const r = chunkDecode(changetype<usize>(s) + offsetof<Slot>('chunk0'), p, end);
      pieceStart = chunkDataStart;
      pieceEnd = chunkDataEnd;
      pieceNext = chunkConsumed;
      pieceLast = r == CHUNK_DONE;
      if (r != CHUNK_TRAILERS) return r != CHUNK_ERROR;
      s.bodyMode = BODY_TRAILERS;
      return trailersDecode(chunkConsumed, end);
    }
    case BODY_TRAILERS: {
      return trailersDecode(p, end);
    }
    case BODY_UNTIL_EOF: {
      pieceEnd = end;
      pieceNext = end;
      return true;
    }
    default: {
      pieceLast = true;
      return true;
    }
  }
}

// The head that this body belongs to has been dealt with, so its place serves for the trailers.
function trailersDecode(p: usize, end: usize): bool {
  scratchReset();
  pieceNext = p;
  const after = parseTrailers(W + W_REQUEST_HEAD, p, end, TRAILERS_COUNT_MAX);
  if (after == PARSE_PARTIAL) {
    pieceWait = true;
    return <u32>(end - p) < TRAILERS_MAX;
  }
  if (after < 0) return false;
  pieceNext = after;
  pieceLast = true;
  pieceTrailers = true;
  return true;
}

/** Writes the chunk frame around the piece just decoded. The 28 bytes before the piece must be free; `end`: of what was received. */
export function bodyFrameChunk(end: usize): void {
  const n = <u32>(pieceEnd - pieceStart);
  // Behind the piece its own framing may be overwritten, but not what follows the body.
  if (pieceNext < end && pieceNext - pieceEnd < 7) {
    memory.copy(pieceStart - 16, pieceStart, n);
    pieceStart -= 16;
    pieceEnd -= 16;
  }
  if (n) {
    pieceStart = chunkHeadBefore(pieceStart, n);
    pieceEnd = chunkTail(pieceEnd);
  }
  if (pieceLast && !pieceTrailers) pieceEnd = lastChunk(pieceEnd);
}

/** Ends a head at `outEnd` in the out area: sends it alone. */
export function headSend(to: Slot, out: usize, outEnd: usize): void {
  changetype<WorkerState>(W).out = <u32>((outEnd + 15) & ~15);
  transmit(to, out, <u32>(outEnd - out));
}

/** Sends the head in [out, outEnd) of the out area and the piece just decoded and framed, in one send where that costs least. */
export function headSendWithPiece(to: Slot, out: usize, outEnd: usize): void {
  const length = <u32>(outEnd - out);
  const n = <u32>(pieceEnd - pieceStart);
  if (n <= BODY_COPY) {
    copyBytes(outEnd, pieceStart, n);
    return headSend(to, out, outEnd + n);
  }
  if (pieceStart >= W + W_RX - 32 && pieceStart < W + W_RX + RX_SIZE) {
    const start = pieceStart - length;
    memory.copy(start, out, length);
    return transmit(to, start, length + n);
  }
  headSend(to, out, outEnd);
  transmit(to, pieceStart, n);
}

/** Sends the trailers that ended a body, with the last chunk before them; only that where the other side takes no trailers. */
export function bodySendTrailers(to: Slot, wanted: bool): void {
  const w = changetype<WorkerState>(W);
  const out: usize = w.out;
  let outEnd: usize = wanted ? writeTrailers(W + W_REQUEST_HEAD, out, W + W_OUT_END) : 0;
  if (!outEnd) outEnd = lastChunk(out);
  w.out = <u32>((outEnd + 15) & ~15);
  transmit(to, out, <u32>(outEnd - out));
}

/** Begins receiving a body. `trailers`: its trailers are wanted (enable_trailers). */
export function bodyBegin(s: Slot, mode: u8, length: u64, trailers: bool): void {
  s.bodyMode = mode;
  s.left = length;
  s.chunk0 = 0;
  s.chunk1 = 0;
  if (!trailers) return;
  changetype<ChunkState>(changetype<usize>(s) + offsetof<Slot>('chunk0')).state = CHUNK_KEEP_TRAILERS;
}
