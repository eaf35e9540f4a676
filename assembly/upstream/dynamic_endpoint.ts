// Endpoints that a worker makes itself: their ids are the last DYNAMIC_ENDPOINTS of the id space, in every worker the same ones for
// endpoints of its own. To pools, balancers and statistics they are endpoints like others.
//
// One is found by (cluster, address), and belongs to a slot, the *owner*, which frees it: `Slot.endpoints` is the list of what a slot owns.
//
//   | Endpoint 40 | generation | owner | list of the owner | bucket | hash | base | address | sockaddr at 96 | text at 128 |
import {
  CLUSTER_STAT_MEMBERSHIP_CHANGE,
  DYNAMIC_ENDPOINT_AT_ADDRESS_LENGTH,
  DYNAMIC_ENDPOINT_AT_BASE,
  DYNAMIC_ENDPOINT_AT_CLUSTER,
  DYNAMIC_ENDPOINT_AT_GENERATION,
  DYNAMIC_ENDPOINT_AT_ID,
  DYNAMIC_ENDPOINT_AT_TEXT,
} from '../abi';
import { FAMILY_IP4, putAddressPort } from '../http/conn_facts';
import {
  DYNAMIC_ENDPOINT_SIZE,
  DYNAMIC_ENDPOINTS,
  DYNAMIC_FIRST_ID,
  ENDPOINT_STATE_SIZE,
  MAX_ENDPOINTS,
  W_DYNAMIC_BUCKETS,
  W_DYNAMIC_ENDPOINTS,
} from '../memory/map';
import { listsCrowded, W, WorkerState } from '../memory/worker_block';
import { statInc } from '../stats/counters';
import { upstreamClose } from '../stream/finish';
import { Slot, slotAt, slotIndex } from '../stream/slot';
import { clusterAt, Endpoint, endpointState } from './cluster';

@unmanaged
export class DynamicEndpoint extends Endpoint {
  generation: u32; // odd while it is in use
  owner: u32; // slot index + 1
  ownerNext: u32; // list of the owner, index + 1
  ownerPrevious: u32;
  bucketNext: u32; // others of its hash, or the free list: index + 1
  hash: u32;
  base: u32; // id + 1 of the endpoint that it stands for; 0 = an endpoint of its own right, found by its address
  port: u16;
  family: u8; // FAMILY_*
  used: u8; // picked since the last round of the clean-up
  bits0: u64; // the address, as in ConnFacts
  bits1: u64;
}

const SOCKADDR: usize = 96;
const TEXT: usize = 128;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const LOOKED_AT: u32 = 64; // of a full table, when a place is wanted
const EMPTY = memory.data<u8>([0]);

if (offsetof<DynamicEndpoint>() > SOCKADDR) ERROR('dynamic_endpoint: the fields reach into the sockaddr');
if (DYNAMIC_FIRST_ID + DYNAMIC_ENDPOINTS != MAX_ENDPOINTS) ERROR('abi: DYNAMIC_FIRST_ID');
if (DYNAMIC_ENDPOINTS & (DYNAMIC_ENDPOINTS - 1)) ERROR('abi: DYNAMIC_ENDPOINTS is no power of two');
if (offsetof<DynamicEndpoint>('id') != DYNAMIC_ENDPOINT_AT_ID) ERROR('abi: DYNAMIC_ENDPOINT_AT_ID');
if (offsetof<DynamicEndpoint>('cluster') != DYNAMIC_ENDPOINT_AT_CLUSTER) ERROR('abi: DYNAMIC_ENDPOINT_AT_CLUSTER');
if (offsetof<DynamicEndpoint>('addressLength') != DYNAMIC_ENDPOINT_AT_ADDRESS_LENGTH)
  ERROR('abi: DYNAMIC_ENDPOINT_AT_…');
if (offsetof<DynamicEndpoint>('generation') != DYNAMIC_ENDPOINT_AT_GENERATION) ERROR('abi: DYNAMIC_ENDPOINT_AT_…');
if (offsetof<DynamicEndpoint>('base') != DYNAMIC_ENDPOINT_AT_BASE) ERROR('abi: DYNAMIC_ENDPOINT_AT_BASE');
if (TEXT != DYNAMIC_ENDPOINT_AT_TEXT) ERROR('abi: DYNAMIC_ENDPOINT_AT_TEXT');

/** An address and a port: what an endpoint of its own right is found by. */
@unmanaged
export class Destination {
  bits0: u64; // as in ConnFacts
  bits1: u64;
  port: u16;
  family: u8;
}

export function isDynamic(id: u32): bool {
  return id >= DYNAMIC_FIRST_ID;
}

