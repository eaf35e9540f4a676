// Where a cluster's endpoints come from: `type`, or `cluster_type` with the extension that says the same, and the DNS settings.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, durationMs, MAX_DURATION_MS, unpackAny, wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import { formatAddress, ipAddress } from '../io/address.js';

type Cluster = envoy.config.cluster.v3.Cluster;
type DnsCluster = envoy.extensions.clusters.dns.v3.DnsCluster;
type CaresDnsResolverConfig = envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig;
type TypedExtensionConfig = envoy.config.core.v3.TypedExtensionConfig;
type Address = envoy.config.core.v3.Address;
type ConfigSource = envoy.config.core.v3.ConfigSource;

export type LookupFamily = 'auto' | 'v4_only' | 'v6_only' | 'v4_preferred' | 'all';
const FAMILIES: readonly LookupFamily[] = ['auto', 'v4_only', 'v6_only', 'v4_preferred', 'all'];

/** Times are milliseconds. */
export interface DnsModel {
  readonly lookupFamily: LookupFamily;
  readonly refreshRate: number;
  readonly failureRefresh: { readonly base: number; readonly max: number } | undefined; // undefined: refreshRate
  readonly minRefreshRate: number;
  readonly jitter: number;
  readonly respectTtl: boolean;
  /** Servers to ask instead of those of resolv.conf: "10.0.0.1:53", "[::1]:53". */
  readonly servers: readonly string[];
  readonly useSearchDomains: boolean;
  /** Of one query to one server, and how often it is sent; undefined: c-ares decides. */
  readonly timeout: number | undefined;
  readonly tries: number | undefined;
}

/** EDS: which ClusterLoadAssignment, and from where. */
export interface EdsModel {
  readonly serviceName: string;
  readonly source: ConfigSource;
  /** Of the source, for findings. */
  readonly path: string;
}

export type DiscoveryModel =
  | { readonly kind: 'static' | 'original_dst' }
  | { readonly kind: 'strict_dns' | 'logical_dns'; readonly dns: DnsModel }
  | { readonly kind: 'eds'; readonly eds: EdsModel };

const DNS_CLUSTER = 'envoy.extensions.clusters.dns.v3.DnsCluster';
const CARES = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
const REFRESH_RATE_MS = 5000; // dns_refresh_rate
const MIN_REFRESH_RATE_MS = 1000; // the least time between two resolutions that follow a TTL
const DNS_PORT = 53;
const TYPE = { STATIC: 0, STRICT_DNS: 1, LOGICAL_DNS: 2, EDS: 3, ORIGINAL_DST: 4 }; // Cluster.DiscoveryType

type Resolvers = Pick<DnsModel, 'servers' | 'useSearchDomains' | 'timeout' | 'tries'>;
const SYSTEM_RESOLVERS: Resolvers = { servers: [], useSearchDomains: true, timeout: undefined, tries: undefined };

function readServers(addresses: readonly Address[], path: string, findings: Finding[]): string[] {
  return addresses.flatMap((address, i) => {
    const socket = address.socket_address;
    const ip = socket ? ipAddress(socket.address, socket.port_value || DNS_PORT) : undefined;
    if (ip) return [formatAddress(ip)];
    findings.push(finding('WEFT1404', indexPath(path, i), 'a DNS server is an IP address and a port'));
    return [];
  });
}

function readResolverConfig(extension: TypedExtensionConfig, path: string, findings: Finding[]): Resolvers {
  const config = unpackAny<CaresDnsResolverConfig>(extension.typed_config, CARES);
  const configPath = fieldPath(path, 'typed_config');
  if (!config) {
    findings.push(
      finding('WEFT1302', configPath, 'a DNS resolver that is not here', {
        value: anyTypeName(extension.typed_config),
        allowed: CARES,
      }),
    );
    return SYSTEM_RESOLVERS;
  }
  const seconds = wrapped(config.query_timeout_seconds);
  return {
    servers: readServers(config.resolvers, fieldPath(configPath, 'resolvers'), findings),
    useSearchDomains: !config.dns_resolver_options?.no_default_search_domain,
    timeout: seconds === undefined ? undefined : Math.min(seconds * 1000, MAX_DURATION_MS),
    tries: wrapped(config.query_tries),
  };
}

function readResolvers(cluster: Cluster, path: string, findings: Finding[]): Resolvers {
  if (cluster.typed_dns_resolver_config) {
    return readResolverConfig(
      cluster.typed_dns_resolver_config,
      fieldPath(path, 'typed_dns_resolver_config'),
      findings,
    );
  }
  const old = cluster.dns_resolution_config;
  return {
    servers: old
      ? readServers(old.resolvers, fieldPath(fieldPath(path, 'dns_resolution_config'), 'resolvers'), findings)
      : readServers(cluster.dns_resolvers, fieldPath(path, 'dns_resolvers'), findings),
    useSearchDomains: !old?.dns_resolver_options?.no_default_search_domain,
    timeout: undefined,
    tries: undefined,
  };
}

