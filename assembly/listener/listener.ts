// Listener: a published object. Its filter chains lead to a network filter's configuration.
import { MATCH_CHAIN } from '../abi';
import { LISTENER_DIR } from '../memory/map';
import { ObjectHeader } from '../memory/object';

@unmanaged
export class Listener extends ObjectHeader {
  index: u32;
  stats: u32; // first index of its LISTENER_STAT_* block
  bufferLimit: u32; // per_connection_buffer_limit_bytes
  only: u32; // the FilterChain of every connection, where nothing is to be found out before it begins; else 0
  match: u32; // the root of the choice: a MatchNode (match.ts) or a FilterChain, 0 = none
  fallback: u32; // default_filter_chain: a FilterChain, 0 = none
  accessLog: u32; // the listener's own AccessLogPlan, 0 = none
  filters: u32; // address of ListenerFilter[filterCount]
  filterCount: u16;
  flags: u16; // LISTENER_*
  filtersTimeout: u32; // ms for all listener filters together, 0 = none
  retired: u32; // number of the retirement of all its connections, 0 = none; written by control while workers read
  chains: u32; // address of FilterChain[chainCount] addresses, in ascending order of their serials
  chainCount: u32;
}

/** A listener filter. Part of its Listener object. */
@unmanaged
export class ListenerFilter {
  kind: u8; // STEP_*
  flags: u8; // of its kind
  pad: u16;
  stats: u32; // first index of its block
  disabled: u32; // filter_disabled: a Predicate (predicate.ts), 0 = none
  limit: u32; // STEP_TLS_INSPECTOR: max_client_hello_size. STEP_ORIGINAL_SRC: mark
}

export function listenerFilterAt(l: Listener, i: u32): ListenerFilter {
  return changetype<ListenerFilter>(<usize>l.filters + <usize>i * offsetof<ListenerFilter>());
}

/** Part of its Listener object. Begins as a MatchNode does: a leaf of the choice. */
@unmanaged
export class FilterChain {
  level: u8; // MATCH_CHAIN
  network: u8; // NETWORK_*: the terminal filter
  pad: u16;
  hcm: u32; // NETWORK_HCM: address of HcmConfig
  tcpProxy: u32; // NETWORK_TCP_PROXY: address of TcpProxyConfig
  name: u32;
  nameLength: u32;
  serial: u32; // of this very configuration of a chain: the same in all objects that have it unchanged
  retired: u32; // number of the retirement of its connections, 0 = none; written by control while workers read
}

if (MATCH_CHAIN != 0 || offsetof<FilterChain>('level') != 0) ERROR('abi: MATCH_CHAIN');

export const NETWORK_NONE: u8 = 0; // no filters: the connection is closed at once
export const NETWORK_HCM: u8 = 1;
export const NETWORK_TCP_PROXY: u8 = 2;

/** A compiled TcpProxy. Part of its Listener object. */
@unmanaged
export class TcpProxyConfig {
  stats: u32; // first index of its TCP_STAT_* block
  cluster: u32; // cluster index, when clusterCount is 0
  clusterCount: u32; // weighted clusters
  clusters: u32; // address of u32[clusterCount * 2]: cluster index, upper bound of its share of totalWeight
  totalWeight: u32;
  idleTimeout: u32; // ms, 0 = none (default 1 h)
  maxConnectAttempts: u32;
  maxDownstreamConnectionDuration: u32;
  accessLog: u32;
}

export function listenerAt(index: u32): Listener {
  return changetype<Listener>(<usize>atomic.load<u32>(LISTENER_DIR + ((<usize>index) << 2)));
}
