// Certificates of the injector's own authority: keeps the shared state going, and the serving certificate of this replica fresh.
import { ApiError } from '../kubernetes/api.js';
import { pause, retryBackOff } from '../kubernetes/backoff.js';
import { issueServingCertificate, type KeyPair } from './authority.js';
import { advance, expiry, replaced, trusted, type AuthorityState, type AuthorityTimes } from './authority_state.js';
import { WriteConflict, type AuthorityStore } from './authority_store.js';
import { Wake } from './wake.js';

export interface CertificateEvents {
  /** A certificate to serve with from now on. */
  onServing(pair: KeyPair, authority: string): void;
  /** What the API server is to trust. Resolves when it does, or when that takes too long. */
  onTrusted(bundle: string): Promise<void>;
  /** A sentence for the log. */
  onNotice(level: 'info' | 'warning' | 'error', message: string): void;
}

export interface CertificateOptions {
  readonly dnsNames: readonly string[];
  readonly authority: AuthorityTimes;
  readonly servingLifetimeMs: number;
  /** How often the Secret is read where its watch says nothing. */
  readonly pollMs: number;
  /** Between the API having a new bundle and serving with what it vouches for: every API server must have heard. */
  readonly settleMs: number;
}

const DAY_MS = 86_400_000;
export const SERVING_LIFETIME_MS = 7 * DAY_MS;
/** Of the lifetime; then a new one is issued. */
const RENEW_AT = 2 / 3;

interface Serving {
  readonly issuer: string;
  readonly renewAt: number;
  readonly end: number;
}

export class OwnCertificates {
  private state: AuthorityState | undefined;
  private serving: Serving | undefined;
  private bundle = '';
  private readonly wake = new Wake();
  private readonly backOff = retryBackOff(500, 30_000);

  constructor(
    private readonly store: AuthorityStore,
    private readonly options: CertificateOptions,
    private readonly events: CertificateEvents,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** Until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    void this.watch(signal);
    while (!signal.aborted) {
      const wait = await this.refresh(signal);
      await this.wake.sleep(wait, signal);
    }
  }

  /** One round: read, advance, issue what is due. Resolves with how long to wait for the next one. Never rejects. */
  async refresh(signal: AbortSignal): Promise<number> {
    let wait = this.options.pollMs;
    try {
      await this.refreshState();
      this.backOff.reset();
    } catch (error) {
      wait = this.backOff.next();
      if (!(error instanceof WriteConflict)) this.complain(error, wait);
      else wait = 50 + Math.random() * 200;
    }
    // Without the API the last known authority goes on signing: what serves must not expire meanwhile.
    if (this.state !== undefined) await this.refreshServing(this.state, signal);
    return wait;
  }

  private async refreshState(): Promise<void> {
    const now = this.now();
    const { authority } = this.options;
    const read = await this.store.read();
    const known = read.state ?? (this.state === undefined ? undefined : await replaced(this.state, now, authority));
    const due = await advance(known, now, authority);
    if (due !== read.state) {
      await this.store.write(due, read);
      this.events.onNotice('info', told(read.state, due));
    }
    this.state = due;
  }

  private async refreshServing(state: AuthorityState, signal: AbortSignal): Promise<void> {
    const bundle = trusted(state);
    if (bundle !== this.bundle) {
      this.bundle = bundle;
      const done = this.events.onTrusted(bundle);
      const replaces = this.serving !== undefined && this.serving.end > this.now().getTime();
      if (replaces && this.serving?.issuer !== state.signing.certificate) {
        await done;
        await pause(this.options.settleMs, signal);
      }
    }
    const now = this.now().getTime();
    if (this.serving !== undefined && this.serving.issuer === state.signing.certificate && now < this.serving.renewAt)
      return;
    await this.issue(state.signing, now);
  }

  private async issue(signing: KeyPair, now: number): Promise<void> {
    const { dnsNames, servingLifetimeMs } = this.options;
    const pair = await issueServingCertificate(signing, dnsNames, new Date(now), servingLifetimeMs);
    const end = expiry(pair.certificate).getTime();
    this.serving = { issuer: signing.certificate, renewAt: now + (end - now) * RENEW_AT, end };
    this.events.onServing(pair, signing.certificate);
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const backOff = retryBackOff(1_000, 60_000);
    while (!signal.aborted) {
      try {
        await this.store.watch(() => {
          backOff.reset();
          this.wake.now();
        }, signal);
      } catch {
        // The loop that reads says what is wrong.
      }
      await pause(backOff.next(), signal);
    }
  }

  private complain(error: unknown, wait: number): void {
    const { message } = error as Error;
    const denied = error instanceof ApiError && (error.status === 401 || error.status === 403);
    const what = denied ? 'may not keep its authority' : 'cannot keep its authority';
    this.events.onNotice('error', `the injector ${what}, next try in ${Math.ceil(wait / 1000)} s: ${message}`);
  }
}

function told(before: AuthorityState | undefined, after: AuthorityState): string {
  const end = expiry(after.signing.certificate).toISOString();
  if (before === undefined) return `made an authority for the webhook's certificates; it ends ${end}`;
  if (before.signing.certificate !== after.signing.certificate)
    return `the next authority signs from now on, until ${end}`;
  if (after.next !== undefined && before.next === undefined)
    return `made the next authority; it is trusted from now on and signs from ${after.next.at.toISOString()}`;
  return 'the previous authority is no longer trusted';
}
