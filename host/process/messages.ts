// What control and a worker tell each other over their message port. A worker reads its side when its eventfd wakes it.
// Stop and drain are no messages: they are the word GLOBAL_STOP, which no queue can hold back.

/** Accept connections for LISTENER_DIR[listener] from `fd`. */
export interface ListenMessage {
  type: 'listen';
  listener: number;
  fd: number;
  /** Other workers accept from the same socket: add it with EPOLLEXCLUSIVE, and never close it. */
  shared: boolean;
}

/** Accept what waits on `fd`, then take it out of the epoll set and, unless it is shared, close it. */
export interface UnlistenMessage {
  type: 'unlisten';
  fd: number;
}

/** The listener's connections are to run out: each response is the last, what is idle for `idleMs` is closed. It accepts on. */
export interface DrainListenerMessage {
  type: 'drain_listener';
  listener: number;
  idleMs: number;
}

/** Endpoints have left their clusters: idle connections to them are to be closed. */
export interface EndpointsRemovedMessage {
  type: 'endpoints_removed';
  ids: number[];
}

/** A cluster whose endpoints the workers make has gone, or is of another type now. */
export interface ClusterLeftMessage {
  type: 'cluster_left';
  cluster: number;
}

/** What the asker said to question `id`; without bytes there is no answer, and `code` (google.rpc.Code) says why. */
export interface AnswerMessage {
  type: 'answer';
  id: number;
  bytes: Uint8Array | undefined;
  code: number;
  details: string;
}

/** The chains that bear this number of a retirement have been replaced or removed: their connections end within `ms`. */
export interface RetireMessage {
  type: 'retire';
  retirement: number;
  ms: number;
}

/** The drain time is over: what is left of them is cut off. */
export interface CloseRetiredMessage {
  type: 'close_retired';
  retirement: number;
}

/** The listener has another object, and connections whose chain it has go over to it. */
export interface FollowListenerMessage {
  type: 'follow_listener';
  listener: number;
}

export type ControlMessage =
  | AnswerMessage
  | ListenMessage
  | UnlistenMessage
  | EndpointsRemovedMessage
  | ClusterLeftMessage
  | DrainListenerMessage
  | RetireMessage
  | CloseRetiredMessage
  | FollowListenerMessage;

/** The worker has attached to its block and is about to run. */
export interface StartedMessage {
  type: 'started';
}

/** There are log lines in the worker's ring. */
export interface LinesMessage {
  type: 'lines';
}

/** The worker has closed a listening socket of its own (it must do so right after accept answered EAGAIN). */
export interface ClosedMessage {
  type: 'closed';
  fd: number;
}

/** A filter asks somebody outside (host/asking/). `id` 0: nobody waits for the answer. */
export interface AskMessage {
  type: 'ask';
  id: number;
  asker: number;
  bytes: Uint8Array;
}

/** Nobody waits for the answer to question `id` any more. */
export interface WithdrawMessage {
  type: 'withdraw';
  id: number;
}

/** Filters have counted: what is to be added to statistics that control keeps. */
export interface CountsMessage {
  type: 'counts';
  counts: readonly FilterCount[];
}

/** `cluster.NAME.MEMBER` or `http.NAME.MEMBER`; a cluster by its name, not by that of its statistics. */
export interface FilterCount {
  readonly scope: 'cluster' | 'http' | 'plain';
  readonly name: string;
  readonly member: string;
  readonly n: number;
}

export type FilterMessage = AskMessage | WithdrawMessage | CountsMessage;
export type WorkerMessage = StartedMessage | LinesMessage | ClosedMessage | FilterMessage;
