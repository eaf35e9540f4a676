// Listener: a published object. Its filter chains lead to a network filter's configuration.
import { LISTENER_DIR } from '../memory/map';
import { ObjectHeader } from '../memory/object';

@unmanaged
export class Listener extends ObjectHeader {
  index: u32;
  stats: u32; // first index of its LISTENER_STAT_* block
  bufferLimit: u32; // per_connection_buffer_limit_bytes
  network: u8; // NETWORK_*: the terminal filter (one filter chain for now)
  flags: u8;
  pad: u16;
  hcm: u32; // NETWORK_HCM: address of HcmConfig
  tcpProxy: u32; // NETWORK_TCP_PROXY: address of TcpProxyConfig
  address: u32; // text of the bound address
  addressLength: u32;
  port: u32; // bound port, 0 for UNIX sockets
}

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
