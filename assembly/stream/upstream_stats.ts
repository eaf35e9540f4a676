// What the upstream side counts, in Envoy's names (abi.ts CLUSTER_STAT_*).
import * as abi from '../abi';
import { histogramRecord } from '../stats/histogram';
import { statAdd, statDec, statInc } from '../stats/counters';
import { statCode } from '../stats/response_codes';
import { W, WorkerState } from '../memory/worker_block';
import { Cluster, clusterAt } from '../upstream/cluster';
import { SF_READ_EOF, Slot } from './slot';
import { Stream } from './stream';

// First index of a cluster's block; a removed cluster counts into the void.
function base(cluster: u32): u32 {
  const c = clusterAt(cluster);
  return changetype<usize>(c) ? c.stats : 0;
}

export function pendingOverflow(c: Cluster): void {
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_RQ_PENDING_OVERFLOW);
}

export function activeOverflow(c: Cluster): void {
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_RQ_ACTIVE_OVERFLOW);
}

export function connectionOverflow(c: Cluster): void {
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_CX_OVERFLOW);
}

export function pendingStarted(c: Cluster): void {
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_RQ_PENDING_TOTAL);
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_RQ_PENDING_ACTIVE);
}

export function pendingEnded(cluster: u32): void {
  statDec(base(cluster) + abi.CLUSTER_STAT_UPSTREAM_RQ_PENDING_ACTIVE);
}

function connectionOpened(c: Cluster): void {
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_CX_TOTAL);
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_CX_ACTIVE);
}

/** A connection of tcp_proxy, which in Envoy waits in a pool of its own for as long as it takes to connect. */
export function tcpConnectionOpened(c: Cluster): void {
  connectionOpened(c);
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_RQ_PENDING_TOTAL);
}

export function http1ConnectionOpened(c: Cluster): void {
  connectionOpened(c);
  statInc(c.stats + abi.CLUSTER_STAT_UPSTREAM_CX_HTTP1_TOTAL);
}

export function connected(u: Slot, ms: u32): void {
  histogramRecord(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_CX_CONNECT_MS, ms);
}

export function connectionClosed(u: Slot): void {
  const b = base(u.cluster);
  statInc(b + abi.CLUSTER_STAT_UPSTREAM_CX_DESTROY);
  if (u.flags & SF_READ_EOF) statInc(b + abi.CLUSTER_STAT_UPSTREAM_CX_DESTROY_REMOTE);
  else statInc(b + abi.CLUSTER_STAT_UPSTREAM_CX_DESTROY_LOCAL);
  statDec(b + abi.CLUSTER_STAT_UPSTREAM_CX_ACTIVE);
  statAdd(b + abi.CLUSTER_STAT_UPSTREAM_CX_TX_BYTES_TOTAL, u.txBytes);
  if (u.requests) histogramRecord(b + abi.CLUSTER_STAT_UPSTREAM_RQ_PER_CX, u.requests);
  histogramRecord(b + abi.CLUSTER_STAT_UPSTREAM_CX_LENGTH_MS, changetype<WorkerState>(W).now - u.opened);
}

export function requestStarted(cluster: u32): void {
  const b = base(cluster);
  statInc(b + abi.CLUSTER_STAT_UPSTREAM_RQ_TOTAL);
  statInc(b + abi.CLUSTER_STAT_UPSTREAM_RQ_ACTIVE);
}

export function requestEnded(cluster: u32): void {
  statDec(base(cluster) + abi.CLUSTER_STAT_UPSTREAM_RQ_ACTIVE);
}

export function received(u: Slot, n: u32): void {
  statAdd(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_TOTAL, n);
}

export function responseStarted(u: Slot, st: Stream, status: u32): void {
  statCode(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, status);
}

export function responseEnded(u: Slot, st: Stream): void {
  histogramRecord(
    base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_RQ_TIME,
    changetype<WorkerState>(W).now - st.upstreamStarted,
  );
}

export function maxRequests(u: Slot): void {
  statInc(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_CX_MAX_REQUESTS);
}

export function protocolError(u: Slot): void {
  statInc(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_CX_PROTOCOL_ERROR);
}

export function connectFail(u: Slot): void {
  statInc(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_CX_CONNECT_FAIL);
}

export function connectTimeout(u: Slot): void {
  statInc(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_CX_CONNECT_TIMEOUT);
}

export function resent(u: Slot): void {
  statInc(base(u.cluster) + abi.CLUSTER_STAT_UPSTREAM_RQ_RETRY_ON_REUSED_RESET);
}

/** A connection closes while its request is not done. (HTTP/1.1 has no resets of a stream: Envoy counts none.) */
export function requestCut(u: Slot): void {
  const b = base(u.cluster);
  const remote = (u.flags & SF_READ_EOF) != 0;
  statInc(b + abi.CLUSTER_STAT_UPSTREAM_CX_DESTROY_WITH_ACTIVE_RQ);
  if (remote) statInc(b + abi.CLUSTER_STAT_UPSTREAM_CX_DESTROY_REMOTE_WITH_ACTIVE_RQ);
  else statInc(b + abi.CLUSTER_STAT_UPSTREAM_CX_DESTROY_LOCAL_WITH_ACTIVE_RQ);
}

/** A reply in the upstream's place counts as its response. */
export function upstreamReply(cluster: u32, status: u32): void {
  statCode(base(cluster) + abi.CLUSTER_STAT_UPSTREAM_RQ_CODES, status);
}

/** One of CLUSTER_STAT_*. */
export function count(cluster: u32, member: u32): void {
  statInc(base(cluster) + member);
}

export function countBytes(cluster: u32, member: u32, n: u32): void {
  statAdd(base(cluster) + member, n);
}