export function dynamicEndpoint(id: u32): DynamicEndpoint {
  return dynamicAt(id - DYNAMIC_FIRST_ID);
}

/** By its place in the table; lists hold it + 1. */
export function dynamicAt(index: u32): DynamicEndpoint {
  return changetype<DynamicEndpoint>(W + W_DYNAMIC_ENDPOINTS + <usize>index * DYNAMIC_ENDPOINT_SIZE);
}

function indexOf(e: DynamicEndpoint): u32 {
  return e.id - DYNAMIC_FIRST_ID;
}

function hashOf(cluster: u32, d: Destination): u32 {
  const h = (d.bits0 ^ rotl(d.bits1, 29) ^ ((<u64>d.port) << 40) ^ ((<u64>cluster) << 17)) * 0x9e3779b97f4a7c15;
  return <u32>(h >> 32);
}

function bucketOf(hash: u32): usize {
  return W + W_DYNAMIC_BUCKETS + ((<usize>(hash & (DYNAMIC_ENDPOINTS - 1))) << 2);
}

/** The endpoint of `cluster` at an address, or null. */
export function dynamicFind(cluster: u32, d: Destination): DynamicEndpoint | null {
  const hash = hashOf(cluster, d);
  for (let i = load<u32>(bucketOf(hash)); i;) {
    const e = dynamicAt(i - 1);
    const same = e.hash == hash && e.cluster == cluster && e.port == d.port && e.family == d.family;
    if (same && e.bits0 == d.bits0 && e.bits1 == d.bits1) return e;
    i = e.bucketNext;
  }
  return null;
}

/** Nothing of it is left: no connection, no request, none that waits. */
export function dynamicIdle(e: DynamicEndpoint): bool {
  const es = endpointState(e.id);
  return !es.connections && !es.active && !es.pending;
}

/** A new endpoint of `cluster` at an address, owned by `owner`; null when the table is full of what is in use. */
export function dynamicNew(cluster: u32, d: Destination, owner: Slot): DynamicEndpoint | null {
  const free = dynamicTake(cluster, owner);
  if (!free) return null;
  const e = <DynamicEndpoint>free;
  e.bits0 = d.bits0;
  e.bits1 = d.bits1;
  e.port = d.port;
  e.family = d.family;
  e.weight = 1;
  const sockaddr = changetype<usize>(e) + SOCKADDR;
  e.sockaddr = <u32>sockaddr;
  e.sockaddrLength = putSockaddr(sockaddr, e.family, e.bits0, e.bits1, e.port);
  const text = changetype<usize>(e) + TEXT;
  e.address = <u32>text;
  e.addressLength = <u32>(
    (putAddressPort(text, changetype<usize>(e) + offsetof<DynamicEndpoint>('bits0'), e.family, e.port) - text)
  );
  e.hostname = <u32>EMPTY;
  e.hash = hashOf(cluster, d);
  const bucket = bucketOf(e.hash);
  e.bucketNext = load<u32>(bucket);
  store<u32>(bucket, indexOf(e) + 1);
  atomic.store<u32>(changetype<usize>(e) + offsetof<DynamicEndpoint>('generation'), e.generation + 1);
  return e;
}

/** Writes a `struct sockaddr` and returns its length. */
export function putSockaddr(p: usize, family: u8, bits0: u64, bits1: u64, port: u16): u32 {
  memory.fill(p, 0, 28);
  store<u16>(p, bswap<u16>(port), 2);
  if (family == FAMILY_IP4) {
    store<u16>(p, AF_INET);
    store<u32>(p, <u32>bits0, 4);
    return 16;
  }
  store<u16>(p, AF_INET6);
  store<u64>(p, bits0, 8);
  store<u64>(p, bits1, 16);
  return 28;
}

/** A new endpoint that stands for `base`, owned by `owner`; null when the table is full of what is in use. */
export function dynamicStandIn(base: Endpoint, owner: Slot): DynamicEndpoint | null {
  const inUse = endpointState(base.id);
  inUse.active++; // the base may be dynamic itself, and must not be what is given up
  const free = dynamicTake(base.cluster, owner);
  inUse.active--;
  if (!free) return null;
  const e = <DynamicEndpoint>free;
  e.base = base.id + 1;
  endpointState(e.id).base = base.id + 1;
  dynamicRefresh(e, base);
  atomic.store<u32>(changetype<usize>(e) + offsetof<DynamicEndpoint>('generation'), e.generation + 1);
  return e;
}

