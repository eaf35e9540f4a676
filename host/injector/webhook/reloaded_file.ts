// A file that may change while the injector runs (a ConfigMap volume). What cannot be used is told once and leaves the last good one.
import { readFile } from 'node:fs/promises';
import { pause } from '../kubernetes/backoff.js';

export interface ReloadEvents {
  onReloaded(): void;
  onRejected(message: string): void;
}

const POLL_MS = 2_000;

export class ReloadedFile<T> {
  private constructor(
    private readonly path: string,
    private readonly parse: (text: string) => T,
    private text: string,
    private current: T,
  ) {}

  /** Rejects where the file cannot be read or its text not be used: at the start there is no good one to go on with. */
  static async load<T>(path: string, parse: (text: string) => T): Promise<ReloadedFile<T>> {
    const text = await readFile(path, 'utf8');
    return new ReloadedFile(path, parse, text, parse(text));
  }

  get value(): T {
    return this.current;
  }

  /** Until the signal aborts. Never rejects. */
  async run(events: ReloadEvents, signal: AbortSignal, pollMs = POLL_MS): Promise<void> {
    let unreadable = false;
    for (;;) {
      await pause(pollMs, signal);
      if (signal.aborted) return;
      try {
        this.use(await readFile(this.path, 'utf8'), events);
        unreadable = false;
      } catch (error) {
        if (!unreadable) events.onRejected((error as Error).message);
        unreadable = true;
      }
    }
  }

  private use(text: string, events: ReloadEvents): void {
    if (text === this.text) return;
    this.text = text; // a bad text is looked at once
    try {
      this.current = this.parse(text);
    } catch (error) {
      return events.onRejected((error as Error).message);
    }
    events.onReloaded();
  }
}
