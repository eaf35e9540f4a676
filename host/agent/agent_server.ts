// The agent's HTTP servers: small answers on the control thread, within limits, to whoever can reach the Pod.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusal } from '../admin/guard.js';
import { EADDRINUSE } from '../io/constants.js';
import { ListenError } from '../io/socket.js';

export interface AgentRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface AgentAnswer {
  readonly status?: number; // 200
  readonly body?: string | Uint8Array;
  readonly type?: string; // text
  /** Done once the answer has gone out. */
  readonly after?: () => void;
}

export interface AgentEndpoint {
  /** Has an effect: POST only, and from this Pod only. */
  readonly mutates?: boolean;
  handle(request: AgentRequest): AgentAnswer | Promise<AgentAnswer>;
}

/** The endpoint for a path. */
export type Endpoints = (path: string) => AgentEndpoint | undefined;

const MAX_CONNECTIONS = 256;
const TIMEOUT_MS = 10_000;
const MAX_URL = 8192;
const TEXT = 'text/plain; charset=utf-8';

export class AgentServer {
  private readonly server: Server;

  /** `onError`: an endpoint threw; the caller got 500. */
  constructor(
    private readonly endpoints: Endpoints,
    private readonly onError: (error: unknown) => void,
  ) {
    const limits = { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, keepAliveTimeout: TIMEOUT_MS };
    this.server = createServer(limits, (request, response) => void this.serve(request, response));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listens on every address of the machine, or on `host`. Resolves with the port. Rejects with a ListenError. */
  listen(port: number, host?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        const inUse = error.code === 'EADDRINUSE';
        const detail = inUse ? 'the port is in use; the agent of the sidecar needs it' : error.message;
        reject(new ListenError(`${host ?? '*'}:${port}`, inUse ? EADDRINUSE : 0, detail));
      };
      this.server.once('error', refused);
      this.server.listen({ port, host, exclusive: true }, () => {
        this.server.off('error', refused);
        this.server.on('error', this.onError);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume(); // no endpoint reads a body
    const gone = new AbortController();
    response.on('close', () => gone.abort('the caller has gone'));
    let answer: AgentAnswer;
    try {
      answer = await this.answer(request, gone.signal);
    } catch (error) {
      this.onError(error);
      answer = { status: 500, body: 'internal error\n' };
    }
    const { status = 200, body = '', type = TEXT, after } = answer;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    response.writeHead(status, {
      ...(hasBody(status) ? { 'content-type': type, 'content-length': length } : {}),
      'cache-control': 'no-cache, max-age=0',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' || !hasBody(status) ? undefined : body, after);
  }

  private answer(request: IncomingMessage, signal: AbortSignal): AgentAnswer | Promise<AgentAnswer> {
    const { method = 'GET', url = '/', headers, socket } = request;
    if (url.length > MAX_URL) return { status: 414, body: 'the request target is too long\n' };
    const [path, ...query] = url.split('?');
    const endpoint = this.endpoints(path);
    if (!endpoint) return { status: 404, body: 'there is nothing here\n' };
    if (endpoint.mutates) {
      if (!isFromThisPod(socket.remoteAddress))
        return { status: 403, body: 'Only requests from localhost are allowed\n' };
      const refused = refusal(headers);
      if (refused !== undefined) return { status: 403, body: `${refused}\n` };
      if (method !== 'POST') return { status: 405, body: 'Method Not Allowed\n' };
    } else if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'Method Not Allowed\n' };
    return endpoint.handle({ method, path, query: new URLSearchParams(query.join('?')), headers, signal });
  }
}

// RFC 9110 sections 15.3.5 and 15.4.5
function hasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/**
 * Loopback, but not from 127.0.0.6 or ::6: those are the sources with which the inbound side of the proxy passes on what strangers
 * have sent.
 */
export function isFromThisPod(address: string | undefined): boolean {
  const plain = (address ?? '').replace(/^::ffff:/i, '');
  return (plain.startsWith('127.') && plain !== '127.0.0.6') || plain === '::1';
}
