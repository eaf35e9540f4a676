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
    const done = this.leaving.filter(({ object }) => !this.core.exports.isRetired(object));
    if (done.length > 0) this.leaving = this.leaving.filter((each) => !done.includes(each));
    for (const { freed } of done) freed();
    return waiting;
  }
}
