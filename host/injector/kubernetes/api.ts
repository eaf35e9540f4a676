// The few things that the injector says to the Kubernetes API. Credentials (kubeconfig, service account, their renewal) are those of
// @kubernetes/client-node; the requests are our own, for each must end in time.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type JsonObject, isObject } from '../webhook/json.js';

/** What the API server answered instead of what was asked for. */
export class ApiError extends Error {
  constructor(
    /** 0 where there was no answer. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface WatchEvent {
  /** ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. */
  readonly type: string;
  readonly object: JsonObject;
}

export interface KubernetesApi {
  /** Rejects with ApiError. */
  call(call: ApiCall): Promise<JsonObject>;
  /** Resolves when the server ends the watch or `signal` aborts it; rejects with ApiError. */
  watch(path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>;
}

const CALL_TIMEOUT_MS = 10_000;
/** The server ends a watch after this time; a connection that died without a word is noticed soon after. */
const WATCH_SECONDS = 240;
const WATCH_TIMEOUT_MS = (WATCH_SECONDS + 30) * 1000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * From the file, or else from $KUBECONFIG, or else from the service account of the Pod. Loads the client library: 70 MB of memory
 * that the proxy never spends.
 */
export async function connectKubernetes(kubeconfig: string | undefined): Promise<KubernetesApi> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else if (process.env.KUBECONFIG) config.loadFromDefault();
  else config.loadFromCluster();
  return new HttpKubernetesApi(config);
}

class HttpKubernetesApi implements KubernetesApi {
  constructor(private readonly config: KubeConfig) {}

  async call({ method, path, body, contentType = 'application/json' }: ApiCall): Promise<JsonObject> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload === undefined ? {} : { 'content-type': contentType };
    try {
      const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const response = await this.send({ method, path, headers, signal }, payload);
      return objectOf(await answerText(response), response.statusCode ?? 0);
    } catch (error) {
      throw asApiError(error);
    }
  }

  async watch(path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const target = `${path}${path.includes('?') ? '&' : '?'}watch=true&timeoutSeconds=${WATCH_SECONDS}`;
    const ends = AbortSignal.any([signal, AbortSignal.timeout(WATCH_TIMEOUT_MS)]);
    try {
      const response = await this.send({ method: 'GET', path: target, headers: {}, signal: ends }, undefined);
      if (response.statusCode !== 200) objectOf(await answerText(response), response.statusCode ?? 0);
      for await (const line of lines(response)) onEvent(watchEvent(line));
    } catch (error) {
      if (!signal.aborted) throw asApiError(error);
    }
  }

  private async send(options: RequestOptions, payload: string | undefined): Promise<IncomingMessage> {
    const cluster = this.config.getCurrentCluster();
    if (cluster === null) throw new ApiError(0, 'the kubeconfig names no cluster');
    const url = new URL(options.path ?? '', cluster.server);
    const full: RequestOptions = { ...options, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port };
    full.headers = { ...options.headers, accept: 'application/json', 'user-agent': 'weft-injector' };
    try {
      await this.config.applyToHTTPSOptions(full as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    } catch (error) {
      throw new ApiError(0, `no credentials for the Kubernetes API: ${(error as Error).message}`);
    }
    const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
    delete full.agent; // the library makes a new one for each call; one call, one connection says the same without leaks
    return new Promise((resolve, reject) => {
      request({ ...full, agent: false }, resolve)
        .on('error', (error) => reject(new ApiError(0, `the Kubernetes API at ${cluster.server}: ${error.message}`)))
        .end(payload);
    });
  }
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, `the Kubernetes API: ${(error as Error).message}`);
}

async function answerText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new ApiError(0, 'the answer of the Kubernetes API is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function objectOf(text: string, status: number): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError(status, `the Kubernetes API answered ${status} without JSON`);
  }
  if (!isObject(value)) throw new ApiError(status, `the Kubernetes API answered ${status} without an object`);
  if (status >= 300) throw new ApiError(status, typeof value.message === 'string' ? value.message : `status ${status}`);
  return value;
}

function watchEvent(line: string): WatchEvent {
  const event = objectOf(line, 200);
  if (typeof event.type !== 'string' || !isObject(event.object)) throw new ApiError(0, 'no event of a watch');
  if (event.type === 'ERROR') throw new ApiError(Number(event.object.code ?? 0), String(event.object.message));
  return { type: event.type, object: event.object };
}

async function* lines(response: IncomingMessage): AsyncIterable<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > MAX_ANSWER_BYTES) throw new ApiError(0, 'an event of a watch is too long');
    yield* parts.filter((part) => part !== '');
  }
}
