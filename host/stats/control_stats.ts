// Statistics that the control thread keeps itself, or works out when somebody looks.
import { binOf, type Bins } from './bins.js';
import { histogramStat } from './scope.js';
import { numberStat, type Prefix, type Stat } from './stat.js';

export class ControlHistogram {
  private readonly counts = new Map<number, number>();

  record(value: number): void {
    const bin = binOf(Math.max(0, Math.round(value)));
    this.counts.set(bin, (this.counts.get(bin) ?? 0) + 1);
  }

  get bins(): Bins {
    return [...this.counts].toSorted(([a], [b]) => a - b);
  }
}

const ROOT: Prefix = { name: '', metric: '', tags: [] };

/** By full name: `server.uptime`. */
export class ControlStats {
  private readonly numbers = new Map<string, { kind: 'counter' | 'gauge'; read: () => number }>();
  private readonly histograms = new Map<string, ControlHistogram>();
  private readonly counters = new Map<string, number>();
  private readonly scoped = new Map<string, { prefix: Prefix; member: string; n: number }>();

  /** Adds to a counter, made by its first use. */
  count(name: string, n = 1): void {
    if (!this.counters.has(name)) this.define(name, 'counter', () => this.counters.get(name) ?? 0);
    this.counters.set(name, (this.counters.get(name) ?? 0) + n);
  }

  /** Adds to a counter of a scope that others know: cluster.NAME.MEMBER. */
  countIn(prefix: Prefix, member: string, n: number): void {
    const key = prefix.name + member;
    const known = this.scoped.get(key);
    if (known) known.n += n;
    else this.scoped.set(key, { prefix, member, n });
  }

  /** A value that is read when somebody looks. */
  define(name: string, kind: 'counter' | 'gauge', read: () => number): void {
    this.numbers.set(name, { kind, read });
  }

  histogram(name: string): ControlHistogram {
    let histogram = this.histograms.get(name);
    if (histogram === undefined) this.histograms.set(name, (histogram = new ControlHistogram()));
    return histogram;
  }

  *stats(): Iterable<Stat> {
    for (const [name, { kind, read }] of this.numbers) yield numberStat(ROOT, name, kind, read());
    for (const { prefix, member, n } of this.scoped.values()) yield numberStat(prefix, member, 'counter', n);
    for (const [name, { bins }] of this.histograms) yield histogramStat(ROOT, name, bins);
  }
}
