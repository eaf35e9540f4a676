// Resources that are asked for by name (RDS, SDS, ECDS, …): who asks for which, from which source, and what serves of each.
import { hasErrors, type Finding } from '../config/finding.js';
import type { ResourceKind } from '../xds/kinds.js';
import {
  stored,
  type ConfigSource,
  type ConfigSources,
  type Rejection,
  type Resource,
  type Sink,
  type StoredResource,
  type Subscription,
  type Update,
} from '../xds/subscription.js';

/** A resource by name and source. */
export interface ResourcePlace {
  /** Tells equal names of different sources apart. */
  readonly key: string;
  readonly name: string;
}

export interface NamedResource extends ResourcePlace {
  readonly resource: StoredResource;
}

export interface NamedResourcesOptions<T> {
  readonly kind: ResourceKind;
  readonly configSources: ConfigSources;
  /** Findings with an error: it is refused, and what was applied before serves on. */
  readonly apply: (place: ResourcePlace, resource: Resource<T>) => readonly Finding[];
  /** The control plane has taken it away. Without this it serves on. */
  readonly remove?: (place: ResourcePlace) => void;
  /** Nobody asks for it any more. */
  readonly forget?: (place: ResourcePlace) => void;
}

interface Watched {
  uses: number;
  current: StoredResource | undefined;
  isSettled: boolean;
  readonly first: Promise<void>;
  readonly onFirst: () => void;
}

function newWatched(): Watched {
  let settle!: () => void;
  const first = new Promise<void>((resolve) => (settle = resolve));
  const watched: Watched = {
    uses: 0,
    current: undefined,
    isSettled: false,
    first,
    onFirst: () => {
      watched.isSettled = true;
      settle();
    },
  };
  return watched;
}

/** One source. */
class Source<T> implements Sink<T> {
  readonly watched = new Map<string, Watched>();
  subscription: Subscription | undefined;

  constructor(
    private readonly key: string,
    private readonly options: NamedResourcesOptions<T>,
  ) {}

  get names(): ReadonlySet<string> {
    return new Set(this.watched.keys());
  }

  update({ changed, removed }: Update<T>): Rejection[] {
    const rejections: Rejection[] = [];
    for (const resource of changed) {
      const { name } = resource;
      const watched = this.watched.get(name);
      if (!watched) continue; // not asked for
      const findings = this.options.apply({ key: this.key, name }, resource);
      if (hasErrors(findings)) rejections.push({ name, findings });
      else watched.current = stored(resource);
      watched.onFirst(); // as in Envoy: nobody waits for what is refused
    }
    for (const name of removed) this.remove(name);
    return rejections;
  }

  timedOut(names: readonly string[] | undefined): void {
    for (const name of names ?? this.watched.keys()) this.watched.get(name)?.onFirst();
  }

  private remove(name: string): void {
    const watched = this.watched.get(name);
    if (!watched) return;
    watched.onFirst();
    if (!this.options.remove || !watched.current) return;
    watched.current = undefined;
    this.options.remove({ key: this.key, name });
  }
}

export class NamedResources<T> {
  private readonly sources = new Map<string, Source<T>>();

  constructor(private readonly options: NamedResourcesOptions<T>) {}

  static keyOf(source: ConfigSource): string {
    return JSON.stringify(source);
  }

  /**
   * Asks for a resource, until `unwatch` is called as often. Resolves when it is there, or refused, or will not come in time. It is
   * applied by `apply`, once for all who ask; `current` says whether it is there already.
   */
  watch(from: ConfigSource, name: string): Promise<void> {
    const key = NamedResources.keyOf(from);
    let source = this.sources.get(key);
    if (!source) this.sources.set(key, (source = new Source(key, this.options)));
    let watched = source.watched.get(name);
    if (watched) {
      watched.uses++;
      return watched.first;
    }
    watched = newWatched();
    watched.uses = 1;
    source.watched.set(name, watched);
    const { kind, configSources } = this.options;
    if (source.subscription) source.subscription.watch(source.names);
    else source.subscription = configSources.subscribe(kind, from, source.names, source);
    return watched.first;
  }

  unwatch(from: ConfigSource, name: string): void {
    const key = NamedResources.keyOf(from);
    const source = this.sources.get(key);
    const watched = source?.watched.get(name);
    if (!source || !watched || --watched.uses > 0) return;
    source.watched.delete(name);
    this.options.forget?.({ key, name });
    if (source.watched.size > 0) return source.subscription?.watch(source.names);
    source.subscription?.close();
    this.sources.delete(key);
  }

  /** Everything that serves, for /config_dump. */
  *current(): Iterable<NamedResource> {
    for (const [key, { watched }] of this.sources)
      for (const [name, { current }] of watched) if (current) yield { key, name, resource: current };
  }

  /** What has been asked for and is not there: still waited for, or given up. */
  *missing(): Iterable<ResourcePlace & { readonly isWaitedFor: boolean }> {
    for (const [key, { watched }] of this.sources)
      for (const [name, { current, isSettled }] of watched) if (!current) yield { key, name, isWaitedFor: !isSettled };
  }

  close(): void {
    for (const { subscription } of this.sources.values()) subscription?.close();
  }
}
