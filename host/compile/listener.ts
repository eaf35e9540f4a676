// envoy.config.listener.v3.Listener -> ListenerModel: its address, its socket options, its filter chains and how one is chosen.
// Findings are added, never thrown; what is returned beside an error is not to be used.
import type { SocketOption } from '../io/socket.js';
import { readSocketOptions } from './socket_options.js';
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, durationMs, unpackAny, wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import type { AskerSpec } from '../filter/asker_spec.js';
import type { HttpFilterRegistry } from '../filter/http/registry.js';
import { canonicalAddress } from '../cluster/endpoint.js';
import { formatAddress, type SocketAddress } from '../io/address.js';
import { readFilterChainMatch } from './filter_chain_match.js';
import { matchTree, type MatchChild } from './filter_chain_tree.js';
import { readHttpConnectionManager, type HcmModel } from './http_connection_manager.js';
import { readListenerFilters, type ListenerFilterModel } from './listener_filters.js';
import { readTcpProxy, type ClusterLookup, type TcpProxyModel } from './tcp_proxy.js';

type Listener = envoy.config.listener.v3.Listener;
type FilterChain = envoy.config.listener.v3.FilterChain;
type AccessLog = envoy.config.accesslog.v3.AccessLog;
type Address = envoy.config.core.v3.Address;
type Hcm = envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
type TcpProxy = envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const RAW_BUFFER = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';
const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

export type NetworkModel =
  | { readonly kind: 'http_connection_manager'; readonly hcm: HcmModel }
  | { readonly kind: 'tcp_proxy'; readonly tcpProxy: TcpProxyModel }
  /** No filters: as Envoy, the connection is closed at once. */
  | { readonly kind: 'none' };

export interface FilterChainModel {
  readonly name: string;
  readonly network: NetworkModel;
}

/** Where a listener is bound. */
export interface ListenerAddress {
  readonly address: SocketAddress;
  readonly ipv4Compat: boolean;
  readonly mode: number | undefined; // of a UNIX socket's file
  readonly socketOptions: readonly SocketOption[];
}

export interface ListenerModel {
  /** Envoy makes up a name where there is none; ours is the address. */
  readonly name: string;
  /** `address`, then `additional_addresses`. */
  readonly addresses: readonly ListenerAddress[];
  /** Of its statistics: stat_prefix, else the address. */
  readonly statName: string;
  readonly bufferLimit: number;
  readonly backlog: number | undefined;
  readonly reusePort: boolean;
  readonly bindToPort: boolean;
  /** traffic_direction */
  readonly isInbound: boolean;
  readonly transparent: boolean | undefined;
  readonly freebind: boolean | undefined;
  readonly filters: readonly ListenerFilterModel[];
  /** ms for all listener filters together, 0 = none. */
  readonly filtersTimeout: number;
  readonly continueOnFiltersTimeout: boolean;
  /** use_original_dst: a restored connection goes to the listener of its address. */
  readonly handsOver: boolean;
  /** Its own access logs: of each of its connections. */
  readonly accessLogs: readonly AccessLog[];
  readonly accessLogsPath: string;
  /** The default one last, where there is one. */
  readonly chains: readonly FilterChainModel[];
  /** How a connection finds its chain; leaves are places in `chains`. Undefined: every connection has the default one. */
  readonly match: MatchChild | undefined;
  /** default_filter_chain: its place in `chains`. */
  readonly fallback: number | undefined;
}

export interface ListenerContext {
  readonly clusterOf: ClusterLookup;
  readonly httpFilters: HttpFilterRegistry;
  /** The number of an asker (host/asking/) that a filter wants; findings say why it cannot be had. */
  readonly asker: (spec: AskerSpec, findings: Finding[]) => number;
}

const INBOUND = 1; // envoy.config.core.v3.TrafficDirection
const BUFFER_LIMIT = 1024 * 1024; // per_connection_buffer_limit_bytes
const FILTERS_TIMEOUT_MS = 15_000;
const NO_BUFFER_LIMIT = 0x7fff_ffff; // what 0 means

export function readListener(
  listener: Listener,
  path: string,
  context: ListenerContext,
  findings: Finding[],
): ListenerModel | undefined {
  const addresses = readAddresses(listener, path, findings);
  const chains = readFilterChains(listener, path, context, findings);
  if (!addresses || !chains) return undefined;
  const text = formatAddress(addresses[0].address);
  return {
    name: listener.name || text,
    addresses,
    statName: listener.stat_prefix || text,
    bufferLimit: wrapped(listener.per_connection_buffer_limit_bytes, BUFFER_LIMIT) || NO_BUFFER_LIMIT,
    backlog: wrapped(listener.tcp_backlog_size),
    reusePort: wrapped(listener.enable_reuse_port, true),
    bindToPort: wrapped(listener.bind_to_port, true),
    isInbound: listener.traffic_direction === INBOUND,
    transparent: listener.transparent?.value,
    freebind: listener.freebind?.value,
    filters: readListenerFilters(listener, path, findings),
    filtersTimeout: durationMs(listener.listener_filters_timeout, FILTERS_TIMEOUT_MS),
    continueOnFiltersTimeout: listener.continue_on_listener_filters_timeout,
    handsOver: wrapped(listener.use_original_dst, false),
    accessLogs: listener.access_log,
    accessLogsPath: fieldPath(path, 'access_log'),
    ...chains,
  };
}

