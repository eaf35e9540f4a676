// What the cluster manager needs of the statistics: a block of per-worker words for a cluster, and values that control keeps.

/** Members that the control thread writes itself. */
export type ClusterCounter =
  'membership_change' | 'update_attempt' | 'update_success' | 'update_failure' | 'update_empty' | 'update_no_rebuild';
export type ClusterGauge = 'membership_total' | 'membership_healthy' | 'membership_degraded' | 'membership_excluded';

export interface ClusterScope {
  /** First index of the cluster's CLUSTER_STAT_* block in W_STATS. */
  readonly block: number;
  count(name: ClusterCounter): void;
  set(name: ClusterGauge, value: number): void;
  /** Gives the block back; called when no worker can write it any more. */
  release(): void;
}

/** `statName`: alt_stat_name or the name of the cluster. */
export type ClusterScopes = (statName: string) => ClusterScope;
