// Taking apart the address texts of a record: "127.0.0.1:80", "[::1]:80", a UNIX path.
import { isIP } from 'node:net';

const WITH_PORT = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([0-9.]+)):(\d+)$/;

/** The IP address, or a UNIX path as it is. */
export function withoutPort(address: string): string {
  const match = WITH_PORT.exec(address);
  return match === null ? address : (match[1] ?? match[2]);
}

/** Null for a UNIX path. */
export function portOf(address: string): number | null {
  const match = WITH_PORT.exec(address);
  return match === null ? null : Number(match[3]);
}

/** "1.2.3.4" cut to its first `bits` bits: "1.2.0.0/16". Null for what is no IP address or has fewer bits. */
export function cidr(ip: string, bits: number): string | null {
  if (isIP(ip) === 4) return bits > 32 ? null : `${maskGroups(ip.split('.').map(Number), 8, bits).join('.')}/${bits}`;
  if (isIP(ip) !== 6 || bits > 128) return null;
  return `${ipv6Text(maskGroups(ipv6Groups(ip), 16, bits))}/${bits}`;
}

function maskGroups(groups: readonly number[], width: number, bits: number): number[] {
  return groups.map((group, i) => {
    const kept = Math.min(Math.max(bits - i * width, 0), width);
    return group & ~((1 << (width - kept)) - 1) & ((1 << width) - 1);
  });
}

function ipv6Groups(ip: string): number[] {
  const [head, tail] = ip.split('%')[0].split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail);
  return [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}

function groupsOf(text: string | undefined): number[] {
  return text ? text.split(':').flatMap(group) : [];
}

function group(text: string): number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a, b, c, d] = text.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

/** RFC 5952: the longest run of zero groups, of two or more, becomes "::". */
function ipv6Text(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > length) [start, length] = [i, n];
  }
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function hex(groups: readonly number[]): string {
  return groups.map((n) => n.toString(16)).join(':');
}
