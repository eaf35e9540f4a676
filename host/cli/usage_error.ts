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

/** A value that `name`, a flag or a word, does not take; it is shown as JSON. */
export function badValue(name: string, value: unknown, allowed: string, command: string): UsageError {
  return new UsageError('WEFT1602', `${name} does not take ${JSON.stringify(value)}; it takes ${allowed}`, command);
}
