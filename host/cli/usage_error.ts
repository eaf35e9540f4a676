// A wrong command line, as an exception that ends in exit status 2.
import type { FindingCode } from '../config/error_codes.js';

export class UsageError extends Error {
  constructor(
    readonly code: FindingCode,
    message: string,
    /** The command whose help says more. */
    readonly command?: string,
  ) {
    super(message);
  }
}
