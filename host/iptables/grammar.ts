// The grammars of option values. Each takes text from a command line, the environment or an annotation, which is hostile until it
// has passed here, and gives a value that is written out again from what was understood: no byte of the text goes further.
import { isIPv4, isIPv6 } from 'node:net';
import { parseBool } from '../config/parse_bool.js';
import { formatIpv6, ipBytes } from '../io/address.js';
import type { Family } from './rule.js';

/** What a value may be, in words. */
export class Refusal {
  constructor(readonly allowed: string) {}
}

export type Grammar<T> = (text: string) => T | Refusal;

/** Longer lists come from nobody who means well. */
const MAX_TEXT = 8192;
const MAX_ENTRIES = 512;

function whole(text: string, max: number): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

const PORT = 'a port from 1 to 65535';

export const port: Grammar<number> = (text) => {
  const value = whole(text, 65_535);
  return value === undefined || value === 0 ? new Refusal(PORT) : value;
};

/** Comma-separated entries; spaces around them and empty ones are forgiven, as istio-iptables does. */
function list<T>(entry: Grammar<T>, allowed: string): Grammar<T[]> {
  return (text) => {
    if (text.length > MAX_TEXT) return new Refusal(`${allowed}, at most ${MAX_TEXT} characters`);
    const entries = text
      .split(',')
      .map((each) => each.replace(/^ +| +$/g, ''))
      .filter((each) => each !== '');
    if (entries.length > MAX_ENTRIES) return new Refusal(`${allowed}, at most ${MAX_ENTRIES} of them`);
    const values: T[] = [];
    for (const each of entries) {
      const value = entry(each);
      if (value instanceof Refusal)
        return new Refusal(value.allowed === allowed ? allowed : `${allowed} (${value.allowed})`);
      values.push(value);
    }
    return values;
  };
}

export const portList: Grammar<number[]> = list(port, 'ports from 1 to 65535 with commas between them');

/** `*`, a list, or nothing at all. */
export const inboundPorts: Grammar<'*' | number[] | undefined> = (text) => {
  if (text === '*') return '*';
  const ports = list(port, '* for all ports, or ports from 1 to 65535 with commas between them')(text);
  return Array.isArray(ports) && ports.length === 0 ? undefined : ports;
};

const MAX_ID = 0xffff_fffe; // (uid_t)-1 means "unchanged" to the system

const numericId: Grammar<string> = (text) => {
  const value = whole(text, MAX_ID);
  return value === undefined ? new Refusal(`a number from 0 to ${MAX_ID}`) : String(value);
};

export const idList: Grammar<string[]> = list(numericId, 'numeric ids with commas between them');

// useradd(8): the portable names of users and groups.
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;
const NAME_TEXT = 'a name of letters, digits, _ and - (at most 32)';

export const userName: Grammar<string> = (text) => (NAME.test(text) ? text : new Refusal(NAME_TEXT));

const group: Grammar<string> = (text) => {
  const id = numericId(text);
  return id instanceof Refusal ? userName(text) : id;
};

/** `--gid-owner` is one condition each: as many as istio-iptables allows. */
const MAX_GROUPS = 64;
const GROUPS = `group names or numeric ids with commas between them, at most ${MAX_GROUPS}`;

export const groupList: Grammar<string[]> = (text) => {
  const groups = list(group, GROUPS)(text);
  return Array.isArray(groups) && groups.length > MAX_GROUPS ? new Refusal(GROUPS) : groups;
};

export const groupsOrAll: Grammar<'*' | string[]> = (text) => {
  if (text === '*') return '*';
  const groups = groupList(text);
  if (groups instanceof Refusal) return new Refusal(`* for all groups, or ${GROUPS}`);
  return groups.length === 0 ? '*' : groups;
};

// dev_valid_name() of the kernel, less what shells and rule files give a meaning to. iptables reads a trailing + as "any that
// begins so". Never a dash first: that is an option.
export const INTERFACE_NAME = /^(?=.{1,15}$)[A-Za-z0-9_][A-Za-z0-9_.@-]*\+?$/;
const interfaceName: Grammar<string> = (text) =>
  INTERFACE_NAME.test(text)
    ? text
    : new Refusal('letters, digits and _ . @ -, at most 15, a + at the end for "begins so"');

export const interfaceList: Grammar<string[]> = list(interfaceName, 'interface names with commas between them');

export interface Cidr {
  readonly family: Family;
  /** Canonical, without host bits: `10.0.0.0/8`. */
  readonly text: string;
  readonly isLoopback: boolean;
}

