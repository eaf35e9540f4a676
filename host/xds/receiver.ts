// What happens to the resources of a response: read, checked, handed to those who asked, and what of it is refused.
import type { Descriptors } from '../config/descriptors.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import { anyTypeName } from '../config/message.js';
import type { UnsupportedFields } from '../config/validate.js';
import type { ResourceKind } from './kinds.js';
import type { Outcome, RawResource, RawUpdate } from './protocol.js';
import { readResource } from './read_resource.js';
import type { Rejection, Resource, Sink, Update } from './subscription.js';

export interface Receiver {
  readonly sink: Sink<never>;
  /** Undefined: everything. */
  names: ReadonlySet<string> | undefined;
}

/** What is known of a resource that was refused last. */
export interface Refusal {
  readonly findings: readonly Finding[];
  readonly version: string;
  readonly at: number; // Date.now()
}

export interface KindCounters {
  attempt: number;
  success: number;
  rejected: number;
  failure: number;
  initFetchTimeout: number;
}

/** So many refused resources are remembered, the last ones: their names are the control plane's to invent. */
export const MAX_REFUSED = 1000;

interface Known {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** The resources of one kind from one source. */
export class KindReceiver {
  readonly receivers = new Set<Receiver>();
  readonly counters: KindCounters = { attempt: 0, success: 0, rejected: 0, failure: 0, initFetchTimeout: 0 };
  /** By name; gone when the resource is accepted, or is no longer there. */
  readonly refused = new Map<string, Refusal>();
  /** Version of the last update, and when it came. */
  version = '';
  updatedAt = 0;
  /** The time to live of a resource is over: it must be sent again to come back. */
  onExpired: (name: string) => void = () => undefined;
  /** What serves, or warms, by name: who asks for it later gets it from here, since the server sends it only once. */
  private readonly known = new Map<string, Known>();
  private readonly given = new WeakMap<Receiver, ReadonlySet<string> | undefined>();
  private readonly ttls = new Map<string, NodeJS.Timeout>();

  constructor(
    readonly kind: ResourceKind,
    private readonly descriptors: Descriptors,
    private readonly unsupportedFields: UnsupportedFields,
    private readonly warn: (message: string) => void,
  ) {}

  /** What all receivers ask for together. */
  get names(): ReadonlySet<string> | undefined {
    const sets = [...this.receivers].map(({ names }) => names);
    if (sets.includes(undefined)) return undefined;
    return sets.length === 1 ? sets[0] : new Set(sets.flatMap((names) => [...names!]));
  }

  receive(update: RawUpdate): Outcome {
    const { kind, names } = this;
    const rejections: Rejection[] = [];
    const duplicates: Rejection[] = [];
    const resources = new Map<string, Resource>();
    const heartbeats = new Map<string, Known>();
    for (const raw of update.resources) {
      if (!raw.any) {
        this.heartbeat(raw, heartbeats);
        continue;
      }
      const resource = this.read(raw, update.version, rejections);
      if (!resource || (names && !names.has(resource.name))) continue; // what nobody asked for is not kept
      const { name } = resource;
      if (resources.has(name)) {
        const text = `${kind.service} sent ${name} twice in one response`;
        duplicates.push({ name, findings: [finding('WEFT1402', '', text)] });
        continue;
      }
      resources.set(name, resource);
      this.armTtl(name, raw.ttl);
    }
    const present = new Set([...resources.keys(), ...rejections.map(({ name }) => name)]);
    const removed = [...update.removed, ...this.missing(update, present)];
    rejections.push(...this.deliver([...resources.values()], removed, update.version));
    return this.settle(update, { resources, heartbeats, removed, rejections, duplicates });
  }

  private heartbeat({ name, ttl }: RawResource, heartbeats: Map<string, Known>): void {
    const known = this.known.get(name);
    if (!known) return;
    heartbeats.set(name, known);
    this.armTtl(name, ttl);
  }

  // A response with heartbeats need not repeat what has no time to live. And where a resource cannot even say its name, it may be
  // any of those that are not there: then nothing is taken away.
  private missing({ isWhole, resources }: RawUpdate, present: ReadonlySet<string>): string[] {
    if (!isWhole || present.has('') || resources.some(({ any }) => !any)) return [];
    return [...new Set([...this.known.keys(), ...this.refused.keys()])].filter((name) => !present.has(name));
  }

  /** Gives a receiver what it asks for now, did not before, and others have already: the server does not send it again. */
  replay(receiver: Receiver): void {
    const { names } = receiver;
    const isNew = !this.given.has(receiver);
    const before = this.given.get(receiver);
    this.given.set(receiver, names);
    const fresh = [...this.known].filter(
      ([name]) => (!names || names.has(name)) && (isNew || (before !== undefined && !before.has(name))),
    );
    const { descriptors, kind, unsupportedFields } = this;
    const changed = fresh.flatMap(([name, { version, bytes }]) => {
      const { message } = readResource(descriptors, kind, bytes, unsupportedFields);
      return message ? [{ name, version, message, bytes }] : [];
    });
    if (changed.length > 0) this.handOver(receiver, { changed, removed: [], version: this.version });
  }

  /** Forgets what nobody asks for any more. */
  retain(): void {
    const { names } = this;
    if (!names) return;
    for (const name of [...this.known.keys(), ...this.refused.keys()]) if (!names.has(name)) this.forget(name);
  }

