// The HTTPS server that the API server calls. It answers `POST /inject…` and nothing else.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { type AdmissionRequest, NotAReview, parseReview, reviewOf } from './admission_review.js';
import { MAX_BODY_BYTES, readBody } from './body.js';
import type { DecidePod } from './decision.js';
import { parseInjectPath } from './inject_path.js';
import type { InjectorMetrics } from './metrics.js';
import { review, type Reviewed } from './review.js';

export interface WebhookContext {
  readonly decide: DecidePod;
  readonly metrics: InjectorMetrics;
  /** After the answer is on its way. */
  onReviewed(request: AdmissionRequest, reviewed: Reviewed): void;
  onFault(error: unknown, id: string): void;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
  readonly after?: () => void;
}

/** The API server keeps idle connections for 90 s (client-go): closing one earlier races with the next review. */
const KEEP_ALIVE_MS = 100_000;

export interface WebhookTimeouts {
  readonly handshakeMs: number;
  readonly headMs: number;
  /** Head and body. The API server itself waits for 10 s, at most for 30. */
  readonly requestMs: number;
}

const TIMEOUTS: WebhookTimeouts = { handshakeMs: 10_000, headMs: 5_000, requestMs: 15_000 };
const MAX_CONNECTIONS = 1024;
const CHECK_EVERY_MS = 500;

export class WebhookServer {
  private readonly server: Server;
  private closing = false;

  /** Without a certificate every handshake fails until there is one. */
  constructor(
    private readonly context: WebhookContext,
    certificate: SecureContextOptions = {},
    timeouts: Partial<WebhookTimeouts> = {},
  ) {
    const { handshakeMs, headMs, requestMs } = { ...TIMEOUTS, ...timeouts };
    this.server = createServer(
      {
        ...certificate,
        minVersion: 'TLSv1.2',
        handshakeTimeout: handshakeMs,
        keepAliveTimeout: KEEP_ALIVE_MS,
        headersTimeout: headMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: CHECK_EVERY_MS,
      },
      (request, response) => void this.serve(request, response),
    );
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.on('tlsClientError', () => {}); // scanners, and API servers that do not trust the certificate: they say so themselves
  }

  /** Resolves with the bound port. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, exclusive: true }, () => {
        this.server.off('error', reject);
        this.server.on('error', (error) => this.context.onFault(error, 'listener'));
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** For new connections; those that are open stay, whatever certificate they began with. */
  useCertificate(certificate: SecureContextOptions): void {
    this.server.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' });
  }

  /** Answers what has begun, then resolves; after `limitMs` the rest is cut off. */
  async close(limitMs: number): Promise<void> {
    this.closing = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const limit = setTimeout(() => this.server.closeAllConnections(), limitMs);
    await closed;
    clearTimeout(limit);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const answer = await this.answer(request).catch((error: unknown) => this.fault(error));
    if (answer === undefined) return;
    const { status, type = 'text/plain; charset=utf-8', body, after } = answer;
    // What was not read to its end cannot be skipped safely.
    const close = this.closing || !request.complete;
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
      ...(close && { connection: 'close' }),
    });
    response.end(body, () => {
      if (!request.complete) request.destroy();
    });
    after?.();
  }

  private async answer(request: IncomingMessage): Promise<Answer | undefined> {
    const path = parseInjectPath(request.url ?? '');
    if (path.kind === 'unknown') return { status: 404, body: 'reviews are answered at /inject\n' };
    if (request.method !== 'POST') return { status: 405, body: 'reviews come by POST\n' };
    const wrongType = unsupportedType(request);
    if (wrongType !== undefined) return this.failed(415, wrongType);
    if (path.kind === 'malformed') return this.failed(400, path.message);
    const body = await readBody(request);
    if (body.kind === 'cut off') return undefined;
    if (body.kind === 'too large') return this.failed(413, `a review may have ${MAX_BODY_BYTES} bytes`);
    if (body.text === '') return this.failed(400, 'the body is empty');
    return this.reviewed(body.text, path.environment);
  }

  private fault(error: unknown): Answer {
    this.context.onFault(error, 'request');
    return this.failed(500, 'internal error');
  }

  private failed(status: number, message: string): Answer {
    this.context.metrics.increment('sidecar_injection_requests_total');
    this.context.metrics.increment('sidecar_injection_failure_total');
    return { status, body: `${message}\n` };
  }

  private reviewed(text: string, environment: ReadonlyMap<string, string>): Answer {
    const started = performance.now();
    let request: AdmissionRequest;
    try {
      request = parseReview(text);
    } catch (error) {
      if (error instanceof NotAReview) return this.failed(400, error.message);
      throw error;
    }
    const { metrics, decide, onFault } = this.context;
    const reviewed = review(request, environment, decide, onFault);
    const body = reviewOf(reviewed.response);
    metrics.increment('sidecar_injection_requests_total');
    countDecision(metrics, reviewed);
    metrics.observe((performance.now() - started) / 1000);
    return { status: 200, type: 'application/json', body, after: () => this.context.onReviewed(request, reviewed) };
  }
}

function countDecision(metrics: InjectorMetrics, { decision }: Reviewed): void {
  if (decision.kind === 'injected') metrics.increment('sidecar_injection_success_total');
  else if (decision.kind === 'refused') metrics.increment('sidecar_injection_failure_total');
  else metrics.skipped(decision.reason);
}

/** Why the body cannot be a review in JSON, going by its headers. */
function unsupportedType({ headers }: IncomingMessage): string | undefined {
  const type = (headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase();
  if (type !== 'application/json') return `the content type is ${JSON.stringify(type)}, not "application/json"`;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') return `the content encoding is ${JSON.stringify(encoding)}, and none is supported`;
  return undefined;
}
