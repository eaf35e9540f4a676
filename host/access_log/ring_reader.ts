// The reading side of one worker's ring of access log records (layout: abi.ts LOG_RING_*).
import {
  LOG_FIXED_SIZE,
  LOG_RING_BYTES,
  LOG_RING_READ,
  LOG_RING_SIGNAL,
  LOG_RING_SIZE,
  LOG_RING_WRITTEN,
  LOG_SIZE,
  LOG_SKIP,
  W_LOG_RING,
} from '../../assembly/abi.js';
import type { LogRecord } from './record.js';

const SKIP = LOG_SKIP >>> 0;

export class RingReader {
  private readonly words: Int32Array;
  private readonly bytes: Buffer;

  /** `W`: base of the worker's block. */
  constructor(buffer: ArrayBufferLike, W: number) {
    this.words = new Int32Array(buffer, W + W_LOG_RING, LOG_RING_BYTES / 4);
    this.bytes = Buffer.from(buffer as ArrayBuffer, W + W_LOG_RING + LOG_RING_BYTES, LOG_RING_SIZE);
  }

  /**
   * Hands every record to `take`, in order; the record is valid only during the call. Returns false when the ring's content makes no
   * sense (a worker died while it wrote): the rest is skipped.
   */
  drain(record: LogRecord, take: (record: LogRecord) => void): boolean {
    Atomics.store(this.words, LOG_RING_SIGNAL / 4, 0);
    const written = Atomics.load(this.words, LOG_RING_WRITTEN / 4) >>> 0;
    let at = Atomics.load(this.words, LOG_RING_READ / 4) >>> 0;
    let whole = true;
    while (at !== written) {
      const size = this.recordSize(at, (written - at) >>> 0);
      if (size === 0) {
        whole = false;
        at = written;
        break;
      }
      const offset = at % LOG_RING_SIZE;
      if (this.bytes.readUInt32LE(offset + LOG_SIZE) !== SKIP && record.set(this.bytes, offset)) take(record);
      at = (at + size) >>> 0;
    }
    Atomics.store(this.words, LOG_RING_READ / 4, at | 0);
    return whole;
  }

  /** Resolves when the worker asks to be drained before its ring is full, at the latest after `ms`. */
  async signalled(ms: number): Promise<void> {
    const { value } = (Atomics as unknown as WaitAsync).waitAsync(this.words, LOG_RING_SIGNAL / 4, 0, ms);
    await value;
  }

  /** Bytes to the next record, 0 when there is no sense in them. */
  private recordSize(at: number, available: number): number {
    const offset = at % LOG_RING_SIZE;
    const size = this.bytes.readUInt32LE(offset + LOG_SIZE);
    if (size === SKIP) return LOG_RING_SIZE - offset <= available ? LOG_RING_SIZE - offset : 0;
    const sound = size >= LOG_FIXED_SIZE && size % 8 === 0 && size <= available && offset + size <= LOG_RING_SIZE;
    return sound ? size : 0;
  }
}

/** In V8 since Node 16, in TypeScript's library only from ES2024 on. */
interface WaitAsync {
  waitAsync(words: Int32Array, index: number, value: number, ms: number): { value: Promise<string> | string };
}
