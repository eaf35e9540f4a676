// The load balancer of an ORIGINAL_DST cluster (lb_policy CLUSTER_PROVIDED): the endpoint is where the connection wanted to go before it
// was redirected, or what a header of the request says. As Envoy's OriginalDstCluster::LoadBalancer::chooseHost.
import { isSpace } from '../memory/bytes';
import { CLUSTER_STAT_MEMBERSHIP_CHANGE, CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID } from '../abi';
import { ConnFacts, FACT_RESTORED, FAMILY_IP4, FAMILY_IP6 } from '../http/conn_facts';
import { parseAddress, readPort } from '../http/ip_address';
import { HeaderEntry, headerFindName } from '../http1/head';
import { scratch, W, WorkerState } from '../memory/worker_block';
import { headerValue, NAME_AUTHORITY, valueAddress, valueLength, ABSENT } from '../route/header_values';
import { statInc } from '../stats/counters';
import { endpointOwner } from '../stream/endpoint_owner';
import { Slot } from '../stream/slot';
import { Cluster } from '../upstream/cluster';
import { Destination, DynamicEndpoint, dynamicFind, dynamicNew } from '../upstream/dynamic_endpoint';

/**
 * The address of the Endpoint for a connection with `facts` (and a request with `head`, 0 = none); 0 when it has no original
 * destination.
 */
export function pickOriginalDst(c: Cluster, facts: usize, head: usize): usize {
  const w = changetype<WorkerState>(W);
  const mark = w.scratch;
  const p = scratch(offsetof<Destination>());
  if (!p) return 0;
  const d = changetype<Destination>(p);
  const known = (head && c.dstHeaderLength && fromHeader(c, head, d)) || restored(facts, d);
  if (known && c.dstPort) d.port = <u16>(c.dstPort - 1);
  const e = known ? endpointAt(c, d) : 0;
  w.scratch = mark;
  return e;
}

function restored(facts: usize, d: Destination): bool {
  const f = changetype<ConnFacts>(facts);
  if (!(f.flags & FACT_RESTORED) || !f.localFamily) return false;
  d.bits0 = f.local0;
  d.bits1 = f.local1;
  d.port = f.localPort;
  d.family = f.localFamily;
  return true;
}

// Only the first value of the header counts. One that is no address is counted, and then as if it were not there.
function fromHeader(c: Cluster, head: usize, d: Destination): bool {
  let p: usize = 0;
  let n: u32 = 0;
  if (c.dstHeaderId >= NAME_AUTHORITY) {
    const v = headerValue(head, c.dstHeaderId, 0, 0);
    if (v == ABSENT) return false;
    p = valueAddress(v);
    n = valueLength(v);
  } else {
    const found = headerFindName(head, c.dstHeaderId, c.dstHeader, c.dstHeaderLength);
    if (!found) return false;
    p = changetype<HeaderEntry>(found).value;
    n = changetype<HeaderEntry>(found).valueLength;
  }
  if (parseDestination(p, n, d)) return true;
  statInc(c.stats + CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID);
  return false;
}

/** `1.2.3.4:80` or `[::1]:80`. */
export function parseDestination(p: usize, n: u32, d: Destination): bool {
  const colon = lastColon(p, n);
  if (colon < 0) return false;
  let from = p;
  let length = <u32>colon;
  let want = FAMILY_IP4;
  if (load<u8>(p) == 0x5b) {
    if (colon < 2 || load<u8>(p + colon - 1) != 0x5d) return false;
    from++;
    length -= 2;
    want = FAMILY_IP6;
  }
  const port = parsePort(p + colon + 1, p + n);
  if (port < 0) return false;
  d.port = <u16>port;
  d.family = parseAddress(from, length, changetype<usize>(d));
  return d.family == want;
}

function lastColon(p: usize, n: u32): i32 {
  let i = <i32>n - 1;
  while (i >= 0 && load<u8>(p + i) != 0x3a) i--;
  return i;
}

// As absl::SimpleAtoi, which Envoy reads it with: spaces around it, a plus, leading zeros.
function parsePort(from: usize, to: usize): i32 {
  let p = from;
  let end = to;
  while (p < end && isSpace(load<u8>(p))) p++;
  while (end > p && isSpace(load<u8>(end - 1))) end--;
  return readPort(p, end);
}

function endpointAt(c: Cluster, d: Destination): usize {
  const found = dynamicFind(c.index, d);
  if (found) {
    (<DynamicEndpoint>found).used = 1;
    return changetype<usize>(found);
  }
  const owner = endpointOwner(c.index, c.cleanupInterval);
  if (!owner) return 0;
  const fresh = dynamicNew(c.index, d, <Slot>owner);
  if (!fresh) return 0;
  (<DynamicEndpoint>fresh).used = 1;
  statInc(c.stats + CLUSTER_STAT_MEMBERSHIP_CHANGE);
  return changetype<usize>(fresh);
}
