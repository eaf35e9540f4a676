// The control side: the bootstrap, and what the control plane adds to it. Clusters and their endpoints, route configurations and
// listeners, published for the workers; statistics, access logs and the admin listener around them.
import { Askers } from '../asking/askers.js';
import { listenerAskers } from '../asking/listener_askers.js';
import { AccessLogs, type PlanForCore } from '../access_log/access_logs.js';
import { adminAccessLog } from '../admin/access_log.js';
import type { Agent } from '../agent/agent.js';
import type { SidecarEnvironment } from '../agent/environment.js';
import type { AdminContext, ServerState } from '../admin/context.js';
import { DynamicEndpoints } from '../cluster/dynamic_endpoints.js';
import { ClusterManager } from '../cluster/manager.js';
import type { ClusterSpec } from '../compile/cluster.js';
import { RouteDirectory } from '../compile/route_directory.js';
import type { ProxyOptions } from '../cli/proxy_options.js';
import type { Bootstrap } from '../config/bootstrap.js';
import { Descriptors } from '../config/descriptors.js';
import { ConfigError, hasErrors, type Finding } from '../config/finding.js';
import type { Message } from '../config/message.js';
import { targetOf } from '../grpc/cluster_target.js';
import { GrpcServices } from '../grpc/services.js';
import type { SocketAddress } from '../io/address.js';
import { LOG_ERROR, LOG_WARNING } from '../process/log_level.js';
import type { AnswerMessage, FilterMessage } from '../process/messages.js';
import type { Control, ControlContext, NamedListener } from '../process/start_proxy.js';
import type { ReportContext } from '../reports/context.js';
import { GrpcAccessLogs } from '../reports/grpc_access_logs.js';
import { StatsRegistry, type ClusterStatScope } from '../stats/registry.js';
import { XdsClient } from '../xds/config_sources.js';
import { CLUSTER, LISTENER, ROUTE_CONFIGURATION, type ResourceKind } from '../xds/kinds.js';
import type { ConfigSource, Sink } from '../xds/subscription.js';
import { breakerLimits, clusterView, commandLineView, logLevels, nodeView } from './admin_context.js';
import { agentProcess } from './agent_process.js';
import { xdsNode } from './xds_node.js';
import { configView } from './config_view.js';
import { bindAdmin, type BoundAdmin } from './admin_listener.js';
import { publishClusterNames } from './cluster_names.js';
import { ClusterSet } from './clusters.js';
import {
  checkDynamic,
  clusterSurroundings,
  compileAdminLog,
  compileClusters,
  prepareListeners,
  SECRETS_PATH,
} from './configuration.js';
import { EndpointDiscovery } from './endpoints.js';
import type { ListenerContext } from './listener_parts.js';
import { ListenerSet } from './listeners.js';
import { countForFilters } from './filter_counts.js';
import { localInfo, machineAddress } from './local_info.js';
import { RouteDiscovery } from './routes.js';
import { SecretStore } from './secrets.js';
import { RuntimeControl } from './runtime.js';
import { defineServerStats } from './server_stats.js';

type Cluster = ReturnType<NonNullable<Bootstrap['static_resources']>['clusters']['at']>;

export interface ProxyConfiguration {
  readonly bootstrap: Bootstrap;
  readonly options: ProxyOptions;
  readonly version: string;
  /** Fields that --unsupported-fields warn left out, and unknown ones that --allow-unknown-static-fields tolerated. */
  readonly leftOut: { readonly unsupported: number; readonly unknown: number };
}

/** What is left to report when the process ends has so long to go out. */
const LAST_REPORTS_MS = 1000;
const DRAIN_SECONDS = 600; // --drain-time-s

