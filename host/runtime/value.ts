// What a layer says of a key, before it is read as anything: a value of a Struct (static layers, RTDS), or a YAML text (files, admin).
import type { google } from '../../proto/generated/api.js';
import { isMapNode, keyText, type DocumentNode } from '../config/document.js';
import { ConfigSource } from '../config/source.js';

export type RuntimeValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'list' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, RuntimeValue> };

const NULL: RuntimeValue = { kind: 'null' };
const LIST: RuntimeValue = { kind: 'list' };

export function valueOfMessage(message: google.protobuf.Value): RuntimeValue {
  const { kind } = message;
  if (kind === 'number_value') return { kind: 'number', value: message.number_value };
  if (kind === 'bool_value') return { kind: 'bool', value: message.bool_value };
  if (kind === 'string_value') return { kind: 'string', value: message.string_value };
  if (kind === 'list_value') return LIST;
  if (kind === 'struct_value') return { kind: 'struct', fields: fieldsOf(message.struct_value!) };
  return NULL;
}

export function fieldsOf(struct: google.protobuf.Struct): ReadonlyMap<string, RuntimeValue> {
  return new Map(Object.entries(struct.fields).map(([name, value]) => [name, valueOfMessage(value)]));
}

/** A YAML text as Envoy reads it; undefined where it is none. What stands deeper than a fraction's fields is a list, whatever it is. */
export function valueOfText(text: string): RuntimeValue | undefined {
  const source = new ConfigSource('runtime.yaml', text);
  if (source.findings.length > 0) return undefined;
  const { root } = source;
  if (!isMapNode(root)) return scalarOf(source, root);
  return { kind: 'struct', fields: new Map(root.entries.map((e) => [keyText(e), scalarOf(source, e.value)])) };
}

function scalarOf(source: ConfigSource, node: DocumentNode | null): RuntimeValue {
  const scalar = source.scalar(node);
  if (scalar === undefined) return LIST;
  return scalar.kind === 'number' ? { kind: 'number', value: Number(scalar.value) } : scalar;
}

/** A Struct in protobuf's text format, which is how Envoy shows it; the keys in their order. */
export function structText(fields: ReadonlyMap<string, RuntimeValue>, indent = ''): string {
  return [...fields]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([key, value]) =>
        `${indent}fields {\n${indent}  key: ${quoted(key)}\n${indent}  value {\n` +
        `${valueText(value, `${indent}    `)}${indent}  }\n${indent}}\n`,
    )
    .join('');
}

function valueText(value: RuntimeValue, indent: string): string {
  if (value.kind === 'struct') return `${indent}struct_value {\n${structText(value.fields, `${indent}  `)}${indent}}\n`;
  if (value.kind === 'list') return `${indent}list_value {\n${indent}}\n`;
  if (value.kind === 'null') return `${indent}null_value: NULL_VALUE\n`;
  if (value.kind === 'string') return `${indent}string_value: ${quoted(value.value)}\n`;
  return `${indent}${value.kind}_value: ${String(value.value)}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};

function quoted(text: string): string {
  const escaped = Array.from(Buffer.from(text).toString('latin1'), (byte) => {
    if (byte in ESCAPES) return ESCAPES[byte];
    return byte >= ' ' && byte <= '~' ? byte : `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
