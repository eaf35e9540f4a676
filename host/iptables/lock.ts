// One run at a time in a network namespace. The lock is an abstract UNIX socket, whose names belong to the network namespace: it is
// where the rules are, and goes with its process, however that ends.
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { InterceptionError } from './failure.js';

const NAME = '\0weft-iptables';
const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;

/** Waits until no other run is at work here. */
export async function withLock<T>(work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const lock = await acquire(patienceMs);
  try {
    return await work();
  } finally {
    lock.close();
  }
}

async function acquire(patienceMs: number): Promise<Server> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const lock = await tryLock();
    if (lock !== undefined) return lock;
    if (performance.now() > end) {
      const sentence = `another \`weft iptables\` has been at work in this network namespace for ${patienceMs / 1000} s; nothing was changed`;
      throw new InterceptionError('WEFT1904', sentence);
    }
    await sleep(PAUSE_MS);
  }
}

function tryLock(): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(NAME, () => resolve(server));
  });
}
