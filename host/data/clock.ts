// The worker's clock in linear memory: read once a turn, the date rendered once a second.
import { WORKER_DATE, WORKER_NOW, WORKER_WALL_MILLIS, WORKER_WALL_SECONDS } from '../../assembly/abi.js';
import type { Core } from '../core/load.js';

/** Returns the function that brings the clock words of the block at `W` up to date. */
export function createClock(core: Core, W: number): () => void {
  const { u8, u32 } = core;
  const now = (W + WORKER_NOW) >> 2;
  const millis = (W + WORKER_WALL_MILLIS) >> 2;
  const seconds = (W + WORKER_WALL_SECONDS) >> 2;
  let second = 0;
  return function tick(): void {
    // Monotonic for timers; the wall clock may jump.
    u32[now] = performance.now();
    const wall = Date.now();
    const high = Math.floor(wall / 4294967296);
    u32[millis] = wall - high * 4294967296;
    u32[millis + 1] = high;
    const s = Math.floor(wall / 1000);
    if (s === second) return;
    second = s;
    u32[seconds] = s;
    u8.set(Buffer.from(new Date(wall).toUTCString(), 'latin1'), W + WORKER_DATE);
  };
}
