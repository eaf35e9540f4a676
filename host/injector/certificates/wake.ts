// A loop that sleeps until something happens, or for a while.
import { pause } from '../kubernetes/backoff.js';

export class Wake {
  private woken = new AbortController();

  /** Ends the sleep that is, or else the next one. */
  now(): void {
    this.woken.abort();
  }

  async sleep(ms: number, end: AbortSignal): Promise<void> {
    await pause(ms, end, this.woken.signal);
    this.woken = new AbortController();
  }
}
