// What a document may be, besides a whole bootstrap: resources under the names of their kinds, or with their types.
import protobuf from 'protobufjs/light.js';
import { BOOTSTRAP_TYPE } from '../config/bootstrap.js';
import type { Descriptors } from '../config/descriptors.js';
import { isMapNode, keyText, type DocumentNode } from '../config/document.js';
import { fieldsByName } from '../config/field_index.js';
import { KINDS, type ResourceKind } from '../xds/kinds.js';

const NAMESPACE = 'weft.dev';
const NAME = 'ResourceFile';

/** "routes" of RDS: the last word of its REST path. */
export function listName({ rest }: ResourceKind): string {
  return rest.slice(rest.indexOf(':') + 1).replaceAll('-', '_');
}

/**
 * A list for each kind, and all that a DiscoveryResponse may have, so that a file of `path_config_source` is such a document, too.
 * Versions and nonces that stand there are not used: a version is that of the content.
 */
export function resourceFileType(descriptors: Descriptors): protobuf.Type {
  const { root } = descriptors.type(BOOTSTRAP_TYPE);
  const known = root.lookup(`.${NAMESPACE}.${NAME}`);
  if (known instanceof protobuf.Type) return known;
  const type = new protobuf.Type(NAME);
  let id = 1;
  const add = (name: string, of: string, rule?: string): void => {
    type.add(new protobuf.Field(name, id++, of, rule));
  };
  add('resources', 'google.protobuf.Any', 'repeated');
  for (const name of ['version_info', 'type_url', 'nonce']) add(name, 'string');
  for (const kind of KINDS) {
    descriptors.type(kind.typeName);
    add(listName(kind), `.${kind.typeName}`, 'repeated');
  }
  root.define(NAMESPACE).add(type);
  type.resolveAll();
  return type;
}

export type Shape = 'bootstrap' | 'resources' | 'resource';

export function shapeOf(root: DocumentNode | null, type: protobuf.Type): Shape {
  if (!isMapNode(root)) return 'bootstrap'; // which says what is wrong with it
  const keys = root.entries.map(keyText);
  if (keys.includes('@type')) return 'resource';
  const names = fieldsByName(type);
  return keys.some((key) => names.has(key)) ? 'resources' : 'bootstrap';
}
