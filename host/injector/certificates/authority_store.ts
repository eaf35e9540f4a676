// The shared state in its Secret. Several replicas read and write it; whoever writes must have read what is there now.
import { ApiError, type KubernetesApi } from '../kubernetes/api.js';
import type { JsonObject } from '../webhook/json.js';
import { decodeState, encodeState } from './authority_secret.js';
import type { AuthorityState } from './authority_state.js';

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** What was read, with what makes a write of it refuse if somebody was faster. */
export interface StoredAuthority {
  readonly state: AuthorityState | undefined;
  /** Undefined where there is no Secret. */
  readonly secret: JsonObject | undefined;
}

/** Somebody else has written since: read again. */
export class WriteConflict extends Error {}

export class AuthorityStore {
  constructor(
    private readonly api: KubernetesApi,
    private readonly where: SecretName,
  ) {}

  async read(): Promise<StoredAuthority> {
    try {
      const secret = await this.api.call({ method: 'GET', path: this.path });
      return { state: decodeState(secret), secret };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { state: undefined, secret: undefined };
      throw error;
    }
  }

  /** Rejects with WriteConflict or ApiError. */
  async write(state: AuthorityState, read: StoredAuthority): Promise<void> {
    try {
      if (read.secret === undefined) await this.create(state);
      // With the resourceVersion that was read, so that the API server refuses if it is not the newest.
      else await this.api.call({ method: 'PUT', path: this.path, body: { ...read.secret, data: encodeState(state) } });
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      if (status === 409 || (status === 404 && read.secret !== undefined)) throw new WriteConflict();
      throw error;
    }
  }

  /** Calls back when the Secret changes; resolves when the server ends the watch. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const query = `fieldSelector=${encodeURIComponent(`metadata.name=${this.where.name}`)}`;
    const path = `/api/v1/namespaces/${this.where.namespace}/secrets?${query}`;
    return this.api.watch(path, onChange, signal);
  }

  private create(state: AuthorityState): Promise<JsonObject> {
    const { namespace, name } = this.where;
    const labels = { app: 'sidecar-injector' };
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name, labels },
      type: 'Opaque',
      data: encodeState(state),
    };
    return this.api.call({ method: 'POST', path: `/api/v1/namespaces/${namespace}/secrets`, body });
  }

  private get path(): string {
    return `/api/v1/namespaces/${this.where.namespace}/secrets/${this.where.name}`;
  }
}
