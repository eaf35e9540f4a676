// json_format: a google.protobuf.Struct whose texts are format strings, as one line of JSON. Keys come out sorted by their bytes, as
// Envoy's do; a text that is one operator alone keeps its type (number, null), a text of several parts is a string.
import { parseFormat, type FormatPart } from './format_string.js';
import { FormatError } from './format_error.js';
import type { HeaderNeeds } from './header_needs.js';
import { jsonString } from './json_string.js';
import type { LogRecord } from './record.js';
import { toBytes } from './utf8.js';

/** google.protobuf.Value and Struct as protobufjs decodes them (snake_case or camelCase members). */
export interface StructMessage {
  fields: Readonly<Record<string, ValueMessage>>;
}
export interface ValueMessage {
  string_value?: string | null;
  stringValue?: string | null;
  number_value?: number | null;
  numberValue?: number | null;
  bool_value?: boolean | null;
  boolValue?: boolean | null;
  struct_value?: StructMessage | null;
  structValue?: StructMessage | null;
  list_value?: { values: readonly ValueMessage[] } | null;
  listValue?: { values: readonly ValueMessage[] } | null;
}

/** Renders one value; null: it has none. */
type Node = (record: LogRecord, omitEmpty: boolean) => string | null;

/** An error in a nested format string, with the path of keys that leads to it. */
export class JsonFormatError extends FormatError {
  constructor(
    readonly path: string,
    cause: FormatError,
  ) {
    super(cause.message, cause.position, cause.allowed);
  }
}

/** Compiles a json_format; the result renders one record (without the line's end). Throws JsonFormatError. */
export function parseJsonFormat(
  struct: StructMessage,
  needs: HeaderNeeds,
): (record: LogRecord, omitEmpty: boolean) => string {
  const root = objectNode(struct, needs, '');
  return (record, omitEmpty) => root(record, omitEmpty) ?? '{}';
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function objectNode(struct: StructMessage, needs: HeaderNeeds, path: string): Node {
  const members = Object.keys(struct.fields)
    .toSorted(byBytes)
    .map((key) => ({
      key: `${jsonString(toBytes(key))}:`,
      node: valueNode(struct.fields[key], needs, path ? `${path}.${key}` : key),
    }));
  return (record, omitEmpty) => {
    const parts: string[] = [];
    for (const { key, node } of members) {
      const value = node(record, omitEmpty);
      if (value !== null || !omitEmpty) parts.push(key + (value ?? 'null'));
    }
    return parts.length === 0 && omitEmpty ? null : `{${parts.join(',')}}`;
  };
}

function listNode(values: readonly ValueMessage[], needs: HeaderNeeds, path: string): Node {
  const nodes = values.map((value, i) => valueNode(value, needs, `${path}[${i}]`));
  return (record, omitEmpty) => {
    const parts = nodes.map((node) => node(record, omitEmpty)).filter((value) => value !== null || !omitEmpty);
    return `[${parts.map((value) => value ?? 'null').join(',')}]`;
  };
}

function valueNode(value: ValueMessage, needs: HeaderNeeds, path: string): Node {
  const text = value.string_value ?? value.stringValue;
  if (typeof text === 'string') return textNode(text, needs, path);
  const struct = value.struct_value ?? value.structValue;
  if (struct) return objectNode(struct, needs, path);
  const list = value.list_value ?? value.listValue;
  if (list) return listNode(list.values ?? [], needs, path);
  const number = value.number_value ?? value.numberValue;
  if (typeof number === 'number') return literal(numberText(number));
  const flag = value.bool_value ?? value.boolValue;
  return literal(typeof flag === 'boolean' ? String(flag) : null);
}

const literal =
  (text: string | null): Node =>
  () =>
    text;

// Envoy reads a number of a YAML file that is no 32-bit integer as text.
function numberText(n: number): string {
  return (n | 0) === n ? String(n) : jsonString(String(n));
}

function textNode(text: string, needs: HeaderNeeds, path: string): Node {
  let parts: FormatPart[];
  try {
    parts = parseFormat(text, needs);
  } catch (error) {
    throw error instanceof FormatError ? new JsonFormatError(path, error) : error;
  }
  const [only] = parts;
  if (parts.length === 0) return literal('""');
  if (parts.length === 1 && typeof only === 'function') {
    return (record) => {
      const value = only(record);
      return typeof value === 'string' ? jsonString(value) : value === null ? null : String(value);
    };
  }
  return (record, omitEmpty) =>
    jsonString(
      parts.map((part) => (typeof part === 'string' ? part : (part(record) ?? (omitEmpty ? '' : '-')))).join(''),
    );
}
