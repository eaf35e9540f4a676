// What `weft injector` is told by its command line.
import type { CertificateFiles } from '../certificates/given_files.js';

export interface InjectorOptions {
  readonly address: string;
  readonly port: number;
  readonly monitoringPort: number;
  /** The values of injection; without it the built-in ones. */
  readonly valuesPath: string | undefined;
  /** Where the injector, its Service and its Secret live. */
  readonly namespace: string;
  readonly service: string;
  readonly secret: string;
  /** The MutatingWebhookConfiguration whose caBundle is kept. */
  readonly webhookConfiguration: string;
  /** Instead of an authority of its own. */
  readonly files: CertificateFiles | undefined;
  readonly kubeconfig: string | undefined;
  readonly events: boolean;
  /** Between saying "not ready" and taking no new connections. */
  readonly drainMs: number;
}
