// A connection from its acceptance to its network filter: through the listener's filters, where it has any, to another listener, where
// this one hands over, and to the filter chain.
import {
  FLAG_NR,
  IO_PEEK,
  IO_READ,
  KIND_DOWNSTREAM_HTTP,
  KIND_DOWNSTREAM_NEW,
  KIND_DOWNSTREAM_TCP,
  LISTENER_CONTINUES,
  LISTENER_HANDS_OVER,
  LISTENER_STAT_DOWNSTREAM_LISTENER_FILTER_ERROR,
  LISTENER_STAT_DOWNSTREAM_LISTENER_FILTER_REMOTE_CLOSE,
  LISTENER_STAT_DOWNSTREAM_PRE_CX_ACTIVE,
  LISTENER_STAT_DOWNSTREAM_PRE_CX_TIMEOUT,
  LISTENER_STAT_NO_FILTER_CHAIN_MATCH,
} from '../abi';
import { logListener } from '../access_log/record';
import { ConnFacts, FACT_RESTORED, factsInit, factsRestore } from '../http/conn_facts';
import { HcmConfig } from '../http/hcm_config';
import { pin, unpin, W, WorkerState } from '../memory/worker_block';
import { statDec, statInc } from '../stats/counters';
import { slotClose } from '../stream/connection';
import { before, deadlineAt, deadlineRemove } from '../stream/deadline';
import * as down from '../stream/downstream_stats';
import { downstreamClose } from '../stream/finish';
import { SF_DRAINING, Slot, SLOT_FACTS, slotAt, slotIndex, slotNew, slotRead } from '../stream/slot';
import { tcpAccepted } from '../stream/tcp_proxy';
import { listenerByAddress } from './addresses';
import { foundFree, foundHasSource } from './found';
import { FilterChain, Listener, listenerAt, NETWORK_TCP_PROXY, TcpProxyConfig } from './listener';
import { findFilterChain } from './match';
import { STEPS_CLOSE, STEPS_DONE, stepsBytes, stepsRun } from './steps';

/** A connection was accepted; `peer`, `local`: its two sockaddrs. Returns its slot, or -1: close the descriptor. */
export function onAccept(listener: u32, fd: i32, peer: usize, local: usize): i32 {
  const l = listenerAt(listener);
  if (!changetype<usize>(l)) return -1;
  const fresh = slotNew(<u8>KIND_DOWNSTREAM_NEW);
  if (!fresh) return -1;
  const d = <Slot>fresh;
  const w = changetype<WorkerState>(W);
  d.fd = fd;
  d.listener = <u32>changetype<usize>(l);
  d.opened = w.now;
  d.accepted = w.now;
  d.activity = w.now;
  d.id = ++w.connectionIds;
  pin(changetype<usize>(l));
  w.openDownstream++;
  factsInit(changetype<usize>(d) + SLOT_FACTS, peer, local, false);
  if (l.only) begin(d, l, changetype<FilterChain>(<usize>l.only));
  else enter(d, l);
  return slotIndex(d);
}

function listenerOf(d: Slot): Listener {
  return changetype<Listener>(<usize>d.listener);
}

function factsOf(d: Slot): ConnFacts {
  return changetype<ConnFacts>(changetype<usize>(d) + SLOT_FACTS);
}

// The listener's filters begin.
function enter(d: Slot, l: Listener): void {
  statInc(l.stats + LISTENER_STAT_DOWNSTREAM_PRE_CX_ACTIVE);
  d.step = 0;
  d.activity = changetype<WorkerState>(W).now;
  if (l.filterCount && l.filtersTimeout) deadlineAt(d, d.activity + l.filtersTimeout);
  go(d, stepsRun(d, l));
}

function go(d: Slot, result: i32): void {
  if (result == STEPS_DONE) known(d);
  else if (result == STEPS_CLOSE) drop(d);
}

/** Answers CMD_ORIGINAL_DST with a sockaddr; 0: the kernel knows of none. */
export function onOriginalDst(slot: u32, original: usize): void {
  const d = slotAt(slot);
  if (d.kind != KIND_DOWNSTREAM_NEW) return;
  if (original) factsRestore(changetype<usize>(factsOf(d)), original);
  d.step++;
  go(d, stepsRun(d, listenerOf(d)));
}

/** `n` bytes at `p` have been peeked at. */
export function newData(d: Slot, p: usize, n: u32): void {
  go(d, stepsBytes(d, listenerOf(d), p, n));
}

