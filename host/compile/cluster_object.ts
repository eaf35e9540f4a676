// ClusterModel and endpoints -> a Cluster object of the core, not yet published.
import { HOST_SET_PANIC } from '../../assembly/abi.js';
import type { ResolvedEndpoint } from '../cluster/endpoint.js';
import { hostSets, type HostSetModel } from '../cluster/host_sets.js';
import type { ClusterModel, OriginalDstModel } from '../cluster/model.js';
import { edfSchedule, weightsAreEqual } from '../cluster/schedule.js';
import { putBytes, type Core } from '../core/load.js';
import { pseudoHeaderId } from './route/matchers.js';
import { encodeAddress, formatAddress, SOCKADDR_MAX, type SocketAddress } from '../io/address.js';

export interface ClusterPlace {
  readonly index: number; // cluster index
  readonly stats: number; // first index of its block of statistics
  readonly endpointIds: readonly number[]; // one for each endpoint
}

function required(address: number): number {
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  return address;
}

function addSettings(core: Core, object: number, model: ClusterModel): void {
  const x = core.exports;
  const name = putBytes(core, object, model.name);
  x.clusterSetName(object, name.address, name.length);
  x.clusterSetTimeouts(object, model.connectTimeout, model.idleTimeout, model.maxConnectionDuration);
  x.clusterSetConnection(
    object,
    model.bufferLimit,
    model.maxRequestsPerConnection,
    model.maxResponseHeaderBytes,
    model.maxResponseHeaders,
  );
  if (model.keepalive || model.bind) addSocket(core, object, model);
  x.clusterSetTrailers(object, model.trailers);
  x.clusterSetProxyProtocol(object, model.proxyProtocol);
  model.thresholds.forEach((t, priority) =>
    x.clusterSetLimits(object, priority, t.maxConnections, t.maxPendingRequests, t.maxRequests, t.maxRetries),
  );
  const { policy, choiceCount, activeRequestBias } = model.loadBalancer;
  x.clusterSetPolicy(object, policy, choiceCount, activeRequestBias);
  if (model.originalDst) addOriginalDst(core, object, model.originalDst);
}

function addSocket(core: Core, object: number, { keepalive, bind }: ClusterModel): void {
  const x = core.exports;
  const { options, sources, freebind } = bind ?? { options: [], sources: [], freebind: false };
  const socket = required(x.clusterSocketNew(object, options.length, sources.length, freebind));
  if (keepalive) x.socketSetKeepalive(socket, keepalive.probes, keepalive.time, keepalive.interval);
  options.forEach(({ level, name, value }, i) => {
    const bytes = putBytes(core, object, value);
    x.socketSetOption(socket, i, level, name, bytes.address, bytes.length);
  });
  sources.forEach((source, i) => {
    const sockaddr = putSockaddr(core, object, source);
    const text = putBytes(core, object, formatAddress(source));
    x.socketSetSource(socket, i, sockaddr.address, sockaddr.length, text.address, text.length);
  });
}

function putSockaddr(core: Core, object: number, address: SocketAddress): { address: number; length: number } {
  const bytes = new Uint8Array(SOCKADDR_MAX);
  const length = encodeAddress(new DataView(bytes.buffer), 0, address);
  return putBytes(core, object, bytes.subarray(0, length));
}

function addOriginalDst(core: Core, object: number, { header, port, cleanupInterval }: OriginalDstModel): void {
  const name = putBytes(core, object, header);
  const id = pseudoHeaderId(header) ?? core.exports.headerNameId(name.address, name.length);
  const portWord = port === undefined ? 0 : port + 1;
  core.exports.clusterSetOriginalDst(object, cleanupInterval, portWord, id, name.address, name.length);
}

function addEndpoint(core: Core, object: number, i: number, id: number, endpoint: ResolvedEndpoint): void {
  const sockaddr = putSockaddr(core, object, endpoint.address);
  core.exports.endpointSet(object, i, id, sockaddr.address, sockaddr.length, endpoint.weight);
  const text = putBytes(core, object, formatAddress(endpoint.address));
  const hostname = putBytes(core, object, endpoint.hostname);
  core.exports.endpointSetNames(object, i, text.address, text.length, hostname.address, hostname.length);
}

function addSchedule(core: Core, object: number, set: number, weights: readonly number[]): void {
  const schedule = edfSchedule(weights);
  required(core.exports.hostSetWeighted(object, set, schedule.length));
  schedule.forEach((host, i) => core.exports.hostSetScheduled(object, set, i, host));
}

function addHostSets(
  core: Core,
  object: number,
  sets: readonly HostSetModel[],
  endpoints: readonly ResolvedEndpoint[],
): void {
  let load = 0;
  sets.forEach((model, set) => {
    load += model.load;
    required(core.exports.hostSetNew(object, set, load, model.panic ? HOST_SET_PANIC : 0, model.hosts.length));
    model.hosts.forEach((endpoint, i) => core.exports.hostSetHost(object, set, i, endpoint));
    const weights = model.hosts.map((i) => endpoints[i].weight);
    if (!weightsAreEqual(weights)) addSchedule(core, object, set, weights);
  });
}

/** The address of the object. Throws when the table memory is exhausted; nothing is left behind then. */
export function buildCluster(
  core: Core,
  model: ClusterModel,
  endpoints: readonly ResolvedEndpoint[],
  place: ClusterPlace,
): number {
  const sets = hostSets(endpoints, model);
  const object = required(core.exports.clusterNew(place.index, place.stats, endpoints.length, sets.length));
  try {
    addSettings(core, object, model);
    endpoints.forEach((endpoint, i) => addEndpoint(core, object, i, place.endpointIds[i], endpoint));
    addHostSets(core, object, sets, endpoints);
  } catch (error) {
    core.exports.objectFree(object);
    throw error;
  }
  return object;
}
