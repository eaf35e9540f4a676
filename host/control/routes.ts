// Route configurations: compiled with the clusters they name; and RDS, which brings them by name.
import type { RdsModel } from '../compile/http_connection_manager.js';
import { compileRouteConfig, type RouteConfiguration } from '../compile/route_config.js';
import { releaseNames, type RouteDirectory, type RouteObject } from '../compile/route_directory.js';
import type { Finding } from '../config/finding.js';
import type { Core } from '../core/load.js';
import { References, type NameIndices } from '../core/name_indices.js';
import type { RuntimeKeys } from '../runtime/keys.js';
import { HTTP_FILTERS } from '../filter/http/registry.js';
import { ROUTE_CONFIGURATION } from '../xds/kinds.js';
import type { ConfigSources } from '../xds/subscription.js';
import { NamedResources, type NamedResource } from './named_resources.js';

/** The clusters there are, and the indices of all names. */
export interface ClusterNames {
  readonly indices: NameIndices;
  indexOf(name: string): number | undefined;
}

/** What routes refer to by name. */
export interface RouteNames {
  readonly clusters: ClusterNames;
  readonly runtimeKeys: RuntimeKeys;
}

export interface RoutePlace {
  readonly path: string;
  /** Where `validate_clusters` is absent. */
  readonly validateClusters: boolean;
}

/** Undefined with an error among the findings; nothing is left behind then. */
export function compileRoutes(
  core: Core,
  { clusters, runtimeKeys }: RouteNames,
  message: RouteConfiguration,
  place: RoutePlace,
  findings: Finding[],
): RouteObject | undefined {
  const names = { clusters: new References(clusters.indices), runtimeKeys: new References(runtimeKeys) };
  const context = {
    ...place,
    clusterIndex: (name: string) => (clusters.indexOf(name) === undefined ? undefined : names.clusters.indexOf(name)),
    reserveCluster: (name: string) => names.clusters.indexOf(name),
    runtimeKey: (name: string) => names.runtimeKeys.indexOf(name) + 1,
    runtime: runtimeKeys.snapshot,
    httpFilters: HTTP_FILTERS,
  };
  let compiled;
  try {
    compiled = compileRouteConfig(core, message, context);
  } catch (error) {
    releaseNames(names);
    throw error;
  }
  findings.push(...compiled.findings);
  if (compiled.object !== 0) return { object: compiled.object, ...names };
  releaseNames(names);
  return undefined;
}

export interface RouteDiscoveryOptions extends RouteNames {
  readonly core: Core;
  readonly directory: RouteDirectory;
  readonly configSources: ConfigSources;
}

/** The name under which a route configuration of RDS stands in the directory. */
function routeKey(sourceKey: string, name: string): string {
  return `rds ${sourceKey} ${name}`;
}

export class RouteDiscovery {
  private readonly resources: NamedResources<RouteConfiguration>;

  constructor({ core, clusters, runtimeKeys, directory, configSources }: RouteDiscoveryOptions) {
    const names = { clusters, runtimeKeys };
    this.resources = new NamedResources<RouteConfiguration>({
      kind: ROUTE_CONFIGURATION,
      configSources,
      apply({ key, name }, { message }) {
        const findings: Finding[] = [];
        const object = compileRoutes(core, names, message, { path: '', validateClusters: false }, findings);
        if (object) directory.publish(routeKey(key, name), object);
        return findings;
      },
    });
  }

  /** Its name in the directory. */
  static keyOf({ source, name }: RdsModel): string {
    return routeKey(NamedResources.keyOf(source), name);
  }

  /**
   * Asks for a route configuration, until `unwatch` is called as often. Resolves when it is there, or will not come in time.
   * Somebody must hold its name in the directory.
   */
  watch({ source, name }: RdsModel): Promise<void> {
    return this.resources.watch(source, name);
  }

  unwatch({ source, name }: RdsModel): void {
    this.resources.unwatch(source, name);
  }

  /** Every route configuration that serves, for /config_dump. */
  current(): Iterable<NamedResource> {
    return this.resources.current();
  }

  close(): void {
    this.resources.close();
  }
}
