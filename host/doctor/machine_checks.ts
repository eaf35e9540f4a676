// The machine under the proxy: kernel, memory, descriptors, clock, connection tracking. Pure: texts of /proc in, results out.
import { failed, info, ok, warning } from './check.js';
import type { CheckResult } from './check.js';

/** Two GiB for the core, and room for Node. */
const ADDRESS_SPACE = 4 * 2 ** 30;
const DESCRIPTORS = 65_536;
/** `IP_TRANSPARENT`, `EPOLLEXCLUSIVE` and `SO_REUSEPORT` on all that is used. */
const OLDEST_KERNEL = [4, 14];

export function kernelCheck(release: string, arch: string): CheckResult {
  const [major, minor] = release.split('.').map(Number);
  const says = `Linux ${release}, ${arch}`;
  const isOld = major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  return isOld ? failed('kernel', says, `weft needs Linux ${OLDEST_KERNEL.join('.')} or newer`) : ok('kernel', says);
}

function limitValue(text: string | undefined): number {
  return text === 'unlimited' || text === undefined ? Infinity : Number(text);
}

/** `limits`: /proc/self/limits. */
function limit(limits: string, name: string): { soft: number; hard: number } {
  const [, soft, hard] = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(limits) ?? [];
  return { soft: limitValue(soft), hard: limitValue(hard) };
}

export function addressSpaceCheck(limits: string): CheckResult {
  const { soft } = limit(limits, 'Max address space');
  const says = soft === Infinity ? 'not limited' : `limited to ${Math.floor(soft / 2 ** 20)} MiB`;
  return soft < ADDRESS_SPACE
    ? failed('address space', says, 'the core reserves 2 GiB of it (not of memory): raise `ulimit -v`')
    : ok('address space', says);
}

export function descriptorCheck(limits: string): CheckResult {
  const { soft, hard } = limit(limits, 'Max open files');
  const says = `${soft} files, at most ${hard}`;
  // The proxy raises its soft limit to the hard one.
  return hard < DESCRIPTORS
    ? warning('descriptors', says, `each connection takes one or two: raise the hard limit to ${DESCRIPTORS} or more`)
    : ok('descriptors', says);
}

/** `built`: when this program was, in ms; a clock before that is wrong for certain. */
export function clockCheck(now: number, built: number): CheckResult {
  const says = new Date(now).toISOString();
  return now < built - 86_400_000
    ? failed(
        'clock',
        `${says}, before weft was built`,
        'certificates and tokens will not be valid: set the clock of the node',
      )
    : ok('clock', says);
}

/** `count` and `max` of /proc/sys/net/netfilter/nf_conntrack_*, '' where connections are not tracked. */
export function conntrackCheck(count: string, max: string): CheckResult {
  if (count === '' || max === '') return info('connection tracking', 'not in use here');
  const [used, most] = [Number(count), Number(max)];
  const says = `${used} of ${most} connections`;
  return used > 0.8 * most
    ? warning(
        'connection tracking',
        says,
        'when it is full the kernel drops packets: raise net.netfilter.nf_conntrack_max',
      )
    : ok('connection tracking', says);
}

/** `range`: /proc/sys/net/ipv4/ip_local_port_range. */
export function localPortCheck(range: string, ports: readonly number[]): CheckResult {
  const [from, to] = range.trim().split(/\s+/).map(Number);
  const inside = ports.filter((port) => port >= from && port <= to);
  const says = `${from} to ${to}`;
  return inside.length > 0
    ? warning(
        'local ports',
        `${says} holds ${inside.join(', ')}`,
        'a connection may take the port of a listener before it starts: see net.ipv4.ip_local_reserved_ports',
      )
    : ok('local ports', says);
}
