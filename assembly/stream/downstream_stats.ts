// What the downstream side counts, in Envoy's names (abi.ts HCM_STAT_*, LISTENER_STAT_*).
import * as abi from '../abi';
import { HcmConfig } from '../http/hcm_config';
import { Listener } from '../listener/listener';
import { histogramRecord } from '../stats/histogram';
import { statAdd, statDec, statInc } from '../stats/counters';
import { statClass } from '../stats/response_codes';
import { W, WorkerState } from '../memory/worker_block';
import { Cluster } from '../upstream/cluster';
import { SF_READ_EOF, Slot } from './slot';
import { ST_REQUEST_ENDED, Stream } from './stream';

export function connectionOpened(d: Slot, l: Listener, hcm: HcmConfig): void {
  statInc(l.stats + abi.LISTENER_STAT_DOWNSTREAM_CX_TOTAL);
  statInc(l.stats + abi.LISTENER_STAT_DOWNSTREAM_CX_ACTIVE);
  if (!changetype<usize>(hcm)) return;
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_CX_TOTAL);
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_CX_ACTIVE);
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_CX_HTTP1_TOTAL);
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_CX_HTTP1_ACTIVE);
}

export function connectionClosed(d: Slot): void {
  const l = changetype<Listener>(<usize>d.listener);
  const length = changetype<WorkerState>(W).now - d.opened;
  statInc(l.stats + abi.LISTENER_STAT_DOWNSTREAM_CX_DESTROY);
  statDec(l.stats + abi.LISTENER_STAT_DOWNSTREAM_CX_ACTIVE);
  histogramRecord(l.stats + abi.LISTENER_STAT_DOWNSTREAM_CX_LENGTH_MS, length);
  if (!d.hcm) return;
  const base = changetype<HcmConfig>(<usize>d.hcm).stats;
  statInc(base + abi.HCM_STAT_DOWNSTREAM_CX_DESTROY);
  if (d.flags & SF_READ_EOF) statInc(base + abi.HCM_STAT_DOWNSTREAM_CX_DESTROY_REMOTE);
  else statInc(base + abi.HCM_STAT_DOWNSTREAM_CX_DESTROY_LOCAL);
  statDec(base + abi.HCM_STAT_DOWNSTREAM_CX_ACTIVE);
  statDec(base + abi.HCM_STAT_DOWNSTREAM_CX_HTTP1_ACTIVE);
  histogramRecord(base + abi.HCM_STAT_DOWNSTREAM_CX_LENGTH_MS, length);
  statAdd(base + abi.HCM_STAT_DOWNSTREAM_CX_TX_BYTES_TOTAL, d.txBytes);
}

export function received(d: Slot, n: u32): void {
  statAdd(changetype<HcmConfig>(<usize>d.hcm).stats + abi.HCM_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL, n);
}

export function requestBegun(d: Slot, hcm: HcmConfig): void {
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_RQ_HTTP1_TOTAL);
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_RQ_ACTIVE);
}

export function requestFinished(d: Slot, st: Stream): void {
  const base = changetype<HcmConfig>(<usize>st.hcm).stats;
  statDec(base + abi.HCM_STAT_DOWNSTREAM_RQ_ACTIVE);
  if (!(st.flags & ST_REQUEST_ENDED)) statInc(base + abi.HCM_STAT_DOWNSTREAM_RQ_RX_RESET); // the rest never came
  if (st.status) statClass(base + abi.HCM_STAT_DOWNSTREAM_RQ_BY_CLASS, st.status);
  histogramRecord(base + abi.HCM_STAT_DOWNSTREAM_RQ_TIME, changetype<WorkerState>(W).now - st.started);
}

export function responseBeforeRequest(hcm: HcmConfig): void {
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_RQ_RESPONSE_BEFORE_RQ_COMPLETE);
}

export function responseReset(d: Slot, st: Stream): void {
  const base = changetype<HcmConfig>(<usize>st.hcm).stats;
  statInc(base + abi.HCM_STAT_DOWNSTREAM_RQ_TX_RESET);
  if (st.flags & ST_REQUEST_ENDED) statInc(base + abi.HCM_STAT_DOWNSTREAM_RQ_RX_RESET); // Envoy counts a reset on both sides
}

export function clientGone(d: Slot, st: Stream): void {
  const base = changetype<HcmConfig>(<usize>st.hcm).stats;
  if (st.flags & ST_REQUEST_ENDED) statInc(base + abi.HCM_STAT_DOWNSTREAM_RQ_RX_RESET);
  statInc(base + abi.HCM_STAT_DOWNSTREAM_CX_DESTROY_ACTIVE_RQ);
  statInc(base + abi.HCM_STAT_DOWNSTREAM_CX_DESTROY_REMOTE_ACTIVE_RQ);
}

export function protocolError(hcm: HcmConfig): void {
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_CX_PROTOCOL_ERROR);
}

export function upgradeRefused(hcm: HcmConfig): void {
  statInc(hcm.stats + abi.HCM_STAT_DOWNSTREAM_RQ_WS_ON_NON_WS_ROUTE);
}

export function noneHealthy(c: Cluster): void {
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_CX_NONE_HEALTHY);
}

/** One of HCM_STAT_*. */
export function count(hcm: HcmConfig, member: u32): void {
  statInc(hcm.stats + member);
}
