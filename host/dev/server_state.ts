// What the two variants of the server's side have in common: one kind of resources on one stream. No I/O and no clock here.
// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol
import type { Message } from '../config/message.js';
import type { ResourceKind } from '../xds/kinds.js';
import type { KindState, ServedResource } from './snapshot.js';

/** What a request says of a response. */
export interface Answer {
  readonly nonce: string;
  readonly version: string;
  /** What the response held, and what it took away. */
  readonly names: readonly string[];
  readonly removed: readonly string[];
  /** error_detail's text: a NACK. */
  readonly error: string | undefined;
}

/** What a request meant. */
export interface Heard {
  readonly answer: Answer | undefined;
  /** A nonce that was never sent, or is not the last one: what else the request says does not count. */
  readonly isStale: boolean;
  /** Names that are asked for from now on; `*` is everything. */
  readonly subscribed: readonly string[];
  readonly unsubscribed: readonly string[];
}

export interface Response {
  readonly message: Message;
  readonly nonce: string;
  readonly version: string;
  readonly names: readonly string[];
  readonly removed: readonly string[];
}

export interface ServerState {
  readonly kind: ResourceKind;
  request(request: Message): Heard;
  /** The response that is due, now that this is there; undefined: the client has all that it asked for. */
  next(there: KindState, nonce: string): Response | undefined;
  /** A heartbeat for what has a time to live, undefined where nothing has. */
  heartbeat(there: KindState, nonce: string): Response | undefined;
  /** Responses without an answer. */
  readonly unanswered: number;
}

export const WILDCARD = '*';

/** What there is of the names that a client asks for. */
export function wantedOf(names: ReadonlySet<string>, resources: KindState['resources']): ServedResource[] {
  if (names.has(WILDCARD)) return [...resources.values()];
  return [...names].flatMap((name) => resources.get(name) ?? []);
}

/** So many unanswered responses are remembered: a client that answers none must not fill the memory. */
const MAX_UNANSWERED = 100;

/** Responses that may still be answered, by nonce. */
export class SentResponses {
  private readonly sent = new Map<string, Response>();

  add(response: Response): Response {
    this.sent.set(response.nonce, response);
    if (this.sent.size > MAX_UNANSWERED) this.sent.delete(this.sent.keys().next().value!);
    return response;
  }

  /** Undefined for a nonce that was never sent, or was answered before. */
  answered(nonce: string, error: { readonly message: string } | null | undefined): Answer | undefined {
    const response = this.sent.get(nonce);
    if (!response) return undefined;
    this.sent.delete(nonce);
    const { version, names, removed } = response;
    return { nonce, version, names, removed, error: error?.message };
  }

  get size(): number {
    return this.sent.size;
  }
}