export class ProxyControl implements Control {
  private readonly stats: StatsRegistry;
  private readonly accessLogs: AccessLogs;
  private readonly grpcLogs: GrpcAccessLogs;
  private readonly clusters: ClusterManager;
  private readonly dynamicEndpoints: DynamicEndpoints;
  private readonly clusterSet: ClusterSet;
  private readonly listenerSet: ListenerSet;
  private readonly routes: RouteDiscovery;
  /** Secrets by name, for whoever terminates or opens TLS. */
  readonly secrets: SecretStore;
  private readonly endpoints: EndpointDiscovery;
  private readonly runtime: RuntimeControl;
  private readonly xds: XdsClient;
  private readonly services: GrpcServices;
  private adminLog: PlanForCore | undefined;
  private boundAdmin: BoundAdmin | undefined;
  /** What /config_dump shows: encoded when the proxy is live, so that the start does not wait for it. */
  private encodeBootstrap: (() => Uint8Array) | undefined;
  private agent: Agent | undefined;
  private phase: ServerState = 'PRE_INITIALIZING';
  private failsHealthChecks = false;
  private readonly askers = new Askers();
  private loadedDescriptors: Descriptors | undefined;
  /** What is bound when the proxy goes live. */
  private specs: readonly NamedListener[] | undefined;
  /** Until the proxy is live; without a control plane the descriptors of the whole API go with it. */
  private configuration: ProxyConfiguration | undefined;

  /** Throws a ConfigError; nothing is left running then. */
  constructor(
    configuration: ProxyConfiguration,
    private readonly context: ControlContext,
  ) {
    this.configuration = configuration;
    const { bootstrap, options } = configuration;
    const { core, logger, supervisor } = context;
    this.stats = new StatsRegistry(core.memory.buffer, supervisor.blocks.bases);
    this.dynamicEndpoints = new DynamicEndpoints(core.memory.buffer, supervisor.blocks.bases);
    // What has been logged is held to the runtime under which it was.
    const onLog = (level: number, message: string): void => logger.log(level, 'runtime', message);
    this.runtime = new RuntimeControl(core, onLog, () => this.accessLogs.drain());
    this.clusters = new ClusterManager({
      core,
      scopes: this.stats.cluster,
      warn: (message) => logger.log(LOG_WARNING, 'upstream', message),
      runtime: () => this.runtime.snapshot,
      onEndpointsRemoved: (ids) => supervisor.broadcast({ type: 'endpoints_removed', ids: [...ids] }),
      onClusterLeft: (cluster) => supervisor.broadcast({ type: 'cluster_left', cluster }),
    });
    this.runtime.onChange(() => this.clusters.runtimeChanged());
    const directory = new RouteDirectory(core, this.clusters.retirement);
    this.services = new GrpcServices({
      hasCluster: (name) => this.clusters.indexOf(name) !== undefined,
      targetOf: (name) => targetOf(this.clusters.get(name)),
    });
    const report = this.reportContext(configuration);
    this.grpcLogs = new GrpcAccessLogs(report);
    this.accessLogs = new AccessLogs(
      () => this.runtime.snapshot,
      (model) => this.grpcLogs.open(model),
    );
    this.xds = this.createClient(configuration);
    const runtimeKeys = this.runtime.keys;
    this.endpoints = new EndpointDiscovery(this.xds, this.clusters);
    this.secrets = new SecretStore({
      configSources: this.xds,
      warn: (message) => logger.log(LOG_WARNING, 'secret', message),
    });
    this.routes = new RouteDiscovery({
      core,
      clusters: this.clusters,
      runtimeKeys,
      directory,
      configSources: this.xds,
    });
    this.clusterSet = new ClusterSet({
      manager: this.clusters,
      endpoints: this.endpoints,
      surroundings: clusterSurroundings(bootstrap),
      onChange: ({ added, removed }) => {
        if (added + removed > 0) this.publishNames();
      },
      onCluster: (spec, message) => this.setBreakers(spec, message),
    });
    const listeners: ListenerContext = {
      core,
      clusters: this.clusters,
      runtimeKeys,
      routeIndices: directory.indices,
      directory,
      routes: this.routes,
      checkRds: ({ source, path }) => this.xds.check(ROUTE_CONFIGURATION, source, path),
      accessLogs: this.accessLogs,
      dry: false,
      stats: this.stats,
      localInfo: localInfo(bootstrap),
      askers: listenerAskers(this.askers, this.services),
    };
    const drainMs = (options.drainTimeSeconds ?? DRAIN_SECONDS) * 1000;
    const { retirement } = this.clusters;
    this.listenerSet = new ListenerSet({ context: listeners, supervisor, retirement, drainMs });
    try {
      this.compile(bootstrap, listeners);
    } catch (error) {
      this.close();
      throw error;
    }
    this.defineStats(configuration);
    this.stats.start();
    const { fileFlushIntervalMs } = options;
    this.accessLogs.start(core.memory.buffer, supervisor.blocks.bases, Math.max(fileFlushIntervalMs, 1));
  }

