// Mutated messages for the fuzz tests and the torture, and where they are laid: at the very end of memory.
import { MEMORY_PAGES, PAGE } from '../../assembly/abi.js';
import type { TestCore } from './core.js';

/** Bytes behind a range that the parsers may read. */
export const GUARD = 16;

/** xorshift32: small, seeded, the same everywhere. */
export function xorshift(seed: number): (below: number) => number {
  let x = seed | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const HOSTILE = Buffer.from('\r\n\0 \t:;,\x7f\x80\xff/#?*@[]"0129afAFxX+-', 'latin1');

/** One to four changes of a message of the corpus. */
export function mutate(corpus: Buffer[], next: (below: number) => number): Buffer {
  let b = Buffer.from(corpus[next(corpus.length)]);
  for (let n = 1 + next(4); n > 0; n--) {
    const at = next(b.length + 1);
    const byte = next(2) ? HOSTILE[next(HOSTILE.length)] : next(256);
    switch (next(6)) {
      case 0:
        if (at < b.length) b[at] = byte;
        break;
      case 1:
        b = Buffer.concat([b.subarray(0, at), Buffer.from([byte]), b.subarray(at)]);
        break;
      case 2:
        b = Buffer.concat([b.subarray(0, at), b.subarray(at + 1 + next(4))]);
        break;
      case 3: {
        const other = corpus[next(corpus.length)];
        b = Buffer.concat([b.subarray(0, at), other.subarray(next(other.length))]);
        break;
      }
      case 4: {
        const from = next(b.length + 1);
        b = Buffer.concat([b.subarray(0, at), b.subarray(from, from + next(40)), b.subarray(at)]);
        break;
      }
      default:
        b = b.subarray(0, at);
    }
  }
  return b;
}

/** Lays bytes so that the guard ends where the memory ends: a load beyond it traps. */
export function atTheEnd({ worker }: TestCore, bytes: Buffer, guard: number): number {
  const p = MEMORY_PAGES * PAGE - GUARD - bytes.length;
  worker.u8.set(bytes, p);
  worker.u8.fill(guard, p + bytes.length);
  return p;
}
