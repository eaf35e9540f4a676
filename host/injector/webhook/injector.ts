// Composition root of `weft injector`: certificates, server, metrics, Events.
import type { KeyPair } from '../certificates/authority.js';
import { AUTHORITY_TIMES, expiry } from '../certificates/authority_state.js';
import { AuthorityStore } from '../certificates/authority_store.js';
import { CaBundleKeeper } from '../certificates/ca_bundle.js';
import { GivenFiles } from '../certificates/given_files.js';
import { OwnCertificates, SERVING_LIFETIME_MS, type CertificateEvents } from '../certificates/own_certificates.js';
import { hostPort } from '../../io/address.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { pause } from '../kubernetes/backoff.js';
import type { AdmissionRequest } from './admission_review.js';
import type { DecidePod } from './decision.js';
import { serviceNames } from './dns_names.js';
import { EventQueue } from './event_queue.js';
import { HealthServer } from './health_server.js';
import type { InjectorOptions } from './injector_options.js';
import { type JsonObject, isObject } from './json.js';
import { InjectorMetrics } from './metrics.js';
import type { Reviewed } from './review.js';
import { WebhookServer } from './server.js';

export type LogLine = (level: 'debug' | 'info' | 'warning' | 'error', message: string) => void;

/** How long a certificate change waits for the API server to have the new bundle. */
const PLACED_LIMIT_MS = 30_000;
const SETTLE_MS = 2_000;
const POLL_MS = 30_000;
const CLOSE_LIMIT_MS = 10_000;

export class Injector {
  readonly metrics = new InjectorMetrics();
  private readonly server: WebhookServer;
  private readonly health: HealthServer;
  private readonly events: EventQueue;
  private readonly end = new AbortController();
  private missing: string | undefined = 'waiting for a certificate';

  constructor(
    private readonly options: InjectorOptions,
    decide: DecidePod,
    private readonly log: LogLine,
  ) {
    this.health = new HealthServer({ notReady: () => this.missing, metrics: () => this.metrics.render() });
    this.events = new EventQueue(this.metrics, process.env.POD_NAME ?? `sidecar-injector-${process.pid}`);
    this.server = new WebhookServer({
      decide,
      metrics: this.metrics,
      onReviewed: (request, reviewed) => this.tell(request, reviewed),
      onFault: (error, id) => log('error', `fault ${id}: ${(error as Error)?.stack ?? String(error)}`),
    });
  }

  /** Rejects where something is missing without which it could never serve. Resolves when both ports are bound: ready it is later. */
  async start(api: KubernetesApi | undefined): Promise<void> {
    const { address, port, monitoringPort, events } = this.options;
    const health = await this.health.listen(monitoringPort, address);
    const reviews = await this.server.listen(port, address);
    this.log('info', `reviews on ${hostPort(address, reviews)}, metrics and probes on ${hostPort(address, health)}`);
    if (api !== undefined && events) void this.events.run(api, this.end.signal);
    this.keepCertificates(api);
  }

  /** Not ready, then no new connections, then the answers that are under way, then nothing. */
  async stop(): Promise<void> {
    this.missing = 'shutting down';
    await new Promise((resolve) => setTimeout(resolve, this.options.drainMs));
    await this.server.close(CLOSE_LIMIT_MS);
    this.end.abort();
    this.health.close();
  }

  private keepCertificates(api: KubernetesApi | undefined): void {
    const { files } = this.options;
    const { signal } = this.end;
    const bundles = api === undefined ? undefined : this.keepBundles(api);
    const events: CertificateEvents = {
      onServing: (pair, authority) => this.serveWith(pair, authority),
      onTrusted: (bundle) => Promise.race([bundles?.keep(bundle), pause(PLACED_LIMIT_MS, signal)]),
      onNotice: this.log,
    };
    if (files !== undefined) void new GivenFiles(files, events).run(signal);
    else if (api !== undefined) void this.ownCertificates(api, events).run(signal);
    else throw new Error('certificates of its own need the Kubernetes API');
  }

  private keepBundles(api: KubernetesApi): CaBundleKeeper {
    const { webhookConfiguration: configuration, service: name, namespace } = this.options;
    const target = { configuration, service: { namespace, name } };
    const bundles = new CaBundleKeeper(api, target, {
      onPatched: () => this.metrics.increment('sidecar_injection_ca_bundle_patch_total'),
      onNotice: this.log,
    });
    void bundles.run(this.end.signal);
    return bundles;
  }

  private ownCertificates(api: KubernetesApi, events: CertificateEvents): OwnCertificates {
    const { namespace, secret: name, service } = this.options;
    const settings = {
      dnsNames: serviceNames(service, namespace),
      authority: AUTHORITY_TIMES,
      servingLifetimeMs: SERVING_LIFETIME_MS,
      pollMs: POLL_MS,
      settleMs: SETTLE_MS,
    };
    return new OwnCertificates(new AuthorityStore(api, { namespace, name }), settings, events);
  }

  private serveWith({ certificate, key }: KeyPair, authority: string): void {
    const end = expiry(certificate);
    const authorityEnd = authority === '' ? undefined : expiry(authority).getTime() / 1000;
    this.metrics.certificateExpiry = { serving: end.getTime() / 1000, authority: authorityEnd };
    this.server.useCertificate({ cert: certificate, key });
    this.log('info', `serves with a certificate that ends ${end.toISOString()}`);
    if (this.missing !== 'shutting down') this.missing = undefined;
  }

  private tell(request: AdmissionRequest, { decision, pod }: Reviewed): void {
    const name = request.name === '' ? podPrefix(pod) : request.name;
    const level = decision.kind === 'refused' ? 'warning' : 'debug';
    this.log(level, `${request.namespace}/${name}: ${decision.kind}: ${decision.sentence}`);
    if (this.options.events) this.events.add(request, pod, decision);
  }
}

function podPrefix(pod: JsonObject | undefined): string {
  const { generateName } = isObject(pod?.metadata) ? pod.metadata : {};
  return typeof generateName === 'string' ? `${generateName.slice(0, 253)}*` : '';
}
