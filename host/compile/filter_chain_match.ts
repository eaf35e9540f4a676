// envoy.config.listener.v3.FilterChainMatch -> what a connection must have, level by level. Findings are added, never thrown.
import {
  MATCH_APPLICATION_PROTOCOL,
  MATCH_DESTINATION_IP,
  MATCH_DESTINATION_PORT,
  MATCH_DIRECT_SOURCE_IP,
  MATCH_SERVER_NAME,
  MATCH_SOURCE_IP,
  MATCH_SOURCE_PORT,
  MATCH_SOURCE_TYPE,
  MATCH_TRANSPORT_PROTOCOL,
  TRANSPORT_RAW_BUFFER,
  TRANSPORT_TLS,
} from '../../assembly/abi.js';
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import { ipBytes } from '../io/address.js';
import type { CidrModel } from './internal_addresses.js';

type FilterChainMatch = envoy.config.listener.v3.FilterChainMatch;
type CidrRange = envoy.config.core.v3.CidrRange;

/** What the tree of a listener is keyed by at one of its levels. */
export type MatchKey =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'prefix'; readonly range: CidrModel };

export interface MatchLevel {
  readonly level: number; // MATCH_*
  /** One of them must fit; none: whatever the connection has. */
  readonly keys: readonly MatchKey[];
}

/** In the order in which a connection is matched. */
export type MatchModel = readonly MatchLevel[];

export function readFilterChainMatch(match: FilterChainMatch | null, path: string, findings: Finding[]): MatchModel {
  refuseSuffix(match, path, findings);
  const ranges = (field: 'prefix_ranges' | 'direct_source_prefix_ranges' | 'source_prefix_ranges'): MatchKey[] =>
    readRanges(match?.[field] ?? [], fieldPath(path, field), findings);
  const port = match?.destination_port ? [wrapped(match.destination_port, 0)] : [];
  const names = readServerNames(match?.server_names ?? [], fieldPath(path, 'server_names'), findings);
  return [
    { level: MATCH_DESTINATION_PORT, keys: numbers(port) },
    { level: MATCH_DESTINATION_IP, keys: ranges('prefix_ranges') },
    { level: MATCH_SERVER_NAME, keys: texts(names) },
    { level: MATCH_TRANSPORT_PROTOCOL, keys: transportKeys(match?.transport_protocol ?? '') },
    { level: MATCH_APPLICATION_PROTOCOL, keys: texts(match?.application_protocols ?? []) },
    { level: MATCH_DIRECT_SOURCE_IP, keys: ranges('direct_source_prefix_ranges') },
    { level: MATCH_SOURCE_TYPE, keys: numbers(match?.source_type ? [match.source_type] : []) },
    { level: MATCH_SOURCE_IP, keys: ranges('source_prefix_ranges') },
    { level: MATCH_SOURCE_PORT, keys: numbers(match?.source_ports ?? []) },
  ];
}

// As Envoy, which knows the fields and has never done anything about them.
function refuseSuffix(match: FilterChainMatch | null, path: string, findings: Finding[]): void {
  for (const field of ['address_suffix', 'suffix_len'] as const) {
    if (!match?.[field]) continue;
    findings.push(finding('WEFT1301', fieldPath(path, field), 'Envoy does not implement this field either'));
  }
}

function numbers(values: readonly number[]): MatchKey[] {
  return values.map((value) => ({ kind: 'number', value }));
}

// An empty text asks for nothing, as none does.
function texts(values: readonly string[]): MatchKey[] {
  return values.map((text) => ({ kind: 'text', text }));
}

const TRANSPORTS = new Map([
  ['raw_buffer', TRANSPORT_RAW_BUFFER],
  ['tls', TRANSPORT_TLS],
]);

// A name that nothing detects stays a text, which no connection has.
function transportKeys(name: string): MatchKey[] {
  const number = TRANSPORTS.get(name);
  return number === undefined ? texts(name ? [name] : []) : numbers([number]);
}

/** `*.example.com` is kept as `.example.com`. */
function readServerNames(names: readonly string[], path: string, findings: Finding[]): string[] {
  return names.map((name, i) => {
    if (!name.includes('*')) return name;
    if (name.startsWith('*.') && !name.includes('*', 1)) return name.slice(1);
    const allowed = 'a whole name, or one that begins with "*." and has no other star';
    findings.push(
      finding('WEFT1405', indexPath(path, i), 'a server name has no partial wildcard', { value: name, allowed }),
    );
    return name;
  });
}

function readRanges(ranges: readonly CidrRange[], path: string, findings: Finding[]): MatchKey[] {
  return ranges.flatMap((range, i) => {
    const bytes = ipBytes(range.address_prefix);
    if (bytes) {
      // As Envoy: a length beyond the address is the whole address.
      const bits = Math.min(wrapped(range.prefix_len, 0), bytes.length * 8);
      return [{ kind: 'prefix', range: { bytes, bits } }];
    }
    const details = { value: range.address_prefix, allowed: 'an IP address' };
    findings.push(finding('WEFT1404', fieldPath(indexPath(path, i), 'address_prefix'), 'not an IP address', details));
    return [];
  });
}
