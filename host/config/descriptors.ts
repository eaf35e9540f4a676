// The Envoy API as protobufjs reflection, from proto/generated/. Costs about 40 ms and 9 MB: whoever needs it loads it, and drops it.
import { existsSync, readFileSync } from 'node:fs';
import protobuf from 'protobufjs/light.js';

type Json = protobuf.INamespace & Record<string, unknown>;

// 64-bit integers are numbers everywhere (values above 2^53-1 are refused when a document is read).
protobuf.util.Long = null as never;
protobuf.configure();

export class Descriptors {
  private readonly root: protobuf.Root;
  private readonly unread = ['services.json', 'extensions.json'];
  private otherNames: readonly string[] | undefined;

  constructor() {
    this.root = protobuf.Root.fromJSON(readJson('api.json'));
    this.root.resolveAll();
  }

  /** The message type of this full name, without a leading dot. What few configurations need is loaded on the first miss. */
  messageType(name: string): protobuf.Type | undefined {
    let found = this.find(name);
    while (found === undefined && this.unread.length > 0) {
      this.readMore();
      found = this.find(name);
    }
    return found;
  }

  /** A type that must be there. */
  type(name: string): protobuf.Type {
    const found = this.messageType(name);
    if (found === undefined) throw new Error(`proto/generated/ has no ${name}`);
    return found;
  }

  /** Whether Envoy has an extension message of this name, described here or not. */
  isEnvoyName(name: string): boolean {
    return this.messageType(name) !== undefined || this.namesOfOthers().includes(name);
  }

  /** The names of every message that can stand in an Any, for did-you-mean. */
  extensionNames(): string[] {
    while (this.unread.length > 0) this.readMore();
    const names: string[] = [...this.namesOfOthers()];
    for (const place of ['envoy.extensions', 'envoy.config']) {
      collectNames(this.root.lookup(place) as protobuf.Namespace, names);
    }
    return names;
  }

  private find(name: string): protobuf.Type | undefined {
    if (!/^[A-Za-z_][\w.]*$/.test(name)) return undefined;
    const found = this.root.lookup(`.${name}`);
    return found instanceof protobuf.Type ? found : undefined;
  }

  private readMore(): void {
    graft(this.root, readJson(this.unread.shift()!));
    this.root.resolveAll();
  }

  private namesOfOthers(): readonly string[] {
    this.otherNames ??= readJson('type_names.json') as unknown as string[];
    return this.otherNames;
  }
}

/** Adds what `json` nests below `parent`; namespaces and types that exist already are extended. */
function graft(parent: protobuf.NamespaceBase, json: Json): void {
  for (const [name, child] of Object.entries(json.nested ?? {})) {
    const there = parent.get(name);
    if (there instanceof protobuf.Namespace) graft(there, child as Json);
    else parent.addJSON({ [name]: child });
  }
}

function collectNames(namespace: protobuf.NamespaceBase, into: string[]): void {
  for (const child of namespace.nestedArray) {
    if (child instanceof protobuf.Type) into.push(child.fullName.slice(1));
    else if (child instanceof protobuf.Namespace) collectNames(child, into);
  }
}

function readJson(name: string): Json {
  return JSON.parse(readFileSync(generated(name), 'utf8')) as Json;
}

/** proto/generated/ seen from host/config/ and from dist/host/config/. */
function generated(name: string): URL {
  const near = new URL(`../../proto/generated/${name}`, import.meta.url);
  return existsSync(near) ? near : new URL(`../../../proto/generated/${name}`, import.meta.url);
}
