// Log lines of one worker on their way to control: a ring of bytes in the worker's block, one writer and one reader.
//
//   W_LINES: | written u32 | read u32 | dropped u32 | signalled u32 | … +64: bytes |
//   line:    | length u16 | level u8 | component's length u8 | component | text |      (positions never wrap to 0)
//
// A line that does not fit is dropped and counted: a worker never waits for a log.
import { W_LINES, W_LINES_END } from '../../assembly/abi.js';

const BYTES = 64;
const CAPACITY = W_LINES_END - W_LINES - BYTES;
const LINE_HEAD = 4;
const TEXT_MAX = 4096;

export interface LogLine {
  level: number;
  component: string;
  text: string;
}

export class LogRing {
  private readonly words: Int32Array; // written, read, dropped, signalled
  private readonly bytes: Uint8Array;

  /** `W`: base of the worker's block. */
  constructor(buffer: ArrayBufferLike, W: number) {
    this.words = new Int32Array(buffer, W + W_LINES, 4);
    this.bytes = new Uint8Array(buffer, W + W_LINES + BYTES, CAPACITY);
  }

  /** Appends a line (cut at 4 KiB). True: control has not been told since it last read, so tell it. */
  write(level: number, component: string, text: string): boolean {
    const name = Buffer.from(component).subarray(0, 255);
    const body = Buffer.from(text).subarray(0, TEXT_MAX);
    const written = Atomics.load(this.words, 0);
    const used = (written - Atomics.load(this.words, 1)) >>> 0;
    const length = LINE_HEAD + name.length + body.length;
    if (used + length > CAPACITY) {
      Atomics.add(this.words, 2, 1);
    } else {
      const head = Uint8Array.of(length & 255, length >> 8, level, name.length);
      let at = written >>> 0;
      for (const part of [head, name, body]) at = this.put(at, part);
      Atomics.store(this.words, 0, at);
    }
    return Atomics.exchange(this.words, 3, 1) === 0;
  }

  /** Takes every line out, and the number of those that were dropped since the last call. */
  read(): { lines: LogLine[]; dropped: number } {
    Atomics.store(this.words, 3, 0);
    const lines: LogLine[] = [];
    const written = Atomics.load(this.words, 0) >>> 0;
    let at = Atomics.load(this.words, 1) >>> 0;
    while (at !== written) {
      const head = this.get(at, LINE_HEAD);
      const length = head[0] | (head[1] << 8);
      const text = this.get(at + LINE_HEAD, length - LINE_HEAD);
      lines.push({
        level: head[2],
        component: text.toString('utf8', 0, head[3]),
        text: text.toString('utf8', head[3]),
      });
      at = (at + length) >>> 0;
    }
    Atomics.store(this.words, 1, at);
    return { lines, dropped: Atomics.exchange(this.words, 2, 0) };
  }

  private put(at: number, part: Uint8Array): number {
    const start = at % CAPACITY;
    const first = part.subarray(0, CAPACITY - start);
    this.bytes.set(first, start);
    this.bytes.set(part.subarray(first.length), 0);
    return (at + part.length) >>> 0;
  }

  private get(at: number, length: number): Buffer {
    const start = (at >>> 0) % CAPACITY;
    const out = Buffer.alloc(length);
    const first = Math.min(length, CAPACITY - start);
    out.set(this.bytes.subarray(start, start + first));
    out.set(this.bytes.subarray(0, length - first), first);
    return out;
  }
}
