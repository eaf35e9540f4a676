// The router filter: from a routed request to a connection upstream, or to the reply that says why not.
import {
  HCM_STAT_RQ_TOTAL,
  LB_ORIGINAL_DST,
  PARSE_BAD_REQUEST,
  REPLY_CLUSTER_NOT_FOUND,
  REPLY_INTERNAL_ERROR,
  REPLY_NO_HEALTHY_UPSTREAM,
  REPLY_NO_ROUTE,
  REPLY_OVERFLOW,
  REPLY_UPGRADE_REFUSED,
} from '../abi';
import { recaptureRequest } from '../access_log/capture';
import {
  HCM_NO_PROXY_STATE,
  HCM_SUPPRESS_ENVOY_HEADERS,
  HcmConfig,
  UpgradeEntry,
  UpgradeList,
} from '../http/hcm_config';
import { mutateUpstreamRequest } from '../http/mutate_upstream_request';
import { Head, headerFind, HeaderEntry } from '../http1/head';
import { H_UPGRADE } from '../http1/header_names';
import { writeRequestHead } from '../http1/head_writer';
import { foundHasSource } from '../listener/found';
import { pickOriginalDst } from '../load_balancer/original_dst';
import { pickEndpoint } from '../load_balancer/pick';
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { copyBytes } from '../memory/bytes';
import { ROUTE_DIR, RX_SIZE, W_OUT_END, W_RX } from '../memory/map';
import { random64, W, WorkerState } from '../memory/worker_block';
import { routeMatch } from '../route/match';
import { ACTION_DIRECT_RESPONSE, ACTION_REDIRECT, Route, ROUTE_IDLE_TIMEOUT } from '../route/route';
import { routeCluster } from '../route/cluster';
import { routeRequestHeaders, routeRewrite } from '../route/transform';
import { Cluster, clusterAt, clusterTakesTrailers, Endpoint } from '../upstream/cluster';
import {
  BODY_COPY,
  bodyDecode,
  bodyFrameChunk,
  bodySendTrailers,
  headSend,
  headSendWithPiece,
  pieceBroken,
  pieceEnd,
  pieceLast,
  pieceNext,
  pieceStart,
  pieceTrailers,
  pieceWait,
} from './body';
import { downstreamAbort } from './finish';
import { inKeep } from './in_buffer';
import { requestEnded } from './downstream';
import { transmit } from './out_chain';
import { holdRoutes, POOL_OVERFLOW, POOL_PENDING, POOL_READY, poolFresh, poolRequest } from './pool';
import { proxiedEndpoint } from './proxied_endpoint';
import { codecError, directResponse, localReply, redirect } from './reply';
import { DS_BLOCKED, DS_BODY, SF_REUSED, Slot, SLOT_FACTS, slotAt } from './slot';
import { SPLICE_MINIMUM, spliceOffer } from './splice';
import * as stat from './downstream_stats';
import {
  Stream,
  ST_CHUNKED_UP,
  ST_CONNECT,
  ST_IDEMPOTENT,
  ST_ROUTED,
  ST_TERMINATE_CONNECT,
  ST_UPGRADE,
} from './stream';
import { armStream } from './timers';

const SENT_HEAD_MAX: u32 = 4000; // a request head that may be sent once more is kept, up to one pool buffer

/** Finds the stream's route. Returns 0, or the reply that ends the request here. */
export function chooseRoute(st: Stream, d: Slot, head: usize): u32 {
  const hcm = changetype<HcmConfig>(<usize>st.hcm);
  const rc: usize = atomic.load<u32>(ROUTE_DIR + ((<usize>hcm.routeConfig) << 2));
  if (!rc) return REPLY_NO_ROUTE;
  holdRoutes(st, rc);
  const route = routeMatch(rc, head, random64(), false);
  st.route = <u32>route;
  if (route) {
    const r = changetype<Route>(route);
    st.routeTimeout = r.timeout;
    st.priority = r.priority;
    if (r.flags & ROUTE_IDLE_TIMEOUT) st.idleTimeout = r.idleTimeout;
    if (r.maxStreamDuration) st.maxDuration = r.maxStreamDuration;
  }
  if (st.flags & (ST_UPGRADE | ST_CONNECT)) return chooseUpgrade(st, hcm, head, route);
  return 0;
}

