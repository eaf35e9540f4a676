// Objects of the core that have been replaced and may still be read, with what is to be done once nobody reads them.
import { RETIRED, RETIRED_SIZE } from '../../assembly/abi.js';
import type { Core } from './load.js';

export class Retirement {
  private readonly leaving = new Map<number, () => void>();

  constructor(private readonly core: Core) {}

  /** `object` has been taken out of its directory (0: there was none); `freed` is called when the core has freed it. */
  add(object: number, freed: () => void): void {
    if (object === 0) freed();
    else this.leaving.set(object, freed);
  }

  /** Frees what no worker reads any more; returns how many objects still wait. */
  sweep(): number {
    const { exports, u32 } = this.core;
    const before = exports.retiredCount();
    const waiting = exports.reclaim();
    // All are read before any is told: what it then does may retire others.
    const done: (() => void)[] = [];
    for (let i = waiting; i < before; i++) {
      const object = u32[(RETIRED + i * RETIRED_SIZE) >>> 2];
      const freed = this.leaving.get(object);
      if (freed) done.push(freed);
      this.leaving.delete(object);
    }
    for (const freed of done) freed();
    return waiting;
  }
}
