// Addresses, routes and policy rules of this network namespace, asked of the kernel itself (rtnetlink(7)): containers need no
// iproute2. One request, one answer; none is ever hot.
import { ipBytes } from './address.js';
import { AF_INET, AF_INET6, AF_NETLINK, NETLINK_ROUTE, SOCK_CLOEXEC, SOCK_RAW } from './constants.js';
import * as sys from './syscalls.js';

// <linux/rtnetlink.h>, <linux/netlink.h>, <linux/fib_rules.h>
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTM_GETRULE = 34;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_NEW = 0x600; // create, fail where it exists
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

const HEADER = 16;
const RT_TABLE_UNSPEC = 0;
const RTPROT_BOOT = 3;
const RT_SCOPE_HOST = 254;
const RTN_LOCAL = 2;
const FR_ACT_TO_TABLE = 1;
const IFA_F_NODAD = 0x02;
const ATTRIBUTE = { ifaAddress: 1, ifaLocal: 2, oif: 4, fwmark: 10, table: 15, fwmask: 16 } as const;

/** `lo` is the first interface of every network namespace (LOOPBACK_IFINDEX). */
const LOOPBACK_INDEX = 1;

const BUFFER = 65_536;

export interface MarkRule {
  readonly family: 'ipv4' | 'ipv6';
  readonly mark: number;
  readonly table: number;
}

const familyNumber = (family: 'ipv4' | 'ipv6'): number => (family === 'ipv4' ? AF_INET : AF_INET6);

function attribute(type: number, value: Uint8Array | number): Uint8Array {
  const bytes = typeof value === 'number' ? new Uint8Array(new Uint32Array([value]).buffer) : value;
  const padded = new Uint8Array(4 + Math.ceil(bytes.length / 4) * 4);
  new Uint16Array(padded.buffer, 0, 2).set([4 + bytes.length, type]);
  padded.set(bytes, 4);
  return padded;
}

function request(type: number, flags: number, fixed: readonly number[], attributes: readonly Uint8Array[]): Uint8Array {
  const body = [Uint8Array.from(fixed), ...attributes];
  const length = HEADER + body.reduce((sum, part) => sum + part.length, 0);
  const message = new Uint8Array(length);
  const view = new DataView(message.buffer);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags | NLM_F_REQUEST, true);
  view.setUint32(8, 1, true);
  let at = HEADER;
  for (const part of body) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

/** Sends a request and hands every message of the answer to `each`; 0, or a negated errno. */
function exchange(message: Uint8Array, each: (type: number, body: DataView) => void = () => {}): number {
  const fd = sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return fd;
  try {
    const { view, address } = area();
    new Uint8Array(view.buffer).set(message);
    const sent = sys.send(fd, address, message.length, 0);
    return sent < 0 ? sent : receive(fd, view, address, each);
  } finally {
    sys.close(fd);
  }
}

function receive(fd: number, view: DataView, address: number, each: (type: number, body: DataView) => void): number {
  for (;;) {
    const n = sys.recv(fd, address, BUFFER, 0);
    if (n < 0) return n;
    for (let at = 0; at + HEADER <= n;) {
      const length = view.getUint32(at, true);
      const type = view.getUint16(at + 4, true);
      if (length < HEADER || type === NLMSG_DONE) return 0;
      if (type === NLMSG_ERROR) return view.getInt32(at + HEADER, true);
      each(type, new DataView(view.buffer, at + HEADER, length - HEADER));
      at += (length + 3) & ~3;
    }
  }
}

let scratch: ReturnType<typeof sys.staticArea> | undefined;

function area(): ReturnType<typeof sys.staticArea> {
  scratch ??= sys.staticArea(BUFFER);
  return scratch;
}

const ACKNOWLEDGED = NLM_F_ACK;

function markRule(type: number, flags: number, { family, mark, table }: MarkRule): number {
  const header = [familyNumber(family), 0, 0, 0, RT_TABLE_UNSPEC, 0, 0, FR_ACT_TO_TABLE, 0, 0, 0, 0];
  const attributes = [attribute(ATTRIBUTE.fwmark, mark), attribute(ATTRIBUTE.table, table)];
  return exchange(request(type, flags | ACKNOWLEDGED, header, attributes));
}

function localRoute(type: number, flags: number, family: 'ipv4' | 'ipv6', table: number): number {
  const header = [familyNumber(family), 0, 0, 0, RT_TABLE_UNSPEC, RTPROT_BOOT, RT_SCOPE_HOST, RTN_LOCAL, 0, 0, 0, 0];
  const attributes = [attribute(ATTRIBUTE.oif, LOOPBACK_INDEX), attribute(ATTRIBUTE.table, table)];
  return exchange(request(type, flags | ACKNOWLEDGED, header, attributes));
}

function loopbackAddress(type: number, flags: number, address: string): number {
  const bytes = ipBytes(address)!;
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  const header = [family, bytes.length * 8, IFA_F_NODAD, RT_SCOPE_HOST, LOOPBACK_INDEX, 0, 0, 0];
  const attributes = [attribute(ATTRIBUTE.ifaLocal, bytes), attribute(ATTRIBUTE.ifaAddress, bytes)];
  return exchange(request(type, flags | ACKNOWLEDGED, header, attributes));
}

// Each of these answers 0, or a negated errno: -EEXIST where it is there already, -ENOENT, -ESRCH or -EADDRNOTAVAIL where it is not.

/** `ip rule add fwmark MARK lookup TABLE`. */
export const addMarkRule = (rule: MarkRule): number => markRule(RTM_NEWRULE, NLM_F_NEW, rule);
export const deleteMarkRule = (rule: MarkRule): number => markRule(RTM_DELRULE, 0, rule);

/** `ip route add local default dev lo table TABLE`. */
export const addLocalRoute = (family: 'ipv4' | 'ipv6', table: number): number =>
  localRoute(RTM_NEWROUTE, NLM_F_NEW, family, table);
export const deleteLocalRoute = (family: 'ipv4' | 'ipv6', table: number): number =>
  localRoute(RTM_DELROUTE, 0, family, table);

/** `ip addr add ADDRESS/32 dev lo`, or /128. */
export const addLoopbackAddress = (address: string): number => loopbackAddress(RTM_NEWADDR, NLM_F_NEW, address);
export const deleteLoopbackAddress = (address: string): number => loopbackAddress(RTM_DELADDR, 0, address);

/** The rules that look up a table by a mark alone. Throws where the kernel does not answer. */
export function listMarkRules(family: 'ipv4' | 'ipv6'): MarkRule[] {
  const rules: MarkRule[] = [];
  const header = [familyNumber(family), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const r = exchange(request(RTM_GETRULE, NLM_F_DUMP, header, []), (type, body) => {
    const found = type === RTM_NEWRULE ? readMarkRule(family, body) : undefined;
    if (found !== undefined) rules.push(found);
  });
  if (r < 0) throw new Error(`the rules of routing cannot be read: ${sys.errorText(r)}`);
  return rules;
}

function readMarkRule(family: 'ipv4' | 'ipv6', body: DataView): MarkRule | undefined {
  let mark: number | undefined;
  let table = body.getUint8(4);
  for (let at = 12; at + 4 <= body.byteLength;) {
    const length = body.getUint16(at, true);
    if (length < 4) break;
    const type = body.getUint16(at + 2, true);
    if (type === ATTRIBUTE.fwmark) mark = body.getUint32(at + 4, true);
    if (type === ATTRIBUTE.table) table = body.getUint32(at + 4, true);
    at += (length + 3) & ~3;
  }
  return mark === undefined || mark === 0 ? undefined : { family, mark, table };
}
