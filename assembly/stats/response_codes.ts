// Counting responses by class (2xx) and by code (200).
import { CODE_TABLE_SIZE } from '../abi';
import { statInc } from './counters';
import { statTable } from './tables';

/** Counts a response in a by-class member of a connection manager (HCM_STAT_DOWNSTREAM_RQ_BY_CLASS). */
export function statClass(index: u32, status: u32): void {
  const group = status / 100;
  statInc(group <= 5 ? index + group : index);
}

/** Counts a response in a by-class member of a cluster (CLUSTER_STAT_*UPSTREAM_RQ_CODES), each code on its own. */
export function statCode(index: u32, status: u32): void {
  const group = status / 100;
  if (group - 1 > 4) {
    statInc(index);
    return;
  }
  const codes = statTable(index + group, CODE_TABLE_SIZE);
  if (!codes) return;
  const p = codes + ((<usize>(status - group * 100)) << 3);
  store<u64>(p, load<u64>(p) + 1);
}
