// One stream to a control plane, for one kind of resources or, aggregated, for all: opened again with back-off whenever it ends.
// Whatever happens to it, what was applied serves on.
import type protobuf from 'protobufjs/light.js';
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import type { Message } from '../config/message.js';
import { LOG_DEBUG, LOG_INFO, LOG_WARNING } from '../process/log_level.js';
import { streamBackOff, type BackOff } from './back_off.js';
import { DeltaState } from './delta.js';
import { KINDS, typeUrlOf, type ResourceKind } from './kinds.js';
import type { TypeState } from './protocol.js';
import { KindReceiver, type Receiver } from './receiver.js';
import { SotwState } from './sotw.js';
import type { StreamConnection, Transport } from './transport.js';

type Node = envoy.config.core.v3.Node;

export interface StreamOptions {
  readonly transport: Transport;
  readonly method: string;
  readonly isDelta: boolean;
  readonly descriptors: Descriptors;
  readonly node: Node;
  /** Only the first request of a stream says who asks. */
  readonly nodeOnFirstMessageOnly: boolean;
  readonly receiver: (kind: ResourceKind) => KindReceiver;
  readonly log: (level: number, message: string) => void;
  readonly onConnected: (connected: boolean) => void;
  readonly backOff?: BackOff;
}

/** A control plane may answer a NACK with the same response at once: the next ones wait, so that this is no busy loop. */
const REPEATED_NACK_MS = 1000;

interface Part {
  readonly state: TypeState;
  readonly receiver: KindReceiver;
  /** The text of the last NACK, until something is accepted. */
  error: string | undefined;
  /** Until then nothing of this kind is said. */
  hold: NodeJS.Timeout | undefined;
}

export class XdsStream {
  private readonly parts = new Map<ResourceKind, Part>();
  private readonly backOff: BackOff;
  private connection: StreamConnection | undefined;
  private retry: NodeJS.Timeout | undefined;
  private flushing: NodeJS.Immediate | undefined;
  private saidNode = false;
  private hasResponse = false;
  private isClosed = false;

  constructor(private readonly options: StreamOptions) {
    this.backOff = options.backOff ?? streamBackOff();
  }

  /** Adds a receiver, or takes note that what it wants has changed. */
  update(kind: ResourceKind, receiver: Receiver): void {
    const part = this.part(kind);
    part.receiver.add(receiver);
    this.want(part);
    setImmediate(() => {
      if (part.receiver.receivers.has(receiver)) part.receiver.replay(receiver);
    });
  }

  remove(kind: ResourceKind, receiver: Receiver): void {
    const part = this.part(kind);
    part.receiver.receivers.delete(receiver);
    this.want(part);
  }

  get isUsed(): boolean {
    return [...this.parts.values()].some(({ receiver }) => receiver.receivers.size > 0);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
    clearImmediate(this.flushing);
    this.connection?.close();
    this.connection = undefined;
    this.options.onConnected(false);
    for (const { receiver, hold } of this.parts.values()) {
      clearTimeout(hold);
      receiver.close();
    }
  }

  private part(kind: ResourceKind): Part {
    let part = this.parts.get(kind);
    if (!part) {
      const { isDelta, descriptors } = this.options;
      const state = isDelta ? new DeltaState(kind, descriptors) : new SotwState(kind, descriptors);
      const receiver = this.options.receiver(kind);
      receiver.onExpired = (name) => state.forget(name);
      this.parts.set(kind, (part = { state, receiver, error: undefined, hold: undefined }));
    }
    return part;
  }

  private want({ state, receiver }: Part): void {
    state.want(receiver.receivers.size === 0 ? new Set() : receiver.names);
    if (!this.connection && !this.retry) this.open();
    // What is asked for in one go goes out in one request.
    this.flushing ??= setImmediate(() => {
      this.flushing = undefined;
      for (const each of this.parts.values()) each.receiver.retain();
      this.flush();
    });
  }

