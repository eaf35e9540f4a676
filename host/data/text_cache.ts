// What a worker has made of the JSON texts in the tables: by their ids, which are never given again. A text is read when it is met for
// the first time, while whoever asks holds the object that it stands in.
import type { Core } from '../core/load.js';

/** Texts that are kept: what is beyond was met longest ago, and is read again when it comes back. */
const MOST = 4096;

export class TextCache<T> {
  private readonly known = new Map<number, T>();

  /** `idAt`, `textAt`: offsets of the id, and of the address and length of the text. */
  constructor(
    private readonly core: Core,
    private readonly idAt: number,
    private readonly textAt: number,
    private readonly make: (json: unknown) => T,
  ) {}

  get(address: number): T {
    const { u32 } = this.core;
    const id = u32[(address + this.idAt) >> 2];
    const found = this.known.get(id);
    if (found !== undefined) return found;
    const made = this.make(this.read(address));
    if (this.known.size >= MOST) this.known.delete(this.known.keys().next().value!);
    this.known.set(id, made);
    return made;
  }

  private read(address: number): unknown {
    const { u32, u8 } = this.core;
    const at = (address + this.textAt) >> 2;
    return JSON.parse(Buffer.from(u8.slice(u32[at], u32[at] + u32[at + 1])).toString('utf8'));
  }
}
