// The walk from a parsed document to protobufjs messages. It follows protobuf's JSON mapping as Envoy's parser reads it (names
// of enums in any case, one value where a list is wanted, numbers as text), and collects everything that is wrong.
import type protobuf from 'protobufjs/light.js';
import type { Descriptors } from './descriptors.js';
import { isListNode, isMapNode, isScalarNode, keyText } from './document.js';
import type { DocumentNode, MapNode } from './document.js';
import { fieldsByName, isEnum, isMap, isMessage, oneofOf, typeName } from './field_index.js';
import type { MapField } from './field_index.js';
import { finding } from './finding.js';
import type { Finding, FindingCode, FindingDetails } from './finding.js';
import { packAny } from './message.js';
import type { Message } from './message.js';
import { fieldPath, indexPath, keyPath } from './path.js';
import { few, readScalar, ScalarProblem } from './scalar_field.js';
import type { ConfigSource } from './source.js';
import { suggest } from './suggest.js';
import { decodeDuration, decodeFieldMask, decodeTimestamp } from './text_forms.js';

/** protobuf's own recursion limit. */
const MAX_DEPTH = 100;
const MAX_NODES = 1_000_000;

/** Where a message came from: the map nodes that were merged into it, in order. */
export interface Origin {
  readonly source: ConfigSource;
  readonly node: DocumentNode;
}
/** Not weak: the collector would visit tens of thousands of weak entries again and again, and both go together anyway. */
export type Origins = Map<object, readonly Origin[]>;

interface Place {
  readonly path: string;
  readonly node: DocumentNode | null;
  readonly depth: number;
}

const WRAPPERS = new Set(
  'DoubleValue FloatValue Int64Value UInt64Value Int32Value UInt32Value BoolValue StringValue BytesValue'
    .split(' ')
    .map((name) => `google.protobuf.${name}`),
);

export class Decoder {
  readonly findings: Finding[] = [];
  private nodes = 0;

  constructor(
    private readonly descriptors: Descriptors,
    private readonly source: ConfigSource,
    private readonly origins: Origins,
  ) {}

  /** Decodes the whole document as a message of `type`. */
  decodeRoot(type: protobuf.Type): Message {
    const { root } = this.source;
    if (isMapNode(root)) return this.message(type, { path: '', node: root, depth: 0 }) ?? (type.create() as Message);
    if (this.source.findings.length === 0) {
      const what = root === null ? 'the document is empty' : `the document is ${describe(root)}, not a map`;
      this.report('WEFT1005', { path: '', node: root, depth: 0 }, what, {
        position: this.source.positionOf(root) ?? this.source.positionAt(0, 1),
      });
    }
    return type.create() as Message;
  }

  private report(code: FindingCode, at: Place, message: string, details: FindingDetails = {}): undefined {
    const position = this.source.positionOf(at.node);
    this.findings.push(
      finding(code, at.path, message, { ...(position === undefined ? {} : { position }), ...details }),
    );
    return undefined;
  }

  private message(type: protobuf.Type, at: Place): Message | undefined {
    if (!this.mayDescend(at)) return undefined;
    const name = typeName(type);
    if (name.startsWith('google.protobuf.')) {
      const special = this.wellKnown(name.slice('google.protobuf.'.length), type, at);
      if (special !== 'ordinary') return special;
    }
    if (!isMapNode(at.node)) return this.wrongType(at, `a map of the fields of ${type.name}`);
    return this.fields(type, at as Place & { node: MapNode }, type.create() as Message, (key) => key === '');
  }

  private mayDescend(at: Place): boolean {
    this.nodes++;
    if (at.depth <= MAX_DEPTH && this.nodes <= MAX_NODES) return true;
    const limit = at.depth > MAX_DEPTH ? `${MAX_DEPTH} levels` : `${MAX_NODES} messages`;
    if (this.nodes <= MAX_NODES + 1) this.report('WEFT1004', { ...at }, `the document has more than ${limit}`);
    return false;
  }

