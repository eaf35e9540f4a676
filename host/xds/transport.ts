// How requests and responses travel: a stream of messages to a control plane.

export interface StreamHandlers {
  /** One encoded response. */
  message(bytes: Uint8Array): void;
  /** The stream is over, or never came to be; `reason` is for the log. Called once. */
  closed(reason: string): void;
}

export interface StreamConnection {
  /** One encoded request. */
  send(bytes: Uint8Array): void;
  /** Connected, and what was sent before is on its way: what is sent now does not pile up here. */
  readonly isWritable: boolean;
  /** Nothing more is sent: the other side is to end the stream, which `closed` tells. */
  end(): void;
  /** Ends the stream; `closed` is not called for it. */
  close(): void;
}

export interface Transport {
  /** For the log: "xds_cluster", "127.0.0.1:15010". */
  readonly name: string;
  /** `method`: "/package.Service/Method". Never throws; failures are told by `closed`. */
  open(method: string, handlers: StreamHandlers): StreamConnection;
}
