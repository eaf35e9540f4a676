// Where a redirected connection was going before the packet filter changed it (SO_ORIGINAL_DST of the conntrack modules).
import { decodeAddress, SOCKADDR_MAX } from './address.js';
import type { SocketAddress } from './address.js';
import { IP_TRANSPARENT, IPPROTO_IP, IPPROTO_IPV6, IPV6_TRANSPARENT, SO_ORIGINAL_DST } from './constants.js';
import { getOption } from './socket.js';
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

/**
 * The same for a worker: writes the sockaddr to `address` (a native one); `length`: address of an `int` with the room there. Where a
 * listening socket is transparent (TPROXY), it is the connection's own local address. False: the kernel knows of none.
 */
export function putOriginalDestination(fd: number, ipv6: boolean, address: number, length: number): boolean {
  if (sys.getsockopt(fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, SO_ORIGINAL_DST, address, length) === 0) return true;
  const [level, name] = ipv6 ? [IPPROTO_IPV6, IPV6_TRANSPARENT] : [IPPROTO_IP, IP_TRANSPARENT];
  return getOption(fd, level, name) > 0 && sys.getsockname(fd, address, length) === 0;
}
