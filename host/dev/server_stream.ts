// One stream of a client, of one kind of resources or of all: requests in, responses out, and what of it is worth telling.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import type { Message } from '../config/message.js';
import { KINDS, typeUrlOf, type ResourceKind } from '../xds/kinds.js';
import type { DevEvent } from './event.js';
import { DeltaServerState } from './delta_server.js';
import type { Response, ServerState } from './server_state.js';
import type { Snapshot } from './snapshot.js';
import { SotwServerState } from './sotw_server.js';
import { SERVING_ORDER } from './serving_order.js';

type Request = Message & { type_url: string; node: envoy.config.core.v3.Node | null };

export interface ServerStreamOptions {
  readonly descriptors: Descriptors;
  readonly isDelta: boolean;
  /** Undefined: aggregated. */
  readonly kind: ResourceKind | undefined;
  /** What is served now. */
  readonly snapshot: () => Snapshot;
  readonly send: (bytes: Uint8Array) => void;
  readonly tell: (event: DevEvent) => void;
}

export class ServerStream {
  private readonly states = new Map<ResourceKind, ServerState>();
  private node = '';
  private nonces = 0;

  constructor(private readonly options: ServerStreamOptions) {}

  /** Throws where the bytes are no request. */
  receive(bytes: Uint8Array): void {
    const { descriptors, isDelta, kind: only, tell } = this.options;
    const type = descriptors.type(`envoy.service.discovery.v3.${isDelta ? 'Delta' : ''}DiscoveryRequest`);
    const request = type.decode(bytes) as Request;
    if (request.node) this.hello(request.node);
    const kind = request.type_url === '' ? only : KINDS.find((each) => typeUrlOf(each) === request.type_url);
    if (!kind || (only && kind !== only)) {
      tell({ event: 'unknown_type', node: this.node, type_url: request.type_url });
      return;
    }
    const state = this.state(kind);
    const { answer, isStale, subscribed, unsubscribed } = state.request(request);
    const who = { node: this.node, kind: kind.service };
    if (subscribed.length + unsubscribed.length > 0) tell({ event: 'subscribed', ...who, subscribed, unsubscribed });
    if (answer) tell({ event: answer.error === undefined ? 'ack' : 'nack', ...who, ...answer });
    else if (isStale) tell({ event: 'stale', ...who });
    this.flush(state);
  }

  private hello({ id, cluster, user_agent_name: agent }: envoy.config.core.v3.Node): void {
    const { kind, isDelta, tell } = this.options;
    if (this.node !== '') return;
    this.node = id || '(without an id)';
    tell({ event: 'connected', node: this.node, cluster, agent, kind: kind?.service ?? 'ADS', is_delta: isDelta });
  }

  closed(reason: string): void {
    const { kind, tell } = this.options;
    tell({ event: 'closed', node: this.node, kind: kind?.service ?? 'ADS', reason });
  }

  /** What is served has changed. */
  changed(): void {
    for (const kind of SERVING_ORDER) {
      const state = this.states.get(kind);
      if (state) this.flush(state);
    }
  }

  heartbeat(): void {
    for (const state of this.states.values()) {
      this.sendIf(state, state.heartbeat(this.options.snapshot().of(state.kind), this.nextNonce()), true);
    }
  }

  /** Responses without an answer. */
  get unanswered(): number {
    return [...this.states.values()].reduce((sum, { unanswered }) => sum + unanswered, 0);
  }

  private state(kind: ResourceKind): ServerState {
    let state = this.states.get(kind);
    if (!state) {
      const { isDelta, descriptors } = this.options;
      state = isDelta ? new DeltaServerState(kind, descriptors) : new SotwServerState(kind, descriptors);
      this.states.set(kind, state);
    }
    return state;
  }

  private flush(state: ServerState): void {
    this.sendIf(state, state.next(this.options.snapshot().of(state.kind), this.nextNonce()), false);
  }

  private nextNonce(): string {
    return String(++this.nonces);
  }

  private sendIf({ kind }: ServerState, response: Response | undefined, isHeartbeat: boolean): void {
    if (!response) return;
    const { message, version, nonce, names, removed } = response;
    this.options.send(message.$type.encode(message).finish());
    const event = isHeartbeat ? 'heartbeat' : 'sent';
    this.options.tell({ event, node: this.node, kind: kind.service, version, nonce, names, removed });
  }
}
