// TCP keep-alive of upstream connections: the core knows which cluster a slot belongs to, the host sets the socket's options.
import { slotAt } from '../stream/slot';
import { Cluster, clusterAt } from './cluster';

/** Address of three u32 (probes, time in s, interval in s; 0 leaves the system's value), or 0: keep-alive is off. */
export function upstreamKeepalive(slot: u32): usize {
  const c = clusterAt(slotAt(slot).cluster);
  if (!changetype<usize>(c) || !c.keepalive) return 0;
  return changetype<usize>(c) + offsetof<Cluster>('keepaliveProbes');
}
