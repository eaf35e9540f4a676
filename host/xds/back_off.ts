// Jittered exponential back-off, as Envoy's JitteredExponentialBackOffStrategy: a random part of the bound, which doubles.

export class BackOff {
  private bound: number;

  constructor(
    private readonly base: number,
    private readonly max: number,
    private readonly random: () => number = Math.random,
    /** The smallest part of the bound; Envoy has none. */
    private readonly least = 0,
  ) {
    this.bound = base;
  }

  /** Milliseconds to wait now. */
  next(): number {
    const wait = Math.floor((this.least + this.random() * (1 - this.least)) * this.bound);
    this.bound = Math.min(this.bound * 2, this.max);
    return wait;
  }

  reset(): void {
    this.bound = this.base;
  }
}

/** Envoy's for streams of gRPC. */
export function streamBackOff(): BackOff {
  return new BackOff(500, 30_000);
}
