// A message as JSON, as Envoy's admin interface prints it: proto field names, nothing for what is not set, enums by name, 64-bit
// integers as text, what stands in an Any beside its `@type`. https://protobuf.dev/programming-guides/json/
import protobuf from 'protobufjs/light.js';
import type { Descriptors } from './descriptors.js';
import { anyTypeName, structJson, type Message } from './message.js';

type Json = unknown;
type Printer = (message: never, descriptors: Descriptors) => Json;

const INT64 = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);
const PACKAGE = '.google.protobuf.';

interface Seconds {
  readonly seconds: number;
  readonly nanos: number;
}

const wrapper: Printer = ({ value }: { value: Json }) => value;
const wrapper64: Printer = ({ value }: { value: number }) => String(value);

/** Messages with a form of their own. */
const WELL_KNOWN: ReadonlyMap<string, Printer> = new Map<string, Printer>([
  ['Duration', ({ seconds, nanos }: Seconds) => durationText(seconds, nanos)],
  ['Timestamp', ({ seconds, nanos }: Seconds) => timestampText(seconds, nanos)],
  ['Struct', (struct: never) => structJson(struct)],
  ['Any', (any: never, descriptors) => anyJson(any, descriptors)],
  ['BytesValue', ({ value }: { value: Uint8Array }) => Buffer.from(value).toString('base64')],
  ['Empty', () => ({})],
  ...['BoolValue', 'StringValue', 'UInt32Value', 'Int32Value', 'DoubleValue', 'FloatValue'].map(
    (name): [string, Printer] => [name, wrapper],
  ),
  ...['UInt64Value', 'Int64Value'].map((name): [string, Printer] => [name, wrapper64]),
]);

/** What the API marks as sensitive (`udpa.annotations.sensitive`), where it can hold a secret itself. */
const SENSITIVE = new Set([
  'TlsCertificate.private_key',
  'TlsCertificate.password',
  'TlsCertificate.pkcs12',
  'TlsSessionTicketKeys.keys',
  'GenericSecret.secret',
  'GenericSecret.secrets',
]);
const REDACTED = '[redacted]';
const REDACTED_BYTES = Buffer.from(REDACTED).toString('base64');

function printerOf(type: protobuf.Type): Printer | undefined {
  const { fullName } = type;
  return fullName.startsWith(PACKAGE) ? WELL_KNOWN.get(fullName.slice(PACKAGE.length)) : undefined;
}

export function messageJson(message: Message, descriptors: Descriptors): Json {
  const type = message.$type;
  const printer = printerOf(type);
  if (printer) return printer(message as never, descriptors);
  const json: [string, Json][] = [];
  for (const field of type.fieldsArray.toSorted((a, b) => a.id - b.id)) {
    if (!Object.hasOwn(message, field.name)) continue;
    const value = message[field.name];
    if (isAbsent(field, value)) continue;
    const isSecret = SENSITIVE.has(`${type.name}.${field.name}`);
    const shown = fieldJson(field, value, descriptors);
    json.push([field.name, isSecret ? redacted(shown) : shown]);
  }
  return Object.fromEntries(json);
}

/** As Envoy: what kind of source it is may be seen, every text in it may not. */
function redacted(value: Json, isBytes = false): Json {
  if (typeof value === 'string') return isBytes ? REDACTED_BYTES : REDACTED;
  if (Array.isArray(value)) return value.map((each) => redacted(each, isBytes));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, redacted(each, name === 'inline_bytes')]),
  );
}

function isAbsent(field: protobuf.Field, value: Json): boolean {
  if (value === null || value === undefined) return true;
  if (field.repeated) return (value as Json[]).length === 0;
  if (field.map) return Object.keys(value as object).length === 0;
  if (field.partOf || field.resolvedType instanceof protobuf.Type) return false;
  return field.type === 'bytes' ? (value as Uint8Array).length === 0 : value === field.typeDefault || value === 0;
}

function fieldJson(field: protobuf.Field, value: Json, descriptors: Descriptors): Json {
  const one = (each: Json): Json => scalarJson(field, each, descriptors);
  if (field.repeated) return (value as Json[]).map(one);
  if (!field.map) return one(value);
  return Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, one(each)]));
}

function scalarJson({ resolvedType, type }: protobuf.Field, value: Json, descriptors: Descriptors): Json {
  if (resolvedType instanceof protobuf.Type) return messageJson(value as Message, descriptors);
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[value as number] ?? value;
  if (type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64');
  if (INT64.has(type)) return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  // A float holds some seven digits: the shortest text that means it.
  return type === 'float' ? Number((value as number).toPrecision(8)) : value;
}

interface Packed {
  readonly type_url: string;
  readonly value: Uint8Array;
}

/** The bytes of a resource, or what stands in an Any. What cannot be read is shown as its type alone. */
export function anyJson({ type_url, value }: Packed, descriptors: Descriptors): Json {
  const head = { '@type': type_url };
  const type = descriptors.messageType(anyTypeName({ type_url, value } as never));
  if (!type) return head;
  try {
    const json = messageJson(type.decode(value) as Message, descriptors);
    return printerOf(type) ? { ...head, value: json } : { ...head, ...(json as object) };
  } catch {
    return head;
  }
}

function fraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(Math.abs(nanos)).padStart(9, '0');
  return `.${digits.replace(/(000){1,2}$/, '')}`;
}

function durationText(seconds: number, nanos: number): string {
  return `${seconds < 0 || nanos < 0 ? '-' : ''}${Math.abs(seconds)}${fraction(nanos)}s`;
}

function timestampText(seconds: number, nanos: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', `${fraction(nanos)}Z`);
}
