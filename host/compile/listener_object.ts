// ListenerModel -> a Listener object of the core, not yet published.
import { FILTER_HOST, FILTER_ROUTER, LISTENER_CONTINUES, LISTENER_HANDS_OVER } from '../../assembly/abi.js';
import { putBytes, type Core } from '../core/load.js';
import type { HcmModel } from './http_connection_manager.js';
import type { HttpFilterModel } from './http_filters.js';
import type { CidrModel } from './internal_addresses.js';
import { buildMatchTree } from './filter_chain_tree.js';
import type { FilterChainModel, ListenerModel } from './listener.js';
import { buildPredicate } from './listener_predicate.js';
import type { TcpProxyModel } from './tcp_proxy.js';
import type { UpgradeModel } from './upgrades.js';

/** What the access logs of a listener need of a stream (assembly/access_log/plan.ts). Names are lower-case. */
export interface AccessLogPlanModel {
  readonly id: number;
  readonly need: number; // 1 << LOG_TEXT_*
  readonly requestHeaders: readonly string[]; // pseudo-headers with their colon
  readonly responseHeaders: readonly string[];
  readonly responseTrailers: readonly string[];
  /** Of each request header, then of each response header: several of its name are one value. */
  readonly joined: readonly boolean[];
}

/** Who this proxy is, for headers that say so. */
export interface LocalInfo {
  readonly cluster: string;
  readonly node: string;
  /** An address of this machine, which x-forwarded-for gets for a loopback peer. */
  readonly address: string;
}

/** Where the parts of a listener are: given by those who own the numbers. */
export interface ListenerPlace {
  readonly index: number; // in LISTENER_DIR
  readonly stats: number; // first index of LISTENER_STAT_*
  /** First index of the statistics of each of its listener filters, 0 for one that has none. */
  readonly filterStats: readonly number[];
  readonly accessLog: AccessLogPlanModel | undefined; // the listener's own
  /** Of each of its chains. */
  readonly chains: readonly FilterChainPlace[];
  readonly localInfo: LocalInfo;
}

export interface FilterChainPlace {
  /** The same as long as the chain is: never used for another. */
  readonly serial: number;
  readonly networkStats: number; // first index of HCM_STAT_* or TCP_STAT_*
  readonly routeConfig: number; // in ROUTE_DIR
  readonly accessLog: AccessLogPlanModel | undefined;
}

function required(address: number): number {
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  return address;
}

export interface ListenerObject {
  readonly address: number;
  /** Addresses of its FilterChains. */
  readonly chains: readonly number[];
}

/** Throws when the table memory is exhausted; nothing is left behind then. */
export function buildListener(core: Core, model: ListenerModel, place: ListenerPlace): ListenerObject {
  const x = core.exports;
  const object = required(x.listenerNew(place.index, place.stats, model.bufferLimit));
  try {
    const chains = buildChains(core, object, model, place);
    buildFilters(core, object, model, place);
    if (place.accessLog) x.listenerSetAccessLog(object, buildLogPlan(core, object, place.accessLog));
    return { address: object, chains };
  } catch (error) {
    x.objectFree(object);
    throw error;
  }
}

function buildChains(core: Core, object: number, model: ListenerModel, place: ListenerPlace): number[] {
  const chains = model.chains.map((chain, i) => buildChain(core, object, chain, model.bufferLimit, place, i));
  const match = model.match === undefined ? 0 : buildMatchTree(core, object, model.match, chains);
  const fallback = model.fallback === undefined ? 0 : chains[model.fallback];
  const straight = typeof model.match === 'number' && model.filters.length === 0 && !model.handsOver;
  core.exports.listenerSetChains(object, match, fallback, straight);
  const list = required(core.exports.listenerSetChainList(object, Math.max(chains.length, 1)));
  const inOrder = chains.map((chain, i) => ({ chain, serial: place.chains[i].serial }));
  inOrder.sort((a, b) => a.serial - b.serial);
  core.u32.set(
    inOrder.map(({ chain }) => chain),
    list >>> 2,
  );
  return chains;
}

function buildFilters(core: Core, object: number, model: ListenerModel, place: ListenerPlace): void {
  const x = core.exports;
  const flags = (model.handsOver ? LISTENER_HANDS_OVER : 0) | (model.continueOnFiltersTimeout ? LISTENER_CONTINUES : 0);
  required(Number(x.listenerSetFilters(object, model.filters.length, flags, model.filtersTimeout)));
  model.filters.forEach((filter, i) => {
    const disabled = filter.disabled ? buildPredicate(core, object, filter.disabled) : 0;
    x.listenerSetFilter(object, i, filter.kind, filter.flags, filter.limit, place.filterStats[i], disabled);
  });
}

function buildChain(
  core: Core,
  object: number,
  { name, network }: FilterChainModel,
  bufferLimit: number,
  place: ListenerPlace,
  i: number,
): number {
  const { accessLog, networkStats, serial } = place.chains[i];
  const plan = accessLog ? buildLogPlan(core, object, accessLog) : 0;
  const isTcp = network.kind === 'tcp_proxy';
  const isHttp = network.kind === 'http_connection_manager';
  const tcp = isTcp ? buildTcpProxy(core, object, network.tcpProxy, networkStats, plan) : 0;
  const hcm = isHttp ? buildHcm(core, object, network.hcm, bufferLimit, place, place.chains[i], plan) : 0;
  const text = putBytes(core, object, name);
  return required(core.exports.filterChainNew(object, hcm, tcp, text.address, text.length, serial));
}

