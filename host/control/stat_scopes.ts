// What the compiled configuration needs of the statistics: blocks of words that workers count in.
import type { ClusterScopes } from '../cluster/stats.js';

export interface StatScopes {
  readonly cluster: ClusterScopes;
  /** First index of LISTENER_STAT_*; the name is stat_prefix or the address. */
  listener(name: string): number;
  /** First index of HCM_STAT_*. */
  http(statPrefix: string): number;
  /** First index of TCP_STAT_*. */
  tcp(statPrefix: string): number;
}

/** Counts into the void: index 0 belongs to no scope (abi.ts, statistics). */
export const NO_STATS: StatScopes = {
  cluster: () => ({ block: 0, count() {}, set() {}, release() {} }),
  listener: () => 0,
  http: () => 0,
  tcp: () => 0,
};
