// What the machine knows that rules depend on: addresses, resolvers, users, groups, capabilities.
import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';
import type { ResolveGroup } from './compare.js';
import type { Surroundings } from './options.js';
import type { Family } from './rule.js';

/** '' where it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Field `index` of the line of /etc/passwd or /etc/group whose first field is `name`. */
function idIn(path: string, name: string): string | undefined {
  const line = readText(path)
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const id = line?.split(':')[2];
  return id !== undefined && /^\d{1,10}$/.test(id) ? id : undefined;
}

export function groupId(name: string): string | undefined {
  return /^\d+$/.test(name) ? name : idIn('/etc/group', name);
}

/** Each name is looked up once; one that is not there stands for itself. */
export function groupResolver(): ResolveGroup {
  const ids = new Map<string, string>();
  return (name) => {
    const id = ids.get(name) ?? groupId(name) ?? name;
    ids.set(name, id);
    return id;
  };
}

/** Addresses of the `nameserver` lines, and nothing else that may stand there. */
export function parseResolvers(text: string): Record<Family, string[]> {
  const addresses = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, address]) => address);
  return {
    ipv4: addresses.filter((address) => isIPv4(address)),
    ipv6: addresses.filter((address) => isIPv6(address) && !address.includes('%')),
  };
}

/** Loopback and link-local addresses say nothing about what the Pod speaks. */
function isOfThePod({ address, internal }: { address: string; internal: boolean }): boolean {
  return !internal && !/^(127\.|169\.254\.|fe[89ab]|::1$)/i.test(address);
}

function ofThePod(): NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(isOfThePod);
}

/** The Pod's own addresses, IPv4 first. */
export function podAddresses(): string[] {
  const all = ofThePod();
  const of = (family: string): string[] => all.filter((each) => each.family === family).map(({ address }) => address);
  return [...of('IPv4'), ...of('IPv6')];
}

export function surroundings(): Surroundings {
  const addresses = ofThePod();
  return {
    userId: (name) => idIn('/etc/passwd', name),
    hasIpv4: addresses.some(({ family }) => family === 'IPv4'),
    hasIpv6: addresses.some(({ family }) => family === 'IPv6'),
    resolvers: () => parseResolvers(readText('/etc/resolv.conf')),
  };
}

const CAP_NET_ADMIN = 12;

function hasCapability(set: 'CapEff' | 'CapBnd'): boolean {
  const mask = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(readText('/proc/self/status'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(CAP_NET_ADMIN)) & 1n) === 1n;
}

/** Whether the process may change rules; capabilities(7). */
export function hasNetAdmin(): boolean {
  return hasCapability('CapEff');
}

/** Whether a program with file capabilities could get the right that this process, of another user than root, has not. */
export function mayGetNetAdmin(): boolean {
  return process.getuid!() !== 0 && hasCapability('CapBnd');
}