export type CidrList = '*' | Readonly<Record<Family, readonly Cidr[]>>;

const CIDR = 'a range such as 10.0.0.0/8 or fd00::/8';

export const cidr: Grammar<Cidr> = (text) => {
  const [, address, length] = /^([0-9a-fA-F.:]{2,45})\/(\d{1,3})$/.exec(text) ?? [];
  const isV4 = address !== undefined && isIPv4(address);
  if (!isV4 && (address === undefined || !isIPv6(address))) return new Refusal(cidrHint(text));
  const bytes = ipBytes(address)!;
  const bits = Number(length);
  if (bits > bytes.length * 8) return new Refusal(`a prefix length of at most ${bytes.length * 8}`);
  const isLoopback = isV4 ? bytes[0] === 127 : formatIpv6(bytes) === '::1';
  const masked = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))));
  const formatted = isV4 ? masked.join('.') : formatIpv6(masked);
  return { family: isV4 ? 'ipv4' : 'ipv6', text: `${formatted}/${bits}`, isLoopback };
};

function cidrHint(text: string): string {
  if (isIPv4(text)) return `${CIDR}; one address is ${text}/32`;
  return isIPv6(text) && !text.includes('%') ? `${CIDR}; one address is ${text}/128` : CIDR;
}

const ranges = list(cidr, 'ranges such as 10.0.0.0/8 or fd00::/8 with commas between them');

export const cidrList: Grammar<Record<Family, Cidr[]>> = (text) => {
  if (text === '*') return new Refusal('ranges with commas between them; * would exclude everything');
  const all = ranges(text);
  if (all instanceof Refusal) return all;
  const of = (family: Family): Cidr[] => all.filter((each) => each.family === family);
  return { ipv4: of('ipv4'), ipv6: of('ipv6') };
};

export const cidrsOrAll: Grammar<CidrList> = (text) => {
  if (text === '*') return '*';
  const list = cidrList(text);
  return list instanceof Refusal ? new Refusal(`* for everything, or ${list.allowed}`) : list;
};

export const loopbackCidr: Grammar<Cidr> = (text) => {
  const range = cidr(text);
  const isInside = !(range instanceof Refusal) && range.family === 'ipv4' && range.isLoopback;
  return isInside && Number(range.text.split('/')[1]) >= 8 ? range : new Refusal('a range inside 127.0.0.0/8');
};

/** 1338 marks what the proxy sends to its own Pod. */
export const mark: Grammar<number> = (text) => {
  const value = /^0x[0-9a-fA-F]{1,8}$/.test(text) ? Number(text) : whole(text, 0xffff_ffff);
  const isFree = value !== undefined && value !== 0 && value !== 1338;
  return isFree ? value : new Refusal('a mark from 1 to 4294967295, not 1338, which marks outbound connections');
};

/** Tables 253 to 255 are the system's: a local default route there would take the whole network away. */
export const routeTable: Grammar<number> = (text) => {
  const value = whole(text, 0xffff_ffff);
  const isFree = value !== undefined && value !== 0 && (value < 253 || value > 255);
  return isFree ? value : new Refusal('a route table from 1 to 4294967295, not 253 to 255, which are the system’s');
};

export function oneOf<T extends string>(...values: T[]): Grammar<T> {
  return (text) => values.find((value) => value === text) ?? new Refusal(values.join(' or '));
}

export const boolean: Grammar<boolean> = (text) => parseBool(text) ?? new Refusal('true or false');

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const MAX_DURATION = 600_000;

/** Milliseconds of a duration as Go writes it: 5s, 500ms, 1m30s. */
export const duration: Grammar<number> = (text) => {
  const refusal = new Refusal('a duration such as 5s or 500ms, at most 10m');
  if (text.length > 32 || !/^(\d{1,9}(\.\d{1,9})?(ms|s|m))+$/.test(text)) return refusal;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m)/g)];
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit], 0);
  return total >= 1 && total <= MAX_DURATION ? Math.round(total) : refusal;
};

/** A name as `ip netns` has it, or a path: `/var/run/netns/cni-1234`, `/proc/42/ns/net`. */
export const networkNamespace: Grammar<string> = (text) => {
  const isName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(text);
  if (isName) return `/var/run/netns/${text}`;
  const isPath = text.length <= 4095 && /^(\/[A-Za-z0-9_.:@-]+)+$/.test(text) && !/\/\.\.?(\/|$)/.test(text);
  return isPath ? text : new Refusal('the name of a network namespace, or the absolute path of one');
};
