// The life of the authority. A new one is trusted by the API server before it signs, and the old one is trusted for a while after
// it has signed its last certificate: at no time does anybody meet a certificate that they cannot check.
import { X509Certificate } from 'node:crypto';
import { createAuthority, type KeyPair } from './authority.js';

/** What all replicas share. */
export interface AuthorityState {
  readonly signing: KeyPair;
  /** Trusted already; signs from `at` on. */
  readonly next?: { readonly pair: KeyPair; readonly at: Date };
  /** PEM; trusted until then. */
  readonly previous?: { readonly certificate: string; readonly until: Date };
}

export interface AuthorityTimes {
  readonly lifetimeMs: number;
  /** So long before its end the next one is made. */
  readonly renewBeforeMs: number;
  /** Between being trusted and signing, and between having signed and not being trusted any more. */
  readonly overlapMs: number;
}

const DAY_MS = 86_400_000;

export const AUTHORITY_TIMES: AuthorityTimes = {
  lifetimeMs: 365 * DAY_MS,
  renewBeforeMs: 30 * DAY_MS,
  overlapMs: DAY_MS,
};

/** What the state is to become now; the same object when nothing is due. `undefined` is a cluster without an authority. */
export async function advance(
  state: AuthorityState | undefined,
  now: Date,
  times: AuthorityTimes,
): Promise<AuthorityState> {
  if (state === undefined) return { signing: await createAuthority(now, times.lifetimeMs) };
  const { signing, next, previous } = state;
  const end = expiry(signing.certificate);
  if (next !== undefined && (now >= next.at || now >= end)) return promoted(state, now, times);
  if (now >= end) return { signing: await createAuthority(now, times.lifetimeMs) };
  if (next === undefined && now.getTime() >= end.getTime() - times.renewBeforeMs) {
    const pair = await createAuthority(now, times.lifetimeMs);
    return { ...state, next: { pair, at: later(now, times.overlapMs) } };
  }
  if (previous !== undefined && now >= previous.until) return { signing, ...(next && { next }) };
  return state;
}

function promoted({ signing, next }: AuthorityState, now: Date, times: AuthorityTimes): AuthorityState {
  if (next === undefined) throw new Error('no authority to promote');
  return {
    signing: next.pair,
    previous: { certificate: signing.certificate, until: later(now, times.overlapMs) },
  };
}

/** After the shared state was lost or deleted: a new authority, beside which the one that still serves is trusted for a while. */
export async function replaced(serving: AuthorityState, now: Date, times: AuthorityTimes): Promise<AuthorityState> {
  const previous = { certificate: serving.signing.certificate, until: later(now, LOST_OVERLAP_MS) };
  return { signing: await createAuthority(now, times.lifetimeMs), previous };
}

/** Long enough for the other replicas to notice, and short for somebody who deletes the Secret because the key leaked. */
const LOST_OVERLAP_MS = 10 * 60_000;

/** All that the API server is to trust, as `caBundle` wants it. */
export function trusted({ signing, next, previous }: AuthorityState): string {
  return [signing.certificate, next?.pair.certificate, previous?.certificate]
    .filter((each) => each !== undefined)
    .map((each) => `${each.trim()}\n`)
    .join('');
}

export function expiry(certificate: string): Date {
  return new Date(new X509Certificate(certificate).validTo);
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