  private createClient({ bootstrap, options, version }: ProxyConfiguration): XdsClient {
    const { logger } = this.context;
    return new XdsClient({
      descriptors: () => this.descriptors,
      unsupportedFields: options.unsupportedFields,
      node: xdsNode(bootstrap, version),
      ads: bootstrap.dynamic_resources?.ads_config ?? undefined,
      services: this.services,
      log: (level, message) => logger.log(level, 'config', message),
      warn: (message) => logger.log(LOG_WARNING, 'config', message),
    });
  }

  // The descriptors of the whole API: only where resources or reports are encoded or decoded.
  private get descriptors(): Descriptors {
    return (this.loadedDescriptors ??= new Descriptors());
  }

  private reportContext({ bootstrap, version }: ProxyConfiguration): ReportContext {
    const { logger } = this.context;
    return {
      descriptors: () => this.descriptors,
      channel: (service) => this.services.channel(service),
      node: xdsNode(bootstrap, version),
      log: (level, message) => logger.log(level, 'grpc', message),
    };
  }

  private compile(bootstrap: Bootstrap, listeners: ListenerContext): void {
    const findings: Finding[] = [];
    const messages = bootstrap.static_resources?.clusters ?? [];
    const specs = compileClusters(bootstrap, findings);
    checkDynamic(bootstrap, specs, findings);
    this.secrets.addStatic(bootstrap.static_resources?.secrets ?? [], SECRETS_PATH, findings);
    if (!hasErrors(findings)) this.runtime.load(bootstrap);
    if (!hasErrors(findings)) this.clusterSet.addStatic(specs.map((spec, i) => [spec, messages[i]] as const));
    const prepared = prepareListeners(bootstrap, { ...listeners, dry: hasErrors(findings) }, findings);
    this.adminLog = compileAdminLog(bootstrap, this.accessLogs, hasErrors(findings), findings);
    if (hasErrors(findings)) throw new ConfigError(findings);
    this.publishNames();
    for (const parts of prepared) this.listenerSet.addStatic(parts);
  }

  private setBreakers(spec: ClusterSpec, message: Cluster): void {
    const tracked = (priority: number): boolean =>
      message?.circuit_breakers?.thresholds.find((t) => t.priority === priority)?.track_remaining ?? false;
    const cluster = this.clusters.get(spec.model.name)!;
    const scope = cluster.scope as ClusterStatScope;
    const [isTracked, isHighTracked] = [tracked(0), tracked(1)];
    scope.setCircuitBreakers(() => {
      const [normal, high] = cluster.thresholds;
      return { default: breakerLimits(normal, isTracked), high: breakerLimits(high, isHighTracked) };
    });
    const { index } = cluster;
    scope.setMembers(spec.model.originalDst && (() => this.dynamicEndpoints.of(index).length));
  }

  private publishNames(): void {
    const names = [...this.clusters.all()].map(({ spec, index }) => ({ name: spec.model.name, index }));
    publishClusterNames(this.context.core, names);
  }

  private defineStats({ leftOut }: ProxyConfiguration): void {
    this.runtime.defineStats(this.stats);
    defineServerStats(this.stats, {
      context: this.context,
      accessLogs: this.accessLogs,
      grpcLogs: this.grpcLogs,
      clusters: this.clusterSet,
      manager: this.clusters,
      listeners: this.listenerSet,
      xds: this.xds,
      askers: this.askers,
      state: () => this.state,
      leftOut,
    });
  }

  filterMessage(worker: number, message: FilterMessage, answer: (message: AnswerMessage) => void): void {
    if (message.type === 'ask') this.askers.ask(worker, message, answer);
    else if (message.type === 'withdraw') this.askers.withdraw(worker, message.id);
    else countForFilters(this.stats, this.clusters, message.counts);
  }

  get listeners(): readonly NamedListener[] {
    return (this.specs ??= this.listenerSet.toBind);
  }

  get admin(): SocketAddress | undefined {
    return this.boundAdmin?.address;
  }

