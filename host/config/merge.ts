// protobuf's MergeFrom over decoded messages: messages are merged, lists appended, maps joined by key, other values replaced
// when they are set. A value without presence is set when it is not its zero.
import type protobuf from 'protobufjs/light.js';
import type { Origins } from './decode.js';
import { isMap, isMessage, isOptional, oneofOf, typeName } from './field_index.js';
import type { Message } from './message.js';

export function mergeMessage(type: protobuf.Type, into: Message, from: Message, origins: Origins): void {
  joinOrigins(into, from, origins);
  for (const field of type.fieldsArray) {
    if (Object.hasOwn(from, field.name)) mergeField(field, into, from, origins);
  }
}

function joinOrigins(into: Message, from: Message, origins: Origins): void {
  const added = origins.get(from);
  if (added === undefined) return;
  origins.set(into, [...(origins.get(into) ?? []), ...added]);
}

function mergeField(field: protobuf.Field, into: Message, from: Message, origins: Origins): void {
  const name = field.name;
  const value = from[name];
  if (isMap(field)) into[name] = Object.assign(Object.create(null), into[name], value);
  else if (field.repeated) into[name] = [...(into[name] as unknown[]), ...(value as unknown[])];
  else if (isMessage(field)) mergeSingular(field, into, value as Message, origins);
  else if (oneofOf(field) !== undefined || isOptional(field) || isSet(value)) setField(field, into, value);
}

function mergeSingular(
  field: protobuf.Field & { resolvedType: protobuf.Type },
  into: Message,
  value: Message,
  origins: Origins,
): void {
  const there = Object.hasOwn(into, field.name) ? (into[field.name] as Message) : null;
  // An Any is bytes to protobuf: the later one replaces the earlier one.
  const isAny = typeName(field.resolvedType) === 'google.protobuf.Any';
  if (there === null || isAny) setField(field, into, value);
  else mergeMessage(field.resolvedType, there, value, origins);
}

function setField(field: protobuf.Field, into: Message, value: unknown): void {
  for (const other of oneofOf(field)?.oneof ?? []) delete into[other];
  into[field.name] = value;
}

function isSet(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length > 0;
  return value !== 0 && value !== '' && value !== false;
}
