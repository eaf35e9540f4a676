// Preloaded into `weft proxy` (NODE_OPTIONS=--import): SIGUSR2 throws on the control thread, as a library's callback might.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('SIGUSR2', () => {
    throw new Error('thrown in a callback');
  });
}
