// What filters count for statistics whose names are only known when they are met: added up for a turn, then told to control.
import type { CountsMessage, FilterCount } from '../process/messages.js';

export class FilterCounts {
  private readonly counts = new Map<string, { -readonly [K in keyof FilterCount]: FilterCount[K] }>();

  constructor(private readonly post: (message: CountsMessage) => void) {}

  add(scope: FilterCount['scope'], name: string, member: string): void {
    const key = `${scope} ${name} ${member}`;
    const known = this.counts.get(key);
    if (known) known.n++;
    else this.counts.set(key, { scope, name, member, n: 1 });
  }

  flush(): void {
    if (this.counts.size === 0) return;
    this.post({ type: 'counts', counts: [...this.counts.values()] });
    this.counts.clear();
  }
}
