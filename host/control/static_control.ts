// The control side of a static configuration: clusters and their resolution, route configurations and listeners, published once;
// statistics, access logs and the admin listener around them.
import { LISTENER_DIR, STEP_HTTP_INSPECTOR, STEP_PROXY_PROTOCOL, STEP_TLS_INSPECTOR } from '../../assembly/abi.js';
import { AccessLogs, type PlanForCore } from '../access_log/access_logs.js';
import { adminAccessLog } from '../admin/access_log.js';
import type { Agent } from '../agent/agent.js';
import type { SidecarEnvironment } from '../agent/environment.js';
import type { AdminContext, ServerState } from '../admin/context.js';
import { DynamicEndpoints } from '../cluster/dynamic_endpoints.js';
import { ClusterManager } from '../cluster/manager.js';
import type { ClusterSpec } from '../compile/cluster.js';
import { buildListener, type FilterChainPlace, type LocalInfo } from '../compile/listener_object.js';
import type { ListenerFilterModel } from '../compile/listener_filters.js';
import type { ListenerModel, NetworkModel } from '../compile/listener.js';
import { RouteDirectory } from '../compile/route_directory.js';
import type { ProxyOptions } from '../cli/proxy_options.js';
import type { Bootstrap } from '../config/bootstrap.js';
import { ConfigError, hasErrors, type Finding } from '../config/finding.js';
import { formatAddress, type SocketAddress } from '../io/address.js';
import { LOG_ERROR, LOG_WARNING } from '../process/log_level.js';
import type { Control, ControlContext, NamedListener } from '../process/start_proxy.js';
import { StatsRegistry, type ClusterStatScope } from '../stats/registry.js';
import { breakerLimits, clusterView, commandLineView, logLevels, nodeView } from './admin_context.js';
import { agentProcess } from './agent_process.js';
import { bindAdmin, type BoundAdmin } from './admin_listener.js';
import { publishClusterNames } from './cluster_names.js';
import {
  compileAdminLog,
  compileClusters,
  compileListeners,
  type CompiledChain,
  type CompiledListener,
} from './configuration.js';
import { publishListenerAddresses } from './listener_addresses.js';
import { localInfo, machineAddress } from './local_info.js';
import { defineServerStats } from './server_stats.js';

const INBOUND = 1; // envoy.config.core.v3.TrafficDirection
const ALL_TEXTS = 0xffff_ffff; // of an access log record (LOG_TEXT_*)

export interface StaticConfiguration {
  readonly bootstrap: Bootstrap;
  readonly options: ProxyOptions;
  readonly version: string;
  /** Fields that --unsupported-fields warn left out, and unknown ones that --allow-unknown-static-fields tolerated. */
  readonly leftOut: { readonly unsupported: number; readonly unknown: number };
}

export class StaticControl implements Control {
  readonly listeners: readonly NamedListener[];
  private readonly stats: StatsRegistry;
  private readonly accessLogs = new AccessLogs();
  private readonly clusters: ClusterManager;
  private readonly dynamicEndpoints: DynamicEndpoints;
  private readonly routes: RouteDirectory;
  private adminLog: PlanForCore | undefined;
  private boundAdmin: BoundAdmin | undefined;
  private agent: Agent | undefined;
  private inbound: readonly number[] = [];
  private bound: readonly SocketAddress[] = [];
  private phase: ServerState = 'PRE_INITIALIZING';
  private failsHealthChecks = false;
  private filters = 0;
  /** Until the proxy is live: with it go the descriptors of the whole API. */
  private configuration: StaticConfiguration | undefined;

