// Secrets: those of the bootstrap, and SDS. Whoever needs one watches it by its SdsSecretConfig and is told of each change; the secret
// itself is read and checked once for all.
import { dirname } from 'node:path';
import type { envoy } from '../../proto/generated/api.js';
import { watchRenames } from '../config/directories.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import { fieldPath, indexPath } from '../config/path.js';
import { SECRET } from '../xds/kinds.js';
import type { ConfigSource, ConfigSources } from '../xds/subscription.js';
import { NamedResources, type NamedResource } from './named_resources.js';
import { readSecret, type ReadSecret, type Secret } from './secret.js';

type SecretMessage = envoy.extensions.transport_sockets.tls.v3.Secret;
type SdsSecretConfig = envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;

export interface SecretHandle {
  /** Resolves when it is there, or refused, or will not come in time. */
  readonly first: Promise<void>;
  /** Undefined as long as none has come. */
  readonly current: Secret | undefined;
  close(): void;
}

/** One secret that is there. */
interface Held {
  readonly message: SecretMessage;
  read: ReadSecret;
  watch: { close(): void } | undefined;
}

export interface SecretStoreOptions {
  /** Without it there are only the secrets of the bootstrap. */
  readonly configSources?: ConfigSources;
  readonly warn: (message: string) => void;
}

export class SecretStore {
  /** As they are in the bootstrap, for /config_dump. */
  readonly fixed: SecretMessage[] = [];
  private readonly held = new Map<string, Held>();
  private readonly listeners = new Map<string, Set<(secret: Secret) => void>>();
  private readonly resources: NamedResources<SecretMessage> | undefined;

  constructor(private readonly options: SecretStoreOptions) {
    const { configSources } = options;
    if (!configSources) return;
    this.resources = new NamedResources<SecretMessage>({
      kind: SECRET,
      configSources,
      apply: ({ key, name }, { message }) => this.apply(`${key} ${name}`, message, ''),
      forget: ({ key, name }) => this.forget(`${key} ${name}`),
    });
  }

  /** The secrets of the bootstrap. */
  addStatic(messages: readonly SecretMessage[], path: string, findings: Finding[]): void {
    for (const [i, message] of messages.entries()) {
      const at = indexPath(path, i);
      const { name } = message;
      if (this.fixed.some((other) => other.name === name && other.type === message.type)) {
        findings.push(finding('WEFT1402', fieldPath(at, 'name'), 'two secrets have this name', { value: name }));
      }
      this.fixed.push(message);
      findings.push(...this.apply(name, message, at));
    }
  }

  /** What would be wrong with watching. */
  check({ name, sds_config: source }: SdsSecretConfig, path: string): readonly Finding[] {
    if (source) return this.options.configSources?.check(SECRET, source, fieldPath(path, 'sds_config')) ?? [];
    return this.held.has(name) ? [] : [noSuchSecret(name, path)];
  }

  /** A secret of the bootstrap. */
  get(name: string): Secret | undefined {
    return this.held.get(name)?.read.secret;
  }

  /** `onChange` is called with each secret that comes after the first look at `current`. */
  watch({ name, sds_config: source }: SdsSecretConfig, onChange: (secret: Secret) => void): SecretHandle {
    const id = source ? `${NamedResources.keyOf(source)} ${name}` : name;
    const those = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, those.add(onChange));
    const first = (source && this.resources?.watch(source, name)) ?? Promise.resolve();
    const { held } = this;
    return {
      first,
      get current() {
        return held.get(id)?.read.secret;
      },
      close: () => this.unwatch(id, source, name, onChange),
    };
  }

  /** Every secret of SDS that serves, for /config_dump. */
  current(): Iterable<NamedResource> {
    return this.resources?.current() ?? [];
  }

  /** Secrets that somebody asks for and nobody has. */
  warming(): Iterable<{ readonly name: string }> {
    return this.resources?.missing() ?? [];
  }

  close(): void {
    this.resources?.close();
    for (const id of this.held.keys()) this.forget(id);
  }

  private unwatch(id: string, source: ConfigSource | null, name: string, onChange: (secret: Secret) => void): void {
    const those = this.listeners.get(id);
    if (!those?.delete(onChange)) return;
    if (those.size === 0) this.listeners.delete(id);
    if (source) this.resources?.unwatch(source, name);
  }

  private apply(id: string, message: SecretMessage, path: string): readonly Finding[] {
    const findings: Finding[] = [];
    const read = readSecret(message, path, findings);
    for (const { severity, path: at, message: text, value } of findings) {
      if (severity === 'warning') this.options.warn(`secret ${message.name} ${at}: ${text}: ${value}`);
    }
    if (hasErrors(findings)) return findings;
    this.forget(id);
    const held: Held = { message, read, watch: undefined };
    this.held.set(id, held);
    held.watch = this.watchFiles(id, held);
    this.tell(id, read.secret!);
    return findings;
  }

  private watchFiles(id: string, held: Held): { close(): void } {
    const { files, directory } = held.read;
    return watchRenames(new Set(directory === undefined ? files.map((file) => dirname(file)) : [directory]), {
      renamed: () => this.readAgain(id, held),
      problem: (folder, text) => this.options.warn(`${folder} ${text}`),
    });
  }

  // Certificate and key are two files: while only one is new they do not match, and what was read before serves on.
  private readAgain(id: string, held: Held): void {
    const findings: Finding[] = [];
    const read = readSecret(held.message, '', findings);
    if (!read.secret) {
      const text = findings.map(({ path, message }) => `${path}: ${message}`).join('; ');
      return this.options.warn(`secret ${held.message.name} is not read again, and what was there serves on: ${text}`);
    }
    held.read = read;
    this.tell(id, read.secret);
  }

  private tell(id: string, secret: Secret): void {
    for (const listener of this.listeners.get(id) ?? []) listener(secret);
  }

  private forget(id: string): void {
    const held = this.held.get(id);
    if (!held) return;
    this.held.delete(id);
    held.watch?.close();
  }
}

function noSuchSecret(name: string, path: string): Finding {
  return finding('WEFT1411', fieldPath(path, 'name'), 'the bootstrap has no secret of this name', { value: name });
}
