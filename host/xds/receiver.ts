// What happens to the resources of a response: read, checked, handed to those who asked, and what of it is refused.
import type { Descriptors } from '../config/descriptors.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import { anyTypeName, type Message } from '../config/message.js';
import type { UnsupportedFields } from '../config/validate.js';
import type { ResourceKind } from './kinds.js';
import { digestOf, nameIn, ownBytes, sameBytes } from './known_bytes.js';
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
  /** Of the bytes, where nothing but them is wrong: they would be refused again. */
  readonly digest: string | undefined;
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

  /** Adds a receiver, or takes note of what it asks for now: what it gave up meanwhile, if only for a moment, it must be given again. */
  add(receiver: Receiver): void {
    this.receivers.add(receiver);
    const given = this.given.get(receiver);
    const { names } = receiver;
    if (given && names) this.given.set(receiver, new Set([...given].filter((name) => names.has(name))));
  }

  receive(update: RawUpdate): Outcome {
    const sorted = this.sort(update);
    sorted.removed = [...update.removed, ...this.missing(update, sorted.names)];
    this.deliver(sorted, update.version);
    return this.settle(update, sorted);
  }

  // By their names, before anything is decoded: a large response is never there as messages at once.
  private sort(update: RawUpdate): Sorted {
    const { kind, names } = this;
    const sorted = new Sorted();
    for (const raw of update.resources) {
      const { any } = raw;
      if (!any) {
        this.heartbeat(raw, sorted);
        continue;
      }
      if (anyTypeName(any) !== kind.typeName) {
        sorted.names.add(raw.name);
        const text = `a resource of ${kind.service} is a ${kind.typeName}`;
        sorted.rejections.push({ name: raw.name, findings: [finding('WEFT1102', '', text, { value: any.type_url })] });
        continue;
      }
      const name = nameIn(any.value) || raw.name;
      if (name !== '' && sorted.names.has(name) && names?.has(name) !== false) {
        const text = `${kind.service} sent ${name} twice in one response`;
        sorted.duplicates.push({ name, findings: [finding('WEFT1402', '', text)] });
        continue;
      }
      sorted.names.add(name);
      const version = raw.version || update.version;
      if (this.isKnown(name, any.value)) {
        sorted.unchanged.set(name, version);
        this.armTtl(name, raw.ttl);
      } else sorted.fresh.push({ name, version, bytes: any.value, ttl: raw.ttl });
    }
    return sorted;
  }

  // What is there byte for byte serves, or warms, as it is.
  private isKnown(name: string, bytes: Uint8Array): boolean {
    const known = this.known.get(name);
    return known !== undefined && sameBytes(known.bytes, bytes);
  }

  private heartbeat({ name, ttl }: RawResource, { heartbeats }: Sorted): void {
    const known = this.known.get(name);
    if (!known) return;
    heartbeats.set(name, known.version);
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
    if (changed.length > 0)
      this.handOver(receiver, { changed, removed: [], version: this.version }, () => changed.map(({ name }) => name));
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

  // Decoded one by one, as they are taken.
  private *reading(sorted: Sorted): Iterable<Resource> {
    const { names } = this;
    for (const fresh of sorted.fresh) {
      const { version, ttl } = fresh;
      const read = this.read(fresh);
      if ('findings' in read) sorted.rejections.push(read);
      else if (!names || names.has(read.name)) {
        const bytes = ownBytes(fresh.bytes);
        sorted.resources.set(read.name, { version, bytes });
        this.armTtl(read.name, ttl);
        yield { name: read.name, version, message: read.message, bytes };
      } // what nobody asked for is not kept
    }
  }

  private read({ name, bytes }: Fresh): Refused | { readonly name: string; readonly message: Message } {
    const { kind } = this;
    const before = this.refused.get(name);
    if (before?.digest && before.digest === digestOf(bytes))
      return { name, findings: before.findings, digest: before.digest };
    const { message, findings } = readResource(this.descriptors, kind, bytes, this.unsupportedFields);
    if (!message) return { name, findings, digest: digestOf(bytes) };
    if ((kind.nameOf(message) || name) !== name) {
      const text = `the name is not where a ${kind.typeName} has it`;
      return { name, findings: [finding('WEFT1102', '', text)] };
    }
    for (const f of findings) this.warn(`${kind.service} ${name}: ${f.path}: ${f.message}`);
    return { name, message };
  }

  private deliver(sorted: Sorted, version: string): void {
    const reading = this.reading(sorted);
    const all = this.receivers.size === 1 ? undefined : [...reading]; // whoever comes second must find them, too
    for (const receiver of this.receivers) {
      const { names } = receiver;
      const wanted = (name: string): boolean => names === undefined || names.has(name);
      const changed = all ? all.filter(({ name }) => wanted(name)) : reading;
      const given = (): string[] => sorted.fresh.map(({ name }) => name).filter(wanted);
      const update = { changed, removed: sorted.removed.filter(wanted), version };
      sorted.rejections.push(...this.handOver(receiver, update, given));
    }
  }

  // What no rule foresaw must not end the stream, and nothing of such an update counts as accepted.
  private handOver({ sink }: Receiver, update: Update, given: () => string[]): readonly Rejection[] {
    try {
      return sink.update(update as Update<never>);
    } catch (error) {
      const findings = [finding('WEFT1504', '', `it cannot be applied: ${(error as Error).message}`)];
      this.warn(`${this.kind.service}: an update cannot be applied: ${String((error as Error).stack ?? error)}`);
      // How far it came is not known, so none of it is: the bytes of before would be something new.
      const names = given();
      for (const name of names) this.known.delete(name);
      return names.map((name) => ({ name, findings }));
    }
  }

  private settle(update: RawUpdate, sorted: Sorted): Outcome {
    const { resources, unchanged, heartbeats, removed, rejections, duplicates } = sorted;
    const errors = rejections.filter(({ findings }) => hasErrors(findings));
    const bad = new Set(errors.map(({ name }) => name));
    const accepted = new Map(heartbeats);
    this.refused.delete('');
    for (const [name, version] of unchanged) this.accept(name, { ...this.known.get(name)!, version }, accepted);
    for (const [name, known] of resources) if (!bad.has(name)) this.accept(name, known, accepted);
    for (const name of removed) this.forget(name);
    errors.push(...duplicates);
    const at = Date.now();
    for (const { name, findings, digest } of errors) {
      if (name !== '' && this.names?.has(name) === false) continue; // nobody asked for it
      this.refused.delete(name);
      this.refused.set(name, { findings, version: update.version, at, digest });
      if (this.refused.size > MAX_REFUSED) this.refused.delete(this.refused.keys().next().value!);
    }
    this.counters[errors.length > 0 ? 'rejected' : 'success']++;
    if (errors.length === 0) this.version = update.version;
    this.updatedAt = at;
    return { accepted, removed, error: errors.length > 0 ? nackText(this.kind, errors) : undefined };
  }

  private accept(name: string, known: Known, accepted: Map<string, string>): void {
    accepted.set(name, known.version);
    this.known.set(name, known);
    this.refused.delete(name);
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
      const sorted = new Sorted();
      sorted.removed = [name];
      this.deliver(sorted, this.version);
      this.forget(name);
      this.onExpired(name);
    };
    this.ttls.set(name, setTimeout(expire, ttl).unref());
  }
}

interface Refused extends Rejection {
  readonly digest?: string | undefined;
}

/** A resource that is to be decoded. */
interface Fresh {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly ttl: number | undefined;
}

/** What a response came to. */
class Sorted {
  /** Of every resource in it; '' where the bytes do not say. */
  readonly names = new Set<string>();
  readonly fresh: Fresh[] = [];
  /** What came as it is known, with its version now; and what only its time to live was renewed of. */
  readonly unchanged = new Map<string, string>();
  readonly heartbeats = new Map<string, string>();
  removed: readonly string[] = [];
  /** What of `fresh` could be read. */
  readonly resources = new Map<string, Known>();
  readonly rejections: Refused[] = [];
  /** The second of a name: the first of it is applied. */
  readonly duplicates: Refused[] = [];
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
