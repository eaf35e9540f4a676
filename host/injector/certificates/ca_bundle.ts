// Keeps `caBundle` of the MutatingWebhookConfiguration right: without it the API server trusts no certificate of ours, and an `apply` of
// the manifests takes it away again.
import { ApiError, type KubernetesApi } from '../kubernetes/api.js';
import { pause, retryBackOff } from '../kubernetes/backoff.js';
import { isObject, type JsonObject } from '../webhook/json.js';
import { Wake } from './wake.js';

export interface WebhookTarget {
  /** Of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  /** Entries that call this service are ours, and those that call an `/inject…` URL. */
  readonly service: { readonly namespace: string; readonly name: string };
}

export interface BundleEvents {
  onPatched(): void;
  onNotice(level: 'info' | 'warning' | 'error', message: string): void;
}

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
/** Somebody who undoes a patch sooner than this after it is fought with less and less haste. */
const QUARREL_MS = 60_000;

type PatchOperation = { op: 'test' | 'add'; path: string; value: string };

/** Nothing to do is an empty list. An entry is tested by its name, for somebody may move it meanwhile. */
export function corrections(configuration: JsonObject, target: WebhookTarget, bundle: string): PatchOperation[] {
  const value = Buffer.from(bundle).toString('base64');
  const entries = Array.isArray(configuration.webhooks) ? (configuration.webhooks as unknown[]) : [];
  return entries.flatMap((entry, i): PatchOperation[] => {
    if (!isObject(entry) || !isObject(entry.clientConfig) || !isOurs(entry.clientConfig, target)) return [];
    if (entry.clientConfig.caBundle === value) return [];
    return [
      { op: 'test', path: `/webhooks/${i}/name`, value: String(entry.name) },
      { op: 'add', path: `/webhooks/${i}/clientConfig/caBundle`, value },
    ];
  });
}

function isOurs(client: JsonObject, { service }: WebhookTarget): boolean {
  if (isObject(client.service))
    return client.service.name === service.name && client.service.namespace === service.namespace;
  return typeof client.url === 'string' && /^https:\/\/[^/?#]+\/inject(?:[/?#]|$)/.test(client.url);
}

export class CaBundleKeeper {
  private bundle: string | undefined;
  /** The bundle that was last seen in its place. */
  private placed: string | undefined;
  private waiters: (() => void)[] = [];
  private readonly wake = new Wake();
  private readonly failures = retryBackOff(250, 30_000);
  private readonly quarrel = retryBackOff(100, 60_000);
  private patchedAt = 0;
  private watching: AbortController | undefined;

  constructor(
    private readonly api: KubernetesApi,
    private readonly target: WebhookTarget,
    private readonly events: BundleEvents,
  ) {}

  /** From now on this one. Resolves when it is in its place. */
  keep(bundle: string): Promise<void> {
    this.bundle = bundle;
    this.watching?.abort();
    this.wake.now();
    if (this.placed === bundle) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.bundle === undefined) await this.wake.sleep(60_000, signal);
      else await this.round(this.bundle, signal);
    }
  }

  private async round(bundle: string, signal: AbortSignal): Promise<void> {
    try {
      await this.correct(bundle, signal);
      this.failures.reset();
      if (this.bundle !== bundle) return;
      this.markPlaced(bundle);
      await this.watch(bundle, signal);
    } catch (error) {
      const wait = this.failures.next();
      this.complain(error, wait);
      await this.wake.sleep(wait, signal);
    }
  }

  private async correct(bundle: string, signal: AbortSignal): Promise<void> {
    const path = `${PATH}/${this.target.configuration}`;
    const configuration = await this.api.call({ method: 'GET', path });
    const body = corrections(configuration, this.target, bundle);
    if (body.length === 0) return;
    const isQuarrel = Date.now() - this.patchedAt < QUARREL_MS && this.placed === bundle;
    if (isQuarrel) await pause(this.quarrel.next(), signal);
    else this.quarrel.reset();
    await this.api.call({ method: 'PATCH', path, body, contentType: 'application/json-patch+json' });
    this.patchedAt = Date.now();
    this.events.onPatched();
    const again = isQuarrel ? '; somebody else writes it, too' : '';
    const count = body.length / 2;
    this.events.onNotice(
      isQuarrel ? 'warning' : 'info',
      `put caBundle into ${count} of the webhooks of ${this.target.configuration}${again}`,
    );
  }

  private markPlaced(bundle: string): void {
    this.placed = bundle;
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  /** Until there is something to correct, another bundle to keep, or the server ends it. */
  private async watch(bundle: string, signal: AbortSignal): Promise<void> {
    const watching = new AbortController();
    this.watching = watching;
    const query = `?fieldSelector=${encodeURIComponent(`metadata.name=${this.target.configuration}`)}`;
    const onEvent = ({ type, object }: { type: string; object: JsonObject }): void => {
      if (type === 'DELETED' || corrections(object, this.target, bundle).length > 0) watching.abort();
    };
    await this.api.watch(PATH + query, onEvent, AbortSignal.any([signal, watching.signal]));
  }

  private complain(error: unknown, wait: number): void {
    const { configuration } = this.target;
    const again = `next try in ${Math.ceil(wait / 1000)} s`;
    const missing = error instanceof ApiError && error.status === 404;
    if (missing) this.events.onNotice('warning', `there is no MutatingWebhookConfiguration ${configuration}; ${again}`);
    else {
      const { message } = error as Error;
      this.events.onNotice('error', `caBundle of ${configuration} may be wrong; ${again}: ${message}`);
    }
  }
}
