// What the two variants of the protocol have in common: what a stream of one kind of resources wants, what it is told, and what it
// answers. No I/O and no clock here: the state machines of sotw.ts and delta.ts are told what has come, and say what to send.
// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol
import type { google } from '../../proto/generated/api.js';
import type { Message } from '../config/message.js';
import type { ResourceKind } from './kinds.js';

type Any = google.protobuf.Any;

/** A resource of a response, before anybody has looked into it. */
export interface RawResource {
  /** Empty where only the resource itself says its name. */
  readonly name: string;
  readonly version: string;
  /** Undefined: a heartbeat, which only renews the time to live. */
  readonly any: Any | undefined;
  /** Milliseconds, undefined = for ever. */
  readonly ttl: number | undefined;
}

export interface RawUpdate {
  readonly resources: readonly RawResource[];
  readonly removed: readonly string[];
  readonly version: string;
  /** All of a collection: what is not in it is no longer there. */
  readonly isWhole: boolean;
}

/** What became of a response. */
export interface Outcome {
  /** Name and version of each resource that is applied (or was, with these very bytes, before). */
  readonly accepted: ReadonlyMap<string, string>;
  /** Names that the response took away, or did not repeat. */
  readonly removed: readonly string[];
  /** The text of the NACK; undefined = ACK. */
  readonly error: string | undefined;
}

/** One kind of resources on one stream. Requests are messages of the API, to be encoded. */
export interface TypeState {
  readonly kind: ResourceKind;
  /** Undefined: everything. Names never become a wildcard again, nor the other way round. */
  want(names: ReadonlySet<string> | undefined): void;
  /** A new stream: what was sent before is forgotten, what was accepted is not. */
  opened(): void;
  /** The next request, if there is anything to say. */
  next(): Message | undefined;
  /** Reads a response (DiscoveryResponse or DeltaDiscoveryResponse). */
  read(response: Message): RawUpdate;
  /** Says what became of the response that was read last. */
  settle(outcome: Outcome): void;
  /** A resource has gone without the server's doing: a new stream asks for it as for one that never came. */
  forget(name: string): void;
  /** Whether anything was subscribed to on this stream. */
  readonly isActive: boolean;
}

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
