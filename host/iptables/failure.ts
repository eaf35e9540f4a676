// Why the rules are not in place, in one sentence for whoever started the Pod.
import type { FindingCode } from '../config/error_codes.js';

export class InterceptionError extends Error {
  constructor(
    readonly code: FindingCode,
    message: string,
    /** Lines that follow the sentence. */
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

export const NET_ADMIN_HINT =
  'it needs the capability NET_ADMIN (securityContext.capabilities.add: [NET_ADMIN, NET_RAW]), or rules set up by a CNI plugin';
