// The seam between whoever fetches resources (streams, REST, files) and whoever applies them (host/control/).
import type { envoy } from '../../proto/generated/api.js';
import type { Finding } from '../config/finding.js';
import type { Message } from '../config/message.js';
import type { ResourceKind } from './kinds.js';

export type ConfigSource = envoy.config.core.v3.ConfigSource;

/** A resource as it came: decoded, held to the API's rules and the support table, and pruned of what weft does not act on. */
export interface Resource<T = Message> {
  readonly name: string;
  readonly version: string;
  readonly message: T;
  /** The bytes of the message, for /config_dump. */
  readonly bytes: Uint8Array;
}

/** What is kept of a resource while it serves: its message can be had again from its bytes. */
export interface StoredResource {
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly updatedAt: number; // Date.now()
}

export function stored({ version, bytes }: Resource<unknown>): StoredResource {
  return { version, bytes, updatedAt: Date.now() };
}

export interface Update<T = Message> {
  /**
   * In the order of the response; those that are as they were are not among them. Each is decoded when it is taken, so that a large
   * response is never there as messages at once: to be gone through once, to its end.
   */
  readonly changed: Iterable<Resource<T>>;
  /** Names that are no longer there. */
  readonly removed: readonly string[];
  /** `version_info` of the response, or `system_version_info`. */
  readonly version: string;
}

/** One resource that cannot be applied; the others of its update are. Paths begin at the resource. */
export interface Rejection {
  readonly name: string;
  readonly findings: readonly Finding[];
}

/** Who applies the resources of a subscription. Must not throw for anything that a resource says. */
export interface Sink<T = Message> {
  /** What was applied serves when this returns, or is warming. Rejections become a NACK. */
  update(update: Update<T>): readonly Rejection[];
  /** `initial_fetch_timeout` is over, and nothing has come for these names (undefined: for the whole collection). */
  timedOut(names: readonly string[] | undefined): void;
}

export interface Subscription {
  /** Asks for these names from now on, in place of those before. Not for a wildcard subscription. */
  watch(names: ReadonlySet<string>): void;
  close(): void;
}

/** Where configuration comes from: the one ADS stream, streams of their own, REST, files. */
export interface ConfigSources {
  /** Why nothing can come from `source` (paths below `path`); empty when `subscribe` may be called. */
  check(kind: ResourceKind, source: ConfigSource, path: string): readonly Finding[];
  /**
   * Subscribes to `names` of a kind, or to all (undefined) of a collection. Several subscriptions to the same source and kind share
   * one stream. The first update never comes before this has returned.
   */
  subscribe<T>(
    kind: ResourceKind,
    source: ConfigSource,
    names: ReadonlySet<string> | undefined,
    sink: Sink<T>,
  ): Subscription;
}