  private fields(
    type: protobuf.Type,
    at: Place & { node: MapNode },
    into: Message,
    skip: (key: string) => boolean,
  ): Message {
    this.origins.set(into, [{ source: this.source, node: at.node }]);
    const byName = fieldsByName(type);
    const seen = new Map<string, string>();
    for (const entry of at.node.entries) {
      const key = keyText(entry);
      if (skip(key)) continue;
      const field = byName.get(key);
      const here = { path: fieldPath(at.path, field?.name ?? key), node: entry.key, depth: at.depth };
      if (field === undefined) this.unknownField(type, key, here);
      else if (seen.has(field.name)) this.givenTwice(seen.get(field.name) as string, key, here);
      else {
        seen.set(field.name, key);
        this.field(field, into, { ...here, node: entry.value, depth: at.depth + 1 }, here);
      }
    }
    return into;
  }

  private field(field: protobuf.Field, into: Message, at: Place, keyAt: Place): void {
    if (this.isNull(at.node) && !acceptsNull(field)) return;
    const oneof = oneofOf(field);
    const other = oneof?.oneof.find((name) => name !== field.name && Object.hasOwn(into, name));
    if (oneof !== undefined && other !== undefined) {
      this.report('WEFT1104', keyAt, `${field.name} and ${other} are alternatives: only one may be set`, {
        allowed: `one of ${oneof.oneof.join(', ')}`,
      });
      return;
    }
    const value = isMap(field) ? this.map(field, at) : field.repeated ? this.list(field, at) : this.value(field, at);
    if (value !== undefined) into[field.name] = value;
  }

  private list(field: protobuf.Field, at: Place): unknown[] {
    const items = isListNode(at.node) ? at.node.items : [at.node];
    const list: unknown[] = [];
    for (const [i, node] of items.entries()) {
      const here = { path: indexPath(at.path, i), node: node ?? at.node, depth: at.depth };
      const value = this.isNull(node) ? this.wrongType(here, wanted(field)) : this.value(field, here);
      // A bad item keeps its place, so that the paths of the others stay true.
      list.push(value ?? (isMessage(field) ? field.resolvedType.create() : field.typeDefault));
    }
    return list;
  }

  private map(field: MapField, at: Place): Record<string, unknown> | undefined {
    if (!isMapNode(at.node)) return this.wrongType(at, `a map of ${field.keyType} to ${wanted(field)}`);
    const map = Object.create(null) as Record<string, unknown>;
    for (const entry of at.node.entries) {
      const key = keyText(entry);
      const here = { path: keyPath(at.path, key), node: entry.value, depth: at.depth };
      if (Object.hasOwn(map, key)) this.report('WEFT1003', { ...here, node: entry.key }, `the key ${key} stands twice`);
      const value = this.isNull(here.node) && isMessage(field) ? field.resolvedType.create() : this.value(field, here);
      if (value !== undefined) map[key] = value;
    }
    return map;
  }

  private value(field: protobuf.Field, at: Place): unknown {
    if (isMessage(field)) return this.message(field.resolvedType, at);
    const scalar = this.source.scalar(at.node);
    if (scalar === undefined || scalar.kind === 'null') return this.wrongType(at, wanted(field));
    const written = isScalarNode(at.node) ? at.node.text : String(scalar.value);
    const value = readScalar(field, scalar, written);
    if (!(value instanceof ScalarProblem)) return value;
    if (value.code === undefined) return this.wrongType(at, value.wanted);
    return this.report(value.code, at, value.message, value.details);
  }

  // Messages with a JSON form of their own. Envoy's parser takes their plain form, a map of their fields, as well.
  private wellKnown(name: string, type: protobuf.Type, at: Place): Message | undefined | 'ordinary' {
    if (name === 'Any') return this.any(type, at);
    if (name === 'Struct') return this.struct(type, at);
    if (name === 'Value') return this.structValue(type, at);
    if (name === 'ListValue') return this.listValue(type, at);
    if (isMapNode(at.node)) return 'ordinary';
    if (WRAPPERS.has(`google.protobuf.${name}`)) {
      const value = this.value(type.fields.value, at);
      return value === undefined ? undefined : (type.create({ value }) as Message);
    }
    if (name === 'Duration') return this.textForm(type, at, decodeDuration, 'WEFT1106', 'seconds as in 5s or 0.25s');
    if (name === 'Timestamp') return this.textForm(type, at, decodeTimestamp, 'WEFT1107', 'an RFC 3339 time stamp');
    if (name === 'FieldMask')
      return this.textForm(type, at, decodeFieldMask, 'WEFT1107', 'paths with commas between them');
    return 'ordinary';
  }

