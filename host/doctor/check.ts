// What `weft doctor` looks at, one line each: what was found, and where it is not well, what to do.

/** `info` is said and changes nothing: there was nothing to look at, or nothing to judge. */
export type Status = 'ok' | 'warning' | 'failed' | 'info';

export interface CheckResult {
  readonly name: string;
  readonly status: Status;
  readonly says: string;
  /** What to do about it. */
  readonly hint?: string;
}

export const ok = (name: string, says: string): CheckResult => ({ name, status: 'ok', says });
export const info = (name: string, says: string): CheckResult => ({ name, status: 'info', says });
export const warning = (name: string, says: string, hint: string): CheckResult => ({
  name,
  status: 'warning',
  says,
  hint,
});
export const failed = (name: string, says: string, hint: string): CheckResult => ({
  name,
  status: 'failed',
  says,
  hint,
});
