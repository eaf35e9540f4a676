// Who frees the dynamic endpoints of a cluster: a slot of KIND_ENDPOINTS, one for each such cluster of this worker, which is no
// connection but has a deadline like one. Every cleanup_interval it frees what was not picked since the last time and has nothing left,
// as Envoy's OriginalDstCluster::cleanup. It goes when it owns nothing more.
import { CLUSTER_STAT_MEMBERSHIP_CHANGE, KIND_ENDPOINTS, LB_ORIGINAL_DST } from '../abi';
import { W, WorkerState } from '../memory/worker_block';
import { clusterAt } from '../upstream/cluster';
import { dynamicAt, dynamicFree, dynamicIdle } from '../upstream/dynamic_endpoint';
import { deadlineAt } from './deadline';
import { endpointClose } from './finish';
import { Slot, slotAt, slotFree, slotIndex, slotNew } from './slot';
import * as up from './upstream_stats';

const SOON: u32 = 10; // ms: the lists were full
const GONE: u32 = 1000; // ms: the cluster has gone, and something of it is still in use

/** The owner of the dynamic endpoints of `cluster`, made where there is none; null: there is no slot left. */
export function endpointOwner(cluster: u32, interval: u32): Slot | null {
  const w = changetype<WorkerState>(W);
  for (let i = w.endpointOwners; i; i = slotAt(i - 1).next) if (slotAt(i - 1).cluster == cluster) return slotAt(i - 1);
  const fresh = slotNew(<u8>KIND_ENDPOINTS);
  if (!fresh) return null;
  const s = <Slot>fresh;
  s.cluster = cluster;
  s.next = w.endpointOwners;
  w.endpointOwners = slotIndex(s) + 1;
  deadlineAt(s, w.now + interval);
  return s;
}

/** The owner's time has come. */
export function endpointOwnerTimer(s: Slot): void {
  const c = clusterAt(s.cluster);
  const here = changetype<usize>(c) != 0 && c.lbPolicy == LB_ORIGINAL_DST;
  const whole = here ? cleanUp(s) : endAll(s);
  if (!s.endpoints) return release(s);
  const span = here ? c.cleanupInterval : GONE;
  deadlineAt(s, changetype<WorkerState>(W).now + (whole ? span : SOON));
}

/** The cluster `index` has gone, or is none of type ORIGINAL_DST any more: its owner looks at once what is left. */
export function onClusterLeft(index: u32): void {
  const w = changetype<WorkerState>(W);
  for (let i = w.endpointOwners; i; i = slotAt(i - 1).next) {
    if (slotAt(i - 1).cluster == index) return deadlineAt(slotAt(i - 1), w.now);
  }
}

function cleanUp(s: Slot): bool {
  let freed = false;
  for (let i = s.endpoints; i;) {
    const e = dynamicAt(i - 1);
    i = e.ownerNext;
    if (!e.used && dynamicIdle(e)) {
      dynamicFree(e);
      freed = true;
    } else {
      e.used = 0;
    }
  }
  if (freed) up.count(s.cluster, CLUSTER_STAT_MEMBERSHIP_CHANGE);
  return true;
}

// The cluster has gone: so do its connections, as soon as they carry nothing. False: the lists are full.
function endAll(s: Slot): bool {
  for (let i = s.endpoints; i;) {
    const e = dynamicAt(i - 1);
    i = e.ownerNext;
    if (endpointClose(e.id, true)) return false;
    if (dynamicIdle(e)) dynamicFree(e);
  }
  return true;
}

function release(s: Slot): void {
  const w = changetype<WorkerState>(W);
  const me = slotIndex(s) + 1;
  if (w.endpointOwners == me) {
    w.endpointOwners = s.next;
  } else {
    let p = slotAt(w.endpointOwners - 1);
    while (p.next != me) p = slotAt(p.next - 1);
    p.next = s.next;
  }
  slotFree(s);
}