  private textForm(
    type: protobuf.Type,
    at: Place,
    decode: (text: string) => Record<string, unknown> | undefined,
    code: FindingCode,
    allowed: string,
  ): Message | undefined {
    const scalar = this.source.scalar(at.node);
    const shown = scalar === undefined || scalar.kind === 'null' ? undefined : String(scalar.value);
    const fields = scalar?.kind === 'string' ? decode(scalar.value) : undefined;
    if (fields !== undefined) return type.create(fields) as Message;
    if (shown === undefined) return this.wrongType(at, allowed);
    return this.report(code, at, `this is not a ${type.name}`, {
      written: shown,
      allowed,
      suggestion: durationGuess(type, shown),
    });
  }

  private any(type: protobuf.Type, at: Place): Message | undefined {
    if (!isMapNode(at.node)) return this.wrongType(at, 'a map with "@type"');
    if (at.node.entries.length === 0) return type.create() as Message;
    const typePair = at.node.entries.find((entry) => keyText(entry) === '@type');
    const typeNode = typePair?.value ?? null;
    const url = this.source.scalar(typeNode);
    if (typePair === undefined || url?.kind !== 'string') {
      return this.report('WEFT1108', at, '"@type" is missing', { allowed: '"@type": type.googleapis.com/MESSAGE' });
    }
    const urlAt = { path: fieldPath(at.path, '@type'), node: typeNode, depth: at.depth };
    const inner = this.anyType(url.value, urlAt);
    return inner === undefined ? undefined : this.anyContent(type, url.value, inner, at as Place & { node: MapNode });
  }

  /** The message type that a type URL names. What Envoy has and we cannot describe is an empty Any of that name. */
  private anyType(url: string, at: Place): protobuf.Type | 'undescribed' | undefined {
    const slash = url.lastIndexOf('/');
    const name = url.slice(slash + 1);
    if (slash < 1) {
      return this.report('WEFT1109', at, 'a type URL has a host and a slash before the name', {
        value: url,
        suggestion: `type.googleapis.com/${url.replace(/^\//, '')}`,
      });
    }
    const type = this.descriptors.messageType(name);
    if (type !== undefined) return type;
    if (this.descriptors.isEnvoyName(name)) return 'undescribed';
    const near = suggest(name, this.descriptors.extensionNames()) ?? this.sameLastWord(name);
    return this.report('WEFT1109', at, 'Envoy 1.40 has no such message', {
      value: url,
      suggestion: near === undefined ? undefined : `type.googleapis.com/${near}`,
    });
  }

  private sameLastWord(name: string): string | undefined {
    const last = name.slice(name.lastIndexOf('.') + 1);
    return this.descriptors.extensionNames().find((candidate) => candidate.endsWith(`.${last}`));
  }

  private anyContent(
    anyType: protobuf.Type,
    url: string,
    inner: protobuf.Type | 'undescribed',
    at: Place & { node: MapNode },
  ): Message | undefined {
    if (inner === 'undescribed') return anyType.create({ type_url: url }) as Message;
    const name = typeName(inner);
    if (name.endsWith('.TypedStruct')) return this.typedStruct(anyType, at) ?? undefined;
    const message = name.startsWith('google.protobuf.')
      ? this.message(inner, { ...at, node: valueOf(at.node, 'value') })
      : this.fields(inner, { ...at, depth: at.depth + 1 }, inner.create() as Message, (key) => key === '@type');
    if (message === undefined) return undefined;
    return packAny(anyType, url, message) as unknown as Message;
  }

  /** A TypedStruct carries another message as a Struct; Envoy unwraps it before it looks for the extension. */
  private typedStruct(anyType: protobuf.Type, at: Place & { node: MapNode }): Message | undefined {
    const urlNode = valueOf(at.node, 'type_url') ?? valueOf(at.node, 'typeUrl');
    const url = this.source.scalar(urlNode);
    if (url?.kind !== 'string') return this.report('WEFT1108', at, 'the TypedStruct has no type_url');
    const inner = this.anyType(url.value, { path: fieldPath(at.path, 'type_url'), node: urlNode, depth: at.depth });
    if (inner === undefined || inner === 'undescribed') return anyType.create({ type_url: url.value }) as Message;
    const value = valueOf(at.node, 'value');
    const message = isMapNode(value)
      ? this.message(inner, { path: at.path, node: value, depth: at.depth + 1 })
      : (inner.create() as Message);
    return message === undefined ? undefined : (packAny(anyType, url.value, message) as unknown as Message);
  }

