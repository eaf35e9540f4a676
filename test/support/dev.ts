// What is served, and the state machines of the server's side, as tests speak of them.
import type { Message } from '../../host/config/message.js';
import { DeltaServerState } from '../../host/dev/delta_server.js';
import type { Response, ServerState } from '../../host/dev/server_state.js';
import { Snapshot, type ServedResource } from '../../host/dev/snapshot.js';
import { SotwServerState } from '../../host/dev/sotw_server.js';
import type { ResourceKind } from '../../host/xds/kinds.js';
import { descriptors, message } from './discovery.js';

const DISCOVERY = 'envoy.service.discovery.v3.';

/** "name:version", with "/ttl" in milliseconds behind it where it has one. */
export function served(kind: ResourceKind, ...texts: string[]): Snapshot {
  return new Snapshot(
    texts.map((text): ServedResource => {
      const [, name, version, ttl] = /^([^:]+):([^/]+)(?:\/(\d+))?$/.exec(text)!;
      const bytes = new TextEncoder().encode(text);
      return { kind, name, version, bytes, ttlMs: ttl === undefined ? undefined : Number(ttl) };
    }),
  );
}

export function sotwRequest(fields: object): Message {
  return message(`${DISCOVERY}DiscoveryRequest`, fields as Record<string, unknown>);
}

export function deltaRequest(fields: object): Message {
  return message(`${DISCOVERY}DeltaDiscoveryRequest`, fields as Record<string, unknown>);
}

/** One client of one kind on one stream. */
export class Conversation {
  readonly state: ServerState;
  private nonces = 0;
  /** The last one sent. */
  nonce = '';

  constructor(
    private readonly kind: ResourceKind,
    private readonly isDelta: boolean,
    public there: Snapshot,
  ) {
    this.state = isDelta ? new DeltaServerState(kind, descriptors) : new SotwServerState(kind, descriptors);
  }

  says(fields: object): ReturnType<ServerState['request']> {
    return this.state.request(this.isDelta ? deltaRequest(fields) : sotwRequest(fields));
  }

  /** What is sent now, as short text: "a b -c", "nothing" for an empty response, undefined for none. */
  hears(): string | undefined {
    return this.shown(this.state.next(this.there.of(this.kind), `n${this.nonces + 1}`));
  }

  beats(): string | undefined {
    return this.shown(this.state.heartbeat(this.there.of(this.kind), `n${this.nonces + 1}`));
  }

  changes(there: Snapshot): string | undefined {
    this.there = there;
    return this.hears();
  }

  private shown(response: Response | undefined): string | undefined {
    if (!response) return undefined;
    this.nonce = response.nonce;
    this.nonces++;
    return [...response.names, ...response.removed.map((name) => `-${name}`)].join(' ') || 'nothing';
  }
}