  private open(): void {
    if (this.isClosed) return;
    const { transport, method, log } = this.options;
    this.saidNode = false;
    this.hasResponse = false;
    for (const { state } of this.parts.values()) state.opened();
    log(LOG_DEBUG, `opening ${method} to ${transport.name}`);
    const connection: StreamConnection = transport.open(method, {
      message: (bytes) => {
        if (this.connection === connection) this.message(bytes);
      },
      closed: (reason) => {
        if (this.connection === connection) this.ended(reason);
      },
    });
    this.connection = connection;
    this.flush();
  }

  private ended(reason: string): void {
    const { transport, method, log, onConnected } = this.options;
    this.connection = undefined;
    onConnected(false);
    for (const { receiver, state } of this.parts.values()) if (state.isActive) receiver.counters.failure++;
    const wait = this.backOff.next();
    const text = `${method} to ${transport.name} has ended: ${reason}; again in ${wait} ms, and what is there serves on`;
    log(this.hasResponse ? LOG_INFO : LOG_WARNING, text);
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.open();
    }, wait);
  }

  private flush(): void {
    if (!this.connection) return;
    for (const { state, receiver, hold } of this.parts.values()) {
      if (hold) continue;
      for (let request = state.next(); request; request = state.next()) {
        if (!this.connection) return;
        receiver.counters.attempt++;
        this.send(request);
      }
    }
  }

  private send(request: Message): void {
    const { node, nodeOnFirstMessageOnly } = this.options;
    if (!this.saidNode || !nodeOnFirstMessageOnly) (request as Record<string, unknown>).node = node;
    this.saidNode = true;
    this.connection!.send(request.$type.encode(request).finish());
  }

  private message(bytes: Uint8Array): void {
    const { isDelta, descriptors, log, onConnected } = this.options;
    if (!this.hasResponse) {
      this.hasResponse = true;
      this.backOff.reset();
      onConnected(true);
    }
    const type = responseType(descriptors, isDelta);
    let response: Message & { type_url: string };
    try {
      response = type.decode(bytes) as Message & { type_url: string };
    } catch {
      this.abort(`a response is no ${type.name}`);
      return;
    }
    const kind = KINDS.find((each) => typeUrlOf(each) === response.type_url) ?? this.soleKind(response.type_url);
    const part = kind && this.parts.get(kind);
    if (!part?.state.isActive) {
      log(LOG_WARNING, `a response of type ${JSON.stringify(response.type_url)}, which nobody asked for, is ignored`);
      return;
    }
    this.receive(part, response);
    this.flush();
  }

  // A stream of one kind may leave its type URL out.
  private soleKind(typeUrl: string): ResourceKind | undefined {
    return typeUrl === '' && this.parts.size === 1 ? [...this.parts.keys()][0] : undefined;
  }

  private receive(part: Part, response: Message): void {
    const { state, receiver } = part;
    const { log } = this.options;
    let update;
    try {
      update = state.read(response);
    } catch (error) {
      this.abort(`a response cannot be read: ${(error as Error).message}`);
      return;
    }
    const outcome = receiver.receive(update);
    state.settle(outcome);
    const isRepeated = outcome.error !== undefined && outcome.error === part.error;
    part.error = outcome.error;
    if (isRepeated) this.hold(part);
    else if (outcome.error !== undefined) log(LOG_WARNING, `refused, and what was there serves on:\n${outcome.error}`);
    else
      log(
        LOG_DEBUG,
        `${state.kind.service} ${update.version}: ${outcome.accepted.size} accepted, ${outcome.removed.length} removed`,
      );
  }

  private hold(part: Part): void {
    part.hold ??= setTimeout(() => {
      part.hold = undefined;
      this.flush();
    }, REPEATED_NACK_MS);
  }

  private abort(reason: string): void {
    const connection = this.connection!;
    this.ended(reason);
    connection.close();
  }
}

function responseType(descriptors: Descriptors, isDelta: boolean): protobuf.Type {
  return descriptors.type(`envoy.service.discovery.v3.${isDelta ? 'Delta' : ''}DiscoveryResponse`);
}
