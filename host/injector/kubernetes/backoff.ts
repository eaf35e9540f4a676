// Waiting longer after each failure, never in step with the other replica.

export class Backoff {
  private failures = 0;

  constructor(
    private readonly firstMs: number,
    private readonly mostMs: number,
  ) {}

  /** Milliseconds: between a half and the whole of first * 2^failures. */
  next(): number {
    const whole = Math.min(this.firstMs * 2 ** this.failures, this.mostMs);
    if (whole < this.mostMs) this.failures++;
    return whole * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}

/** Resolves after the time, or at once when one of the signals aborts. Does not keep the process alive. */
export function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some((signal) => signal.aborted)) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    for (const signal of signals) signal.addEventListener('abort', done);
  });
}
