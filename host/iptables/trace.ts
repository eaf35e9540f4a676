// `weft iptables trace HOST:PORT`: what happens to one connection, in words.
import { isIPv4, isIPv6 } from 'node:net';
import { formatAddress, ipAddress } from '../io/address.js';
import { specification } from './render_iptables.js';
import type { Rule } from './rule.js';
import { simulate } from './simulate.js';
import type { Connection, Fate } from './simulate.js';

export interface TraceTarget {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.7:8080`, `[fd00::7]:8080`; undefined where the text is neither. */
export function parseTarget(text: string): TraceTarget | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  const port = Number(digits);
  const isAddress = bracketed === undefined ? isIPv4(address ?? '') : isIPv6(bracketed);
  return isAddress && port >= 1 && port <= 65_535 ? { address, port } : undefined;
}

export function traceText(rules: readonly Rule[], connection: Connection): string {
  const { steps, fate } = simulate(rules, connection);
  const { direction, destination, port, uid, gid } = connection;
  const to = formatAddress(ipAddress(destination, port)!);
  const who = direction === 'inbound' ? 'from elsewhere' : `of user ${uid}, group ${gid}`;
  const lines = [
    `TCP connection ${who} to ${to}, ${direction === 'inbound' ? 'in' : 'out'} over ${connection.interface}`,
    ...steps.flatMap((rule) => [
      `  ${rule.table} ${rule.chain}: ${specification(rule)}`,
      ...(rule.reason === '' ? [] : [`      ${rule.reason}`]),
    ]),
    `=> ${fateText(fate, to, steps.length > 0)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function fateText(fate: Fate, to: string, wasLookedAt: boolean): string {
  switch (fate.kind) {
    case 'redirect':
      return `redirected to port ${fate.port} of the Pod; the proxy sees ${to} as its original destination`;
    case 'tproxy':
      return `handed to the transparent socket at port ${fate.port}; its addresses stay as they are`;
    case 'drop':
      return 'dropped';
    case 'pass':
      return wasLookedAt ? `goes to ${to} itself, past the proxy` : `goes to ${to} itself: no rule is about it`;
  }
}
