// The gauges of circuit breakers: worked out from what is in use and the limits, when somebody looks.
import type { BlockReader } from './scope.js';
import { numberStat, type Prefix, type Stat } from './stat.js';

export interface CircuitBreakerLimits {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** thresholds.track_remaining */
  readonly trackRemaining: boolean;
}

export interface CircuitBreakers {
  readonly default: CircuitBreakerLimits;
  readonly high: CircuitBreakerLimits;
}

/** Which gauge measures what, with its limit. Both priorities count together, as their requests do in the core. */
const RESOURCES: readonly [name: string, gauge: string | undefined, limit: keyof CircuitBreakerLimits | undefined][] = [
  ['cx', 'upstream_cx_active', 'maxConnections'],
  ['cx_pool', undefined, undefined], // weft does not limit pools
  ['rq', 'upstream_rq_active', 'maxRequests'],
  ['rq_pending', 'upstream_rq_pending_active', 'maxPendingRequests'],
  ['rq_retry', undefined, 'maxRetries'], // no retries are in flight: there is no retry policy yet
];
const REMAINING = new Map([
  ['cx', 'remaining_cx'],
  ['cx_pool', 'remaining_cx_pools'],
  ['rq', 'remaining_rq'],
  ['rq_pending', 'remaining_pending'],
  ['rq_retry', 'remaining_retries'],
]);
const UNLIMITED = 2 ** 64; // printed as Envoy prints its largest number

export function* circuitBreakerStats(reader: BlockReader, prefix: Prefix, breakers: CircuitBreakers): Iterable<Stat> {
  for (const priority of ['default', 'high'] as const) {
    const limits = breakers[priority];
    for (const [name, gauge, member] of RESOURCES) {
      const limit = member === undefined ? UNLIMITED : Number(limits[member]);
      const used = gauge === undefined ? 0 : reader.number(gauge);
      const path = `circuit_breakers.${priority}.`;
      yield numberStat(prefix, `${path}${name}_open`, 'gauge', used >= limit ? 1 : 0);
      if (limits.trackRemaining) {
        yield numberStat(prefix, path + REMAINING.get(name), 'gauge', Math.max(0, limit - used));
      }
    }
  }
}
