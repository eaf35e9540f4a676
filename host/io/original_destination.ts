// Where a redirected connection was going before the packet filter changed it (SO_ORIGINAL_DST of the conntrack modules).
import { decodeAddress, SOCKADDR_MAX } from './address.js';
import type { SocketAddress } from './address.js';
import { IPPROTO_IP, IPPROTO_IPV6, SO_ORIGINAL_DST } from './constants.js';
import * as sys from './syscalls.js';

const { view, address } = sys.staticArea(SOCKADDR_MAX + 4);

/** Undefined where the connection is not tracked; its own local address where it was not redirected. An IPv6 socket may carry an IPv4 connection, whose answer is IPv4. */
export function originalDestination(fd: number): SocketAddress | undefined {
  for (const level of [IPPROTO_IP, IPPROTO_IPV6]) {
    view.setInt32(SOCKADDR_MAX, SOCKADDR_MAX, true);
    const r = sys.getsockopt(fd, level, SO_ORIGINAL_DST, address, address + SOCKADDR_MAX);
    if (r >= 0) return decodeAddress(view, 0, view.getInt32(SOCKADDR_MAX, true));
  }
  return undefined;
}
