// Route configurations: compiled with the clusters they name; and RDS, which brings them by name.
import type { RdsModel } from '../compile/http_connection_manager.js';
import { compileRouteConfig, type RouteConfiguration } from '../compile/route_config.js';
import type { RouteDirectory, RouteObject } from '../compile/route_directory.js';
import { hasErrors, type Finding } from '../config/finding.js';
import type { Core } from '../core/load.js';
import { References, type NameIndices } from '../core/name_indices.js';
import { ROUTE_CONFIGURATION } from '../xds/kinds.js';
import {
  stored,
  type ConfigSources,
  type Rejection,
  type Sink,
  type StoredResource,
  type Subscription,
  type Update,
} from '../xds/subscription.js';

/** The clusters there are, and the indices of all names. */
export interface ClusterNames {
  readonly indices: NameIndices;
  indexOf(name: string): number | undefined;
}

export interface RoutePlace {
  readonly path: string;
  /** Where `validate_clusters` is absent. */
  readonly validateClusters: boolean;
}

/** Undefined with an error among the findings; nothing is left behind then. */
export function compileRoutes(
  core: Core,
  clusters: ClusterNames,
  message: RouteConfiguration,
  place: RoutePlace,
  findings: Finding[],
): RouteObject | undefined {
  const references = new References(clusters.indices);
  const context = {
    ...place,
    clusterIndex: (name: string) => (clusters.indexOf(name) === undefined ? undefined : references.indexOf(name)),
    reserveCluster: (name: string) => references.indexOf(name),
  };
  let compiled;
  try {
    compiled = compileRouteConfig(core, message, context);
  } catch (error) {
    references.release();
    throw error;
  }
  findings.push(...compiled.findings);
  if (compiled.object !== 0) return { object: compiled.object, clusters: references };
  references.release();
  return undefined;
}

interface Watched {
  uses: number;
  current: StoredResource | undefined;
  readonly first: Promise<void>;
  readonly onFirst: () => void;
}

/** One source of route configurations. */
class Source implements Sink<RouteConfiguration> {
  readonly watched = new Map<string, Watched>();
  subscription: Subscription | undefined;

  constructor(
    private readonly key: string,
    private readonly options: RouteDiscoveryOptions,
  ) {}

  get names(): ReadonlySet<string> {
    return new Set(this.watched.keys());
  }

  update({ changed }: Update<RouteConfiguration>): Rejection[] {
    const rejections: Rejection[] = [];
    for (const resource of changed) {
      const { name, message } = resource;
      const watched = this.watched.get(name);
      if (!watched) continue; // not asked for
      const findings = this.apply(name, message);
      if (hasErrors(findings)) rejections.push({ name, findings });
      else watched.current = stored(resource);
      watched.onFirst(); // as in Envoy: a listener does not wait for routes that are refused
    }
    return rejections;
  }

  timedOut(names: readonly string[] | undefined): void {
    for (const name of names ?? this.watched.keys()) this.watched.get(name)?.onFirst();
  }

  private apply(name: string, message: RouteConfiguration): readonly Finding[] {
    const { core, clusters, directory } = this.options;
    const findings: Finding[] = [];
    const object = compileRoutes(core, clusters, message, { path: '', validateClusters: false }, findings);
    if (object) directory.publish(routeKey(this.key, name), object);
    return findings;
  }
}

export interface RouteDiscoveryOptions {
  readonly core: Core;
  readonly clusters: ClusterNames;
  readonly directory: RouteDirectory;
  readonly configSources: ConfigSources;
}

/** The name under which a route configuration of RDS stands in the directory. */
function routeKey(sourceKey: string, name: string): string {
  return `rds ${sourceKey} ${name}`;
}

export class RouteDiscovery {
  private readonly sources = new Map<string, Source>();

  constructor(private readonly options: RouteDiscoveryOptions) {}

  /** Its name in the directory. */
  static keyOf({ source, name }: RdsModel): string {
    return routeKey(JSON.stringify(source), name);
  }

  /**
   * Asks for a route configuration, until `unwatch` is called as often. Resolves when it is there, or will not come in time.
   * Somebody must hold its name in the directory.
   */
  watch(model: RdsModel): Promise<void> {
    const key = JSON.stringify(model.source);
    let source = this.sources.get(key);
    if (!source) this.sources.set(key, (source = new Source(key, this.options)));
    let watched = source.watched.get(model.name);
    if (watched) {
      watched.uses++;
      return watched.first;
    }
    let onFirst!: () => void;
    const first = new Promise<void>((resolve) => (onFirst = resolve));
    watched = { uses: 1, current: undefined, first, onFirst };
    source.watched.set(model.name, watched);
    if (source.subscription) source.subscription.watch(source.names);
    else {
      const { configSources } = this.options;
      source.subscription = configSources.subscribe(ROUTE_CONFIGURATION, model.source, source.names, source);
    }
    return first;
  }

  unwatch(model: RdsModel): void {
    const key = JSON.stringify(model.source);
    const source = this.sources.get(key);
    const watched = source?.watched.get(model.name);
    if (!source || !watched || --watched.uses > 0) return;
    source.watched.delete(model.name);
    if (source.watched.size > 0) return source.subscription?.watch(source.names);
    source.subscription?.close();
    this.sources.delete(key);
  }

  /** Every route configuration that serves, for /config_dump. */
  *current(): Iterable<{ readonly name: string; readonly resource: StoredResource }> {
    for (const { watched } of this.sources.values())
      for (const [name, { current }] of watched) if (current) yield { name, resource: current };
  }

  close(): void {
    for (const { subscription } of this.sources.values()) subscription?.close();
  }
}
