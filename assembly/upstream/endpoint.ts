import { Cluster, Endpoint } from './cluster';
import { dynamicEndpoint, isDynamic } from './dynamic_endpoint';

/** The endpoint of a cluster with a stable id, or null when an update has removed it. Linear: not for the request path. */
export function endpointById(c: Cluster, id: u32): Endpoint | null {
  if (isDynamic(id)) return dynamicEndpoint(id);
  for (let i: u32 = 0; i < c.endpointCount; i++) {
    const e = changetype<Endpoint>(<usize>c.endpoints + <usize>i * offsetof<Endpoint>());
    if (e.id == id) return e;
  }
  return null;
}
