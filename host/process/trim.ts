// Gives back what only the start needed: garbage with the pages of V8's heap that held it, what malloc keeps, and code of the
// node binary that ran once; that is clean page cache, and what is hot comes back by itself, 16 pages at a fault.
import { readFileSync } from 'node:fs';
import { releaseFreeMemory, releasePages } from '../io/syscalls.js';

const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* +\/.*\n(?:\w+:.*\n)*?Anonymous: +0 kB$/gm;

/** Costs some 50 ms and as much again for each 100 MB of garbage: call it once, when the proxy is warm. */
export async function trimMemory(): Promise<void> {
  await collectGarbage();
  releaseFreeMemory();
  // A read-only mapping without anonymous pages was never written to (no relocations), so its file has all of it.
  for (const [, from, to] of readFileSync('/proc/self/smaps', 'utf8').matchAll(MAPPING)) {
    const start = Number.parseInt(from, 16);
    releasePages(start, Number.parseInt(to, 16) - start);
  }
}

/**
 * V8's low memory notification: collects until nothing more comes, compacts, shrinks the young generation. The inspector's
 * protocol is the one door to it in every version of Node; the `gc` of --expose-gc collects what its version pleases
 * (that of Node 20, given options, only the young generation) and never gives back the young generation's pages.
 */
async function collectGarbage(): Promise<void> {
  const { Session } = await import('node:inspector');
  const session = new Session();
  session.connect();
  await new Promise<void>((resolve) => {
    session.post('HeapProfiler.collectGarbage', () => resolve());
  });
  session.disconnect();
}
