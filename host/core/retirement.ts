// Objects of the core that have been replaced and may still be read, with what is to be done once nobody reads them.
import type { Core } from './load.js';

interface Leaving {
  readonly object: number;
  readonly freed: () => void;
}

export class Retirement {
  private leaving: Leaving[] = [];

  constructor(private readonly core: Core) {}

  /** `object` has been taken out of its directory (0: there was none); `freed` is called when the core has freed it. */
  add(object: number, freed: () => void): void {
    if (object === 0) freed();
    else this.leaving.push({ object, freed });
  }

  /** Frees what no worker reads any more; returns how many objects still wait. */
  sweep(): number {
    const waiting = this.core.exports.reclaim();
    const done: Leaving[] = [];
    const still: Leaving[] = [];
    for (const each of this.leaving) (this.core.exports.isRetired(each.object) ? still : done).push(each);
    this.leaving = still;
    for (const { freed } of done) freed();
    return waiting;
  }
}
