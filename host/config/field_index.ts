// The fields of a message type by every name that JSON may use for them.
import protobuf from 'protobufjs/light.js';

const indexes = new WeakMap<protobuf.Type, ReadonlyMap<string, protobuf.Field>>();

/** Field by snake_case and by lowerCamelCase name. */
export function fieldsByName(type: protobuf.Type): ReadonlyMap<string, protobuf.Field> {
  const known = indexes.get(type);
  if (known !== undefined) return known;
  const index = new Map<string, protobuf.Field>();
  for (const field of type.fieldsArray) {
    index.set(field.name, field);
    index.set(jsonName(field.name), field);
  }
  indexes.set(type, index);
  return index;
}

/** protobuf's JSON name: every `_x` becomes `X`. */
export function jsonName(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The oneof of the API that a field belongs to; the hidden one of a proto3 `optional` is none. */
export function oneofOf(field: protobuf.Field): protobuf.OneOf | undefined {
  return field.partOf === null || isOptional(field) ? undefined : (field.partOf ?? undefined);
}

export function isOptional(field: protobuf.Field): boolean {
  return field.options?.proto3_optional === true;
}

export function isEnum(field: protobuf.Field): field is protobuf.Field & { resolvedType: protobuf.Enum } {
  return field.resolvedType instanceof protobuf.Enum;
}

export function isMessage(field: protobuf.Field): field is protobuf.Field & { resolvedType: protobuf.Type } {
  return field.resolvedType instanceof protobuf.Type;
}

/** protobufjs declares its MapField apart from Field, though it is one. */
export type MapField = protobuf.Field & { readonly keyType: string };

export function isMap(field: protobuf.Field): field is MapField {
  return field.map;
}

const typeNames = new WeakMap<protobuf.ReflectionObject, string>();

/** The full name without the leading dot of reflection, which puts it together anew each time. */
export function typeName(type: protobuf.ReflectionObject): string {
  const known = typeNames.get(type);
  if (known !== undefined) return known;
  const name = type.fullName.replace(/^\./, '');
  typeNames.set(type, name);
  return name;
}

/** `Message.field`, as support tables and messages name it. */
export function fieldName(field: protobuf.Field): string {
  return typeName(field);
}