// An upgrade (or CONNECT) needs an entry in the route's upgrade_configs or the connection manager's.
function chooseUpgrade(st: Stream, hcm: HcmConfig, head: usize, route: usize): u32 {
  const connect = (st.flags & ST_CONNECT) != 0;
  if (connect && !route) return 0; // 404 by the router
  let name: usize = 0;
  let length: u32 = 0;
  if (connect) {
    name = changetype<Head>(head).method;
    length = changetype<Head>(head).methodLength;
  } else {
    const e = headerFind(head, H_UPGRADE);
    if (!e) return 0;
    name = changetype<HeaderEntry>(e).value;
    length = changetype<HeaderEntry>(e).valueLength;
  }
  let found = route ? findUpgrade(changetype<Route>(route).upgrades, name, length) : 0;
  if (!found) found = findUpgrade(hcm.upgrades, name, length);
  if (!found || !changetype<UpgradeEntry>(found).enabled) {
    stat.upgradeRefused(hcm);
    return REPLY_UPGRADE_REFUSED;
  }
  if (connect && changetype<UpgradeEntry>(found).connectConfig) st.flags |= ST_TERMINATE_CONNECT;
  return 0;
}

function findUpgrade(list: u32, name: usize, length: u32): usize {
  if (!list) return 0;
  const l = changetype<UpgradeList>(<usize>list);
  for (let i: u32 = 0; i < l.count; i++) {
    const e = <usize>l.entries + <usize>i * offsetof<UpgradeEntry>();
    if (
      changetype<UpgradeEntry>(e).nameLength == length &&
      equalIgnoreCase(changetype<UpgradeEntry>(e).name, name, length)
    )
      return e;
  }
  return 0;
}

// `lower` is lower-case already.
function equalIgnoreCase(lower: usize, p: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) {
    let c = load<u8>(p + i);
    if (c >= 0x41 && c <= 0x5a) c |= 0x20;
    if (c != load<u8>(lower + i)) return false;
  }
  return true;
}

/** Sends the request on its way; returns the address up to which [p, end), the bytes behind the head, was consumed. */
export function routerRequest(st: Stream, d: Slot, head: usize, p: usize, end: usize): usize {
  st.flags |= ST_ROUTED;
  stat.count(changetype<HcmConfig>(<usize>st.hcm), HCM_STAT_RQ_TOTAL);
  const route: usize = st.route;
  if (!route) {
    localReply(st, REPLY_NO_ROUTE);
    return p;
  }
  const r = changetype<Route>(route);
  if (r.action == ACTION_DIRECT_RESPONSE) {
    directResponse(st, r);
    return p;
  }
  if (r.action == ACTION_REDIRECT) {
    redirect(st, r, head);
    return p;
  }
  const index = routeCluster(route, head, random64());
  const c = index < 0 ? changetype<Cluster>(0) : clusterAt(index);
  if (!changetype<usize>(c)) {
    localReply(st, REPLY_CLUSTER_NOT_FOUND);
    return p;
  }
  st.cluster = index + 1;
  st.attempts++;
  st.routeTimeout = mutateUpstreamRequest(changetype<HcmConfig>(<usize>st.hcm), head, st.routeTimeout);
  const suppress = (changetype<HcmConfig>(<usize>st.hcm).flags & HCM_SUPPRESS_ENVOY_HEADERS) != 0;
  if (!routeRequestHeaders(route, head) || !routeRewrite(route, head, suppress)) {
    localReply(st, REPLY_INTERNAL_ERROR);
    return p;
  }
  st.capture = <u32>(
    recaptureRequest(changetype<HcmConfig>(<usize>st.hcm), head, changetype<usize>(d) + SLOT_FACTS, st.capture)
  );
  let picked = pickEndpoint(c);
  if (!picked && c.lbPolicy == LB_ORIGINAL_DST) picked = pickOriginalDst(c, changetype<usize>(d) + SLOT_FACTS, head);
  if (!picked) {
    stat.noneHealthy(c);
    localReply(st, REPLY_NO_HEALTHY_UPSTREAM);
    return p;
  }
  if (c.proxyProtocol || d.found) {
    picked = proxied(st, d, c, picked);
    if (!picked) {
      localReply(st, REPLY_INTERNAL_ERROR);
      return p;
    }
  }
  const e = changetype<Endpoint>(picked);
  st.endpoint = e.id + 1;
  return sendHead(st, d, head, c, e, p, end);
}

