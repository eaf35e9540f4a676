// Why somebody outside gave no answer. Workers know this, too: nothing of gRPC is loaded with it.

/** google.rpc.Code */
export const CANCELLED = 1;
export const RESOURCE_EXHAUSTED = 8;
export const UNAVAILABLE = 14;

export class ServiceError extends Error {
  /** @param code a google.rpc.Code */
  constructor(
    readonly code: number,
    details: string,
  ) {
    super(details);
  }
}
