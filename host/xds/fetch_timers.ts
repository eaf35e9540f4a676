// initial_fetch_timeout: how long a resource is waited for before what needs it goes on without.

/** initial_fetch_timeout of each name, or of the whole collection. */
export class FetchTimers {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly begun = new Set<string>();

  constructor(
    private readonly patience: number, // ms, 0 = no limit
    private readonly late: (names: readonly string[] | undefined) => void,
  ) {}

  watch(names: ReadonlySet<string> | undefined): void {
    if (this.patience === 0) return;
    const fresh = names && [...names].filter((name) => !this.begun.has(name));
    for (const name of this.begun) if (!names?.has(name)) this.begun.delete(name);
    for (const name of fresh ?? []) this.begun.add(name);
    if (fresh?.length === 0) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.late(fresh);
    }, this.patience);
    this.timers.add(timer);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}
