// The server's side of the state-of-the-world variant, for one kind of resources on one stream.
import type { envoy, google } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import { secondsAndNanos, type Message } from '../config/message.js';
import { typeUrlOf, type ResourceKind } from '../xds/kinds.js';
import { asAny } from './resource_message.js';
import { SentResponses, wantedOf, WILDCARD, type Heard, type Response, type ServerState } from './server_state.js';
import type { KindState, ServedResource } from './snapshot.js';

type DiscoveryRequest = envoy.service.discovery.v3.DiscoveryRequest;
type Any = google.protobuf.Any;

const RESPONSE = 'envoy.service.discovery.v3.DiscoveryResponse';
const RESOURCE = 'envoy.service.discovery.v3.Resource';

export class SotwServerState implements ServerState {
  private names: ReadonlySet<string> = new Set();
  private isFirst = true; // nothing was asked for yet
  private hasNamed = false; // a request without names no longer asks for everything
  /** Names that are owed, whatever the client may have. */
  private owed = new Set<string>();
  private nonce = '';
  /** What the client was sent on this stream, by name; undefined = nothing yet. */
  private given: Map<string, ServedResource> | undefined;
  private readonly sent = new SentResponses();

  constructor(
    readonly kind: ResourceKind,
    private readonly descriptors: Descriptors,
  ) {}

  get unanswered(): number {
    return this.sent.size;
  }

  request(message: Message): Heard {
    const { response_nonce: nonce, resource_names, error_detail } = message as unknown as DiscoveryRequest;
    const answer = nonce === '' ? undefined : this.sent.answered(nonce, error_detail);
    // The request that answers the last response will say all names again.
    if (nonce !== '' && nonce !== this.nonce) return { answer, isStale: true, subscribed: [], unsubscribed: [] };
    return { answer, isStale: false, ...this.subscribe(new Set(resource_names)) };
  }

  private subscribe(names: Set<string>): Pick<Heard, 'subscribed' | 'unsubscribed'> {
    if (names.size > 0) this.hasNamed = true;
    else if (!this.hasNamed) names.add(WILDCARD);
    const before = this.names;
    const subscribed = [...names].filter((name) => !before.has(name));
    const unsubscribed = [...before].filter((name) => !names.has(name));
    this.names = names;
    this.isFirst = false;
    for (const name of subscribed) this.owed.add(name);
    for (const name of unsubscribed) {
      this.owed.delete(name);
      if (!names.has(WILDCARD)) this.given?.delete(name);
    }
    return { subscribed, unsubscribed };
  }

  next({ version, resources }: KindState, nonce: string): Response | undefined {
    if (this.isFirst || this.names.size === 0) return undefined;
    const wanted = wantedOf(this.names, resources);
    const fresh = wanted.filter((each) => this.owed.has(each.name) || !isSame(this.given?.get(each.name), each));
    const due = this.kind.isCollection ? this.wholeIfDue(wanted, fresh) : this.partIfDue(fresh);
    if (!due) return undefined;
    this.owed.clear();
    this.given = new Map(this.kind.isCollection ? [] : this.given);
    for (const resource of due) this.given.set(resource.name, resource);
    return this.respond(due, version, nonce, (resource) => this.pack(resource));
  }

  // All of a collection: what is missing from it is gone.
  private wholeIfDue(wanted: readonly ServedResource[], fresh: readonly ServedResource[]) {
    const isSameSet = this.given?.size === wanted.length && fresh.length === 0 && this.owed.size === 0;
    return isSameSet ? undefined : wanted;
  }

  // Of the other kinds only what is new: what has gone cannot be said. Whoever asks for everything hears even that there is nothing.
  private partIfDue(fresh: readonly ServedResource[]) {
    return fresh.length > 0 || (!this.given && this.names.has(WILDCARD)) ? fresh : undefined;
  }

  heartbeat({ version }: KindState, nonce: string): Response | undefined {
    const mortal = [...(this.given?.values() ?? [])].filter(({ ttlMs }) => ttlMs !== undefined);
    if (mortal.length === 0) return undefined;
    return this.respond(mortal, version, nonce, (resource) => this.pack(resource, false));
  }

  private respond(
    resources: readonly ServedResource[],
    version: string,
    nonce: string,
    pack: (resource: ServedResource) => Any,
  ): Response {
    this.nonce = nonce;
    const message = this.descriptors.type(RESPONSE).create({
      version_info: version,
      resources: resources.map(pack),
      type_url: typeUrlOf(this.kind),
      nonce,
    }) as Message;
    return this.sent.add({ message, nonce, version, names: resources.map(({ name }) => name), removed: [] });
  }

  /** Only in a Resource of its own can it say its time to live. */
  private pack(resource: ServedResource, hasBody = true): Any {
    const any = asAny(this.descriptors, typeUrlOf(resource.kind), resource.bytes);
    const { name, version, ttlMs } = resource;
    if (ttlMs === undefined) return any;
    const type = this.descriptors.type(RESOURCE);
    const wrapper = type.create({ name, version, ttl: secondsAndNanos(ttlMs), ...(hasBody && { resource: any }) });
    return asAny(this.descriptors, `type.googleapis.com/${RESOURCE}`, type.encode(wrapper).finish());
  }
}

function isSame(a: ServedResource | undefined, b: ServedResource): boolean {
  return a?.version === b.version && a.ttlMs === b.ttlMs;
}