// A connection from the client's address is this client's alone, and so is one with a PROXY header, unless the header is about us.
function proxied(st: Stream, d: Slot, c: Cluster, picked: usize): usize {
  const header = c.proxyProtocol && !(changetype<HcmConfig>(<usize>st.hcm).flags & HCM_NO_PROXY_STATE);
  if (!header && !foundHasSource(d)) return picked;
  return changetype<usize>(proxiedEndpoint(d, changetype<Endpoint>(picked)));
}

function sendHead(st: Stream, d: Slot, head: usize, c: Cluster, e: Endpoint, p: usize, end: usize): usize {
  const w = changetype<WorkerState>(W);
  const out: usize = w.out;
  const outEnd = writeRequestHead(head, out, W + W_OUT_END - BODY_COPY - 64);
  if (!outEnd) {
    localReply(st, REPLY_INTERNAL_ERROR);
    return p;
  }
  armStream(st, d);
  const result = st.flags & ST_TERMINATE_CONNECT ? poolFresh(st, c, e) : poolRequest(st, c, e);
  if (result == POOL_READY) return sendReady(st, d, slotAt(st.upstream - 1), out, outEnd, p, end);
  if (result == POOL_PENDING) {
    if (!keepPending(st, out, <u32>(outEnd - out))) localReply(st, REPLY_INTERNAL_ERROR);
    else d.state = DS_BLOCKED;
    return p;
  }
  localReply(st, result == POOL_OVERFLOW ? REPLY_OVERFLOW : REPLY_INTERNAL_ERROR);
  return p;
}

function keepPending(st: Stream, out: usize, n: u32): bool {
  const b = bufferAlloc(n);
  if (!b) return false;
  memory.copy(b, out, n);
  st.pendingHead = <u32>b;
  st.pendingLength = n;
  return true;
}

// The head stands in [out, outEnd); the first piece of the body, if it is here, leaves in the same send.
function sendReady(st: Stream, d: Slot, u: Slot, out: usize, outEnd: usize, p: usize, end: usize): usize {
  if (u.flags & SF_REUSED && st.flags & ST_IDEMPOTENT) keepSentHead(u, out, <u32>(outEnd - out));
  if (d.state != DS_BODY || p >= end) {
    if (st.flags & (ST_UPGRADE | ST_CONNECT)) d.state = DS_BLOCKED; // nothing more goes up before the upgrade is accepted
    headSend(u, out, outEnd);
    return p;
  }
  if (!bodyDecode(d, p, end)) {
    codecError(d, PARSE_BAD_REQUEST);
    return 0;
  }
  const next = pieceNext;
  const last = pieceLast;
  const broken = pieceBroken;
  st.bytesReceived += <u64>(pieceEnd - pieceStart);
  if (st.flags & ST_CHUNKED_UP) bodyFrameChunk(end);
  headSendWithPiece(u, out, outEnd);
  if (broken) {
    codecError(d, PARSE_BAD_REQUEST);
    return 0;
  }
  if (pieceTrailers) bodySendTrailers(u, clusterTakesTrailers(u.cluster));
  if (pieceWait) {
    if (inKeep(d, next, end)) return 0;
    downstreamAbort(d);
    return 0;
  }
  if (last) requestEnded(st, d);
  else if (d.left >= SPLICE_MINIMUM) spliceOffer(d, u);
  return next;
}

function keepSentHead(u: Slot, out: usize, n: u32): void {
  u.sentLength = 0;
  if (n > SENT_HEAD_MAX) return;
  // A buffer that just holds it: those of 512 connections stay in the cache that way.
  if (u.sentHead && bufferCapacity(u.sentHead) < n) {
    bufferFree(u.sentHead);
    u.sentHead = 0;
  }
  if (!u.sentHead) u.sentHead = <u32>bufferAlloc(n);
  if (!u.sentHead) return;
  copyBytes(u.sentHead, out, n);
  u.sentLength = n;
}
