// Reading one access log record (layout: abi.ts LOG_*). Texts come out as binary strings: one character for each byte.
import {
  LOG_ABSENT,
  LOG_ATTEMPTS,
  LOG_DETAILS,
  LOG_ERRNO,
  LOG_FIXED_SIZE,
  LOG_PLAN,
  LOG_PROTOCOL,
  LOG_RESPONSE_FLAGS,
  LOG_SIZE,
  LOG_STATUS,
  LOG_TEXTS,
  LOG_TEXT_DETAILS,
  LOG_TEXT_UPSTREAM_HOST,
  LOG_TYPE,
} from '../../assembly/abi.js';
import { detailsText, transportFailureText, type TransportFailure } from './response_code_details.js';

const ABSENT = LOG_ABSENT >>> 0;

/** A view on a record. `set` moves it, so that one is enough for a whole ring. */
export class LogRecord {
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;
  private readonly starts: number[] = []; // of the texts found so far: offset of the length word

  /** False when the bytes at `at` are no record: the ring is broken. */
  set(bytes: Buffer, at: number): boolean {
    this.bytes = bytes;
    this.at = at;
    this.starts.length = 0;
    if (at + LOG_FIXED_SIZE > bytes.length) return false;
    this.end = at + bytes.readUInt32LE(at + LOG_SIZE);
    return this.end <= bytes.length && this.end >= at + LOG_FIXED_SIZE;
  }

  get plan(): number {
    return this.u32(LOG_PLAN);
  }

  get status(): number {
    return this.bytes.readUInt16LE(this.at + LOG_STATUS);
  }

  get protocol(): number {
    return this.bytes[this.at + LOG_PROTOCOL];
  }

  get type(): number {
    return this.bytes[this.at + LOG_TYPE];
  }

  get attempts(): number {
    return this.bytes.readUInt16LE(this.at + LOG_ATTEMPTS);
  }

  get errno(): number {
    return this.bytes.readUInt16LE(this.at + LOG_ERRNO);
  }

  get responseFlags(): number {
    return this.u32(LOG_RESPONSE_FLAGS);
  }

  get details(): string | null {
    return detailsText(this.u32(LOG_DETAILS), this.text(LOG_TEXT_DETAILS), this.failure);
  }

  get transportFailure(): string | null {
    return transportFailureText(this.failure);
  }

  private get failure(): TransportFailure {
    return {
      errno: this.errno,
      reset: this.u32(LOG_DETAILS) >>> 16,
      source: this.text(LOG_TEXT_DETAILS),
      remote: this.text(LOG_TEXT_UPSTREAM_HOST),
    };
  }

  u32(field: number): number {
    return this.bytes.readUInt32LE(this.at + field);
  }

  /** As a number: exact up to 2^53. */
  u64(field: number): number {
    return this.bytes.readUInt32LE(this.at + field) + this.bytes.readUInt32LE(this.at + field + 4) * 2 ** 32;
  }

  /** Milliseconds after the start, null when it has not happened. */
  time(field: number): number | null {
    const ms = this.u32(field);
    return ms === ABSENT ? null : ms;
  }

  /** LOG_TEXT_* `index`; header `i` of the plan is LOG_TEXTS + i. Null when absent, also where the record is too short. */
  text(index: number): string | null {
    while (this.starts.length <= index) {
      const last = this.starts.length - 1;
      const start = last < 0 ? this.at + LOG_FIXED_SIZE : this.starts[last] + 4 + (this.length(this.starts[last]) ?? 0);
      if (start + 4 > this.end) return null;
      this.starts.push(start);
    }
    const start = this.starts[index];
    const length = this.length(start);
    if (length === null) return null;
    return this.bytes.toString('latin1', start + 4, Math.min(start + 4 + length, this.end));
  }

  header(index: number): string | null {
    return this.text(LOG_TEXTS + index);
  }

  private length(start: number): number | null {
    const length = this.bytes.readUInt32LE(start);
    return length === ABSENT ? null : length;
  }
}
