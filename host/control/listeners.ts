// LDS: listeners that come, change and go while the proxy serves. A listener warms until its routes are there; what it replaces
// serves until then, and drains afterwards.
import type { envoy } from '../../proto/generated/api.js';
import { MAX_LISTENERS } from '../../assembly/abi.js';
import type { ListenerView } from '../admin/context.js';
import type { ListenerModel } from '../compile/listener.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import { IdPool } from '../core/id_pool.js';
import type { Retirement } from '../core/retirement.js';
import { formatAddress, type SocketAddress } from '../io/address.js';
import { ListenError } from '../io/socket.js';
import type { NamedListener } from '../process/start_proxy.js';
import type { BoundListener } from '../process/listening_sockets.js';
import type { Supervisor } from '../process/supervisor.js';
import {
  stored,
  type Rejection,
  type Resource,
  type Sink,
  type StoredResource,
  type Update,
} from '../xds/subscription.js';
import { boundAddresses, missingFrom, sharedAddress, takeOne, textOf } from './bound_addresses.js';
import { ListenerDrain, ListenerDrains, type DrainedObject } from './listener_drain.js';
import { changesInPlace, identityOf, type ListenerIdentity } from './listener_identity.js';
import { publishListenerAddresses } from './listener_addresses.js';
import {
  buildParts,
  dropParts,
  ListenerStats,
  prepareListener,
  publishListener,
  releaseParts,
  type ListenerContext,
  type ListenerParts,
} from './listener_parts.js';

type Listener = envoy.config.listener.v3.Listener;

/** A built listener object, before or while it serves. */
interface Version {
  readonly parts: ListenerParts;
  readonly object: DrainedObject;
  /** Undefined for one of the bootstrap. */
  readonly identity: ListenerIdentity | undefined;
  readonly resource: StoredResource | undefined;
  /** Bound and not yet in use: what a listener that is new, or has moved, had not before. */
  readonly sockets: readonly BoundListener[];
}

/** What a version is made of. */
interface Prepared {
  readonly parts: ListenerParts;
  readonly identity?: ListenerIdentity;
  readonly resource?: StoredResource;
  readonly sockets?: readonly BoundListener[];
}

/** One name of a listener. */
export interface ManagedListener {
  readonly name: string;
  readonly index: number;
  readonly stats: ListenerStats;
  readonly isStatic: boolean;
  readonly drain: ListenerDrain;
  active: Version | undefined;
  warming: Version | undefined;
  /** Resolves when the version that warmed last has its routes. */
  warm: Promise<void> | undefined;
  /** Where it is bound, as the kernel says; empty before, and for a listener that is not bound to a port. */
  addresses: readonly SocketAddress[];
}

export interface ListenerCounters {
  added: number;
  modified: number;
  updatedInPlace: number;
  removed: number;
  createFailure: number;
}

/** By then every worker has emptied the accept queues of a listener that was removed. */
const EMPTY_QUEUES_MS = 1000;

export interface ListenerSetOptions {
  readonly context: ListenerContext;
  readonly supervisor: Supervisor;
  readonly retirement: Retirement;
  /** How long connections of a replaced listener may go on, ms. */
  readonly drainMs: number;
}

export class ListenerSet implements Sink<Listener> {
  readonly listeners = new Map<string, ManagedListener>();
  readonly counters: ListenerCounters = { added: 0, modified: 0, updatedInPlace: 0, removed: 0, createFailure: 0 };
  readonly drains: ListenerDrains;
  private readonly indices = new IdPool(MAX_LISTENERS, 'listeners');
  private serials = 0;
  private isLive = false;
  private addressesChanged = false;
  private onFirst!: () => void;
  readonly first: Promise<void> = new Promise((resolve) => (this.onFirst = resolve));

  constructor(private readonly options: ListenerSetOptions) {
    const { context, supervisor, retirement, drainMs } = options;
    this.drains = new ListenerDrains({ core: context.core, supervisor, retirement, drainMs });
  }

  /** A listener of the bootstrap. Its names must be known to be right: there are no findings then. */
  addStatic(parts: ListenerParts): void {
    const listener = this.create(parts.model.name, true);
    this.start(listener, { parts });
  }

  update({ changed, removed }: Update<Listener>): Rejection[] {
    for (const name of removed) this.remove(name);
    const rejections: Rejection[] = [];
    for (const resource of changed) {
      const findings = this.apply(resource);
      if (!hasErrors(findings)) continue;
      this.counters.createFailure++;
      rejections.push({ name: resource.name, findings });
    }
    this.onFirst();
    return rejections;
  }

