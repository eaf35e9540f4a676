// HTTP filters in TypeScript. The core parks a stream at each of them (CMD_FILTER) until the filter has decided; a filter sees
// streams, never a codec or a connection. host/data/ runs them on the worker's thread.
import type { Finding } from '../../config/finding.js';
import type { AskerSpec } from '../asker_spec.js';

/** What a filter has decided: go on, or the local reply that it has left in the handle. */
export type Verdict = 'continue' | 'reply';

/**
 * The headers of a message, pseudo-headers (`:method`, `:path`, `:authority`, `:status`) included. Names are lower-case; a value is
 * its bytes, one character each (latin1).
 */
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
  /** Bytes, one character each. */
  readonly body?: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** Response code details for the access log: DETAILS_*. */
  readonly details?: number;
  /** FLAG_* */
  readonly flags?: number;
}

/** HeaderValueOption.HeaderAppendAction */
export const APPEND_IF_EXISTS_OR_ADD = 0;
export const ADD_IF_ABSENT = 1;
export const OVERWRITE_IF_EXISTS_OR_ADD = 2;
export const OVERWRITE_IF_EXISTS = 3;
export type AppendAction = 0 | 1 | 2 | 3;

/** One stream as its filters see it. Valid until the stream ends: `ended` says so, and every call does nothing afterwards. */
export interface StreamHandle {
  readonly ended: boolean;
  readonly request: HeaderMap;
  /** Undefined before the response head has come. */
  readonly response: HeaderMap | undefined;
  /** Whether the request has been received whole. */
  readonly requestEnded: boolean;
  /** The client's address, after x-forwarded-for where that is trusted: "10.0.0.1"; empty for a UNIX socket. */
  readonly remoteAddress: string;
  /** Of the connection: "10.0.0.1:1234", "[::1]:80"; empty for a UNIX socket. */
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** The name of the cluster that the route leads to, undefined where there is none. */
  readonly cluster: string | undefined;
  /** What the route says to this filter: of each level that says something, the least specific first. */
  routeConfigs(): readonly unknown[];
  /** Asks the service behind an asker; withdrawn when the stream ends. Rejects with a ServiceError. */
  ask(asker: number, bytes: Uint8Array): Promise<Uint8Array>;
  /** Called once when the stream is over, whatever became of it. */
  onEnd(callback: () => void): void;
  /** A header for the response, whoever makes it. Throws a RangeError where it could not stand in a message. */
  addResponseHeader(action: AppendAction, name: string, value: string): void;
  /** The route is chosen anew, by what the head is now. */
  clearRoute(): void;
  /** Leaves a reply; the filter then returns 'reply'. */
  reply(reply: LocalReply): void;
}

/** A filter of one configuration on one worker. Exceptions and rejected promises end the stream with a 500. */
export interface HttpFilter {
  onRequestHead?(stream: StreamHandle): Verdict | Promise<Verdict>;
  onResponseHead?(stream: StreamHandle): Verdict | Promise<Verdict>;
}

/** What a filter has besides its streams. */
export interface FilterWorker {
  /** Says something to a service; nobody waits for the answer. */
  tell(asker: number, bytes: Uint8Array): void;
  /** Adds to a counter: cluster.NAME.MEMBER, http.NAME.MEMBER, or MEMBER itself. */
  count(scope: 'cluster' | 'http' | 'plain', name: string, member: string): void;
}

/** Where a filter stands, and what reading its configuration can ask for. Texts in a configuration are UTF-8: bytesOf makes bytes of them. */
export interface ReadContext {
  /** JSON path of the configuration. */
  readonly path: string;
  readonly findings: Finding[];
  /** stat_prefix of the connection manager. */
  readonly statPrefix: string;
  /** The number of an asker that lives as long as the listener; 0 where nothing will be served. */
  asker(spec: AskerSpec): number;
}

/** A kind of filter: found by its type name in the registry. */
export interface HttpFilterFactory {
  /** Reads the configuration message on the control thread into plain data (JSON), which the workers get. */
  read(message: unknown, context: ReadContext): unknown;
  /** Makes the filter on a worker. */
  create(config: unknown, worker: FilterWorker): HttpFilter;
  /** Where the filter wants to be asked; without it on both ways. */
  readonly phases?: { readonly request: boolean; readonly response: boolean };
  /** What routes may say to it (typed_per_filter_config). */
  readonly perRoute?: {
    readonly typeName: string;
    /** Plain data; `asker` is not to be had: routes live apart from listeners. */
    read(message: unknown, path: string, findings: Finding[]): unknown;
  };
}
