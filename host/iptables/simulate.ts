// One connection through the rules, as the kernel would take its first packet: `weft iptables trace`, and the forecast that
// --run-validation holds against a real connection.
import { isIPv4 } from 'node:net';
import { ipBytes } from '../io/address.js';
import type { Match, Rule, Table } from './rule.js';
import { inOrder } from './rule.js';

export interface Connection {
  readonly direction: 'outbound' | 'inbound';
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  /** The interface that it leaves by, or comes in by. */
  readonly interface: string;
  /** Of the sender, of an outbound one. */
  readonly uid: string;
  readonly gid: string;
}

export type Fate =
  /** Redirected: the socket is found at this port, whatever the destination was. */
  | { readonly kind: 'redirect' | 'tproxy'; readonly port: number }
  | { readonly kind: 'drop' }
  /** As if there were no rules. */
  | { readonly kind: 'pass' };

export interface Trace {
  /** The rules that held. */
  readonly steps: readonly Rule[];
  readonly fate: Fate;
}

interface Packet extends Connection {
  /** Which side of the machine the packet is on. */
  hook: 'OUTPUT' | 'PREROUTING';
  mark: number;
  connectionMark: number;
}

export function simulate(rules: readonly Rule[], connection: Connection): Trace {
  const packet: Packet = { ...connection, hook: 'PREROUTING', mark: 0, connectionMark: 0 };
  const steps: Rule[] = [];
  const pass = (hook: Packet['hook'], tables: readonly Table[]): Fate => {
    packet.hook = hook;
    for (const table of tables) {
      const fate = walk(rules, table, hook, packet, steps);
      if (fate !== undefined && fate.kind !== 'pass') return fate;
    }
    return { kind: 'pass' };
  };
  if (connection.direction === 'inbound') return { fate: pass('PREROUTING', ['raw', 'mangle', 'nat']), steps };
  const fate = pass('OUTPUT', ['raw', 'mangle', 'nat']);
  if (fate.kind !== 'pass' || connection.interface !== 'lo') return { fate, steps };
  // Over lo the packet comes in again; its address translation is settled.
  return { fate: pass('PREROUTING', ['raw', 'mangle']), steps };
}

/** Undefined: the chain came to its end, or returned. */
function walk(rules: readonly Rule[], table: Table, chain: string, packet: Packet, steps: Rule[]): Fate | undefined {
  const own = inOrder(rules.filter((rule) => rule.table === table && rule.chain === chain));
  for (const rule of own) {
    if (!rule.matches.every((match) => holds(match, packet))) continue;
    const { target } = rule;
    steps.push(rule);
    switch (target.kind) {
      case 'return':
        return undefined;
      case 'accept':
        return { kind: 'pass' };
      case 'drop':
        return { kind: 'drop' };
      case 'redirect':
      case 'tproxy':
        return { kind: target.kind, port: target.port };
      case 'jump': {
        const fate = walk(rules, table, target.chain, packet, steps);
        if (fate !== undefined) return fate;
        break;
      }
      case 'set_mark':
        packet.mark = target.mark;
        break;
      case 'save_mark':
        packet.connectionMark = packet.mark;
        break;
      case 'restore_mark':
        packet.mark = packet.connectionMark;
        break;
      case 'zone':
        break;
    }
  }
  return undefined;
}

function holds(match: Match, packet: Packet): boolean {
  const found = plainlyHolds(match, packet);
  return 'not' in match && match.not === true ? !found : found;
}

function plainlyHolds(match: Match, packet: Packet): boolean {
  switch (match.kind) {
    case 'in':
      return packet.hook === 'PREROUTING' && isInterface(match.interface, packet.interface);
    case 'out':
      return packet.hook === 'OUTPUT' && isInterface(match.interface, packet.interface);
    case 'source':
      return contains(match.cidr, packet.source);
    case 'destination':
      return contains(match.cidr, packet.destination);
    case 'protocol':
      return match.protocol === packet.protocol;
    case 'destination_port':
      return match.port === packet.port;
    case 'destination_ports':
      return match.ports.includes(packet.port);
    case 'source_port':
      return false; // the client's own, which is none of those that rules name
    case 'uid':
      return packet.hook === 'OUTPUT' && match.id === packet.uid;
    case 'gid':
      return packet.hook === 'OUTPUT' && match.id === packet.gid;
    case 'mark':
      return match.mark === packet.mark;
    case 'connection_mark':
      return match.mark === packet.connectionMark;
    case 'state':
      return false; // the first packet of a connection is NEW
  }
}

function isInterface(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Whether the range holds the address; never across families. */
export function contains(cidr: string, address: string): boolean {
  const [network, length] = cidr.split('/');
  if (isIPv4(network) !== isIPv4(address)) return false;
  const [a, b] = [ipBytes(network), ipBytes(address)];
  if (a === undefined || b === undefined) return false;
  const bits = Number(length);
  return a.every((byte, i) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff;
    return (byte & mask) === (b[i] & mask);
  });
}
