// From the JSON path of a decoded message back to the line it was read from.
import type { Origin, Origins } from './decode.js';
import { isListNode, isMapNode, isScalarNode, keyText } from './document.js';
import type { DocumentNode, Entry } from './document.js';
import { fieldsByName } from './field_index.js';
import type { Finding, Position } from './finding.js';
import { unpackAny } from './message.js';
import type { Message } from './message.js';
import { parsePath } from './path.js';
import type { PathStep } from './path.js';
import type { ConfigSource } from './source.js';
import type { google } from '../../proto/generated/api.js';

/** A node of a document; `key` is its key when it is a map's value. */
interface Spot {
  readonly source: ConfigSource;
  readonly node: DocumentNode | null;
  readonly key?: DocumentNode | null;
}

export class Locator {
  constructor(
    private readonly root: Message,
    private readonly origins: Origins,
  ) {}

  /** The position of the value at `path`, or of the nearest thing around it that stands in the file. */
  positionOf(path: string): Position | undefined {
    let message: unknown = this.root;
    let spots: Spot[] = this.originsOf(this.root);
    let best = this.show(spots[0]);
    for (const step of parsePath(path)) {
      const container = unpacked(message);
      spots = this.step(container, spots, step);
      message = (container as Record<PathStep, unknown> | undefined)?.[step];
      // Of a message that was merged from several documents, its own maps say where it stands.
      const own = this.originsOf(unpacked(message));
      if (own.length > 0) spots = own.map((origin, i) => ({ ...origin, key: spots[i]?.key ?? spots[0]?.key }));
      if (spots.length === 0) break;
      best = this.show(spots[spots.length - 1]) ?? best;
    }
    return best;
  }

  /** Adds positions to findings that only have a path. */
  place(findings: readonly Finding[]): Finding[] {
    return findings.map((f) => {
      const position = f.position ?? this.positionOf(f.path);
      return position === undefined ? f : { ...f, position };
    });
  }

  private originsOf(message: unknown): Spot[] {
    const known: readonly Origin[] | undefined =
      typeof message === 'object' && message !== null ? this.origins.get(message) : undefined;
    return [...(known ?? [])];
  }

  private step(container: unknown, spots: Spot[], step: PathStep): Spot[] {
    if (typeof step === 'number') return itemAt(spots, step);
    const names = namesOf(container, step);
    return spots.flatMap((spot) => {
      const entry = entryOf(spot, names);
      return entry === undefined ? [] : [{ source: spot.source, node: entry.value, key: entry.key }];
    });
  }

  private show(spot: Spot | undefined): Position | undefined {
    if (spot === undefined) return undefined;
    const node = isScalarNode(spot.node) || spot.key === undefined || spot.key === null ? spot.node : spot.key;
    return spot.source.positionOf(node) ?? spot.source.positionOf(spot.key);
  }
}

function unpacked(message: unknown): unknown {
  return unpackAny(message as google.protobuf.Any | null) ?? message;
}

/** A field may be written under two names; a key of a map under one. */
function namesOf(container: unknown, name: string): readonly string[] {
  const type = (container as Partial<Message> | undefined)?.$type;
  if (type === undefined) return [name];
  const field = fieldsByName(type).get(name);
  if (field === undefined) return [name]; // "@type"
  return [...fieldsByName(type)].filter(([, candidate]) => candidate === field).map(([key]) => key);
}

function entryOf({ node }: Spot, names: readonly string[]): Entry | undefined {
  return isMapNode(node)
    ? node.entries.find((entry) => isScalarNode(entry.key) && names.includes(keyText(entry)))
    : undefined;
}

/** Lists of several documents were appended to each other; a lone value is a list of one. */
function itemAt(spots: Spot[], index: number): Spot[] {
  let before = 0;
  for (const { source, node } of spots) {
    const items = isListNode(node) ? node.items : [node];
    if (index < before + items.length) return [{ source, node: items[index - before] }];
    before += items.length;
  }
  return [];
}