/** The client has left before its bytes said what it wants. */
export function newEof(d: Slot): void {
  statInc(listenerOf(d).stats + LISTENER_STAT_DOWNSTREAM_LISTENER_FILTER_REMOTE_CLOSE);
  drop(d);
}

export function newError(d: Slot): void {
  statInc(listenerOf(d).stats + LISTENER_STAT_DOWNSTREAM_LISTENER_FILTER_ERROR);
  drop(d);
}

/** listener_filters_timeout. */
export function newTimer(d: Slot): void {
  const l = listenerOf(d);
  const at = d.activity + l.filtersTimeout;
  if (!l.filtersTimeout) return;
  if (before(changetype<WorkerState>(W).now, at)) return deadlineAt(d, at);
  statInc(l.stats + LISTENER_STAT_DOWNSTREAM_PRE_CX_TIMEOUT);
  if (l.flags & LISTENER_CONTINUES) known(d);
  else drop(d);
}

// Everything is known that will be: to another listener, or to the filter chain.
function known(d: Slot): void {
  deadlineRemove(d);
  const l = listenerOf(d);
  statDec(l.stats + LISTENER_STAT_DOWNSTREAM_PRE_CX_ACTIVE);
  if (l.flags & LISTENER_HANDS_OVER && !d.handedOver && factsOf(d).flags & FACT_RESTORED) {
    const target = listenerByAddress(factsOf(d));
    if (target) return handOver(d, l, <Listener>target);
  }
  choose(d, l);
}

// As in Envoy: the target's own filters follow, and it hands over no further.
function handOver(d: Slot, from: Listener, to: Listener): void {
  pin(changetype<usize>(to));
  unpin(changetype<usize>(from));
  d.listener = <u32>changetype<usize>(to);
  d.handedOver = 1;
  if (to.only) begin(d, to, changetype<FilterChain>(<usize>to.only));
  else enter(d, to);
}

function choose(d: Slot, l: Listener): void {
  const chain = findFilterChain(l, d);
  if (chain) return begin(d, l, <FilterChain>chain);
  statInc(l.stats + LISTENER_STAT_NO_FILTER_CHAIN_MATCH);
  d.responseFlags |= FLAG_NR;
  leave(d);
}

function begin(d: Slot, l: Listener, chain: FilterChain): void {
  const w = changetype<WorkerState>(W);
  const tcp = chain.network == NETWORK_TCP_PROXY;
  d.kind = tcp ? <u8>KIND_DOWNSTREAM_TCP : <u8>KIND_DOWNSTREAM_HTTP;
  d.state = 0;
  d.chain = <u32>changetype<usize>(chain);
  d.hcm = tcp ? 0 : chain.hcm;
  d.opened = w.now;
  d.activity = w.now;
  d.io &= ~(<u8>(IO_PEEK | IO_READ));
  if (d.found && !isLogged(l, chain) && !foundHasSource(d)) foundFree(d); // from here on only logs ask, and who connects upstream
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  down.connectionOpened(d, l, hcm);
  if (tcp) return tcpAccepted(d);
  if (!d.hcm) return downstreamClose(d, false);
  slotRead(d, true); // what has been peeked at waits in the kernel
  if (d.flags & SF_DRAINING) deadlineAt(d, d.drainEnd);
  if (hcm.idleTimeout) deadlineAt(d, w.now + hcm.idleTimeout);
  if (hcm.maxConnectionDuration) deadlineAt(d, w.now + hcm.maxConnectionDuration);
}

function isLogged(l: Listener, chain: FilterChain): bool {
  if (l.accessLog) return true;
  if (chain.hcm) return changetype<HcmConfig>(<usize>chain.hcm).accessLog != 0;
  return chain.tcpProxy != 0 && changetype<TcpProxyConfig>(<usize>chain.tcpProxy).accessLog != 0;
}

// A listener filter has had enough of the connection, or it of the filters.
function drop(d: Slot): void {
  statDec(listenerOf(d).stats + LISTENER_STAT_DOWNSTREAM_PRE_CX_ACTIVE);
  leave(d);
}

// A connection that no filter chain has got is closed.
function leave(d: Slot): void {
  logListener(d);
  changetype<WorkerState>(W).openDownstream--;
  const listener: usize = d.listener;
  d.listener = 0;
  slotClose(d, false);
  unpin(listener);
}

/** Closes a connection whose bytes have not said what it wants: the worker drains. */
export function newClose(d: Slot): void {
  drop(d);
}
