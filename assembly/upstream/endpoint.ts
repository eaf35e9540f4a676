import { Cluster, Endpoint } from './cluster';
import { DynamicEndpoint, dynamicEndpoint, dynamicRefresh, isDynamic } from './dynamic_endpoint';

/** The endpoint of a cluster with a stable id, or null when an update has removed it. Linear: not for the request path. */
export function endpointById(c: Cluster, id: u32): Endpoint | null {
  if (isDynamic(id)) return dynamicById(c, dynamicEndpoint(id));
  for (let i: u32 = 0; i < c.endpointCount; i++) {
    const e = changetype<Endpoint>(<usize>c.endpoints + <usize>i * offsetof<Endpoint>());
    if (e.id == id) return e;
  }
  return null;
}

// What stands for another is as good as that one.
function dynamicById(c: Cluster, e: DynamicEndpoint): Endpoint | null {
  if (!e.base) return e;
  const base = endpointById(c, e.base - 1);
  if (base) dynamicRefresh(e, <Endpoint>base);
  return base ? e : null;
}