  /** Throws a ConfigError; nothing is left running then. */
  constructor(
    configuration: StaticConfiguration,
    private readonly context: ControlContext,
  ) {
    this.configuration = configuration;
    const { core, logger, supervisor } = context;
    this.stats = new StatsRegistry(core.memory.buffer, supervisor.blocks.bases);
    this.routes = new RouteDirectory(core);
    this.dynamicEndpoints = new DynamicEndpoints(core.memory.buffer, supervisor.blocks.bases);
    this.clusters = new ClusterManager({
      core,
      scopes: this.stats.cluster,
      warn: (message) => logger.log(LOG_WARNING, 'upstream', message),
      onEndpointsRemoved: (ids) => supervisor.broadcast({ type: 'endpoints_removed', ids: [...ids] }),
    });
    try {
      this.listeners = this.compile(configuration.bootstrap);
    } catch (error) {
      this.close();
      throw error;
    }
    defineServerStats(this.stats, {
      context,
      accessLogs: this.accessLogs,
      clusters: () => [...this.clusters.all()].length,
      listeners: () => this.bound.length,
      state: () => this.state,
      leftOut: configuration.leftOut,
    });
    this.stats.start();
    const { fileFlushIntervalMs } = configuration.options;
    this.accessLogs.start(core.memory.buffer, supervisor.blocks.bases, Math.max(fileFlushIntervalMs, 1));
  }

  private compile(bootstrap: Bootstrap): NamedListener[] {
    const { core } = this.context;
    const findings: Finding[] = [];
    const specs = compileClusters(bootstrap, findings);
    if (!hasErrors(findings)) this.addClusters(specs, bootstrap);
    const clusterIndex = (name: string): number | undefined => this.clusters.indexOf(name);
    const parts = { core, clusterIndex, accessLogs: this.accessLogs, dry: hasErrors(findings) };
    const compiled = compileListeners(bootstrap, parts, findings);
    this.adminLog = compileAdminLog(bootstrap, this.accessLogs, parts.dry || hasErrors(findings), findings);
    if (hasErrors(findings)) throw new ConfigError(findings);
    const local = localInfo(bootstrap);
    compiled.forEach((listener, i) => this.publishListener(listener, i, local));
    publishListenerAddresses(
      core,
      compiled.map(({ model }) => model),
    );
    const messages = bootstrap.static_resources?.listeners ?? [];
    this.inbound = messages.flatMap(({ traffic_direction: direction }, i) => (direction === INBOUND ? [i] : []));
    return compiled.flatMap(({ model }, i) => (model.bindToPort ? [listenerSpec(model, i)] : []));
  }

  private addClusters(specs: readonly ClusterSpec[], bootstrap: Bootstrap): void {
    const messages = bootstrap.static_resources?.clusters ?? [];
    for (const spec of specs) this.clusters.set(spec);
    for (const [i, { spec, index, scope }] of [...this.clusters.all()].entries()) {
      const tracked = (priority: number): boolean =>
        messages[i].circuit_breakers?.thresholds.find((t) => t.priority === priority)?.track_remaining ?? false;
      const [normal, high] = spec.model.thresholds;
      (scope as ClusterStatScope).setCircuitBreakers({
        default: breakerLimits(normal, tracked(0)),
        high: breakerLimits(high, tracked(1)),
      });
      if (spec.model.originalDst) (scope as ClusterStatScope).setMembers(() => this.dynamicEndpoints.of(index).length);
    }
    const names = [...this.clusters.all()].map(({ spec, index }) => ({ name: spec.model.name, index }));
    publishClusterNames(this.context.core, names);
  }

  private publishListener({ model, chains, accessLog }: CompiledListener, index: number, local: LocalInfo): void {
    const { core } = this.context;
    const object = buildListener(core, model, {
      index,
      stats: this.stats.listener(model.statName),
      filterStats: model.filters.map((filter) => this.filterStats(filter)),
      accessLog: accessLog && { ...accessLog, need: ALL_TEXTS },
      chains: chains.map((chain, i) => this.placeChain(model, chain, index, i)),
      localInfo: local,
      filterOf: ({ typeName, config }) => this.addFilter(typeName, config),
    });
    core.exports.publish(LISTENER_DIR + index * 4, object);
  }

  private placeChain(model: ListenerModel, chain: CompiledChain, listener: number, i: number): FilterChainPlace {
    const { network } = model.chains[i];
    // Route configurations of several chains may have one name; a chain's own are found by its place.
    const routeName = `static listener ${listener} chain ${i}`;
    if (chain.routeConfig !== 0) this.routes.publish(routeName, chain.routeConfig);
    return {
      networkStats: this.networkStats(network, model.statName),
      routeConfig: this.routes.indexOf(routeName),
      accessLog: chain.accessLog && { ...chain.accessLog, need: ALL_TEXTS },
    };
  }

