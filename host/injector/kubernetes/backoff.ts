// Waiting between the calls of the Kubernetes API.
import { BackOff } from '../../xds/back_off.js';

/** Longer after each failure, from a half of the bound on: never in step with the other replica, and never at once. */
export function retryBackOff(firstMs: number, mostMs: number): BackOff {
  return new BackOff(firstMs, mostMs, Math.random, 0.5);
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
