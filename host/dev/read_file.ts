// From the text of a file to the resources in it, held to the same rules as a bootstrap, each with the place where it stands.
import type protobuf from 'protobufjs/light.js';
import type { envoy, google } from '../../proto/generated/api.js';
import { BOOTSTRAP_TYPE, withoutEchoes } from '../config/bootstrap.js';
import { Decoder, type Origins } from '../config/decode.js';
import type { Descriptors } from '../config/descriptors.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import { Locator } from '../config/locate.js';
import { anyTypeName, durationMs, unpackAny, type Message } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import type { ConfigSource } from '../config/source.js';
import { validateMessage, type UnsupportedFields } from '../config/validate.js';
import { CLUSTER, KINDS, LISTENER, SECRET, type ResourceKind } from '../xds/kinds.js';
import { documentsOf } from './documents.js';
import { listName, resourceFileType, shapeOf } from './resource_file.js';

type Bootstrap = envoy.config.bootstrap.v3.Bootstrap;
type Any = google.protobuf.Any;
type Wrapper = envoy.service.discovery.v3.Resource;

export interface ReadOptions {
  readonly descriptors: Descriptors;
  readonly unsupportedFields: UnsupportedFields;
  /** Whatever can be decoded is right: the clients are to judge. */
  readonly isUnchecked: boolean;
}

export interface FileResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ttlMs: number | undefined;
  /** What compilers are given: without what `unsupportedFields` leaves out. */
  readonly message: Message;
  /** In its document. */
  readonly path: string;
  readonly document: ReadDocument;
}

export interface ReadDocument {
  /** All of it, where it is a bootstrap. */
  readonly bootstrap: Bootstrap | undefined;
  place(findings: readonly Finding[]): Finding[];
}

export interface ReadFile {
  readonly name: string;
  readonly resources: readonly FileResource[];
  readonly documents: readonly ReadDocument[];
  readonly findings: readonly Finding[];
}

export function readFile(name: string, text: string, options: ReadOptions): ReadFile {
  const read = documentsOf(name, text).map((source) => new DocumentReader(source, options).read());
  return {
    name,
    resources: read.flatMap(({ resources }) => resources),
    documents: read.map(({ document }) => document),
    findings: read.flatMap(({ findings }) => findings),
  };
}

const UNREADABLE: ReadonlySet<string> = new Set(['WEFT1002', 'WEFT1004', 'WEFT1005']);
const WRAPPER = 'envoy.service.discovery.v3.Resource';

/** A resource of a document, before it is checked. */
interface Found {
  readonly kind: ResourceKind;
  readonly message: Message;
  readonly path: string;
  readonly ttlMs?: number | undefined;
}

class DocumentReader {
  private readonly findings: Finding[] = [];
  private readonly later: (() => void)[] = [];

  constructor(
    private readonly source: ConfigSource,
    private readonly options: ReadOptions,
  ) {}

  read(): { resources: FileResource[]; document: ReadDocument; findings: readonly Finding[] } {
    const { descriptors, isUnchecked } = this.options;
    const fileType = resourceFileType(descriptors);
    const shape = shapeOf(this.source.root, fileType);
    const types = { bootstrap: BOOTSTRAP_TYPE, resource: 'google.protobuf.Any' };
    const type = shape === 'resources' ? fileType : descriptors.type(types[shape]);
    const origins: Origins = new Map();
    const root = this.decode(type, origins);
    const locator = new Locator(root, origins);
    const place = (findings: readonly Finding[]): Finding[] => locator.place(findings);
    const bootstrap = shape === 'bootstrap' ? (root as unknown as Bootstrap) : undefined;
    const document = { bootstrap, place };
    const broken = [...this.findings];
    if (broken.some(({ code }) => UNREADABLE.has(code))) return { resources: [], document, findings: broken };
    const found = this.found(shape, root);
    const resources = found.map((each) => this.resource(each, document)); // their bytes are made before anything is taken out
    if (!isUnchecked) {
      if (shape === 'bootstrap') this.check(root, '');
      else for (const { message, path } of found) this.check(message, path);
    }
    const others = withoutEchoes(place(this.findings.slice(broken.length)), broken);
    for (const prune of this.later) prune();
    return { resources, document, findings: [...broken, ...others] };
  }

  private decode(type: protobuf.Type, origins: Origins): Message {
    const decoder = new Decoder(this.options.descriptors, this.source, origins);
    const root = decoder.decodeRoot(type);
    this.findings.push(...this.source.findings, ...decoder.findings);
    return root;
  }

  private found(shape: 'bootstrap' | 'resources' | 'resource', root: Message): Found[] {
    if (shape === 'bootstrap') return this.fixed(root as unknown as Bootstrap);
    if (shape === 'resource') return this.typed(root as unknown as Any, '');
    const typed = root['resources'] as Any[];
    const listed = KINDS.flatMap((kind) => this.list(kind, root[listName(kind)] as Message[], listName(kind)));
    return [...typed.flatMap((any, i) => this.typed(any, indexPath('resources', i))), ...listed];
  }

  private fixed({ static_resources: fixed, dynamic_resources: dynamic }: Bootstrap): Found[] {
    if (dynamic) {
      const text = 'weft dev is the control plane: what else the bootstrap asks is not asked';
      this.findings.push(finding('WEFT1512', 'dynamic_resources', text, { severity: 'warning' }));
    }
    const all: [ResourceKind, unknown, string][] = [
      [LISTENER, fixed?.listeners, 'listeners'],
      [CLUSTER, fixed?.clusters, 'clusters'],
      [SECRET, fixed?.secrets, 'secrets'],
    ];
    return all.flatMap(([kind, list, name]) =>
      this.list(kind, (list ?? []) as Message[], fieldPath('static_resources', name)),
    );
  }

  private list(kind: ResourceKind, messages: readonly Message[], path: string): Found[] {
    return messages.map((message, i) => ({ kind, message, path: indexPath(path, i) }));
  }

  /** A resource with its type, or a Resource around it that gives it a time to live. */
  private typed(any: Any, path: string, ttlMs?: number): Found[] {
    const message = unpackAny(any);
    const typeName = anyTypeName(any);
    if (message && typeName === WRAPPER) {
      const { resource, ttl } = message as unknown as Wrapper;
      if (resource) return this.typed(resource, fieldPath(path, 'resource'), durationMs(ttl));
    }
    const kind = KINDS.find((each) => each.typeName === typeName);
    if (message && kind) return [{ kind, message, path, ttlMs }];
    const allowed = `one of ${KINDS.map((each) => each.typeName).join(', ')}`;
    const value = any.type_url;
    this.findings.push(finding('WEFT1512', fieldPath(path, '@type'), 'this is no resource', { value, allowed }));
    return [];
  }

  private resource({ kind, message, path, ttlMs }: Found, document: ReadDocument): FileResource {
    const name = kind.nameOf(message);
    if (name === '') {
      this.findings.push(finding('WEFT1201', path, `what ${kind.service} serves has a name`));
    }
    const bytes = Uint8Array.from(message.$type.encode(message).finish());
    return { kind, name, bytes, ttlMs, message, path, document };
  }

  private check(message: Message, path: string): void {
    const { descriptors, unsupportedFields } = this.options;
    const validation = validateMessage(descriptors, message, { unsupportedFields }, path);
    this.findings.push(...validation.findings);
    if (unsupportedFields === 'warn' && !hasErrors(validation.findings)) this.later.push(() => validation.prune());
  }
}
