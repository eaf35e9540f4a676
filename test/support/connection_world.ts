// A configured core for connection scripts: one listener, two clusters (one with tight circuit breakers), one of type ORIGINAL_DST, one
// whose endpoints are told of the client by the PROXY protocol; short timeouts.
import * as abi from '../../assembly/abi.js';
import { AccessLogs } from '../../host/access_log/access_logs.js';
import { buildCluster } from '../../host/compile/cluster_object.js';
import { buildListener } from '../../host/compile/listener_object.js';
import { RouteDirectory } from '../../host/compile/route_directory.js';
import { decodeBootstrap } from '../../host/config/bootstrap.js';
import { Descriptors } from '../../host/config/descriptors.js';
import { hasErrors, type Finding } from '../../host/config/finding.js';
import { ConfigSource } from '../../host/config/source.js';
import { CHECKED_ONLY } from '../../host/asking/listener_askers.js';
import { prepareListeners } from '../../host/control/configuration.js';
import type { PrepareContext } from '../../host/control/listener_parts.js';
import { NameIndices } from '../../host/core/name_indices.js';
import { RuntimeKeys } from '../../host/runtime/keys.js';
import { Retirement } from '../../host/core/retirement.js';
import { bootstrap, httpListener } from './bootstrap.js';
import { clusterModel, endpoint, randomStart } from './cluster.js';
import { testCore, type TestCore } from './core.js';

export const LISTENER_STATS = 2000;
export const HCM_STATS = 3000;
export const CLUSTER_STATS = 4000; // and 200 further for each cluster
export const CLUSTERS = ['wide', 'tight', 'far', 'told'];
export const ENDPOINTS = 2; // of each cluster
export const DIRECT_BODY = 'direct';
export const CLEANUP_INTERVAL = 1500;

const ROUTES = [
  { match: { prefix: '/direct' }, direct_response: { status: 200, body: { inline_string: DIRECT_BODY } } },
  { match: { prefix: '/tight' }, route: { cluster: 'tight', timeout: '3s' } },
  { match: { prefix: '/wide' }, route: { cluster: 'wide', timeout: '3s' } },
  { match: { prefix: '/far' }, route: { cluster: 'far', timeout: '3s' } },
  { match: { prefix: '/told' }, route: { cluster: 'told', timeout: '3s' } },
];

function configuration(): object {
  const hcm = {
    request_headers_timeout: '2s',
    request_timeout: '4s',
    stream_idle_timeout: '5s',
    common_http_protocol_options: { idle_timeout: '8s' },
    upgrade_configs: [{ upgrade_type: 'websocket' }],
  };
  const listener = httpListener('model', {
    port: 10000,
    hcm,
    virtual_hosts: [{ name: 'all', domains: ['*'], routes: ROUTES }],
    listener: { per_connection_buffer_limit_bytes: 32768 },
  });
  return bootstrap(1, [listener], Object.fromEntries(CLUSTERS.map((name) => [name, { endpoints: [80] }])));
}

const ORIGINAL_DST = {
  loadBalancer: { policy: abi.LB_ORIGINAL_DST, choiceCount: 0, activeRequestBias: 1 },
  originalDst: { header: 'x-to', port: undefined, cleanupInterval: CLEANUP_INTERVAL },
};

/** The worker's core with everything published; `reset` brings its block back to the beginning. */
export class ConnectionWorld {
  readonly t: TestCore = testCore();

