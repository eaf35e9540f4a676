// LDS: listeners that come, change and go while the proxy serves. A listener warms until its routes are there; what it replaces
// serves until then, and drains afterwards.
import type { envoy } from '../../proto/generated/api.js';
import { MAX_LISTENERS } from '../../assembly/abi.js';
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
  readonly object: number;
  readonly serial: number;
  readonly resource: StoredResource | undefined;
  /** Bound and not yet in use, where the listener is new or has moved. */
  readonly sockets: BoundListener | undefined;
}

/** One name of a listener. */
export interface ManagedListener {
  readonly name: string;
  readonly index: number;
  readonly stats: ListenerStats;
  readonly isStatic: boolean;
  active: Version | undefined;
  warming: Version | undefined;
  /** Resolves when the version that warmed last has its routes. */
  warm: Promise<void> | undefined;
  /** Where it is bound; undefined before, and for a listener that is not bound to a port. */
  address: SocketAddress | undefined;
}

export interface ListenerCounters {
  added: number;
  modified: number;
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
  readonly counters: ListenerCounters = { added: 0, modified: 0, removed: 0, createFailure: 0 };
  draining = 0;
  private readonly indices = new IdPool(MAX_LISTENERS, 'listeners');
  private serials = 0;
  private isLive = false;
  private addressesChanged = false;
  private onFirst!: () => void;
  readonly first: Promise<void> = new Promise((resolve) => (this.onFirst = resolve));

  constructor(private readonly options: ListenerSetOptions) {}

  /** A listener of the bootstrap. Its names must be known to be right: there are no findings then. */
  addStatic(parts: ListenerParts): void {
    const listener = this.create(parts.model.name, true);
    this.start(listener, parts);
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
      return model?.bindToPort ? [listenerSpec(model, index)] : [];
    });
  }

  /** The addresses are those of `toBind`, as they are bound. From now on listeners are bound as they come. */
  live(specs: readonly NamedListener[], bound: readonly SocketAddress[]): void {
    this.isLive = true;
    const byIndex = new Map(specs.map(({ listener }, i) => [listener, bound[i]]));
    for (const listener of this.listeners.values()) listener.address = byIndex.get(listener.index);
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
    const nothing = { active: undefined, warming: undefined, warm: undefined, address: undefined };
    const listener: ManagedListener = { name, index, stats, isStatic, ...nothing };
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
    if (sockets && 'code' in sockets) {
      dropParts(this.options.context, parts);
      return [...findings, sockets];
    }
    if (known) this.counters.modified++;
    const listener = known ?? this.create(name, false);
    this.start(listener, parts, stored(resource), sockets && { ...sockets, listener: listener.index });
    return findings;
  }

  private addressTaken(name: string, { address }: ListenerModel): Finding | undefined {
    if (address.family !== 'unix' && address.port === 0) return undefined;
    const text = formatAddress(address);
    for (const other of this.listeners.values()) {
      const model = (other.warming ?? other.active)?.parts.model;
      if (other.name === name || !model || formatAddress(model.address) !== text) continue;
      return finding('WEFT1402', 'address', `listener ${other.name} has this address`, { value: text });
    }
    return undefined;
  }

  // Binds the sockets of a listener that is new, or has moved: what connects meanwhile waits in their queues.
  private openSockets(known: ManagedListener | undefined, model: ListenerModel): BoundListener | Finding | undefined {
    const before = known?.active?.parts.model;
    if (!this.isLive || !model.bindToPort || (before && !hasMoved(before, model))) return undefined;
    try {
      return this.options.supervisor.sockets.open([listenerSpec(model, known?.index ?? -1)])[0];
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      return finding('WEFT1501', 'address', error.message, { value: formatAddress(model.address) });
    }
  }

  // Throws when the table memory is exhausted; nothing is changed then.
  private start(
    listener: ManagedListener,
    parts: ListenerParts,
    resource?: StoredResource,
    sockets?: BoundListener,
  ): void {
    const { context } = this.options;
    const serial = ++this.serials;
    const object = buildParts(context, parts, { index: listener.index, stats: listener.stats, serial });
    const version: Version = { parts, object, serial, resource, sockets };
    if (listener.warming) this.discard(listener.warming);
    listener.warming = version;
    const routes = parts.chains.flatMap(({ rds }) => (rds ? [context.routes.watch(rds)] : []));
    if (routes.length === 0) return this.activate(listener, version);
    listener.warm = Promise.all(routes).then(() => {
      if (listener.warming === version) this.activate(listener, version);
    });
  }

  private activate(listener: ManagedListener, version: Version): void {
    const before = listener.active;
    listener.warming = undefined;
    listener.active = version;
    publishListener(this.options.context, listener.index, version.object);
    this.publishAddresses();
    if (this.isLive) this.bind(listener, before?.parts.model, version);
    if (before) this.drain(before);
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

  // Its sockets stay as they are, unless it has moved.
  private bind(listener: ManagedListener, before: ListenerModel | undefined, { parts, sockets }: Version): void {
    if (before && !hasMoved(before, parts.model)) return;
    const { supervisor } = this.options;
    supervisor.unlistenOne(listener.index);
    listener.address = sockets?.address;
    if (sockets) supervisor.adopt([sockets]);
  }

  private remove(name: string): void {
    const listener = this.listeners.get(name);
    if (!listener || listener.isStatic) return;
    this.listeners.delete(name);
    this.counters.removed++;
    const { context, supervisor } = this.options;
    if (listener.warming) this.discard(listener.warming);
    this.publishAddresses();
    supervisor.unlistenOne(listener.index);
    const gone = (): void => {
      listener.stats.release();
      this.indices.give(listener.index);
    };
    const { active } = listener;
    if (!active) return gone();
    // What waits in the accept queues is still served by it.
    setTimeout(() => {
      publishListener(context, listener.index, 0);
      this.drain(active, gone);
    }, EMPTY_QUEUES_MS).unref();
  }

  // Never published: nobody has seen it.
  private discard({ parts, object, sockets }: Version): void {
    const { context, supervisor } = this.options;
    if (sockets) supervisor.sockets.abandon(sockets);
    for (const { rds } of parts.chains) if (rds) context.routes.unwatch(rds);
    context.core.exports.objectFree(object);
    releaseParts(context, parts);
  }

  private drain({ parts, object, serial }: Version, gone?: () => void): void {
    const { context, supervisor, retirement, drainMs } = this.options;
    for (const { rds } of parts.chains) if (rds) context.routes.unwatch(rds);
    supervisor.broadcast({ type: 'retire_listener', serial, ms: drainMs });
    const timer = setTimeout(() => supervisor.broadcast({ type: 'close_listener', serial }), drainMs).unref();
    this.draining++;
    retirement.add(object, () => {
      clearTimeout(timer);
      this.draining--;
      releaseParts(context, parts);
      gone?.();
    });
  }
}

function hasMoved(before: ListenerModel, after: ListenerModel): boolean {
  return before.bindToPort !== after.bindToPort || formatAddress(before.address) !== formatAddress(after.address);
}

export function listenerSpec(model: ListenerModel, listener: number): NamedListener {
  const { name, address, backlog, reusePort, ipv4Compat, mode, transparent, freebind, socketOptions } = model;
  return { name, listener, address, backlog, reusePort, ipv4Compat, mode, transparent, freebind, socketOptions };
}