function buildHcm(
  core: Core,
  object: number,
  m: HcmModel,
  bufferLimit: number,
  place: ListenerPlace,
  { networkStats, routeConfig }: FilterChainPlace,
  plan: number,
): number {
  const x = core.exports;
  const hcm = required(x.hcmNew(object));
  const put = (text: string): [number, number] => {
    const { address, length } = putBytes(core, object, text);
    return [address, length];
  };
  x.hcmSetBasics(hcm, networkStats, routeConfig, m.flags, bufferLimit, m.codecType);
  x.hcmSetLimits(hcm, m.maxRequestHeaders, m.maxHeadersCount, m.maxRequestsPerConnection);
  x.hcmSetConnectionTimeouts(hcm, m.idleTimeout, m.maxConnectionDuration, m.drainTimeout, m.delayedCloseTimeout);
  x.hcmSetStreamTimeouts(hcm, m.streamIdleTimeout, m.requestTimeout, m.requestHeadersTimeout, m.maxStreamDuration);
  x.hcmSetForwarding(
    hcm,
    m.xffNumTrustedHops,
    m.forwardClientCertDetails,
    m.schemeToOverwrite,
    ...put(place.localInfo.address),
  );
  x.hcmSetServer(hcm, m.serverHeaderTransformation, ...put(m.serverName));
  x.hcmSetVia(hcm, ...put(m.via));
  if (m.addUserAgent) x.hcmSetUserAgent(hcm, ...put(place.localInfo.cluster), ...put(place.localInfo.node));
  x.hcmSetDefaultHost(hcm, ...put(m.defaultHost));
  x.hcmSetStrictness(hcm, m.escapedSlashes, m.underscores);
  addInternalRanges(core, object, hcm, m.internalRanges);
  addFilters(core, object, hcm, m.filters);
  if (m.upgrades.length > 0) x.hcmSetUpgrades(hcm, buildUpgrades(core, object, m.upgrades));
  x.hcmSetAccessLog(hcm, plan);
  return hcm;
}

function addInternalRanges(core: Core, object: number, hcm: number, ranges: readonly CidrModel[]): void {
  required(Number(core.exports.hcmSetInternalRanges(object, hcm, ranges.length)));
  ranges.forEach(({ bytes, bits }, i) => {
    core.u8.set(bytes, core.exports.hcmSetInternalRange(hcm, i, bytes.length === 4 ? 4 : 6, bits));
  });
}

function addFilters(core: Core, object: number, hcm: number, filters: readonly HttpFilterModel[]): void {
  required(Number(core.exports.hcmSetFilters(object, hcm, filters.length)));
  filters.forEach((filter, i) => {
    if (filter.kind === 'router') return void core.exports.hcmSetFilter(hcm, i, FILTER_ROUTER, 0, false);
    const { phases, disabled, typeName, config } = filter;
    const at = core.exports.hcmSetFilter(hcm, i, FILTER_HOST, phases, disabled);
    const name = putBytes(core, object, filter.name);
    const text = putBytes(core, object, JSON.stringify({ type: typeName, config }));
    core.exports.filterSetText(at, name.address, name.length, text.address, text.length);
  });
}

function buildUpgrades(core: Core, object: number, upgrades: readonly UpgradeModel[]): number {
  const list = required(core.exports.upgradesNew(object, upgrades.length));
  upgrades.forEach(({ name, enabled }, i) => {
    const { address, length } = putBytes(core, object, name);
    core.exports.upgradesSet(list, i, address, length, enabled, false);
  });
  return list;
}

function buildLogPlan(core: Core, object: number, plan: AccessLogPlanModel): number {
  const { id, need, requestHeaders, responseHeaders, responseTrailers, joined } = plan;
  const x = core.exports;
  const address = required(
    x.logPlanNew(object, id, need, requestHeaders.length, responseHeaders.length, responseTrailers.length),
  );
  [...requestHeaders, ...responseHeaders].forEach((name, i) => {
    const text = putBytes(core, object, name);
    x.logPlanSetHeader(address, i, text.address, text.length, joined[i]);
  });
  return address;
}

function buildTcpProxy(core: Core, object: number, model: TcpProxyModel, stats: number, plan: number): number {
  const x = core.exports;
  const { idleTimeout, maxConnectAttempts, maxDownstreamConnectionDuration, clusters } = model;
  const tcp = required(
    x.tcpProxyNew(object, stats, idleTimeout, maxConnectAttempts, maxDownstreamConnectionDuration, plan),
  );
  if (clusters.length === 1) {
    x.tcpProxySetCluster(tcp, clusters[0].cluster);
    return tcp;
  }
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  required(Number(x.tcpProxySetWeights(object, tcp, clusters.length, total)));
  let upTo = 0;
  clusters.forEach(({ cluster, weight }, i) => {
    upTo += weight;
    x.tcpProxySetWeight(tcp, i, cluster, upTo);
  });
  return tcp;
}
