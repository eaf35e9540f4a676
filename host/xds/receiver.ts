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

/** The resources of one kind from one source. */
export class KindReceiver {
  readonly receivers = new Set<Receiver>();
  readonly counters: KindCounters = { attempt: 0, success: 0, rejected: 0, failure: 0, initFetchTimeout: 0 };
  /** By name; gone when the resource is accepted, or is no longer there. */
  readonly refused = new Map<string, Refusal>();
  /** Version of the last update, and when it came. */
  version = '';
  updatedAt = 0;
  private readonly known = new Set<string>();
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
    const { kind } = this;
    const rejections: Rejection[] = [];
    const resources: Resource[] = [];
    const heartbeats = new Map<string, string>();
    const seen = new Set<string>();
    for (const raw of update.resources) {
      if (!raw.any) {
        if (this.known.has(raw.name)) heartbeats.set(raw.name, raw.version);
        this.armTtl(raw.name, raw.ttl);
        continue;
      }
      const resource = this.read(raw, update.version, rejections);
      if (!resource) continue;
      if (seen.has(resource.name)) {
        const text = `${kind.service} sent ${resource.name} twice in one response`;
        rejections.push({ name: resource.name, findings: [finding('WEFT1402', '', text)] });
        continue;
      }
      seen.add(resource.name);
      resources.push(resource);
      this.armTtl(resource.name, raw.ttl);
    }
    const present = new Set([...seen, ...rejections.map(({ name }) => name), ...heartbeats.keys()]);
    const removed = [
      ...update.removed,
      ...(update.isWhole ? [...this.known].filter((name) => !present.has(name)) : []),
    ];
    rejections.push(...this.deliver(resources, removed, update.version));
    return this.settle(update, resources, removed, rejections, heartbeats);
  }

  /** Only what this receiver asks for and others have already; a server need not send it again. */
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
    return [...this.receivers].flatMap(({ sink, names }) => {
      const wanted = (name: string): boolean => names === undefined || names.has(name);
      const changed = resources.filter(({ name }) => wanted(name));
      return this.apply(sink, { changed: changed as never[], removed: removed.filter(wanted), version });
    });
  }

  // What no rule foresaw must not end the stream, and nothing of such an update counts as accepted.
  private apply(sink: Sink<never>, update: Update<never>): readonly Rejection[] {
    try {
      return sink.update(update);
    } catch (error) {
      const { service } = this.kind;
      const text = `${service} could not be applied: ${(error as Error).message}`;
      this.warn(String((error as Error).stack ?? error));
      return update.changed.map(({ name }: Resource) => ({ name, findings: [finding('WEFT1504', '', text)] }));
    }
  }

  private settle(
    update: RawUpdate,
    resources: readonly Resource[],
    removed: readonly string[],
    rejections: readonly Rejection[],
    heartbeats: ReadonlyMap<string, string>,
  ): Outcome {
    const errors = rejections.filter(({ findings }) => hasErrors(findings));
    const bad = new Set(errors.map(({ name }) => name));
    const accepted = new Map(heartbeats);
    for (const { name, version } of resources) if (!bad.has(name)) accepted.set(name, version);
    for (const name of accepted.keys()) {
      this.known.add(name);
      this.refused.delete(name);
    }
    for (const name of removed) this.forget(name);
    const at = Date.now();
    for (const { name, findings } of errors) this.refused.set(name, { findings, version: update.version, at });
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
    };
    this.ttls.set(name, setTimeout(expire, ttl).unref());
  }
}

/** Every error of every resource: name, path, what is wrong, the value and what is allowed. */
function nackText(kind: ResourceKind, rejections: readonly Rejection[]): string {
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
