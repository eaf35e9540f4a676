/** A format string that cannot be used. `position` counts characters from 0; `allowed` says what may stand there. */
export class FormatError extends Error {
  constructor(
    message: string,
    readonly position: number,
    readonly allowed?: string,
  ) {
    super(message);
  }
}
