// Writes proto/generated/api.d.ts from api.json and services.json beside it: an interface per message as host/config/ decodes it.
//
//   node scripts/protos/api_types.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../../proto/generated/', import.meta.url);
const api = join(read('api.json'), read('services.json'));
const NUMBERS = new Set(
  'double float int32 uint32 sint32 fixed32 sfixed32 int64 uint64 sint64 fixed64 sfixed64'.split(' '),
);
const enums = new Set();

collectEnums(api, '');
const lines = [
  '// Written by scripts/protos/api_types.mjs from api.json and services.json; do not edit.',
  '// Enums and 64-bit integers are numbers; an absent message is null, an absent list empty, an absent scalar its zero.',
  '// A `oneof` is also a property: the name of the member that is set. Ask it: the others read as their zero, not as absent.',
];
for (const [name, node] of Object.entries(api.nested)) emitNode(name, node, 0);
writeFileSync(new URL('api.d.ts', folder), `${lines.join('\n')}\n`);

function read(name) {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

// A namespace, or a message, of both has what is nested in either.
function join(a, b) {
  const nested = { ...a.nested };
  for (const [name, node] of Object.entries(b.nested ?? {}))
    nested[name] = nested[name] ? join(nested[name], node) : node;
  return { ...a, ...b, nested };
}

function collectEnums(node, path) {
  if (node.values) enums.add(path);
  for (const [name, child] of Object.entries(node.nested ?? {})) collectEnums(child, `${path}.${name}`);
}

function emitNode(name, node, depth) {
  const indent = ' '.repeat(depth);
  if (node.fields) emitMessage(name, node, indent);
  if (!node.nested || !Object.values(node.nested).some((child) => child.fields || child.nested)) return;
  lines.push(`${indent}export namespace ${name} {`);
  for (const [childName, child] of Object.entries(node.nested)) emitNode(childName, child, depth + 1);
  lines.push(`${indent}}`);
}

function emitMessage(name, node, indent) {
  lines.push(`${indent}export interface ${name} {`);
  for (const [fieldName, field] of Object.entries(node.fields)) {
    lines.push(`${indent} ${fieldName}: ${fieldType(field)};`);
  }
  for (const [oneofName, { oneof }] of Object.entries(node.oneofs ?? {})) {
    const members = oneof.map((member) => `'${member}'`).join(' | ');
    lines.push(`${indent} readonly ${oneofName}?: ${members};`);
  }
  lines.push(`${indent}}`);
}

function fieldType(field) {
  const type = valueType(field.type);
  if (field.keyType) return `Record<string, ${type}>`;
  if (field.rule === 'repeated') return `${type}[]`;
  const isMessage = type.includes('.');
  return isMessage || field.options?.proto3_optional ? `${type} | null` : type;
}

function valueType(type) {
  if (NUMBERS.has(type) || enums.has(type)) return 'number';
  if (type === 'bool') return 'boolean';
  if (type === 'bytes') return 'Uint8Array';
  return type.startsWith('.') ? type.slice(1) : type;
}
