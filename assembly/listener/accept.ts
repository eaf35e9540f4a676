// A connection from its acceptance to its network filter: through the listener's steps, where it has any, to the filter chain.
import {
  FLAG_NR,
  IO_READ,
  KIND_DOWNSTREAM_HTTP,
  KIND_DOWNSTREAM_NEW,
  KIND_DOWNSTREAM_TCP,
  LISTENER_STAT_NO_FILTER_CHAIN_MATCH,
} from '../abi';
import { factsInit } from '../http/conn_facts';
import { HcmConfig } from '../http/hcm_config';
import { pin, unpin, W, WorkerState } from '../memory/worker_block';
import { statInc } from '../stats/counters';
import { slotClose } from '../stream/connection';
import { deadlineAt } from '../stream/deadline';
import * as down from '../stream/downstream_stats';
import { downstreamClose } from '../stream/finish';
import { Slot, SLOT_FACTS, slotIndex, slotNew } from '../stream/slot';
import { tcpAccepted } from '../stream/tcp_proxy';
import { FilterChain, Listener, listenerAt, NETWORK_TCP_PROXY } from './listener';
import { findFilterChain } from './match';

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
  else choose(d, l);
  return slotIndex(d);
}

// Everything is known: the filter chain.
function choose(d: Slot, l: Listener): void {
  const chain = findFilterChain(l, d);
  if (chain) return begin(d, l, <FilterChain>chain);
  statInc(l.stats + LISTENER_STAT_NO_FILTER_CHAIN_MATCH);
  d.responseFlags |= FLAG_NR;
  drop(d);
}

function begin(d: Slot, l: Listener, chain: FilterChain): void {
  const w = changetype<WorkerState>(W);
  const tcp = chain.network == NETWORK_TCP_PROXY;
  d.kind = tcp ? <u8>KIND_DOWNSTREAM_TCP : <u8>KIND_DOWNSTREAM_HTTP;
  d.chain = <u32>changetype<usize>(chain);
  d.hcm = tcp ? 0 : chain.hcm;
  d.io |= <u8>IO_READ;
  const hcm = changetype<HcmConfig>(<usize>d.hcm);
  down.connectionOpened(d, l, hcm);
  if (tcp) return tcpAccepted(d);
  if (!d.hcm) return downstreamClose(d, false);
  if (hcm.idleTimeout) deadlineAt(d, w.now + hcm.idleTimeout);
  if (hcm.maxConnectionDuration) deadlineAt(d, w.now + hcm.maxConnectionDuration);
}

// A connection that no filter chain has got.
function drop(d: Slot): void {
  changetype<WorkerState>(W).openDownstream--;
  const listener: usize = d.listener;
  d.listener = 0;
  slotClose(d, false);
  unpin(listener);
}
