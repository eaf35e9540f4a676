// The state-of-the-world variant: DiscoveryRequest and DiscoveryResponse for one kind of resources.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import { anyTypeName, durationMs, type Message } from '../config/message.js';
import { typeUrlOf, type ResourceKind } from './kinds.js';
import { sameNames, type Outcome, type RawResource, type RawUpdate, type TypeState } from './protocol.js';
import { rpcStatus } from './rpc_status.js';

type DiscoveryResponse = envoy.service.discovery.v3.DiscoveryResponse;
type Wrapped = envoy.service.discovery.v3.Resource;

const WRAPPER = 'envoy.service.discovery.v3.Resource';

export class SotwState implements TypeState {
  private names: ReadonlySet<string> | undefined;
  private wanted = false; // anything at all
  private sent = false; // on this stream
  private dirty = false; // something is to be said
  private version = ''; // last version that was accepted whole
  private nonce = '';
  private error: string | undefined;
  private pending = { nonce: '', version: '' };

  constructor(
    readonly kind: ResourceKind,
    private readonly descriptors: Descriptors,
  ) {}

  get isActive(): boolean {
    return this.wanted;
  }

  want(names: ReadonlySet<string> | undefined): void {
    const same = this.wanted && names !== undefined && this.names !== undefined && sameNames(this.names, names);
    // Nothing was asked for, so there is nothing to take back.
    if (same || (!this.wanted && names?.size === 0)) return;
    this.wanted = true;
    this.names = names && new Set(names);
    this.dirty = true;
  }

  opened(): void {
    // Without names the first request of a stream would ask for everything.
    if (this.names?.size === 0) this.wanted = false;
    this.sent = false;
    this.nonce = '';
    this.error = undefined;
    this.dirty = this.wanted;
  }

  next(): Message | undefined {
    if (!this.dirty) return undefined;
    this.dirty = false;
    const request: Record<string, unknown> = {
      version_info: this.version,
      resource_names: [...(this.names ?? [])],
      type_url: typeUrlOf(this.kind),
      response_nonce: this.nonce,
    };
    if (this.error !== undefined) request.error_detail = rpcStatus(this.descriptors, this.error);
    this.error = undefined;
    this.sent = true;
    return this.descriptors.type('envoy.service.discovery.v3.DiscoveryRequest').create(request) as Message;
  }

  read(message: Message): RawUpdate {
    const response = message as unknown as DiscoveryResponse;
    const { version_info: version, nonce } = response;
    this.pending = { nonce, version };
    const resources = response.resources.map((any): RawResource => {
      if (anyTypeName(any) !== WRAPPER) return { name: '', version, any, ttl: undefined };
      const inner = this.descriptors.type(WRAPPER).decode(any.value) as unknown as Wrapped;
      return {
        name: inner.name,
        version: inner.version || version,
        any: inner.resource ?? undefined,
        ttl: durationMs(inner.ttl),
      };
    });
    return { resources, removed: [], version, isWhole: this.kind.isCollection };
  }

  settle({ error }: Outcome): void {
    this.nonce = this.pending.nonce;
    if (error === undefined) this.version = this.pending.version;
    this.error = error;
    this.dirty = this.sent;
  }

  forget(): void {
    this.version = '';
  }
}
