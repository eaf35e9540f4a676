// The PROXY protocol header that goes first over a connection to an endpoint (haproxy.org proxy-protocol.txt, versions 1 and 2): who
// connected to us, and to which address. As Envoy's envoy.transport_sockets.upstream_proxy_protocol.
import { PROXY_V1 } from '../abi';
import { ConnFacts, FAMILY_IP4, FAMILY_NONE, putAddress } from '../http/conn_facts';
import { putDecimal, putLiteral } from '../memory/literal';

/** Longest header: version 1 with two IPv6 addresses. */
export const PROXY_HEADER_MAX: u32 = 108;

const SIGNATURE = memory.data<u8>([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const VERSION_2_LOCAL: u8 = 0x20;
const VERSION_2_PROXY: u8 = 0x21;
const TCP_OVER_IP4: u8 = 0x11;
const TCP_OVER_IP6: u8 = 0x21;

/** Writes the header of `version` (PROXY_*) for a connection with `facts`; returns the address behind it. */
export function putProxyHeader(out: usize, version: u8, facts: usize): usize {
  const f = changetype<ConnFacts>(facts);
  const known = f.peerFamily != FAMILY_NONE && f.peerFamily == f.localFamily;
  if (version == PROXY_V1) return known ? putVersion1(out, facts) : putLiteral(out, 'PROXY UNKNOWN\r\n');
  return known ? putVersion2(out, facts) : putProxyLocal(out);
}

function putVersion1(out: usize, facts: usize): usize {
  const f = changetype<ConnFacts>(facts);
  let o = putLiteral(out, f.peerFamily == FAMILY_IP4 ? 'PROXY TCP4 ' : 'PROXY TCP6 ');
  o = putAddress(o, facts + offsetof<ConnFacts>('peer0'), f.peerFamily);
  store<u8>(o++, 0x20);
  o = putAddress(o, facts + offsetof<ConnFacts>('local0'), f.localFamily);
  store<u8>(o++, 0x20);
  o = putDecimal(o, f.peerPort);
  store<u8>(o++, 0x20);
  o = putDecimal(o, f.localPort);
  return putLiteral(o, '\r\n');
}

/** Version 2 of a connection that stands for nobody. */
export function putProxyLocal(out: usize): usize {
  memory.copy(out, SIGNATURE, 12);
  store<u32>(out, <u32>VERSION_2_LOCAL, 12);
  return out + 16;
}

function putVersion2(out: usize, facts: usize): usize {
  const f = changetype<ConnFacts>(facts);
  const four = f.peerFamily == FAMILY_IP4;
  const n: u32 = four ? 4 : 16;
  memory.copy(out, SIGNATURE, 12);
  store<u8>(out, VERSION_2_PROXY, 12);
  store<u8>(out, four ? TCP_OVER_IP4 : TCP_OVER_IP6, 13);
  store<u16>(out, bswap<u16>(<u16>(2 * n + 4)), 14);
  let o = out + 16;
  memory.copy(o, facts + offsetof<ConnFacts>('peer0'), n);
  memory.copy(o + n, facts + offsetof<ConnFacts>('local0'), n);
  o += 2 * n;
  store<u16>(o, bswap<u16>(f.peerPort));
  store<u16>(o, bswap<u16>(f.localPort), 2);
  return o + 4;
}