  timedOut(): void {
    this.onFirst();
  }

  /** Resolves when every listener that is known now has its routes. */
  async ready(): Promise<void> {
    await Promise.all([...this.listeners.values()].map(({ warm }) => warm));
  }

  /** What is to be bound when the proxy begins to serve. */
  get toBind(): NamedListener[] {
    return [...this.listeners.values()].flatMap(({ index, active }) => {
      const model = active?.parts.model;
      return model?.bindToPort ? listenerSpecs(model, index) : [];
    });
  }

  /** The addresses are those of `toBind`, as they are bound. From now on listeners are bound as they come. */
  live(specs: readonly NamedListener[], bound: readonly SocketAddress[]): void {
    this.isLive = true;
    for (const listener of this.listeners.values()) {
      listener.addresses = bound.filter((_, i) => specs[i].listener === listener.index);
    }
  }

  /** For /listeners: what serves, with its addresses; as in Envoy, those that are not bound to a port are there, too. */
  views(): ListenerView[] {
    return [...this.listeners.values()].flatMap(({ name, active, addresses }) => {
      if (!active) return [];
      const shown = addresses.length > 0 ? addresses : active.parts.model.addresses.map(({ address }) => address);
      return [{ name, addresses: shown.map(formatAddress) }];
    });
  }

  /** Indices of the listeners whose traffic comes into the Pod. */
  get inbound(): number[] {
    return [...this.listeners.values()].flatMap(({ index, active }) => (active?.parts.model.isInbound ? [index] : []));
  }

  count(state: 'active' | 'warming'): number {
    return [...this.listeners.values()].filter((listener) => listener[state]).length;
  }

  private create(name: string, isStatic: boolean): ManagedListener {
    const stats = new ListenerStats(this.options.context.stats);
    const index = this.indices.take();
    const nothing = { active: undefined, warming: undefined, warm: undefined, addresses: [] };
    const drain = new ListenerDrain(this.drains);
    const listener: ManagedListener = { name, index, stats, isStatic, drain, ...nothing };
    this.listeners.set(name, listener);
    this.counters.added++;
    return listener;
  }

  private apply(resource: Resource<Listener>): readonly Finding[] {
    const { name, message } = resource;
    const known = this.listeners.get(name);
    if (known?.isStatic) return []; // as in Envoy, a listener of the bootstrap stays as it is
    const findings: Finding[] = [];
    const parts = prepareListener(this.options.context, message, { path: '', mustHaveClusters: false }, findings);
    if (!parts) return findings;
    const sockets = this.addressTaken(name, parts.model) ?? this.openSockets(known, parts.model);
    if ('code' in sockets) {
      dropParts(this.options.context, parts);
      return [...findings, sockets];
    }
    if (known) this.counters.modified++;
    const listener = known ?? this.create(name, false);
    this.start(listener, {
      parts,
      identity: identityOf(message),
      resource: stored(resource),
      sockets: sockets.map((each) => ({ ...each, listener: listener.index })),
    });
    return findings;
  }

  private addressTaken(name: string, model: ListenerModel): Finding | undefined {
    for (const other of this.listeners.values()) {
      const theirs = (other.warming ?? other.active)?.parts.model;
      const shared = other.name === name || !theirs ? undefined : sharedAddress(model, theirs);
      if (shared === undefined) continue;
      return finding('WEFT1402', 'address', `the listener ${other.name} has this address`, { value: shared });
    }
    return undefined;
  }

  // Binds the sockets of a listener that is new, or has moved: what connects meanwhile waits in their queues.
  private openSockets(known: ManagedListener | undefined, model: ListenerModel): readonly BoundListener[] | Finding {
    if (!this.isLive) return [];
    const fresh = missingFrom(boundAddresses(known?.active?.parts.model), boundAddresses(model));
    const specs = listenerSpecs(model, known?.index ?? -1).filter((_, i) => fresh.includes(model.addresses[i]));
    try {
      return this.options.supervisor.sockets.open(specs);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      return finding('WEFT1501', 'address', error.message, { value: fresh.map(textOf).join(', ') });
    }
  }

  // Throws when the table memory is exhausted; nothing is changed then.
  private start(listener: ManagedListener, { parts, identity, resource, sockets = [] }: Prepared): void {
    const { context } = this.options;
    const serials = this.chainSerials(listener.active, identity, parts.chains.length);
    const { index, stats } = listener;
    const object = { ...buildParts(context, parts, { index, stats, serials }), serials };
    const version: Version = { parts, object, identity, resource, sockets };
    if (listener.warming) this.discard(listener.warming);
    listener.warming = version;
    const routes = parts.chains.flatMap(({ rds }) => (rds ? [context.routes.watch(rds)] : []));
    if (routes.length === 0) return this.activate(listener, version);
    listener.warm = Promise.all(routes).then(() => {
      if (listener.warming === version) this.activate(listener, version);
    });
  }