  private struct(type: protobuf.Type, at: Place): Message | undefined {
    if (!isMapNode(at.node)) return this.wrongType(at, 'a map');
    const fields = this.map(type.fields.fields as MapField, at);
    return fields === undefined ? undefined : (type.create({ fields }) as Message);
  }

  private listValue(type: protobuf.Type, at: Place): Message | undefined {
    if (!isListNode(at.node)) return this.wrongType(at, 'a list');
    const values = at.node.items.map((node, i) =>
      this.message(type.fields.values.resolvedType as protobuf.Type, {
        path: indexPath(at.path, i),
        node,
        depth: at.depth + 1,
      }),
    );
    return type.create({ values: values.filter((value) => value !== undefined) }) as Message;
  }

  private structValue(type: protobuf.Type, at: Place): Message | undefined {
    const deeper = { ...at, depth: at.depth + 1 };
    if (isMapNode(at.node)) {
      const value = this.message(type.fields.struct_value.resolvedType as protobuf.Type, deeper);
      return type.create({ struct_value: value }) as Message;
    }
    if (isListNode(at.node)) {
      const value = this.message(type.fields.list_value.resolvedType as protobuf.Type, deeper);
      return type.create({ list_value: value }) as Message;
    }
    const scalar = this.source.scalar(at.node) ?? { kind: 'null' };
    if (scalar.kind === 'null') return type.create({ null_value: 0 }) as Message;
    if (scalar.kind === 'bool') return type.create({ bool_value: scalar.value }) as Message;
    if (scalar.kind === 'number') return type.create({ number_value: Number(scalar.value) }) as Message;
    return type.create({ string_value: scalar.value }) as Message;
  }

  private unknownField(type: protobuf.Type, key: string, at: Place): void {
    const names = type.fieldsArray.filter((field) => field.options?.deprecated !== true).map((field) => field.name);
    const suggestion = suggest(key, names);
    const allowed = names.length === 0 ? 'no fields at all' : few(names);
    this.report(
      'WEFT1101',
      at,
      `${type.name} has no field ${JSON.stringify(key)}`,
      suggestion === undefined ? { allowed } : { suggestion },
    );
  }

  private givenTwice(first: string, second: string, at: Place): void {
    if (first === second) this.report('WEFT1003', at, `the key ${second} stands twice in one map`);
    else this.report('WEFT1110', at, `${second} and ${first} are the same field`);
  }

  private wrongType(at: Place, allowed: string): undefined {
    return this.report('WEFT1102', at, `${describe(at.node)} stands where ${allowed} is wanted`, { allowed });
  }

  private isNull(node: DocumentNode | null): boolean {
    return node === null || (isScalarNode(node) && this.source.scalar(node)?.kind === 'null');
  }
}

function valueOf(map: MapNode, key: string): DocumentNode | null {
  return map.entries.find((entry) => keyText(entry) === key)?.value ?? null;
}

function acceptsNull(field: protobuf.Field): boolean {
  return isMessage(field) && typeName(field.resolvedType) === 'google.protobuf.Value';
}

function wanted(field: protobuf.Field): string {
  if (isMessage(field)) return `a ${field.resolvedType.name}`;
  if (isEnum(field)) return `a ${field.resolvedType.name}`;
  if (field.type === 'string') return 'a text';
  if (field.type === 'bool') return 'true or false';
  return field.type === 'bytes' ? 'base64' : 'a number';
}

function describe(node: DocumentNode | null): string {
  if (isMapNode(node)) return 'a map';
  if (isListNode(node)) return 'a list';
  if (!isScalarNode(node)) return 'nothing';
  const { text } = node;
  if (text === '') return 'an empty value';
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return node.isPlain ? shown : JSON.stringify(shown);
}

/** `500ms` → `0.5s`, `1m` → `60s`, `5` → `5s`. */
function durationGuess(type: protobuf.Type, text: string): string | undefined {
  if (type.name !== 'Duration') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|)$/.exec(text);
  if (match === null) return undefined;
  const seconds = Number(match[1]) * { ms: 0.001, s: 1, m: 60, h: 3600, '': 1 }[match[2] as 'ms'];
  return `${Number(seconds.toFixed(9))}s`;
}
