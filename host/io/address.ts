// Socket addresses: text, and `struct sockaddr` in bytes.
import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.js';

export type SocketAddress =
  | { family: 'ipv4'; address: string; port: number }
  | { family: 'ipv6'; address: string; port: number } // `fe80::1%eth0` carries its scope
  | { family: 'unix'; path: string }; // as in Envoy, a leading `@` means the abstract name space

/** Room for any sockaddr (`struct sockaddr_un` is the longest: 110 bytes). */
export const SOCKADDR_MAX = 128;
export const UNIX_PATH_MAX = 107;

/** An IP address and a port; undefined where `address` is neither IPv4 nor IPv6, or its scope names no interface. */
export function ipAddress(address: string, port: number): SocketAddress | undefined {
  if (isIPv4(address)) return { family: 'ipv4', address, port };
  if (isIPv6(address) && scopeId(address) !== undefined) return { family: 'ipv6', address, port };
  return undefined;
}

/** `10.0.0.1:80`, `[::1]:80`, or the path: as Envoy prints addresses. */
export function formatAddress(address: SocketAddress): string {
  if (address.family === 'unix') return address.path;
  return hostPort(address.address, address.port);
}

/** `10.0.0.1:80`, `[::1]:80`, `name:80`. */
export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The 4 or 16 bytes of an IP address, without its scope; undefined where the text is none. */
export function ipBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  return isIPv6(address) ? ipv6Bytes(address.split('%')[0]) : undefined;
}

// The 16-bit groups of one side of a `::`; a dotted tail makes two.
function ipv6Groups(text: string): number[] {
  return (text ? text.split(':') : []).flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a, b, c, d] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function ipv6Bytes(address: string): Uint8Array {
  const [head, tail] = address.split('::');
  const left = ipv6Groups(head);
  const right = ipv6Groups(tail ?? '');
  const all = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

// The index of a network interface; names from outside never become a path that leaves the folder.
function interfaceIndex(name: string): number | undefined {
  if (!/^[^/\s]{1,15}$/.test(name) || name === '.' || name === '..') return undefined;
  try {
    return Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'latin1'));
  } catch {
    return undefined;
  }
}

// Scopes (RFC 4007) as getaddrinfo reads them: a number anywhere, a name only where the address is local to a link.
function scopeId(address: string): number | undefined {
  const at = address.indexOf('%');
  if (at < 0) return 0;
  const scope = address.slice(at + 1);
  if (/^\d{1,10}$/.test(scope)) return Number(scope) <= 0xffff_ffff ? Number(scope) : undefined;
  const [first, second] = ipv6Bytes(address.slice(0, at));
  const linkLocal = (first === 0xfe && second >> 6 === 2) || (first === 0xff && (second & 15) === 2);
  return linkLocal ? interfaceIndex(scope) : undefined;
}

/**
 * Writes the sockaddr of `address` at `offset` and returns its length.
 * Throws a RangeError where a UNIX path is longer than the system allows.
 */
export function encodeAddress(view: DataView, offset: number, address: SocketAddress): number {
  if (address.family === 'unix') return encodeUnix(view, offset, address.path);
  view.setUint16(offset, address.family === 'ipv4' ? AF_INET : AF_INET6, true);
  view.setUint16(offset + 2, address.port, false);
  const bytes = ipBytes(address.address);
  if (!bytes) throw new RangeError(`not an IP address: ${address.address}`);
  const at = address.family === 'ipv4' ? 4 : 8;
  for (let i = 0; i < bytes.length; i++) view.setUint8(offset + at + i, bytes[i]);
  if (address.family === 'ipv4') {
    view.setUint32(offset + 8, 0);
    view.setUint32(offset + 12, 0);
    return 16;
  }
  view.setUint32(offset + 4, 0); // flow information
  view.setUint32(offset + 24, scopeId(address.address) ?? 0, true);
  return 28;
}

function encodeUnix(view: DataView, offset: number, path: string): number {
  const abstract = path.startsWith('@');
  const bytes = Buffer.from(abstract ? path.slice(1) : path);
  if (bytes.length > UNIX_PATH_MAX) {
    throw new RangeError(`the path of a UNIX socket has at most ${UNIX_PATH_MAX} bytes: ${path}`);
  }
  view.setUint16(offset, AF_UNIX, true);
  let at = offset + 2;
  if (abstract) view.setUint8(at++, 0);
  for (const byte of bytes) view.setUint8(at++, byte);
  if (!abstract) view.setUint8(at++, 0);
  return at - offset;
}

/** Reads a sockaddr of `length` bytes; an unnamed UNIX peer has the path ''. Undefined for any other family. */
export function decodeAddress(view: DataView, offset: number, length: number): SocketAddress | undefined {
  if (length < 2) return undefined;
  const family = view.getUint16(offset, true);
  if (family === AF_UNIX) return { family: 'unix', path: decodeUnix(view, offset, length) };
  if (family === AF_INET && length >= 16) {
    const address = [4, 5, 6, 7].map((i) => view.getUint8(offset + i)).join('.');
    return { family: 'ipv4', address, port: view.getUint16(offset + 2, false) };
  }
  if (family === AF_INET6 && length >= 28) {
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => view.getUint8(offset + 8 + i));
    const scope = view.getUint32(offset + 24, true);
    const address = formatIpv6(bytes) + (scope ? `%${scope}` : '');
    return { family: 'ipv6', address, port: view.getUint16(offset + 2, false) };
  }
  return undefined;
}

function decodeUnix(view: DataView, offset: number, length: number): string {
  if (length <= 2) return '';
  const bytes = Buffer.from(Uint8Array.from({ length: length - 2 }, (_, i) => view.getUint8(offset + 2 + i)));
  if (bytes[0] === 0) return `@${bytes.toString('utf8', 1)}`;
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** RFC 5952: lower case, the longest run of at least two zero groups written as `::`, v4-mapped in dotted form. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1]);
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) {
    return `::ffff:${Array.from(bytes.slice(12)).join('.')}`;
  }
  let best = 0;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) [best, bestLength] = [i, n];
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestLength === 1) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}
