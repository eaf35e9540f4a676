// What the host does to a socket before it connects to an endpoint: the core knows which cluster a slot belongs to, the host makes the
// calls. Part of its Cluster object; 0 there means that the sockets are as the system makes them.
import {
  UPSTREAM_SOCKET_AT_FREEBIND,
  UPSTREAM_SOCKET_AT_KEEPALIVE,
  UPSTREAM_SOCKET_AT_OPTIONS,
  SOCKET_OPTION_SIZE,
  SOURCE_ADDRESS_SIZE,
} from '../abi';
import { objectAlloc } from '../memory/object';
import { slotAt } from '../stream/slot';
import { Cluster, clusterAt } from './cluster';

@unmanaged
export class UpstreamSocket {
  keepalive: u32; // 1: upstream_connection_options.tcp_keepalive is set
  keepaliveProbes: u32; // TCP_KEEPCNT, 0 = the system's
  keepaliveTime: u32; // TCP_KEEPIDLE, seconds, 0 = the system's
  keepaliveInterval: u32; // TCP_KEEPINTVL, seconds, 0 = the system's
  freebind: u32; // BindConfig.freebind
  optionCount: u32;
  options: u32; // address of SocketOption[optionCount]: those of STATE_PREBIND
  sourceCount: u32;
  sources: u32; // address of SourceAddress[sourceCount]: source_address, then the extra one of the other family
}

@unmanaged
export class SocketOption {
  level: u32;
  name: u32;
  value: u32; // address
  length: u32;
}

@unmanaged
export class SourceAddress {
  family: u32; // AF_*
  sockaddr: u32;
  sockaddrLength: u32;
  text: u32; // "127.0.0.6:0", for logs
  textLength: u32;
}

if (offsetof<UpstreamSocket>('keepalive') != UPSTREAM_SOCKET_AT_KEEPALIVE) ERROR('abi: UPSTREAM_SOCKET_AT_KEEPALIVE');
if (offsetof<UpstreamSocket>('freebind') != UPSTREAM_SOCKET_AT_FREEBIND) ERROR('abi: UPSTREAM_SOCKET_AT_FREEBIND');
if (offsetof<UpstreamSocket>('optionCount') != UPSTREAM_SOCKET_AT_OPTIONS) ERROR('abi: UPSTREAM_SOCKET_AT_OPTIONS');
if (offsetof<SocketOption>() != SOCKET_OPTION_SIZE) ERROR('abi: SOCKET_OPTION_SIZE');
if (offsetof<SourceAddress>() != SOURCE_ADDRESS_SIZE) ERROR('abi: SOURCE_ADDRESS_SIZE');

/** The UpstreamSocket for a slot, or 0. */
export function upstreamSocket(slot: u32): usize {
  const c = clusterAt(slotAt(slot).cluster);
  return changetype<usize>(c) ? <usize>c.socket : 0;
}

/** The SourceAddress for an endpoint of `family` (AF_*), 0 = none: the first of its family, else the first, which then cannot be bound. */
export function upstreamSource(socket: usize, family: u32): usize {
  const s = changetype<UpstreamSocket>(socket);
  for (let i: u32 = 0; i < s.sourceCount; i++) {
    const source = <usize>s.sources + <usize>i * offsetof<SourceAddress>();
    if (changetype<SourceAddress>(source).family == family) return source;
  }
  return s.sources;
}

// === builders ===

/** Gives the Cluster object an UpstreamSocket with room for so many options and source addresses; 0 when memory is exhausted. */
export function clusterSocketNew(object: usize, options: u32, sources: u32, freebind: bool): usize {
  const p = objectAlloc(object, offsetof<UpstreamSocket>());
  if (!p) return 0;
  const s = changetype<UpstreamSocket>(p);
  s.freebind = freebind ? 1 : 0;
  s.optionCount = options;
  s.sourceCount = sources;
  if (options) s.options = <u32>objectAlloc(object, options * offsetof<SocketOption>());
  if (sources) s.sources = <u32>objectAlloc(object, sources * offsetof<SourceAddress>());
  if ((options && !s.options) || (sources && !s.sources)) return 0;
  changetype<Cluster>(object).socket = <u32>p;
  return p;
}

/** upstream_connection_options.tcp_keepalive: seconds; 0 leaves the system's value. */
export function socketSetKeepalive(socket: usize, probes: u32, time: u32, interval: u32): void {
  const s = changetype<UpstreamSocket>(socket);
  s.keepalive = 1;
  s.keepaliveProbes = probes;
  s.keepaliveTime = time;
  s.keepaliveInterval = interval;
}

export function socketSetOption(socket: usize, i: u32, level: u32, name: u32, value: usize, length: u32): void {
  const p = <usize>changetype<UpstreamSocket>(socket).options + <usize>i * offsetof<SocketOption>();
  const o = changetype<SocketOption>(p);
  o.level = level;
  o.name = name;
  o.value = <u32>value;
  o.length = length;
}

export function socketSetSource(
  socket: usize,
  i: u32,
  sockaddr: usize,
  sockaddrLength: u32,
  text: usize,
  textLength: u32,
): void {
  const p = <usize>changetype<UpstreamSocket>(socket).sources + <usize>i * offsetof<SourceAddress>();
  const a = changetype<SourceAddress>(p);
  a.family = load<u16>(sockaddr);
  a.sockaddr = <u32>sockaddr;
  a.sockaddrLength = sockaddrLength;
  a.text = <u32>text;
  a.textLength = textLength;
}
