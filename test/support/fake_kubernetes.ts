// An API server of a few objects in memory: optimistic concurrency, 404, watches, and failures on demand.
import { applyPatch, type Operation } from 'rfc6902';
import { ApiError, type ApiCall, type KubernetesApi, type WatchEvent } from '../../host/injector/kubernetes/api.js';
import type { JsonObject } from '../../host/injector/webhook/json.js';

type Metadata = { name: string; resourceVersion: string };

export class FakeKubernetes implements KubernetesApi {
  readonly objects = new Map<string, JsonObject>();
  readonly calls: ApiCall[] = [];
  /** Thrown by every call while it is set. */
  failure: ApiError | undefined;
  /** Runs before each call: what others do meanwhile. */
  before: (call: ApiCall) => void = () => {};
  private version = 0;
  private readonly watchers = new Set<(event: WatchEvent) => void>();

  put(path: string, object: JsonObject): JsonObject {
    const metadata = { ...(object.metadata as object), resourceVersion: String(++this.version) };
    const stored = { ...object, metadata };
    const type = this.objects.has(path) ? 'MODIFIED' : 'ADDED';
    this.objects.set(path, stored);
    for (const notify of this.watchers) notify({ type, object: stored });
    return stored;
  }

  remove(path: string): void {
    const object = this.objects.get(path) ?? {};
    this.objects.delete(path);
    for (const notify of this.watchers) notify({ type: 'DELETED', object });
  }

  async call(call: ApiCall): Promise<JsonObject> {
    await Promise.resolve();
    this.calls.push(call);
    this.before(call);
    if (this.failure !== undefined) throw this.failure;
    const { method, path, body } = call;
    if (method === 'POST') return this.create(path, structuredClone(body) as JsonObject);
    const found = this.objects.get(path);
    if (found === undefined) throw new ApiError(404, `${path} not found`);
    if (method === 'GET') return structuredClone(found);
    if (method === 'PUT') return this.replace(path, found, structuredClone(body) as JsonObject);
    const patched = structuredClone(found);
    const failed = applyPatch(patched, body as Operation[]).filter((each) => each !== null);
    if (failed.length > 0) throw new ApiError(422, failed[0].message);
    return this.put(path, patched);
  }

  watch(_path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.watchers.add(onEvent);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.watchers.delete(onEvent);
        resolve();
      });
    });
  }

  private create(folder: string, object: JsonObject): JsonObject {
    const { name } = object.metadata as Metadata;
    const path = `${folder}/${name ?? `generated-${this.version}`}`;
    if (this.objects.has(path)) throw new ApiError(409, 'already exists');
    return this.put(path, object);
  }

  private replace(path: string, found: JsonObject, object: JsonObject): JsonObject {
    const { resourceVersion } = object.metadata as Metadata;
    if (resourceVersion !== (found.metadata as Metadata).resourceVersion) throw new ApiError(409, 'conflict');
    return this.put(path, object);
  }
}