  private filterStats({ kind, statPrefix }: ListenerFilterModel): number {
    if (kind === STEP_TLS_INSPECTOR) return this.stats.tlsInspector();
    if (kind === STEP_HTTP_INSPECTOR) return this.stats.httpInspector();
    return kind === STEP_PROXY_PROTOCOL ? this.stats.proxyProtocol(statPrefix) : 0;
  }

  private networkStats(network: NetworkModel, listener: string): number {
    if (network.kind === 'none') return 0;
    if (network.kind === 'tcp_proxy') return this.stats.tcp(network.tcpProxy.statPrefix);
    return this.stats.http(network.hcm.statPrefix, listener);
  }

  // Every use of a filter in a chain is a filter of its own; workers know it by its number.
  private addFilter(typeName: string, config: unknown): number {
    const number = this.filters++;
    this.context.supervisor.prepare({ type: 'filter', number, typeName, config });
    return number;
  }

  get admin(): SocketAddress | undefined {
    return this.boundAdmin?.address;
  }

  private get state(): ServerState {
    return this.failsHealthChecks || this.context.drain.active ? 'DRAINING' : this.phase;
  }

  async warm(): Promise<void> {
    if (!this.configuration) return;
    const { bootstrap, options } = this.configuration;
    const { logger } = this.context;
    const onError = (error: unknown): void => logger.log(LOG_ERROR, 'admin', String((error as Error)?.stack ?? error));
    this.boundAdmin = await bindAdmin(
      bootstrap,
      this.adminContext(this.configuration),
      onError,
      options.adminAddressPath,
      this.adminLog && adminAccessLog(this.accessLogs, this.adminLog, machineAddress()),
    );
    if (options.sidecar) await this.startAgent(options.sidecar);
    this.phase = 'INITIALIZING';
    await this.clusters.ready();
  }

  // From now on the kubelet gets an answer, if only why it must wait.
  private async startAgent({ agent }: SidecarEnvironment): Promise<void> {
    const { Agent } = await import('../agent/agent.js');
    const { context, stats } = this;
    this.agent = new Agent(agent, agentProcess({ context, stats, state: () => this.state }));
    await this.agent.listen();
  }

  private adminContext({ bootstrap, options, version }: StaticConfiguration): AdminContext {
    const { context } = this;
    return {
      version,
      stats: this.stats,
      logLevels: logLevels(context.logger, (lowest) => (context.supervisor.blocks.logLevel = lowest)),
      commandLineOptions: commandLineView(options, context.concurrency),
      node: nodeView(bootstrap, version),
      state: () => this.state,
      clusters: () =>
        [...this.clusters.all()].map((cluster) => clusterView(context.core, cluster, this.dynamicEndpoints)),
      listeners: () =>
        this.bound.map((address, i) => ({ name: this.listeners[i].name, address: formatAddress(address) })),
      quit: () => context.drain.quit('/quitquitquit'),
      drainListeners: () => context.supervisor.unlisten(),
      failHealthCheck: (failed) => (this.failsHealthChecks = failed),
    };
  }

  live(bound: readonly SocketAddress[]): void {
    this.configuration = undefined;
    this.bound = bound;
    this.phase = 'LIVE';
    this.stats.control.histogram('server.initialization_time_ms').record(performance.now());
  }

  workerDied(index: number): void {
    this.accessLogs.drain();
    this.stats.workerDied(index);
  }

  drainInbound(idleMs: number): void {
    for (const listener of this.inbound) this.context.supervisor.drainListener(listener, idleMs);
  }

  reopenLogs(): void {
    this.accessLogs.reopen();
  }

  countUncaught(): void {
    this.stats.control.count('weft.control_exceptions');
  }

  close(): void {
    this.stats.stop();
    this.clusters.close();
    this.accessLogs.close();
    this.boundAdmin?.server.close();
    this.agent?.close();
  }
}

function listenerSpec(model: ListenerModel, listener: number): NamedListener {
  const { name, address, backlog, reusePort, ipv4Compat, mode, transparent, freebind } = model;
  return { name, listener, address, backlog, reusePort, ipv4Compat, mode, transparent, freebind };
}