  // A chain that is as it was keeps its serial, where nothing else has changed: its connections go on.
  private chainSerials(before: Version | undefined, identity: ListenerIdentity | undefined, count: number): number[] {
    const isInPlace = changesInPlace(before?.identity, identity);
    return Array.from({ length: count }, (_, i) => {
      const known = isInPlace ? before!.identity!.chains.indexOf(identity!.chains[i]) : -1;
      return known < 0 ? ++this.serials : before!.object.serials[known];
    });
  }

  private activate(listener: ManagedListener, version: Version): void {
    const { context, supervisor } = this.options;
    const before = listener.active;
    listener.warming = undefined;
    listener.active = version;
    publishListener(context, listener.index, version.object.address);
    this.publishAddresses();
    if (this.isLive) this.bind(listener, before?.parts.model, version);
    if (!before) return;
    const isInPlace = changesInPlace(before.identity, version.identity);
    if (isInPlace) this.counters.updatedInPlace++;
    this.replaced(listener, before, isInPlace ? new Set(version.object.serials) : undefined);
    if (isInPlace) supervisor.broadcast({ type: 'follow_listener', listener: listener.index });
  }

  // For those that hand over: once for all the listeners of an update, as soon as it is applied.
  private publishAddresses(): void {
    if (this.addressesChanged) return;
    this.addressesChanged = true;
    queueMicrotask(() => {
      this.addressesChanged = false;
      const placed = [...this.listeners.values()].flatMap(({ index, active }) =>
        active ? [{ index, model: active.parts.model }] : [],
      );
      publishListenerAddresses(this.options.context.core, placed);
    });
  }

  // Its sockets stay as they are, but for those of the addresses from which it has moved.
  private bind(listener: ManagedListener, before: ListenerModel | undefined, { parts, sockets }: Version): void {
    const { supervisor } = this.options;
    const left = missingFrom(boundAddresses(parts.model), boundAddresses(before)).map(textOf);
    const had = supervisor.sockets.of(listener.index);
    supervisor.unlistenOne(had.filter(({ configured }) => takeOne(left, formatAddress(configured))));
    if (sockets.length > 0) supervisor.adopt(sockets);
    const now = [...supervisor.sockets.of(listener.index)];
    listener.addresses = boundAddresses(parts.model).flatMap((each) => {
      const at = now.findIndex(({ configured }) => formatAddress(configured) === textOf(each));
      return now.splice(at, at < 0 ? 0 : 1).map(({ address }) => address);
    });
  }

  private remove(name: string): void {
    const listener = this.listeners.get(name);
    if (!listener || listener.isStatic) return;
    this.listeners.delete(name);
    this.counters.removed++;
    const { context, supervisor } = this.options;
    if (listener.warming) this.discard(listener.warming);
    this.publishAddresses();
    supervisor.unlistenOne(supervisor.sockets.of(listener.index));
    const gone = (): void => {
      listener.stats.release();
      this.indices.give(listener.index);
    };
    const { active, drain } = listener;
    if (!active) return gone();
    // What waits in the accept queues is still served by it.
    setTimeout(() => {
      publishListener(context, listener.index, 0);
      this.replaced(listener, active, undefined);
      drain.whenGone(gone);
    }, EMPTY_QUEUES_MS).unref();
  }

  // Never published: nobody has seen it.
  private discard({ parts, object, sockets }: Version): void {
    const { context, supervisor } = this.options;
    for (const each of sockets) supervisor.sockets.abandon(each);
    for (const { rds } of parts.chains) if (rds) context.routes.unwatch(rds);
    context.core.exports.objectFree(object.address);
    releaseParts(context, parts);
  }

  private replaced(
    { drain }: ManagedListener,
    { parts, object }: Version,
    kept: ReadonlySet<number> | undefined,
  ): void {
    const { context } = this.options;
    for (const { rds } of parts.chains) if (rds) context.routes.unwatch(rds);
    drain.replaced(object, kept, () => releaseParts(context, parts));
  }
}

export function listenerSpecs(model: ListenerModel, listener: number): NamedListener[] {
  const { name, backlog, reusePort, transparent, freebind } = model;
  return model.addresses.map((each) => ({ ...each, name, listener, backlog, reusePort, transparent, freebind }));
}
