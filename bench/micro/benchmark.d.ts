// The part of the `benchmark` package that is used here.
declare module 'benchmark' {
  class Benchmark {
    constructor(name: string, fn: () => void, options?: { minTime?: number; minSamples?: number; maxTime?: number });
    run(): Benchmark;
    readonly stats: { mean: number; rme: number; sample: number[] };
    readonly error?: Error;
  }
  export = Benchmark;
}
