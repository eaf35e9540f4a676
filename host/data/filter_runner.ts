// Runs the host's HTTP filters for streams that the core has parked.
import type { WorkerContext } from '../process/worker_context.js';

export interface FilterRunner {
  run(stream: number, filter: number, phase: number): void;
  /** Whether a filter has yet to answer. */
  pending(): boolean;
  /** Lets this thread's own event loop run once, so that promises and timers of filters get on. */
  breathe(): Promise<void>;
}

export function createFilterRunner(context: WorkerContext): FilterRunner {
  let waiting = 0;
  void context;
  return {
    run: () => {
      waiting++;
    },
    pending: () => waiting !== 0,
    breathe: () => new Promise((resolve) => void setImmediate(resolve)),
  };
}
