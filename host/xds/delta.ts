// The incremental variant: DeltaDiscoveryRequest and DeltaDiscoveryResponse for one kind of resources.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import { durationMs, type Message } from '../config/message.js';
import { typeUrlOf, type ResourceKind } from './kinds.js';
import type { Outcome, RawResource, RawUpdate, TypeState } from './protocol.js';
import { rpcStatus } from './rpc_status.js';

type DeltaDiscoveryResponse = envoy.service.discovery.v3.DeltaDiscoveryResponse;

export class DeltaState implements TypeState {
  private names: ReadonlySet<string> | undefined;
  private wanted = false;
  private opening = true; // the first request of a stream is still to be sent
  /** What the server has been told on this stream. */
  private told: ReadonlySet<string> = new Set();
  /** What is there, and in which version: the server need not send it again on a new stream. */
  private readonly versions = new Map<string, string>();
  private answers: { readonly nonce: string; readonly error: string | undefined }[] = [];
  private nonce = '';

  constructor(
    readonly kind: ResourceKind,
    private readonly descriptors: Descriptors,
  ) {}

  get isActive(): boolean {
    return this.wanted;
  }

  want(names: ReadonlySet<string> | undefined): void {
    if (!this.wanted && names?.size === 0) return;
    this.wanted = true;
    this.names = names && new Set(names);
    if (names === undefined) return;
    for (const name of this.versions.keys()) if (!names.has(name)) this.versions.delete(name);
  }

  opened(): void {
    // Without names the first request of a stream would ask for everything.
    if (this.names?.size === 0) this.wanted = false;
    this.opening = true;
    this.told = new Set();
    this.answers = [];
  }

  next(): Message | undefined {
    if (!this.wanted) return undefined;
    const names: ReadonlySet<string> = this.names ?? new Set();
    const subscribe = [...names].filter((name) => !this.told.has(name));
    const unsubscribe = [...this.told].filter((name) => !names.has(name));
    const answer = this.answers.shift();
    if (!this.opening && !answer && subscribe.length === 0 && unsubscribe.length === 0) return undefined;
    const request: Record<string, unknown> = {
      type_url: typeUrlOf(this.kind),
      resource_names_subscribe: subscribe,
      resource_names_unsubscribe: unsubscribe,
    };
    if (this.opening) request.initial_resource_versions = Object.fromEntries(this.versions);
    if (answer) request.response_nonce = answer.nonce;
    if (answer?.error !== undefined) request.error_detail = rpcStatus(this.descriptors, answer.error);
    this.opening = false;
    this.told = names;
    return this.descriptors.type('envoy.service.discovery.v3.DeltaDiscoveryRequest').create(request) as Message;
  }

  read(message: Message): RawUpdate {
    const response = message as unknown as DeltaDiscoveryResponse;
    this.nonce = response.nonce;
    const resources = response.resources.map(({ name, version, resource, ttl }): RawResource => ({
      name,
      version,
      any: resource ?? undefined,
      ttl: durationMs(ttl),
    }));
    const removed = [...response.removed_resources, ...(response.removed_resource_names ?? []).map(({ name }) => name)];
    return { resources, removed, version: response.system_version_info, isWhole: false };
  }

  settle({ accepted, removed, error }: Outcome): void {
    for (const [name, version] of accepted) this.versions.set(name, version);
    for (const name of removed) this.versions.delete(name);
    this.answers.push({ nonce: this.nonce, error });
  }

  forget(name: string): void {
    this.versions.delete(name);
  }
}
