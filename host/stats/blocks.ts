// Hands out blocks of the workers' statistics words, and takes them back.
import { MAX_STATS, STATS_FIRST } from '../../assembly/abi.js';
import type { Layout } from './layout.js';
import type { WorkerWords } from './worker_words.js';

/** The other half of the words is for tables (assembly/stats/tables.ts). */
const END = MAX_STATS / 2;

export class Blocks {
  private next = STATS_FIRST;
  // By layout: a block that is used again keeps its tables.
  private readonly free = new Map<Layout, number[]>();

  constructor(private readonly words: WorkerWords) {}

  /** First index of a block of zeros; 0, which belongs to nobody, when all are taken. */
  take(layout: Layout): number {
    const free = this.free.get(layout)?.pop();
    if (free !== undefined) return free;
    if (this.next + layout.size > END) return 0;
    const block = this.next;
    this.next += layout.size;
    return block;
  }

  /** Only when no worker can count in it any more. */
  give(layout: Layout, block: number): void {
    if (block === 0) return;
    this.words.clear(block, layout.size, layout.tables);
    const list = this.free.get(layout);
    if (list === undefined) this.free.set(layout, [block]);
    else list.push(block);
  }
}
