// The microbenchmarks, in the order in which they are printed: add a module's cases here.
import type { MicroCase } from './contender.js';
import { HTTP1_CASES } from './http1.js';
import { LOAD_BALANCER_CASES } from './load_balancer.js';
import { ROUTE_CASES } from './route.js';

export const CASES: readonly MicroCase[] = [...HTTP1_CASES, ...ROUTE_CASES, ...LOAD_BALANCER_CASES];
