// Where access log lines go: a file (or standard output, standard error), written in order, in batches, without blocking the control thread.
import { closeSync, constants, openSync, statSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDirectory } from '../config/directories.js';

/** Envoy's `filesystem.*` counters. */
export interface SinkStats {
  write_buffered: number;
  write_completed: number;
  write_failed: number;
  flushed_by_timer: number;
  reopen_failed: number;
  /** Gauge: bytes that wait. */
  write_total_buffered: number;
}

export function newSinkStats(): SinkStats {
  return {
    write_buffered: 0,
    write_completed: 0,
    write_failed: 0,
    flushed_by_timer: 0,
    reopen_failed: 0,
    write_total_buffered: 0,
  };
}

/** A slow disk or pipe may hold this much before lines are dropped. */
const MAX_WAITING = 16 * 1024 * 1024;
const RETRY_MS = 20;

// Opening them anew needs more than having them: not where they are sockets, nor, in a container, where they belong to root.
const STANDARD: ReadonlyMap<string, number> = new Map([
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);

export class Sink {
  private lines = ''; // binary string: since the last flush
  private readonly queue: Buffer[] = [];
  private busy = false;
  private reopening = false;
  private waiting = 0;

  private constructor(
    private fd: number,
    private readonly path: string | undefined,
    private readonly stats: SinkStats,
  ) {}

  /** Appends to the file, made where it is missing. Throws what the system says. */
  static file(path: string, stats: SinkStats): Sink {
    const standard = STANDARD.get(path);
    if (standard !== undefined) return Sink.descriptor(standard, stats);
    return new Sink(openLog(path), path, stats);
  }

  /** Standard output (1) or standard error (2). */
  static descriptor(fd: number, stats: SinkStats): Sink {
    return new Sink(fd, undefined, stats);
  }

  /** Takes a line (a binary string). False: too much waits already, the line is dropped. */
  add(line: string): boolean {
    if (this.waiting + line.length > MAX_WAITING) {
      this.stats.write_failed++;
      return false;
    }
    this.lines += line;
    this.waiting += line.length;
    this.stats.write_buffered++;
    this.stats.write_total_buffered += line.length;
    return true;
  }

  /** Starts writing what has come in. */
  flush(): void {
    if (this.lines) {
      this.queue.push(Buffer.from(this.lines, 'latin1'));
      this.lines = '';
      this.stats.flushed_by_timer++;
    }
    this.next();
  }

  /** Log rotation: what comes from now on goes to a newly opened file of the same name. */
  reopen(): void {
    if (this.path === undefined) return;
    this.flush();
    this.reopening = true;
    this.next();
  }

  /** Writes what is left, waiting for the disk, and closes. */
  close(): void {
    if (this.lines) this.queue.push(Buffer.from(this.lines, 'latin1'));
    this.lines = '';
    try {
      // What is in flight stands first in the queue; its thread finishes before the process ends.
      for (const piece of this.busy ? this.queue.slice(1) : this.queue) writeAll(this.fd, piece);
    } catch {
      this.stats.write_failed++;
    }
    this.queue.length = 0;
    if (this.path !== undefined && !this.busy) closeSync(this.fd);
  }

  private next(): void {
    if (this.busy) return;
    if (this.reopening) this.swap();
    const piece = this.queue[0];
    if (piece === undefined) return;
    this.busy = true;
    write(this.fd, piece, 0, piece.length, null, (error, written) => this.wrote(error, written));
  }

  private wrote(error: NodeJS.ErrnoException | null, written: number): void {
    this.busy = false;
    const piece = this.queue[0];
    if (piece === undefined) return; // closed meanwhile
    if (error?.code === 'EAGAIN') {
      this.busy = true;
      setTimeout(() => {
        this.busy = false;
        this.next();
      }, RETRY_MS).unref();
      return;
    }
    if (error === null && written < piece.length) {
      this.queue[0] = piece.subarray(written);
      this.done(written);
    } else {
      this.queue.shift();
      this.done(piece.length);
      this.stats[error === null ? 'write_completed' : 'write_failed']++;
    }
    this.next();
  }

  private done(bytes: number): void {
    this.waiting -= bytes;
    this.stats.write_total_buffered -= bytes;
  }

  private swap(): void {
    this.reopening = false;
    try {
      const fresh = openLog(this.path as string);
      closeSync(this.fd);
      this.fd = fresh;
    } catch {
      this.stats.reopen_failed++;
    }
  }
}

/** Why no log can be written to `path`, as far as that shows without opening it (which would make the file). */
export function logFileProblem(path: string): string | undefined {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) return `EISDIR: ${path} is a directory`;
    if (there !== undefined) return undefined;
    const folder = dirname(path);
    if (isDirectory(folder)) return undefined;
    return `ENOENT: there is no folder ${folder}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function openLog(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOCTTY, 0o644);
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
