// The REST variant: each poll is a DiscoveryRequest as JSON, answered with a DiscoveryResponse, or with 304 where nothing has changed.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { envoy } from '../../proto/generated/api.js';
import { Decoder } from '../config/decode.js';
import type { Descriptors } from '../config/descriptors.js';
import { hasErrors } from '../config/finding.js';
import { anyJson } from '../config/message_json.js';
import { ConfigSource } from '../config/source.js';
import { KINDS, typeUrlOf, type ResourceKind } from '../xds/kinds.js';
import type { DevEvent } from './event.js';
import { WILDCARD } from './server_state.js';
import type { Snapshot } from './snapshot.js';

type DiscoveryRequest = envoy.service.discovery.v3.DiscoveryRequest;

const REQUEST = 'envoy.service.discovery.v3.DiscoveryRequest';
const MAX_BODY = 4 * 1024 * 1024;
const MAX_NODES = 1000;

export interface RestOptions {
  readonly descriptors: Descriptors;
  readonly snapshot: () => Snapshot;
  readonly tell: (event: DevEvent) => void;
}

export function restHandler(options: RestOptions): RequestListener {
  const rest = new RestServer(options);
  return (request, response) => {
    rest.handle(request).then(
      ([status, body]) => answer(response, status, body),
      (error: Error) => answer(response, 400, `${error.message}\n`),
    );
  };
}

type Answer = [status: number, body: string];

class RestServer {
  /** What each node was answered last, by kind: its next poll says whether it was taken. */
  private readonly told = new Map<string, string>();

  constructor(private readonly options: RestOptions) {}

  async handle(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '').split('?')[0];
    const kind = KINDS.find(({ rest }) => rest === path);
    if (!kind) return [404, `there is no ${path}; there are\n${KINDS.map(({ rest }) => `  ${rest}\n`).join('')}`];
    // For people with a browser or curl: everything there is.
    if (request.method === 'GET') return this.response(kind, this.all(kind));
    if (request.method !== 'POST') return [405, 'POST a DiscoveryRequest, or GET all there is\n'];
    return this.poll(kind, this.decode(await bodyOf(request)));
  }

  private decode(text: string): DiscoveryRequest {
    const source = new ConfigSource('the body.json', text);
    const { descriptors } = this.options;
    const decoder = new Decoder(descriptors, source, new Map());
    const message = decoder.decodeRoot(descriptors.type(REQUEST));
    // A client of another version may say more than is known here.
    const findings = [...source.findings, ...decoder.findings].filter(({ code }) => code !== 'WEFT1101');
    if (hasErrors(findings)) throw new Error(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
    return message as unknown as DiscoveryRequest;
  }

  private poll(
    kind: ResourceKind,
    { node, version_info, resource_names: names, error_detail }: DiscoveryRequest,
  ): Answer {
    const { tell, snapshot } = this.options;
    const who = { node: node?.id || '(without an id)', kind: kind.service };
    const key = `${who.kind} ${who.node}`;
    const { version } = snapshot().of(kind);
    const known = this.told.get(key);
    if (known === undefined) {
      const subscribed = names.length > 0 ? names : [WILDCARD];
      tell({ event: 'subscribed', ...who, subscribed, unsubscribed: [] });
    } else if (known !== '') {
      const asked = { version: known, nonce: '', names, removed: [] };
      if (error_detail) tell({ event: 'nack', ...who, ...asked, error: error_detail.message });
      else if (version_info === known) tell({ event: 'ack', ...who, ...asked, error: undefined });
    }
    if (this.told.size >= MAX_NODES) this.told.clear();
    // Answered once is enough to tell.
    this.told.set(key, version_info === version ? '' : version);
    if (version_info === version) return [304, ''];
    const { resources } = snapshot().of(kind);
    const found = names.length === 0 ? this.all(kind) : names.filter((name) => resources.has(name));
    tell({ event: 'sent', ...who, version, nonce: '', names: found, removed: [] });
    return this.response(kind, found);
  }

  private all(kind: ResourceKind): string[] {
    return [...this.options.snapshot().of(kind).resources.keys()];
  }

  private response(kind: ResourceKind, names: readonly string[]): Answer {
    const { version, resources } = this.options.snapshot().of(kind);
    const type_url = typeUrlOf(kind);
    const { descriptors } = this.options;
    const list = names.map((name) => anyJson({ type_url, value: resources.get(name)!.bytes }, descriptors));
    return [200, `${JSON.stringify({ version_info: version, type_url, resources: list }, undefined, 1)}\n`];
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  const type = status === 200 ? 'application/json' : 'text/plain';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
    if (length > MAX_BODY) throw new Error(`a request has at most ${MAX_BODY} bytes`);
  }
  return Buffer.concat(pieces).toString();
}