  timedOut(receiver: Receiver, names: readonly string[] | undefined): void {
    this.counters.initFetchTimeout++;
    receiver.sink.timedOut(names);
  }

  has(name: string): boolean {
    return this.known.has(name);
  }

  close(): void {
    for (const timer of this.ttls.values()) clearTimeout(timer);
    this.ttls.clear();
    this.known.clear();
    this.refused.clear();
    this.updatedAt = 0;
  }

  private read(raw: RawResource, version: string, rejections: Rejection[]): Resource | undefined {
    const { kind } = this;
    const any = raw.any!;
    const typeName = anyTypeName(any);
    if (typeName !== kind.typeName) {
      const text = `a resource of ${kind.service} is a ${kind.typeName}`;
      rejections.push({ name: raw.name, findings: [finding('WEFT1102', '', text, { value: any.type_url })] });
      return undefined;
    }
    const read = readResource(this.descriptors, kind, any.value, this.unsupportedFields);
    const name = read.name || raw.name;
    if (!read.message) {
      rejections.push({ name, findings: read.findings });
      return undefined;
    }
    for (const f of read.findings) this.warn(`${kind.service} ${name}: ${f.path}: ${f.message}`);
    return { name, version: raw.version || version, message: read.message, bytes: any.value };
  }

  private deliver(resources: readonly Resource[], removed: readonly string[], version: string): Rejection[] {
    return [...this.receivers].flatMap((receiver) => {
      const { names } = receiver;
      const wanted = (name: string): boolean => names === undefined || names.has(name);
      const changed = resources.filter(({ name }) => wanted(name));
      return this.handOver(receiver, { changed, removed: removed.filter(wanted), version });
    });
  }

  // What no rule foresaw must not end the stream, and nothing of such an update counts as accepted.
  private handOver({ sink }: Receiver, update: Update): readonly Rejection[] {
    try {
      return sink.update(update as Update<never>);
    } catch (error) {
      const findings = [finding('WEFT1504', '', `it cannot be applied: ${(error as Error).message}`)];
      this.warn(`${this.kind.service}: an update cannot be applied: ${String((error as Error).stack ?? error)}`);
      return update.changed.map(({ name }) => ({ name, findings }));
    }
  }

  private settle(update: RawUpdate, { resources, heartbeats, removed, rejections, duplicates }: Sorted): Outcome {
    const errors = rejections.filter(({ findings }) => hasErrors(findings));
    const bad = new Set(errors.map(({ name }) => name));
    const accepted = new Map([...heartbeats].map(([name, { version }]) => [name, version]));
    this.refused.delete('');
    for (const [name, { version, bytes }] of resources) {
      if (bad.has(name)) continue;
      accepted.set(name, version);
      this.known.set(name, { version, bytes });
      this.refused.delete(name);
    }
    for (const name of removed) this.forget(name);
    errors.push(...duplicates);
    const at = Date.now();
    for (const { name, findings } of errors) {
      if (name !== '' && this.names?.has(name) === false) continue; // nobody asked for it
      this.refused.delete(name);
      this.refused.set(name, { findings, version: update.version, at });
      if (this.refused.size > MAX_REFUSED) this.refused.delete(this.refused.keys().next().value!);
    }
    this.counters[errors.length > 0 ? 'rejected' : 'success']++;
    if (errors.length === 0) this.version = update.version;
    this.updatedAt = at;
    return { accepted, removed, error: errors.length > 0 ? nackText(this.kind, errors) : undefined };
  }

  private forget(name: string): void {
    this.known.delete(name);
    this.refused.delete(name);
    clearTimeout(this.ttls.get(name));
    this.ttls.delete(name);
  }

  // Without a new response in time the resource is as if the server had removed it.
  private armTtl(name: string, ttl: number | undefined): void {
    clearTimeout(this.ttls.get(name));
    this.ttls.delete(name);
    if (ttl === undefined || ttl === 0) return;
    const expire = (): void => {
      this.ttls.delete(name);
      if (!this.known.has(name)) return;
      this.warn(`${this.kind.service} ${name}: its time to live is over`);
      this.deliver([], [name], this.version);
      this.forget(name);
      this.onExpired(name);
    };
    this.ttls.set(name, setTimeout(expire, ttl).unref());
  }
}

/** What a response came to. */
interface Sorted {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly heartbeats: ReadonlyMap<string, Known>;
  readonly removed: readonly string[];
  readonly rejections: readonly Rejection[];
  /** The second of a name: the first of it is applied. */
  readonly duplicates: readonly Rejection[];
}

/** Every error of every resource: name, path, what is wrong, the value and what is allowed. */
export function nackText(kind: ResourceKind, rejections: readonly Rejection[]): string {
  const lines = rejections.flatMap(({ name, findings }) =>
    findings
      .filter(({ severity }) => severity === 'error')
      .map(({ code, path, message, value, allowed }) => {
        const shown = value === undefined ? '' : `; value: ${value}`;
        const may = allowed === undefined ? '' : `; allowed: ${allowed}`;
        return `${kind.service} ${name}${path ? ` ${path}` : ''}: ${message}${shown}${may} [${code}]`;
      }),
  );
  return lines.join('\n');
}
