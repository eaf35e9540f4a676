// Responses of a control plane as bytes and messages, and a sink that writes down what it is given.
import { Decoder } from '../../host/config/decode.js';
import { Descriptors } from '../../host/config/descriptors.js';
import type { Finding } from '../../host/config/finding.js';
import type { Message } from '../../host/config/message.js';
import { ConfigSource } from '../../host/config/source.js';
import type { ResourceKind } from '../../host/xds/kinds.js';
import { KindReceiver, type Receiver } from '../../host/xds/receiver.js';
import type { Rejection, Sink, Update } from '../../host/xds/subscription.js';

type Json = Record<string, unknown>;

const DISCOVERY = 'envoy.service.discovery.v3.';
export const descriptors = new Descriptors();

/** A message of the API from JSON, with real Any in it. */
export function message(typeName: string, json: Json): Message {
  const decoder = new Decoder(descriptors, new ConfigSource('test.json', JSON.stringify(json)), new Map());
  const decoded = decoder.decodeRoot(descriptors.type(typeName));
  if (decoder.findings.length > 0) throw new Error(JSON.stringify(decoder.findings));
  return decoded;
}

export function sotwResponse(version: string, nonce: string, resources: Json[], typeUrl = ''): Message {
  const json = { version_info: version, nonce, type_url: typeUrl, resources };
  return message(`${DISCOVERY}DiscoveryResponse`, json);
}

export function deltaResponse(nonce: string, resources: Json[], removed: string[] = [], typeUrl = ''): Message {
  const json = { system_version_info: 's', nonce, type_url: typeUrl, resources, removed_resources: removed };
  return message(`${DISCOVERY}DeltaDiscoveryResponse`, json);
}

/** A resource around a resource: with a version of its own and a time to live. Without one inside it is a heartbeat. */
export function wrapper(name: string, version: string, ttl?: string, resource?: Json): Json {
  const type = { '@type': `type.googleapis.com/${DISCOVERY}Resource` };
  return { ...type, ...deltaResource(name, version, ttl, resource) };
}

export function deltaResource(name: string, version: string, ttl?: string, resource?: Json): Json {
  return { name, version, ...(ttl && { ttl }), ...(resource && { resource }) };
}

export function encoded(what: Message): Uint8Array {
  return what.$type.encode(what).finish();
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/** What a request says, without what is empty. */
export function said(request: Message | undefined): Json | undefined {
  if (!request) return undefined;
  const json = request.$type.toObject(request, { arrays: false, objects: false, longs: Number }) as Json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !isEmpty(value)));
}

/** Applies everything but the names in `refuses`. */
export class RecordingSink implements Sink {
  readonly updates: { changed: string[]; removed: string[]; version: string }[] = [];
  readonly late: (readonly string[] | undefined)[] = [];
  readonly serving = new Map<string, Message>();
  refuses = new Map<string, readonly Finding[]>();

  update({ changed, removed, version }: Update): Rejection[] {
    const names: string[] = [];
    this.updates.push({ changed: names, removed: [...removed], version });
    for (const name of removed) this.serving.delete(name);
    const rejections: Rejection[] = [];
    for (const { name, message: resource } of changed) {
      names.push(name);
      const findings = this.refuses.get(name);
      if (findings) rejections.push({ name, findings });
      else this.serving.set(name, resource);
    }
    return rejections;
  }

  timedOut(names: readonly string[] | undefined): void {
    this.late.push(names);
  }
}

export function receiverOf(kind: ResourceKind, names?: ReadonlySet<string>) {
  const warnings: string[] = [];
  const sink = new RecordingSink();
  const receiver: Receiver = { sink: sink as Sink<never>, names };
  const known = new KindReceiver(kind, descriptors, 'refuse', (text) => warnings.push(text));
  known.receivers.add(receiver);
  return { sink, receiver, known, warnings };
}
