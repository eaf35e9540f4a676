// Small numbers that index fixed tables: handed out, and used again once they are given back.

export class IdPool {
  private readonly free: number[] = [];
  private next = 0;

  constructor(
    private readonly limit: number,
    private readonly what: string,
  ) {}

  take(): number {
    const free = this.free.pop();
    if (free !== undefined) return free;
    if (this.next >= this.limit) throw new Error(`more than ${this.limit} ${this.what}`);
    return this.next++;
  }

  give(id: number): void {
    this.free.push(id);
  }

  /** Numbers in use. */
  get used(): number {
    return this.next - this.free.length;
  }
}
