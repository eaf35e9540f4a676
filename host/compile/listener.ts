// envoy.config.listener.v3.Listener -> ListenerModel: its address, its socket options, and the network filter that serves it.
// Findings are added, never thrown; what is returned beside an error is not to be used.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, unpackAny, wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import type { HttpFilterRegistry } from '../filter/http/registry.js';
import { formatAddress, ipAddress, type SocketAddress } from '../io/address.js';
import { readHttpConnectionManager, type HcmModel } from './http_connection_manager.js';
import { readTcpProxy, type ClusterLookup, type TcpProxyModel } from './tcp_proxy.js';

type Listener = envoy.config.listener.v3.Listener;
type FilterChain = envoy.config.listener.v3.FilterChain;
type Address = envoy.config.core.v3.Address;
type Hcm = envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
type TcpProxy = envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

export type NetworkModel =
  | { readonly kind: 'http_connection_manager'; readonly hcm: HcmModel }
  | { readonly kind: 'tcp_proxy'; readonly tcpProxy: TcpProxyModel };

export interface ListenerModel {
  /** Envoy makes up a name where there is none; ours is the address. */
  readonly name: string;
  readonly address: SocketAddress;
  /** Of its statistics: stat_prefix, else the address. */
  readonly statName: string;
  readonly bufferLimit: number;
  readonly backlog: number | undefined;
  readonly reusePort: boolean;
  readonly ipv4Compat: boolean;
  readonly mode: number | undefined; // of a UNIX socket's file
  readonly bindToPort: boolean;
  readonly network: NetworkModel;
}

export interface ListenerContext {
  readonly clusterOf: ClusterLookup;
  readonly httpFilters: HttpFilterRegistry;
}

const BUFFER_LIMIT = 1024 * 1024; // per_connection_buffer_limit_bytes
const NO_BUFFER_LIMIT = 0x7fff_ffff; // what 0 means

export function readListener(
  listener: Listener,
  path: string,
  context: ListenerContext,
  findings: Finding[],
): ListenerModel | undefined {
  const address = readAddress(listener.address, fieldPath(path, 'address'), findings);
  const network = readFilterChains(listener.filter_chains, fieldPath(path, 'filter_chains'), context, findings);
  if (!address || !network) return undefined;
  const text = formatAddress(address);
  return {
    name: listener.name || text,
    address,
    statName: listener.stat_prefix || text,
    bufferLimit: wrapped(listener.per_connection_buffer_limit_bytes, BUFFER_LIMIT) || NO_BUFFER_LIMIT,
    backlog: wrapped(listener.tcp_backlog_size),
    reusePort: wrapped(listener.enable_reuse_port, true),
    ipv4Compat: listener.address?.socket_address?.ipv4_compat ?? false,
    mode: listener.address?.pipe?.mode || undefined,
    bindToPort: wrapped(listener.bind_to_port, true),
    network,
  };
}

/** Shared with the admin interface, whose address obeys the same rules. */
export function readAddress(address: Address | null, path: string, findings: Finding[]): SocketAddress | undefined {
  if (address?.pipe) return { family: 'unix', path: address.pipe.path };
  const socket = address?.socket_address;
  const found = socket ? ipAddress(socket.address, socket.port_value) : undefined;
  if (!found) {
    const allowed = 'socket_address with an IP address and a port_value, or pipe';
    findings.push(
      finding('WEFT1404', path, 'a listener has an IP address or a path', { value: socket?.address, allowed }),
    );
  }
  // As Envoy: only an IPv6 socket can take IPv4 connections too.
  if (found && socket?.ipv4_compat && !/^(?:::|::ffff:[\d.]+)$/i.test(socket.address)) {
    const at = fieldPath(fieldPath(path, 'socket_address'), 'ipv4_compat');
    const allowed = "the address '::', or an IPv4-mapped one such as '::ffff:127.0.0.1'";
    findings.push(finding('WEFT1405', at, 'ipv4_compat needs an IPv6 address', { value: socket.address, allowed }));
  }
  return found;
}

function readFilterChains(
  chains: readonly FilterChain[],
  path: string,
  context: ListenerContext,
  findings: Finding[],
): NetworkModel | undefined {
  if (chains.length !== 1) {
    const message = chains.length === 0 ? 'a listener needs a filter chain' : 'a listener has one filter chain';
    findings.push(finding(chains.length === 0 ? 'WEFT1406' : 'WEFT1304', path, message));
    return undefined;
  }
  return readNetworkFilters(chains[0], fieldPath(indexPath(path, 0), 'filters'), context, findings);
}

function readNetworkFilters(
  chain: FilterChain,
  path: string,
  context: ListenerContext,
  findings: Finding[],
): NetworkModel | undefined {
  const last = chain.filters.length - 1;
  if (last < 0) {
    findings.push(finding('WEFT1406', path, 'a filter chain needs a network filter'));
    return undefined;
  }
  chain.filters.slice(0, last).forEach((filter, i) => {
    const value = anyTypeName(filter.typed_config) || filter.name;
    findings.push(finding('WEFT1406', indexPath(path, i), 'no filter stands before the last one', { value }));
  });
  const any = chain.filters[last].typed_config;
  const at = fieldPath(indexPath(path, last), 'typed_config');
  const hcm = unpackAny<Hcm>(any, HCM);
  if (hcm) {
    const model = readHttpConnectionManager(hcm, at, context.httpFilters, findings);
    return { kind: 'http_connection_manager', hcm: model };
  }
  const tcpProxy = unpackAny<TcpProxy>(any, TCP_PROXY);
  if (tcpProxy) return { kind: 'tcp_proxy', tcpProxy: readTcpProxy(tcpProxy, at, context.clusterOf, findings) };
  const value = anyTypeName(any) || chain.filters[last].name;
  findings.push(finding('WEFT1302', at, 'not a network filter of weft', { value, allowed: `${HCM}, ${TCP_PROXY}` }));
  return undefined;
}
