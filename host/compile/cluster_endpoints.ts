// load_assignment of a cluster -> its endpoints, with addresses as far as they are known without DNS.
import type { envoy } from '../../proto/generated/api.js';
import { canonicalAddress, type EndpointHealth, type Locality } from '../cluster/endpoint.js';
import { finding, type Finding } from '../config/finding.js';
import { wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import { UNIX_PATH_MAX, type SocketAddress } from '../io/address.js';

type Address = envoy.config.core.v3.Address;
type LbEndpoint = envoy.config.endpoint.v3.LbEndpoint;
type LocalityLbEndpoints = envoy.config.endpoint.v3.LocalityLbEndpoints;
type ClusterLoadAssignment = envoy.config.endpoint.v3.ClusterLoadAssignment;

/** Where an endpoint is: an address, or a name that DNS must turn into one or more. */
export type EndpointTarget = { readonly address: SocketAddress } | { readonly name: string; readonly port: number };

export interface EndpointModel {
  readonly target: EndpointTarget;
  readonly hostname: string;
  readonly weight: number;
  readonly health: EndpointHealth;
  readonly priority: number;
  readonly locality?: Locality;
}

const TCP = 0; // SocketAddress.Protocol
const MAX_WEIGHT_SUM = 0xffff_ffff;
// envoy.config.core.v3.HealthStatus: UNKNOWN, HEALTHY, UNHEALTHY, DRAINING, TIMEOUT, DEGRADED.
const HEALTH: readonly EndpointHealth[] = ['healthy', 'healthy', 'unhealthy', 'draining', 'unhealthy', 'degraded'];

export class EndpointReader {
  readonly endpoints: EndpointModel[] = [];

  /** `byName`: the cluster resolves names, so that an address need not be an IP address. */
  constructor(
    private readonly byName: boolean,
    private readonly findings: Finding[],
  ) {}

  readAssignment(assignment: ClusterLoadAssignment, path: string): void {
    assignment.endpoints.forEach((group, i) => this.readLocality(group, indexPath(fieldPath(path, 'endpoints'), i)));
    this.checkWeights(path);
  }

  private readLocality(group: LocalityLbEndpoints, path: string): void {
    const list = group.load_balancer_endpoints;
    const listPath = list
      ? fieldPath(fieldPath(path, 'load_balancer_endpoints'), 'lb_endpoints')
      : fieldPath(path, 'lb_endpoints');
    (list ? list.lb_endpoints : group.lb_endpoints).forEach((endpoint, i) =>
      this.readEndpoint(endpoint, group, indexPath(listPath, i)),
    );
  }

  private readEndpoint(lbEndpoint: LbEndpoint, { priority, locality }: LocalityLbEndpoints, path: string): void {
    const endpoint = lbEndpoint.endpoint;
    if (!endpoint) {
      this.refuse(path, 'an endpoint without an address');
      return;
    }
    const target = this.readAddress(endpoint.address, fieldPath(fieldPath(path, 'endpoint'), 'address'));
    if (!target) return;
    this.endpoints.push({
      target,
      hostname: endpoint.hostname || ('name' in target ? target.name : ''),
      weight: wrapped(lbEndpoint.load_balancing_weight, 1),
      health: HEALTH[lbEndpoint.health_status] ?? 'unhealthy',
      priority,
      ...(locality ? { locality: { region: locality.region, zone: locality.zone, sub_zone: locality.sub_zone } } : {}),
    });
  }

  private readAddress(address: Address | null, path: string): EndpointTarget | undefined {
    if (address?.pipe) return this.readPipe(address.pipe.path, fieldPath(fieldPath(path, 'pipe'), 'path'));
    if (!address?.socket_address) return this.refuse(path, 'an endpoint is a socket_address or a pipe');
    const { address: host, port_value: port, port_specifier: specifier } = address.socket_address;
    const socketPath = fieldPath(path, 'socket_address');
    if (specifier === 'named_port')
      return this.refuse(fieldPath(socketPath, 'named_port'), 'an endpoint has a port_value');
    if (address.socket_address.protocol !== TCP) return this.refuse(fieldPath(socketPath, 'protocol'), 'not TCP');
    const ip = canonicalAddress(host, port);
    if (ip) return { address: ip };
    if (this.byName) return { name: host, port };
    return this.refuse(
      fieldPath(socketPath, 'address'),
      'not an IP address',
      host,
      'an IPv4 or IPv6 address (names: type STRICT_DNS or LOGICAL_DNS)',
    );
  }

  private readPipe(path: string, at: string): EndpointTarget | undefined {
    if (this.byName) return this.refuse(at, 'a cluster of names has no UNIX sockets', path, 'a socket_address');
    if (Buffer.byteLength(path) > UNIX_PATH_MAX) {
      return this.refuse(at, 'the path of the socket is too long', path, `at most ${UNIX_PATH_MAX} bytes`);
    }
    return { address: { family: 'unix', path } };
  }

  // Envoy: "The sum of weights of all upstream hosts in a locality exceeds 4294967295"; here of a priority level.
  private checkWeights(path: string): void {
    const sums = new Map<number, number>();
    for (const { priority, weight } of this.endpoints) sums.set(priority, (sums.get(priority) ?? 0) + weight);
    for (const sum of sums.values()) {
      if (sum <= MAX_WEIGHT_SUM) continue;
      this.findings.push(
        finding('WEFT1410', path, 'the weights of the endpoints add up to too much', {
          value: sum,
          allowed: `at most ${MAX_WEIGHT_SUM}`,
        }),
      );
    }
  }

  private refuse(path: string, message: string, value?: string, allowed?: string): undefined {
    this.findings.push(
      finding('WEFT1404', path, message, {
        ...(value === undefined ? {} : { value }),
        ...(allowed === undefined ? {} : { allowed }),
      }),
    );
    return undefined;
  }
}
