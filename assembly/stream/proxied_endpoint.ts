// Endpoints that are spoken to with a PROXY protocol header, or from the client's own address: a connection to one belongs to one
// connection downstream. So each of those has an endpoint of its own that stands for the real one, its *base*, and with it a pool of its
// own. It goes with the connection. (Envoy's pools, told apart by a hash of the addresses, keep their connections until they have been idle for too long.)
import { KIND_UPSTREAM_TCP, PROXY_V1 } from '../abi';
import { FACTS_SIZE, factsSetLocal } from '../http/conn_facts';
import { HCM_NO_PROXY_STATE, HcmConfig } from '../http/hcm_config';
import { W_OUT_END } from '../memory/map';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { Cluster, Endpoint } from '../upstream/cluster';
import {
  dynamicAt,
  dynamicEndpoint,
  dynamicFree,
  dynamicIdle,
  dynamicOrphan,
  dynamicRefresh,
  dynamicStandIn,
  isDynamic,
} from '../upstream/dynamic_endpoint';
import { endpointById } from '../upstream/endpoint';
import { PROXY_HEADER_MAX, putProxyHeader, putProxyLocal } from '../upstream/proxy_header';
import { endpointClose } from './finish';
import { transmit } from './out_chain';
import { Slot, SLOT_FACTS, slotAt } from './slot';

/** The connection downstream that `u` is for, where it is for one alone; else null. */
export function clientOf(u: Slot): Slot | null {
  if (u.kind == KIND_UPSTREAM_TCP) return u.peer ? slotAt(u.peer - 1) : null;
  if (!isDynamic(u.endpoint)) return null;
  const e = dynamicEndpoint(u.endpoint);
  return e.base && e.owner ? slotAt(e.owner - 1) : null;
}

/** What stands for `e` to the connection `d`; null when there is no room for it. */
export function proxiedEndpoint(d: Slot, e: Endpoint): Endpoint | null {
  for (let i = d.endpoints; i;) {
    const p = dynamicAt(i - 1);
    if (p.base == e.id + 1) {
      dynamicRefresh(p, e);
      return p;
    }
    i = p.ownerNext;
  }
  return dynamicStandIn(e, d);
}

/** `d` closes: nobody will use what it has upstream. */
export function releaseProxied(d: Slot): void {
  for (let i = d.endpoints; i;) {
    const e = dynamicAt(i - 1);
    i = e.ownerNext;
    dynamicOrphan(e);
    endpointClose(e.id, false);
    if (e.base && dynamicIdle(e)) dynamicFree(e);
  }
}

/** The endpoint `id` has left its cluster: those that stand for it close theirs, too. True: the lists are full, ask again. */
export function proxiedRemoved(id: u32): bool {
  const count = changetype<WorkerState>(W).dynamicCount;
  for (let i: u32 = 0; i < count; i++) {
    const e = dynamicAt(i);
    if (e.base == id + 1 && endpointClose(e.id, true)) return true;
  }
  return false;
}

/** Sends the header over `u`, which is connected: for the connection downstream with `facts`. */
export function proxyHeaderSend(u: Slot, version: u8, facts: usize): void {
  const w = changetype<WorkerState>(W);
  const out: usize = w.out;
  if (out + PROXY_HEADER_MAX > W + W_OUT_END) unreachable(); // the host empties the area in time
  finishHeader(u, out, putProxyHeader(out, version, facts));
}

function finishHeader(u: Slot, out: usize, end: usize): void {
  changetype<WorkerState>(W).out = <u32>((end + 15) & ~15);
  transmit(u, out, <u32>(end - out));
}

/**
 * The same for a connection of a pool: for whom it was made, or, where the connection manager does not say
 * (add_proxy_protocol_connection_state: false), for us.
 */
export function poolHeaderSend(u: Slot, c: Cluster): void {
  const d = clientOf(u);
  if (d && !(changetype<HcmConfig>(<usize>(<Slot>d).hcm).flags & HCM_NO_PROXY_STATE))
    return proxyHeaderSend(u, c.proxyProtocol, changetype<usize>(d) + SLOT_FACTS);
  if (c.proxyProtocol != PROXY_V1) {
    const out: usize = changetype<WorkerState>(W).out;
    return finishHeader(u, out, putProxyLocal(out));
  }
  const e = endpointById(c, u.endpoint);
  const facts = scratch(<u32>FACTS_SIZE);
  if (!e || !facts) return;
  memory.copy(facts, changetype<usize>(u) + SLOT_FACTS, FACTS_SIZE);
  factsSetLocal(facts, (<Endpoint>e).sockaddr);
  proxyHeaderSend(u, c.proxyProtocol, facts);
}
