// What the host's filters call: the stream that they hold, by its place and its id.
import { FILTER_REQUEST, POLICY_FILTER } from '../abi';
import { ConnFacts, putAddress, putAddressPort } from '../http/conn_facts';
import { FilterConfig } from '../http/hcm_config';
import { localReplyBegin } from '../http/local_reply';
import { headerAdd } from '../http1/head';
import { headerNameId } from '../http1/header_names';
import { W_RESPONSE_HEAD } from '../memory/map';
import { scratch, scratchReset, W } from '../memory/worker_block';
import { routeCluster } from '../route/cluster';
import { policyFind } from '../route/policy';
import { Cluster, clusterAt } from '../upstream/cluster';
import { downstreamResume } from './downstream';
import { headHasRoom, responseHeaderKeep, streamKeep } from './filter_room';
import { releaseRoutes } from './pool';
import { filterReplySend } from './reply';
import { chooseRoute } from './router';
import { DS_BODY, DS_WAIT, SLOT_FACTS, slotAt } from './slot';
import { ST_PARKED, ST_PARKED_RESPONSE, ST_REQUEST_ENDED, streamAt } from './stream';

const CLUSTER_NAME_MAX: u32 = 16384;

/** The id of the stream in a place: places are used again, ids are not. 0: no stream there. */
export function streamId(index: u32): u32 {
  const st = streamAt(index);
  return st.downstream ? st.id : 0;
}

/** The Head that a filter may read and change in a phase, or 0. */
export function streamHead(index: u32, phase: u32): usize {
  return phase == FILTER_REQUEST ? streamAt(index).head : streamAt(index).responseHead;
}

/** `n` bytes for names and values of the head of a phase, which has room for another entry; 0 when there is none. */
export function streamRoom(index: u32, phase: u32, n: u32): usize {
  const head = streamHead(index, phase);
  return head && headHasRoom(head) ? streamKeep(streamAt(index), n) : 0;
}

/** Whether the request has no body that is still to come. */
export function streamRequestEnded(index: u32): bool {
  return (streamAt(index).flags & ST_REQUEST_ENDED) != 0;
}

/** The Policy that the stream's route has for filters, or 0. `filter`: address of the FilterConfig, for POLICY_FILTER. */
export function streamPolicy(index: u32, kind: u32, filter: usize): usize {
  const f = changetype<FilterConfig>(filter);
  const route: usize = streamAt(index).route;
  return kind == POLICY_FILTER ? policyFind(route, kind, f.name, f.nameLength) : policyFind(route, kind, 0, 0);
}

/**
 * A header for the response, whoever makes it: by `action` (OP_*). Returns where its lower-case name and then its value are to be
 * written, or 0 when there is no room.
 */
export function streamResponseHeader(index: u32, action: u32, nameLength: u32, valueLength: u32): usize {
  return responseHeaderKeep(streamAt(index), action, nameLength, valueLength);
}

/** Chooses the route anew, by what the filters have made of the head. */
export function streamClearRoute(index: u32): void {
  const st = streamAt(index);
  if (!st.head || !(st.flags & ST_PARKED)) return;
  releaseRoutes(st);
  st.refused = chooseRoute(st, slotAt(st.downstream - 1), st.head);
}

function factsOf(index: u32): usize {
  return changetype<usize>(slotAt(streamAt(index).downstream - 1)) + SLOT_FACTS;
}

/** Writes the name of the cluster that the route leads to (at most CLUSTER_NAME_MAX bytes) to `out`; 0: none, or none that is known. */
export function streamCluster(index: u32, out: usize): u32 {
  const st = streamAt(index);
  if (!st.route || !st.head) return 0;
  const found = routeCluster(st.route, st.head);
  const c = found < 0 ? changetype<Cluster>(0) : clusterAt(found);
  if (!changetype<usize>(c)) return 0;
  const n = c.nameLength < CLUSTER_NAME_MAX ? c.nameLength : CLUSTER_NAME_MAX;
  memory.copy(out, c.name, n);
  return n;
}

/** Writes the client's address as text to `out` (ADDRESS_TEXT_MAX bytes) and returns its length. */
export function streamRemoteAddress(index: u32, out: usize): u32 {
  const facts = factsOf(index);
  const family = changetype<ConnFacts>(facts).remoteFamily;
  return <u32>(putAddress(out, facts + offsetof<ConnFacts>('remote0'), family) - out);
}

/** "address:port" of the connection's far end (`local` false) or near end, nothing for a UNIX socket. */
export function streamConnectionAddress(index: u32, local: bool, out: usize): u32 {
  const facts = factsOf(index);
  const f = changetype<ConnFacts>(facts);
  if (local) return <u32>(putAddressPort(out, facts + offsetof<ConnFacts>('local0'), f.localFamily, f.localPort) - out);
  return <u32>(putAddressPort(out, facts + offsetof<ConnFacts>('peer0'), f.peerFamily, f.peerPort) - out);
}

/** Begins a filter's reply; filterReplyHeader adds headers to it, filterReply sends it. All three in one turn. */
export function filterReplyBegin(): void {
  scratchReset();
  localReplyBegin(W + W_RESPONSE_HEAD);
}

/** Adds a header; the lower-case name and the value are copied. */
export function filterReplyHeader(name: usize, nameLength: u32, value: usize, valueLength: u32): bool {
  const at = scratch(nameLength + valueLength);
  if (!at) return false;
  memory.copy(at, name, nameLength);
  memory.copy(at + nameLength, value, valueLength);
  const head = W + W_RESPONSE_HEAD;
  return headerAdd(head, headerNameId(at, nameLength), at, nameLength, at + nameLength, valueLength) != 0;
}

/** Ends a parked stream with the reply begun before. `details`: DETAILS_*, `flags`: FLAG_*. */
export function filterReply(index: u32, status: u32, body: usize, bodyLength: u32, details: u32, flags: u32): void {
  const st = streamAt(index);
  const d = slotAt(st.downstream - 1);
  if (!(st.flags & (ST_PARKED | ST_PARKED_RESPONSE))) return;
  st.flags &= ~(ST_PARKED | ST_PARKED_RESPONSE);
  d.state = st.flags & ST_REQUEST_ENDED ? DS_WAIT : DS_BODY;
  st.responseFlags |= flags;
  filterReplySend(st, status, body, bodyLength, details);
  downstreamResume(d);
}

/** `n` bytes of the stream for the body of its reply, 0 when there are none. */
export function filterReplyRoom(index: u32, n: u32): usize {
  return streamKeep(streamAt(index), n);
}
