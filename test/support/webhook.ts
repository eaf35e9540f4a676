// A webhook server with its own authority, and the client side of the API server.
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { createAuthority, issueServingCertificate } from '../../host/injector/certificates/authority.js';
import type { AdmissionRequest } from '../../host/injector/webhook/admission_review.js';
import type { DecidePod } from '../../host/injector/webhook/decision.js';
import { InjectorMetrics } from '../../host/injector/webhook/metrics.js';
import type { Reviewed } from '../../host/injector/webhook/review.js';
import { WebhookServer, type WebhookTimeouts } from '../../host/injector/webhook/server.js';
import { freePort } from './ports.js';

const DAY_MS = 86_400_000;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface TestWebhook {
  server: WebhookServer;
  port: number;
  /** PEM. */
  ca: string;
  metrics: InjectorMetrics;
  reviewed: { request: AdmissionRequest; reviewed: Reviewed }[];
  faults: { error: unknown; id: string }[];
  post(
    path: string,
    body: string | Buffer,
    headers?: Record<string, string>,
    options?: RequestOptions,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export async function startWebhook(decide: DecidePod, timeouts?: Partial<WebhookTimeouts>): Promise<TestWebhook> {
  const authority = await createAuthority(new Date(), DAY_MS);
  const { certificate, key } = await issueServingCertificate(authority, ['localhost'], new Date(), DAY_MS);
  const metrics = new InjectorMetrics();
  const reviewed: TestWebhook['reviewed'] = [];
  const faults: TestWebhook['faults'] = [];
  const server = new WebhookServer(
    {
      decide,
      metrics,
      onReviewed: (request, result) => void reviewed.push({ request, reviewed: result }),
      onFault: (error, id) => void faults.push({ error, id }),
    },
    { cert: certificate, key },
    timeouts,
  );
  const port = await server.listen(await freePort(), '127.0.0.1');
  const ca = authority.certificate;
  return {
    server,
    port,
    ca,
    metrics,
    reviewed,
    faults,
    post: (path, body, headers = {}, options = {}) =>
      send(
        { port, ca, path, method: 'POST', ...options, headers: { 'content-type': 'application/json', ...headers } },
        body,
      ),
    close: () => server.close(0),
  };
}

export function send(options: RequestOptions, body: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', servername: 'localhost', ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** What the API server sends when this Pod is created. */
export function reviewOfPod(pod: unknown, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        groups: ['system:authenticated'],
      },
      object: pod,
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
      ...changes,
    },
  });
}

export const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    generateName: 'cart-7d9c6c7f9b-',
    labels: { app: 'cart' },
    managedFields: [{ manager: 'kube-controller-manager', operation: 'Update', fieldsV1: { 'f:metadata': {} } }],
  },
  spec: { containers: [{ name: 'cart', image: 'registry.example.com/cart:1', ports: [{ containerPort: 8080 }] }] },
};
