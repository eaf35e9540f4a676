// internal_address_config: whose requests are internal ones.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import { ipBytes } from '../io/address.js';

type InternalAddressConfig =
  envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig;
type CidrRange = envoy.config.core.v3.CidrRange;

export interface CidrModel {
  /** 4 or 16, in network order. */
  readonly bytes: Uint8Array;
  readonly bits: number;
}

export function readInternalAddresses(
  config: InternalAddressConfig | null,
  path: string,
  findings: Finding[],
): CidrModel[] {
  const at = fieldPath(fieldPath(path, 'internal_address_config'), 'cidr_ranges');
  return (config?.cidr_ranges ?? []).flatMap((range, i) => readCidr(range, indexPath(at, i), findings) ?? []);
}

export function readCidr(range: CidrRange, path: string, findings: Finding[]): CidrModel | undefined {
  const bytes = ipBytes(range.address_prefix);
  const bits = wrapped(range.prefix_len, 0);
  if (bytes && bits <= bytes.length * 8) return { bytes, bits };
  const value = `${range.address_prefix}/${bits}`;
  findings.push(finding('WEFT1404', path, 'not an IP address range', { value, allowed: '10.0.0.0/8, fd00::/8' }));
  return undefined;
}