/** What an endpoint says is its base's, whose strings live as long as its Cluster object: so each time before somebody looks. */
export function dynamicRefresh(e: DynamicEndpoint, base: Endpoint): void {
  e.cluster = base.cluster;
  e.sockaddr = base.sockaddr;
  e.sockaddrLength = base.sockaddrLength;
  e.weight = base.weight;
  e.address = base.address;
  e.addressLength = base.addressLength;
  e.hostname = base.hostname;
  e.hostnameLength = base.hostnameLength;
}

// A cleared record in the owner's list, its generation still even.
function dynamicTake(cluster: u32, owner: Slot): DynamicEndpoint | null {
  const w = changetype<WorkerState>(W);
  if (!w.dynamicFree && w.dynamicCount >= DYNAMIC_ENDPOINTS && !giveUpOne()) return null;
  let index = w.dynamicCount;
  if (w.dynamicFree) {
    index = w.dynamicFree - 1;
    w.dynamicFree = dynamicAt(index).bucketNext;
  } else {
    w.dynamicCount++;
  }
  const e = dynamicAt(index);
  const generation = e.generation;
  memory.fill(changetype<usize>(e), 0, offsetof<DynamicEndpoint>());
  e.generation = generation;
  e.id = DYNAMIC_FIRST_ID + index;
  e.cluster = cluster;
  e.owner = slotIndex(owner) + 1;
  e.ownerNext = owner.endpoints;
  if (owner.endpoints) dynamicAt(owner.endpoints - 1).ownerPrevious = index + 1;
  owner.endpoints = index + 1;
  return e;
}

// The table is full. Round and round, the next one of which nothing is left goes before its time; failing that, the next one of which
// there are only idle connections.
function giveUpOne(): bool {
  const w = changetype<WorkerState>(W);
  const from = w.dynamicHand;
  for (let n: u32 = 1; n <= LOOKED_AT; n++) {
    w.dynamicHand = (from + n) & (DYNAMIC_ENDPOINTS - 1);
    const e = dynamicAt(w.dynamicHand);
    if (dynamicIdle(e)) return giveUp(e);
  }
  for (let n: u32 = 1; n <= LOOKED_AT; n++) {
    w.dynamicHand = (from + n) & (DYNAMIC_ENDPOINTS - 1);
    if (giveUp(dynamicAt(w.dynamicHand))) return true;
  }
  return false;
}

function giveUp(e: DynamicEndpoint): bool {
  const es = endpointState(e.id);
  if (es.active || es.pending || es.connecting || (es.connections && listsCrowded())) return false;
  const c = clusterAt(e.cluster);
  if (changetype<usize>(c) && !e.base) statInc(c.stats + CLUSTER_STAT_MEMBERSHIP_CHANGE);
  const generation = e.generation;
  while (es.idle) upstreamClose(slotAt(es.idle - 1), false);
  if (e.generation != generation) return true; // it went with its last connection
  if (!dynamicIdle(e)) return false;
  dynamicFree(e);
  return true;
}

/** Frees an endpoint of which nothing is left. */
export function dynamicFree(e: DynamicEndpoint): void {
  const w = changetype<WorkerState>(W);
  atomic.store<u32>(changetype<usize>(e) + offsetof<DynamicEndpoint>('generation'), e.generation + 1);
  leaveBucket(e);
  dynamicOrphan(e);
  e.base = 0;
  memory.fill(changetype<usize>(endpointState(e.id)), 0, ENDPOINT_STATE_SIZE);
  e.bucketNext = w.dynamicFree;
  w.dynamicFree = indexOf(e) + 1;
}

/** Takes `e` from its owner. What stands for another endpoint and has no owner goes with its last connection (`poolClose`). */
export function dynamicOrphan(e: DynamicEndpoint): void {
  if (!e.owner) return;
  if (e.ownerPrevious) dynamicAt(e.ownerPrevious - 1).ownerNext = e.ownerNext;
  else slotAt(e.owner - 1).endpoints = e.ownerNext;
  if (e.ownerNext) dynamicAt(e.ownerNext - 1).ownerPrevious = e.ownerPrevious;
  e.owner = 0;
  e.ownerNext = 0;
  e.ownerPrevious = 0;
}

/** A connection to `e` has closed. */
export function dynamicConnectionClosed(e: DynamicEndpoint): void {
  if (e.base && !e.owner && dynamicIdle(e)) dynamicFree(e);
}

function leaveBucket(e: DynamicEndpoint): void {
  if (e.base) return;
  const me = indexOf(e) + 1;
  let at = bucketOf(e.hash);
  while (load<u32>(at) != me)
    at = changetype<usize>(dynamicAt(load<u32>(at) - 1)) + offsetof<DynamicEndpoint>('bucketNext');
  store<u32>(at, e.bucketNext);
}