function readFailureRefresh(
  rate: DnsCluster['dns_failure_refresh_rate'],
  path: string,
  findings: Finding[],
): DnsModel['failureRefresh'] {
  if (!rate) return undefined;
  const base = durationMs(rate.base_interval, REFRESH_RATE_MS);
  const max = durationMs(rate.max_interval, Math.min(base * 10, MAX_DURATION_MS));
  if (max < base) {
    findings.push(
      finding('WEFT1405', fieldPath(path, 'dns_failure_refresh_rate'), 'max_interval is less than base_interval'),
    );
  }
  return { base, max };
}

function readDns(cluster: Cluster, path: string, findings: Finding[]): DnsModel {
  return {
    lookupFamily: FAMILIES[cluster.dns_lookup_family] ?? 'auto',
    refreshRate: durationMs(cluster.dns_refresh_rate, REFRESH_RATE_MS),
    failureRefresh: readFailureRefresh(cluster.dns_failure_refresh_rate, path, findings),
    minRefreshRate: MIN_REFRESH_RATE_MS,
    jitter: durationMs(cluster.dns_jitter, 0),
    respectTtl: cluster.respect_dns_ttl,
    ...readResolvers(cluster, path, findings),
  };
}

// The DnsLookupFamily of the extension counts from UNSPECIFIED; the one of the cluster from AUTO.
function readDnsCluster(config: DnsCluster, path: string, findings: Finding[]): DiscoveryModel {
  const resolver = config.typed_dns_resolver_config;
  return {
    kind: config.all_addresses_in_single_endpoint ? 'logical_dns' : 'strict_dns',
    dns: {
      lookupFamily: FAMILIES[Math.max(0, config.dns_lookup_family - 1)] ?? 'auto',
      refreshRate: durationMs(config.dns_refresh_rate, REFRESH_RATE_MS),
      failureRefresh: readFailureRefresh(config.dns_failure_refresh_rate, path, findings),
      minRefreshRate: durationMs(config.dns_min_refresh_rate, MIN_REFRESH_RATE_MS),
      jitter: durationMs(config.dns_jitter, 0),
      respectTtl: config.respect_dns_ttl,
      ...(resolver
        ? readResolverConfig(resolver, fieldPath(path, 'typed_dns_resolver_config'), findings)
        : SYSTEM_RESOLVERS),
    },
  };
}

function readClusterType(cluster: Cluster, path: string, findings: Finding[]): DiscoveryModel {
  const custom = cluster.cluster_type!;
  const configPath = fieldPath(fieldPath(path, 'cluster_type'), 'typed_config');
  const config = unpackAny<DnsCluster>(custom.typed_config, DNS_CLUSTER);
  if (config) return readDnsCluster(config, configPath, findings);
  findings.push(
    finding('WEFT1302', configPath, 'a kind of cluster that is not here', {
      value: anyTypeName(custom.typed_config) || custom.name,
      allowed: DNS_CLUSTER,
    }),
  );
  return { kind: 'static' };
}

function readEds(cluster: Cluster, path: string, findings: Finding[]): DiscoveryModel {
  const at = fieldPath(fieldPath(path, 'eds_cluster_config'), 'eds_config');
  const source = cluster.eds_cluster_config?.eds_config;
  if (!source) {
    findings.push(finding('WEFT1201', at, 'a cluster of type EDS says where its endpoints come from'));
    return { kind: 'static' };
  }
  const serviceName = cluster.eds_cluster_config!.service_name || cluster.name;
  return { kind: 'eds', eds: { serviceName, source, path: at } };
}

export function readDiscovery(cluster: Cluster, path: string, findings: Finding[]): DiscoveryModel {
  if (cluster.cluster_type) return readClusterType(cluster, path, findings);
  switch (cluster.type) {
    case TYPE.STATIC:
      return { kind: 'static' };
    case TYPE.STRICT_DNS:
      return { kind: 'strict_dns', dns: readDns(cluster, path, findings) };
    case TYPE.LOGICAL_DNS:
      return { kind: 'logical_dns', dns: readDns(cluster, path, findings) };
    case TYPE.EDS:
      return readEds(cluster, path, findings);
    case TYPE.ORIGINAL_DST:
      return { kind: 'original_dst' };
    default:
      findings.push(
        finding('WEFT1303', fieldPath(path, 'type'), 'a kind of cluster that is not here', {
          value: cluster.type,
          allowed: 'STATIC, STRICT_DNS, LOGICAL_DNS, EDS, ORIGINAL_DST',
        }),
      );
      return { kind: 'static' };
  }
}
