// The server's side of the incremental variant, for one kind of resources on one stream.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import { secondsAndNanos, type Message } from '../config/message.js';
import { typeUrlOf, type ResourceKind } from '../xds/kinds.js';
import { asAny } from './resource_message.js';
import { SentResponses, wantedOf, WILDCARD, type Heard, type Response, type ServerState } from './server_state.js';
import type { KindState, ServedResource } from './snapshot.js';

type DeltaDiscoveryRequest = envoy.service.discovery.v3.DeltaDiscoveryRequest;

const RESPONSE = 'envoy.service.discovery.v3.DeltaDiscoveryResponse';
const RESOURCE = 'envoy.service.discovery.v3.Resource';

/** The client knows that there is none. */
const ABSENT = '';

export class DeltaServerState implements ServerState {
  private readonly names = new Set<string>();
  private isFirst = true; // nothing was asked for yet
  /** Whoever asks for everything hears even that there is nothing. */
  private mustAnswer = false;
  /** Names that are owed, whatever the client may have. */
  private readonly owed = new Set<string>();
  /** What the client has, by name: version, or ABSENT. */
  private readonly known = new Map<string, string>();
  private readonly sent = new SentResponses();

  constructor(
    readonly kind: ResourceKind,
    private readonly descriptors: Descriptors,
  ) {}

  get unanswered(): number {
    return this.sent.size;
  }

  request(message: Message): Heard {
    const request = message as unknown as DeltaDiscoveryRequest;
    const { response_nonce: nonce, error_detail } = request;
    const subscribe = [...request.resource_names_subscribe];
    if (this.isFirst) {
      for (const [name, version] of Object.entries(request.initial_resource_versions)) this.known.set(name, version);
      if (subscribe.length === 0) subscribe.push(WILDCARD);
    }
    const subscribed = subscribe.filter((name) => this.subscribe(name));
    const unsubscribed = request.resource_names_unsubscribe.filter((name) => this.unsubscribe(name));
    this.isFirst = false;
    const answer = nonce === '' ? undefined : this.sent.answered(nonce, error_detail);
    // Subscriptions are changes here: they count whatever the request answers.
    return { answer, isStale: nonce !== '' && !answer, subscribed, unsubscribed };
  }

  // What is asked for again is sent again: the client may have forgotten it.
  private subscribe(name: string): boolean {
    const isNew = !this.names.has(name);
    this.names.add(name);
    if (name === WILDCARD) this.mustAnswer = true;
    else if (!this.isFirst) this.owed.add(name);
    return isNew;
  }

  private unsubscribe(name: string): boolean {
    const was = this.names.delete(name);
    if (name === WILDCARD) {
      for (const each of this.known.keys()) if (!this.names.has(each)) this.known.delete(each);
    } else if (this.names.has(WILDCARD))
      this.owed.add(name); // it stays, as one of all: the client has to be told
    else this.known.delete(name);
    return was;
  }

  private isWanted(name: string): boolean {
    return this.names.has(WILDCARD) || this.names.has(name);
  }

  next({ version, resources }: KindState, nonce: string): Response | undefined {
    if (this.isFirst) return undefined;
    const wanted = wantedOf(this.names, resources);
    const due = wanted.filter((each) => this.owed.has(each.name) || this.known.get(each.name) !== mark(each));
    const removed = this.missing(resources);
    this.owed.clear();
    if (due.length === 0 && removed.length === 0 && !this.mustAnswer) return undefined;
    this.mustAnswer = false;
    for (const each of due) this.known.set(each.name, mark(each));
    for (const name of removed) this.known.set(name, ABSENT);
    return this.respond(due, removed, version, nonce, true);
  }

  // What it has and is no longer there, and what it asks for by name and is not there.
  private missing(resources: KindState['resources']): string[] {
    const names = new Set([...this.known.keys(), ...this.names, ...this.owed]);
    names.delete(WILDCARD);
    return [...names].filter(
      (name) => !resources.has(name) && this.isWanted(name) && (this.owed.has(name) || this.known.get(name) !== ABSENT),
    );
  }

  heartbeat({ version, resources }: KindState, nonce: string): Response | undefined {
    const mortal = [...this.known.keys()].flatMap((name) => resources.get(name) ?? []);
    const due = mortal.filter((each) => each.ttlMs !== undefined && this.known.get(each.name) === mark(each));
    return due.length === 0 ? undefined : this.respond(due, [], version, nonce, false);
  }

  private respond(
    resources: readonly ServedResource[],
    removed: readonly string[],
    version: string,
    nonce: string,
    hasBody: boolean,
  ): Response {
    const { descriptors, kind } = this;
    const type = descriptors.type(RESOURCE);
    const message = descriptors.type(RESPONSE).create({
      system_version_info: version,
      resources: resources.map((each) =>
        type.create({
          name: each.name,
          version: mark(each),
          ...(each.ttlMs !== undefined && { ttl: secondsAndNanos(each.ttlMs) }),
          ...(hasBody && { resource: asAny(descriptors, typeUrlOf(kind), each.bytes) }),
        }),
      ),
      removed_resources: removed,
      type_url: typeUrlOf(kind),
      nonce,
    }) as Message;
    return this.sent.add({ message, nonce, version, names: resources.map(({ name }) => name), removed });
  }
}

// A time to live that changes is a change, too.
function mark({ version, ttlMs }: ServedResource): string {
  return ttlMs === undefined ? version : `${version}/${ttlMs}`;
}
