// The microbenchmarks, in the order in which they are printed: add a module's cases here.
import type { MicroCase } from './contender.js';
import { HTTP1_CASES } from './http1.js';

export const CASES: readonly MicroCase[] = [...HTTP1_CASES];