function readAddresses(listener: Listener, path: string, findings: Finding[]): ListenerAddress[] | undefined {
  const socketOptions = readSocketOptions(listener.socket_options, fieldPath(path, 'socket_options'), findings);
  const first = readListenerAddress(listener.address, fieldPath(path, 'address'), socketOptions, findings);
  const others = listener.additional_addresses.map(({ address, socket_options: own }, i) => {
    const at = indexPath(fieldPath(path, 'additional_addresses'), i);
    const ownPath = fieldPath(fieldPath(at, 'socket_options'), 'socket_options');
    const options = own ? readSocketOptions(own.socket_options, ownPath, findings) : socketOptions;
    return readListenerAddress(address, fieldPath(at, 'address'), options, findings);
  });
  const all = [first, ...others].filter((each) => each !== undefined);
  return all.length > others.length ? all : undefined;
}

function readListenerAddress(
  message: Address | null,
  path: string,
  socketOptions: readonly SocketOption[],
  findings: Finding[],
): ListenerAddress | undefined {
  const address = readAddress(message, path, findings);
  const ipv4Compat = message?.socket_address?.ipv4_compat ?? false;
  return address && { address, ipv4Compat, mode: message?.pipe?.mode || undefined, socketOptions };
}

/** Shared with the admin interface, whose address obeys the same rules. */
export function readAddress(address: Address | null, path: string, findings: Finding[]): SocketAddress | undefined {
  if (address?.pipe) return { family: 'unix', path: address.pipe.path };
  const socket = address?.socket_address;
  const found = socket ? canonicalAddress(socket.address, socket.port_value) : undefined;
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

type Chains = Pick<ListenerModel, 'chains' | 'match' | 'fallback'>;

function readFilterChains(
  listener: Listener,
  path: string,
  context: ListenerContext,
  findings: Finding[],
): Chains | undefined {
  const at = fieldPath(path, 'filter_chains');
  const { filter_chains: written, default_filter_chain: last } = listener;
  if (written.length === 0 && !last) {
    findings.push(finding('WEFT1406', at, 'a listener needs a filter chain'));
    return undefined;
  }
  const models = written.map((chain, i) => readFilterChain(chain, indexPath(at, i), context, findings));
  if (last) models.push(readFilterChain(last, fieldPath(path, 'default_filter_chain'), context, findings));
  const matches = written.map(({ name, filter_chain_match: match }, i) => {
    const place = fieldPath(indexPath(at, i), 'filter_chain_match');
    return { name, path: place, match: readFilterChainMatch(match, place, findings) };
  });
  const chains = models.filter((model) => model !== undefined);
  if (chains.length < models.length) return undefined;
  return { chains, match: matchTree(matches, findings), fallback: last ? written.length : undefined };
}

function readFilterChain(
  chain: FilterChain,
  path: string,
  context: ListenerContext,
  findings: Finding[],
): FilterChainModel | undefined {
  checkTransportSocket(chain, fieldPath(path, 'transport_socket'), findings);
  const network = readNetworkFilters(chain, fieldPath(path, 'filters'), context, findings);
  return network && { name: chain.name, network };
}

/** The table of extensions does not tell the sockets of listeners from those of clusters. */
function checkTransportSocket({ transport_socket: socket }: FilterChain, path: string, findings: Finding[]): void {
  if (!socket || anyTypeName(socket.typed_config) === RAW_BUFFER) return;
  findings.push(
    finding('WEFT1302', path, 'this is no transport socket of a listener', { value: socket.name, allowed: RAW_BUFFER }),
  );
}

function readNetworkFilters(
  chain: FilterChain,
  path: string,
  context: ListenerContext,
  findings: Finding[],
): NetworkModel | undefined {
  const last = chain.filters.length - 1;
  if (last < 0) return { kind: 'none' };
  chain.filters.slice(0, last).forEach((filter, i) => {
    const value = anyTypeName(filter.typed_config) || filter.name;
    findings.push(finding('WEFT1406', indexPath(path, i), 'no filter stands before the last one', { value }));
  });
  const any = chain.filters[last].typed_config;
  const at = fieldPath(indexPath(path, last), 'typed_config');
  const hcm = unpackAny<Hcm>(any, HCM);
  if (hcm) {
    const place = { registry: context.httpFilters, asker: context.asker };
    const model = readHttpConnectionManager(hcm, at, place, findings);
    return { kind: 'http_connection_manager', hcm: model };
  }
  const tcpProxy = unpackAny<TcpProxy>(any, TCP_PROXY);
  if (tcpProxy) return { kind: 'tcp_proxy', tcpProxy: readTcpProxy(tcpProxy, at, context.clusterOf, findings) };
  const value = anyTypeName(any) || chain.filters[last].name;
  findings.push(finding('WEFT1302', at, 'not a network filter of weft', { value, allowed: `${HCM}, ${TCP_PROXY}` }));
  return undefined;
}
