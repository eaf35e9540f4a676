// Why somebody outside gave no answer.

/** google.rpc.Code */
export const CANCELLED = 1;
export const DEADLINE_EXCEEDED = 4;
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