  private get state(): ServerState {
    return this.failsHealthChecks || this.context.drain.active ? 'DRAINING' : this.phase;
  }

  /** As Envoy: static clusters, then CDS and its clusters, then LDS and its listeners; each as far as it comes in time. */
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
    await this.runtime.start(this.xds);
    const { cds_config: cds, lds_config: lds } = bootstrap.dynamic_resources ?? {};
    await this.first(CLUSTER, cds, this.clusterSet);
    await this.clusters.ready();
    await this.first(LISTENER, lds, this.listenerSet);
    await this.listenerSet.ready();
  }

  // From now on the kubelet gets an answer, if only why it must wait.
  private async startAgent({ agent }: SidecarEnvironment): Promise<void> {
    const { Agent } = await import('../agent/agent.js');
    const { context, stats } = this;
    this.agent = new Agent(agent, agentProcess({ context, stats, state: () => this.state }));
    await this.agent.listen();
  }

  private async first(
    kind: ResourceKind,
    source: ConfigSource | null | undefined,
    sink: ClusterSet | ListenerSet,
  ): Promise<void> {
    if (!source) return;
    this.xds.subscribe(kind, source, undefined, sink as Sink<never>);
    await sink.first;
  }

  private adminContext({ bootstrap, options, version }: ProxyConfiguration): AdminContext {
    const { context } = this;
    const { clusterSet: clusters, listenerSet: listeners, routes, secrets, xds } = this;
    const encoded = encodedOnce(bootstrap);
    this.encodeBootstrap = encoded;
    const startedAt = Date.now();
    return {
      version,
      stats: this.stats,
      logLevels: logLevels(context.logger, (lowest) => (context.supervisor.blocks.logLevel = lowest)),
      commandLineOptions: commandLineView(options, context.concurrency),
      node: nodeView(bootstrap, version),
      runtime: this.runtime.view,
      state: () => this.state,
      clusters: () =>
        [...this.clusters.all()].map((cluster) => ({
          ...clusterView(context.core, cluster, this.dynamicEndpoints),
          addedViaApi: this.clusterSet.dynamic.has(cluster.spec.model.name),
        })),
      listeners: () => this.listenerSet.views(),
      config: () => configView({ bootstrap: encoded(), startedAt, clusters, listeners, routes, secrets, xds }),
      quit: () => context.drain.quit('/quitquitquit'),
      drainListeners: () => context.supervisor.unlisten(),
      failHealthCheck: (failed) => (this.failsHealthChecks = failed),
    };
  }

  live(bound: readonly SocketAddress[]): void {
    this.configuration = undefined;
    this.listenerSet.live(this.listeners, bound);
    this.phase = 'LIVE';
    if (this.boundAdmin) setImmediate(() => this.encodeBootstrap?.());
    else this.encodeBootstrap = undefined;
    this.stats.control.histogram('server.initialization_time_ms').record(performance.now());
  }

  workerDied(index: number): void {
    this.askers.workerDied(index);
    this.accessLogs.drain();
    this.stats.workerDied(index);
  }

  drainInbound(idleMs: number): void {
    for (const listener of this.listenerSet.inbound) this.context.supervisor.drainListener(listener, idleMs);
  }

  reopenLogs(): void {
    this.accessLogs.reopen();
  }

  countUncaught(): void {
    this.stats.control.count('weft.control_exceptions');
  }

  async finish(): Promise<void> {
    this.accessLogs.drain();
    await this.grpcLogs.end(LAST_REPORTS_MS);
  }

  close(): void {
    this.stats.stop();
    this.secrets.close();
    this.runtime.close();
    this.xds.close();
    this.askers.close();
    this.services.close();
    this.clusters.close();
    this.accessLogs.close();
    this.boundAdmin?.server.close();
    this.agent?.close();
  }
}

// The bytes of the bootstrap; the message itself, with all that was unpacked from it, is many times larger and is let go.
function encodedOnce(bootstrap: Bootstrap): () => Uint8Array {
  let message: Message | undefined = bootstrap as unknown as Message;
  let bytes = new Uint8Array();
  return () => {
    if (message) bytes = Uint8Array.from(message.$type.encode(message).finish());
    message = undefined;
    return bytes;
  };
}
