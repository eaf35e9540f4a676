// The control side of a static configuration: clusters and their resolution, route configurations and listeners, published once.
import { LISTENER_DIR } from '../../assembly/abi.js';
import { ClusterManager } from '../cluster/manager.js';
import { buildListener } from '../compile/listener_object.js';
import type { ListenerModel } from '../compile/listener.js';
import { RouteDirectory } from '../compile/route_directory.js';
import type { Bootstrap } from '../config/bootstrap.js';
import { ConfigError, hasErrors, type Finding } from '../config/finding.js';
import type { SocketAddress } from '../io/address.js';
import { LOG_WARNING } from '../process/log_level.js';
import type { Control, ControlContext, NamedListener } from '../process/start_proxy.js';
import { compileClusters, compileListeners, type CompiledListener } from './configuration.js';
import { localInfo } from './local_info.js';
import { NO_STATS, type StatScopes } from './stat_scopes.js';

export class StaticControl implements Control {
  readonly listeners: readonly NamedListener[];
  readonly admin: SocketAddress | undefined = undefined;
  private readonly stats: StatScopes = NO_STATS;
  private readonly clusters: ClusterManager;
  private readonly routes: RouteDirectory;

  /** Throws a ConfigError; nothing is left running then. */
  constructor(
    private readonly bootstrap: Bootstrap,
    private readonly context: ControlContext,
  ) {
    const { core, logger, supervisor } = context;
    const findings: Finding[] = [];
    const specs = compileClusters(bootstrap, findings);
    this.routes = new RouteDirectory(core);
    this.clusters = new ClusterManager({
      core,
      scopes: this.stats.cluster,
      warn: (message) => logger.log(LOG_WARNING, 'upstream', message),
      onEndpointsRemoved: (ids) => supervisor.broadcast({ type: 'endpoints_removed', ids: [...ids] }),
    });
    try {
      if (!hasErrors(findings)) for (const spec of specs) this.clusters.set(spec);
      const compiled = compileListeners(core, bootstrap, (name) => this.clusters.indexOf(name), findings);
      if (hasErrors(findings)) throw new ConfigError(findings);
      compiled.forEach((listener, i) => this.publishListener(listener, i));
      this.listeners = compiled.flatMap(({ model }, i) => (model.bindToPort ? [listenerSpec(model, i)] : []));
    } catch (error) {
      this.clusters.close();
      throw error;
    }
  }

  private publishListener({ model, routeConfig }: CompiledListener, index: number): void {
    const { core } = this.context;
    const { network } = model;
    // Route configurations of several listeners may have one name; a listener's own are found by its index.
    const routeName = `static listener ${index}`;
    if (routeConfig !== 0) this.routes.publish(routeName, routeConfig);
    const object = buildListener(core, model, {
      index,
      stats: this.stats.listener(model.statName),
      networkStats:
        network.kind === 'tcp_proxy'
          ? this.stats.tcp(network.tcpProxy.statPrefix)
          : this.stats.http(network.hcm.statPrefix),
      routeConfig: this.routes.indexOf(routeName),
      accessLog: undefined,
      localInfo: localInfo(this.bootstrap),
      filterOf: ({ typeName }) => {
        throw new Error(`no worker knows the filter ${typeName}`);
      },
    });
    core.exports.publish(LISTENER_DIR + index * 4, object);
  }

  warm(): Promise<void> {
    return this.clusters.ready();
  }

  live(): void {}

  workerDied(_index: number): void {}

  reopenLogs(): void {}

  countUncaught(): void {}

  close(): void {
    this.clusters.close();
  }
}

function listenerSpec(model: ListenerModel, listener: number): NamedListener {
  const { name, address, backlog, reusePort, ipv4Compat, mode } = model;
  return { name, listener, address, backlog, reusePort, ipv4Compat, mode };
}
