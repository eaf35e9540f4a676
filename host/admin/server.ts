// The admin listener: a small HTTP server on the control thread. It has no secrets to show, and nothing with an effect answers to GET.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { AdminAccessLog } from './access_log.js';
import type { AdminContext } from './context.js';
import { refusal } from './guard.js';
import { TEXT, type AdminAnswer, type AdminHandler } from './handler.js';
import { HANDLERS, helpText } from './handlers.js';

/** Where to listen: an IP address (port 0: any free one) or a UNIX socket. */
export type AdminAddress = { host: string; port: number } | { path: string; mode?: number };

const MAX_CONNECTIONS = 256;
const TIMEOUT_MS = 10_000;
const MAX_URL = 8192;
const MAX_FORM = 65_536;
const FORM_TYPE = 'application/x-www-form-urlencoded';

export class AdminServer {
  private readonly server: Server;
  private readonly handlers: ReadonlyMap<string, AdminHandler>;
  private readonly connections = new WeakMap<Socket, number>();
  private connected = 0;

  /** `onError`: a handler threw; the client got 500. `log` is told of every request that was answered. */
  constructor(
    private readonly context: AdminContext,
    private readonly onError: (error: unknown) => void,
    private readonly log?: AdminAccessLog,
  ) {
    this.handlers = new Map(HANDLERS.map((handler) => [handler.path, handler]));
    this.server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS }, (request, response) =>
      this.serve(request, response),
    );
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** Rejects with what the system says. Resolves with the bound address: "127.0.0.1:9901" or the path. */
  listen(address: AdminAddress): Promise<string> {
    if ('path' in address) removeStaleSocket(address.path);
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ ...address, exclusive: true }, () => {
        this.server.off('error', reject);
        this.server.on('error', this.onError);
        const bound = this.server.address();
        if (bound === null || typeof bound === 'string') resolve(bound ?? '');
        else resolve(bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`);
      });
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const account = this.log && this.follow(request, response);
    if (this.takesForm(request)) return readForm(request, (form) => this.respond(request, response, account, form));
    request.resume(); // a body that nobody reads
    this.respond(request, response, account);
  }

  private takesForm({ url = '/', method, headers }: IncomingMessage): boolean {
    const [path, query = ''] = url.split('?');
    const isForm = method === 'POST' && query === '' && headers['content-type'] === FORM_TYPE;
    return isForm && (this.handlers.get(path)?.takesForm ?? false);
  }

  private respond(
    request: IncomingMessage,
    response: ServerResponse,
    account: { bytesSent: number } | undefined,
    form?: string,
  ): void {
    let answer: AdminAnswer;
    try {
      answer = this.answer(request, form);
    } catch (error) {
      this.onError(error);
      answer = { status: 500, body: 'internal error\n' };
    }
    const { status = 200, body, type = TEXT, after } = answer;
    const length = Buffer.byteLength(body);
    if (account) account.bytesSent = length; // of a HEAD, too, as in Envoy
    response.statusCode = status;
    const headers = {
      'content-type': type,
      'content-length': length,
      'cache-control': 'no-cache, max-age=0',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
      server: 'envoy',
    };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(request.method === 'HEAD' ? undefined : body, after);
  }

  /** Logs the request when its answer has gone out, or the client. */
  private follow(request: IncomingMessage, response: ServerResponse): { bytesSent: number } {
    const { log, connections } = this;
    const startedAt = Date.now();
    const start = performance.now();
    const connectionId = connections.get(request.socket) ?? this.connected++;
    connections.set(request.socket, connectionId);
    const account = { bytesSent: 0, bytesReceived: 0 };
    request.on('data', (piece: Buffer) => (account.bytesReceived += piece.length));
    let waitsFor = 2; // the end of either message, or of the connection
    const done = (): void => {
      if (--waitsFor !== 0) return;
      const durationMs = Math.trunc(performance.now() - start);
      log?.({ request, response, startedAt, durationMs, connectionId, ...account });
    };
    request.once('end', done);
    response.once('finish', done);
    response.once('close', () => {
      if (waitsFor > 0) waitsFor = 1;
      done();
    });
    return account;
  }

  private answer(request: IncomingMessage, form?: string): AdminAnswer {
    const refused = refusal(request.headers);
    if (refused !== undefined) return { status: 403, body: `${refused}\n` };
    const target = request.url ?? '/';
    if (target.length > MAX_URL) return { status: 414, body: 'the request target is too long\n' };
    const [path, ...query] = target.split('?');
    const handler = this.handlers.get(path);
    if (handler === undefined) return { status: 404, body: `invalid path. ${helpText()}` };
    const { method = 'GET' } = request;
    if (handler.mutates && method !== 'POST') return methodNotAllowed(method, 'POST');
    if (!['GET', 'HEAD', 'POST'].includes(method)) return methodNotAllowed(method, 'GET');
    return handler.handle(this.context, parameters(form ?? query.join('?')));
  }
}

/** A plus sign is one, as in Envoy. */
function parameters(text: string): URLSearchParams {
  return new URLSearchParams(text.replaceAll('+', '%2B'));
}

/** What is beyond MAX_FORM is left out. */
function readForm(request: IncomingMessage, done: (form: string) => void): void {
  let form = '';
  request.setEncoding('latin1');
  request.on('data', (piece: string) => {
    if (form.length < MAX_FORM) form += piece;
  });
  request.on('end', () => done(form));
}

function methodNotAllowed(method: string, wanted: string): AdminAnswer {
  return { status: 405, body: `Method ${method} not allowed, ${wanted} required.` };
}

// A socket file that a dead process has left would keep the path taken.
function removeStaleSocket(path: string): void {
  if (path.startsWith('\0')) return;
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
}
