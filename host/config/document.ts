// The nodes of a document: maps, lists and scalars as they are written, each with its place in the text. Aliases are gone: what
// they stand for stands there again, as the same object (which may so contain itself).

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly start: number;
  readonly end: number;
  /** Quotes and escapes are resolved. */
  readonly text: string;
  /** Not quoted: the text may be a number, a word for true or false, or null. */
  readonly isPlain: boolean;
}

export interface Entry {
  readonly key: DocumentNode | null;
  readonly value: DocumentNode | null;
}

export interface MapNode {
  readonly kind: 'map';
  readonly start: number;
  readonly end: number;
  readonly entries: readonly Entry[];
}

export interface ListNode {
  readonly kind: 'list';
  readonly start: number;
  readonly end: number;
  readonly items: readonly (DocumentNode | null)[];
}

export type DocumentNode = ScalarNode | MapNode | ListNode;

export function isMapNode(node: DocumentNode | null | undefined): node is MapNode {
  return node?.kind === 'map';
}

export function isListNode(node: DocumentNode | null | undefined): node is ListNode {
  return node?.kind === 'list';
}

export function isScalarNode(node: DocumentNode | null | undefined): node is ScalarNode {
  return node?.kind === 'scalar';
}

/** The text of a key; a key that is no scalar is empty. */
export function keyText({ key }: Entry): string {
  return isScalarNode(key) ? key.text : '';
}