  constructor() {
    const { control } = this.t;
    const source = new ConfigSource('model.json', JSON.stringify(configuration()));
    const decoded = decodeBootstrap([source], { unsupportedFields: 'refuse', descriptors: new Descriptors() });
    const findings: Finding[] = [...decoded.findings];
    const accessLogs = new AccessLogs();
    const clusters = new NameIndices(CLUSTERS.length, 'clusters');
    for (const name of CLUSTERS) clusters.acquire(name);
    const routes = new RouteDirectory(control, new Retirement(control));
    const context: PrepareContext = {
      core: control,
      clusters: { indices: clusters, indexOf: (name) => CLUSTERS.indexOf(name) },
      runtimeKeys: new RuntimeKeys(control),
      routeIndices: routes.indices,
      accessLogs,
      dry: true,
      checkRds: () => [],
      askers: CHECKED_ONLY,
    };
    const [parts] = prepareListeners(decoded.bootstrap, context, findings);
    if (hasErrors(findings)) throw new Error(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
    CLUSTERS.forEach((name, index) => this.publishCluster(name, index));
    const routeConfig = routes.indices.acquire('model');
    routes.publish('model', parts.chains[0].routes!);
    const { address } = buildListener(control, parts.model, {
      index: 0,
      stats: LISTENER_STATS,
      filterStats: [],
      accessLog: undefined,
      chains: [{ serial: 1, networkStats: HCM_STATS, routeConfig, accessLog: undefined }],
      localInfo: { cluster: '', node: '', address: '192.0.2.9' },
    });
    control.exports.publish(abi.LISTENER_DIR, address);
  }

  private publishCluster(name: string, index: number): void {
    const few = { maxConnections: 2, maxPendingRequests: 2, maxRequests: 3, maxRetries: 3 };
    const many = { maxConnections: 100_000, maxPendingRequests: 100_000, maxRequests: 100_000, maxRetries: 3 };
    const limits = name === 'tight' ? few : many;
    const model = clusterModel({
      name,
      thresholds: [limits, limits],
      connectTimeout: 1000,
      idleTimeout: 6000,
      maxRequestsPerConnection: name === 'tight' ? 5 : 0,
      proxyProtocol: name === 'told' ? abi.PROXY_V1 : abi.PROXY_NONE,
      ...(name === 'far' ? ORIGINAL_DST : {}),
    });
    const endpoints = Array.from({ length: name === 'far' ? 0 : ENDPOINTS }, (_, i) => endpoint(i + 1));
    const endpointIds = endpoints.map((_, i) => index * ENDPOINTS + i);
    const place = { index, stats: CLUSTER_STATS + 200 * index, endpointIds };
    this.t.control.exports.clusterPublish(index, buildCluster(this.t.control, model, endpoints, place));
  }

  reset(seed: number): void {
    const { W, worker } = this.t;
    const slots = worker.u32[(W + abi.WORKER_SLOT_COUNT) >> 2];
    const streams = worker.u32[(W + abi.WORKER_STREAM_COUNT) >> 2];
    const clear = (offset: number, length: number): unknown => worker.u8.fill(0, W + offset, W + offset + length);
    const dynamic = worker.u32[(W + abi.WORKER_DYNAMIC_COUNT) >> 2];
    clear(abi.W_STATE, 0x2000);
    clear(abi.W_DYNAMIC_BUCKETS, abi.W_DYNAMIC_ENDPOINTS - abi.W_DYNAMIC_BUCKETS);
    clear(abi.W_DYNAMIC_ENDPOINTS, dynamic * abi.DYNAMIC_ENDPOINT_SIZE);
    clear(dynamicState(0), dynamic * abi.ENDPOINT_STATE_SIZE);
    clear(abi.W_SLOTS, slots * abi.SLOT_SIZE);
    clear(abi.W_STREAMS, streams * abi.STREAM_SIZE);
    clear(abi.W_PINS, 4096);
    clear(abi.W_STATS, 8 * 8192);
    clear(abi.W_CLUSTER_STATE, CLUSTERS.length * abi.CLUSTER_STATE_SIZE);
    clear(abi.W_ENDPOINT_STATE, CLUSTERS.length * ENDPOINTS * abi.ENDPOINT_STATE_SIZE);
    worker.exports.workerAttach(0);
    worker.u64.set(randomStart(BigInt(seed)), (W + abi.WORKER_RANDOM) >> 3);
    worker.u8.set(Buffer.from('Sun, 06 Nov 1994 08:49:37 GMT', 'latin1'), W + abi.WORKER_DATE);
  }

  /** What is still held, by name; empty when nothing is. Idle connections to endpoints must have been closed before. */
  leftovers(): Record<string, number> {
    const { W, worker } = this.t;
    const { u32, u8, u64 } = worker;
    const found: Record<string, number> = {};
    const note = (name: string, value: number): void => {
      if (value !== 0) found[name] = value;
    };
    note('buffer bytes', worker.exports.bufferBytes());
    note('open downstream', u32[(W + abi.WORKER_OPEN_DOWNSTREAM) >> 2]);
    note('active streams', u32[(W + abi.WORKER_ACTIVE_STREAMS) >> 2]);
    note('deadlines', worker.exports.nextTimeout() + 1);
    for (let i = 0; i < u32[(W + abi.WORKER_SLOT_COUNT) >> 2]; i++)
      note(`kind of slot ${i}`, u8[W + abi.W_SLOTS + i * abi.SLOT_SIZE + abi.SLOT_KIND]);
    for (let i = 0; i < 1024; i++) note(`pin ${i}`, u32[(W + abi.W_PINS + i * 4) >> 2]);
    for (let i = 0; i < CLUSTERS.length; i++)
      for (let j = 0; j < 8; j++)
        note(`cluster ${i} word ${j}`, u32[((W + abi.W_CLUSTER_STATE + i * abi.CLUSTER_STATE_SIZE) >> 2) + j]);
    for (let i = 0; i < CLUSTERS.length * ENDPOINTS; i++)
      for (const j of [0, 1, 2, 4, 5, 6, 7])
        note(`endpoint ${i} word ${j}`, u32[((W + abi.W_ENDPOINT_STATE + i * abi.ENDPOINT_STATE_SIZE) >> 2) + j]);
    for (let i = 0; i < u32[(W + abi.WORKER_DYNAMIC_COUNT) >> 2]; i++) {
      const record = W + abi.W_DYNAMIC_ENDPOINTS + i * abi.DYNAMIC_ENDPOINT_SIZE;
      note(`dynamic endpoint ${i}`, u32[(record + abi.DYNAMIC_ENDPOINT_AT_GENERATION) >> 2] % 2);
      for (let j = 0; j < 16; j++) note(`dynamic endpoint ${i} word ${j}`, u32[((W + dynamicState(i)) >> 2) + j]);
    }
    for (const [name, index] of this.gauges()) note(name, Number(u64[((W + abi.W_STATS) >> 3) + index]));
    return found;
  }

  private gauges(): [string, number][] {
    return [
      ...wordsOf('listener', LISTENER_STATS, [
        'LISTENER_STAT_DOWNSTREAM_CX_ACTIVE',
        'LISTENER_STAT_DOWNSTREAM_PRE_CX_ACTIVE',
      ]),
      ...wordsOf('hcm', HCM_STATS, [
        'HCM_STAT_DOWNSTREAM_CX_ACTIVE',
        'HCM_STAT_DOWNSTREAM_CX_HTTP1_ACTIVE',
        'HCM_STAT_DOWNSTREAM_CX_UPGRADES_ACTIVE',
        'HCM_STAT_DOWNSTREAM_RQ_ACTIVE',
      ]),
      ...CLUSTERS.flatMap((name, i) =>
        wordsOf(name, CLUSTER_STATS + 200 * i, [
          'CLUSTER_STAT_UPSTREAM_CX_ACTIVE',
          'CLUSTER_STAT_UPSTREAM_RQ_ACTIVE',
          'CLUSTER_STAT_UPSTREAM_RQ_PENDING_ACTIVE',
        ]),
      ),
    ];
  }
}

function dynamicState(index: number): number {
  return abi.W_ENDPOINT_STATE + (abi.DYNAMIC_FIRST_ID + index) * abi.ENDPOINT_STATE_SIZE;
}

function wordsOf(name: string, base: number, members: readonly string[]): [string, number][] {
  return members.map((m) => [`${name} ${m}`, base + (abi as unknown as Record<string, number>)[m]]);
}
