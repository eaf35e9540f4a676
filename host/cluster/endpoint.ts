// An endpoint as a cluster knows it once its address is known.
import {
  decodeAddress,
  encodeAddress,
  formatAddress,
  ipAddress,
  SOCKADDR_MAX,
  type SocketAddress,
} from '../io/address.js';

/** Envoy's coarse health, as far as the configuration gives it (`health_status`); active checks will add to it. */
export type EndpointHealth = 'healthy' | 'degraded' | 'unhealthy' | 'draining';

/** envoy.config.core.v3.Locality. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly sub_zone: string;
}

export interface ResolvedEndpoint {
  readonly address: SocketAddress;
  readonly hostname: string; // of the configuration; '' where it gives none
  readonly weight: number; // load_balancing_weight, 1 or more
  readonly health: EndpointHealth;
  readonly priority: number; // 0 is the highest
  readonly locality?: Locality;
}

/** Names of endpoints that keep their id over updates: the address, and a count where one address stands several times. */
export function endpointKeys(endpoints: readonly ResolvedEndpoint[]): string[] {
  const seen = new Map<string, number>();
  return endpoints.map((endpoint) => {
    const address = formatAddress(endpoint.address);
    const earlier = seen.get(address) ?? 0;
    seen.set(address, earlier + 1);
    return earlier === 0 ? address : `${address} #${earlier + 1}`;
  });
}

/** An IP address in the one form that stands for it (RFC 5952), so that equal addresses are equal texts. */
export function canonicalAddress(text: string, port: number): SocketAddress | undefined {
  const address = ipAddress(text, port);
  if (!address) return undefined;
  const view = new DataView(new ArrayBuffer(SOCKADDR_MAX));
  return decodeAddress(view, 0, encodeAddress(view, 0, address));
}
