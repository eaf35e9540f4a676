// HTTP filters in TypeScript. The core parks a stream at each of them (CMD_FILTER) until the filter has decided; a filter sees
// streams, never a codec or a connection. host/data/ runs them on the worker's thread.
import type { Finding } from '../../config/finding.js';

/** What a filter has decided: go on, or the local reply that it has left in the handle. */
export type Verdict = 'continue' | 'reply';

/** The headers of a message, pseudo-headers (`:method`, `:path`, `:authority`, `:status`) included. Names are lower-case. */
export interface HeaderMap {
  /** The value, several of one name joined by `,`; undefined when absent. */
  get(name: string): string | undefined;
  /** Replaces all values of a name. Throws a RangeError where name or value could not stand in a message. */
  set(name: string, value: string): void;
  add(name: string, value: string): void;
  remove(name: string): void;
  entries(): Iterable<[string, string]>;
}

export interface LocalReply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** Response code details for the access log. */
  readonly details?: string;
}

/** One stream as its filters see it. Valid until the stream ends: `ended` says so, and every call does nothing afterwards. */
export interface StreamHandle {
  readonly ended: boolean;
  readonly request: HeaderMap;
  /** Undefined before the response head has come. */
  readonly response: HeaderMap | undefined;
  /** The client's address, after x-forwarded-for where that is trusted: "10.0.0.1". */
  readonly remoteAddress: string;
  /** Leaves a reply; the filter then returns 'reply'. */
  reply(reply: LocalReply): void;
}

/** A filter of one configuration on one worker. Exceptions and rejected promises end the stream with a 500. */
export interface HttpFilter {
  onRequestHead?(stream: StreamHandle): Verdict | Promise<Verdict>;
  onResponseHead?(stream: StreamHandle): Verdict | Promise<Verdict>;
}

/** A kind of filter: found by its type name in the registry. */
export interface HttpFilterFactory {
  /** Reads the configuration message on the control thread into plain data, which is sent to the workers. */
  read(message: unknown, path: string, findings: Finding[]): unknown;
  /** Makes the filter on a worker. */
  create(config: unknown): HttpFilter;
}
