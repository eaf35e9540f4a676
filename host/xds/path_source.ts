// Resources from a file (`path_config_source`): a DiscoveryResponse as YAML, JSON or protobuf, read again when it is moved into place.
// As in Envoy, writing to the file in place is not noticed; whoever changes it writes another and renames it.
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Descriptors } from '../config/descriptors.js';
import { Decoder } from '../config/decode.js';
import { watchRenames } from '../config/directories.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import type { Message } from '../config/message.js';
import { ConfigSource as TextSource } from '../config/source.js';
import type { Outcome, RawUpdate } from './protocol.js';
import { SotwState } from './sotw.js';
import type { KindReceiver, Receiver } from './receiver.js';

const RESPONSE = 'envoy.service.discovery.v3.DiscoveryResponse';

export interface PathOptions {
  readonly path: string;
  /** watched_directory: its renames are watched instead of those of the file's own directory. */
  readonly directory: string | undefined;
  readonly descriptors: Descriptors;
  readonly receiver: KindReceiver;
  readonly warn: (message: string) => void;
}

export class PathSource {
  private readonly watch: { close(): void };

  constructor(private readonly options: PathOptions) {
    const { path, directory, warn } = options;
    this.watch = watchRenames([directory ?? dirname(path)], {
      renamed: () => this.read(),
      file: directory === undefined ? basename(path) : undefined,
      problem: (_, text) => warn(`${path} ${text}`),
    });
  }

  update(receiver: Receiver): void {
    this.options.receiver.add(receiver);
    this.options.receiver.retain();
    setImmediate(() => this.read());
  }

  remove(receiver: Receiver): void {
    this.options.receiver.receivers.delete(receiver);
  }

  get isUsed(): boolean {
    return this.options.receiver.receivers.size > 0;
  }

  close(): void {
    this.watch.close();
    this.options.receiver.close();
  }

  private read(): void {
    const { path, receiver, warn } = this.options;
    if (!this.isUsed) return;
    receiver.counters.attempt++;
    const update = this.decode();
    if (Array.isArray(update)) {
      receiver.counters.rejected++;
      const text = update.map(
        (f: Finding) => `${f.path}: ${f.message}${f.value ? `, not ${f.value}` : ''} [${f.code}]`,
      );
      return warn(`${path} is refused, and what was there serves on:\n${text.join('\n')}`);
    }
    const outcome: Outcome = receiver.receive(update as RawUpdate);
    if (outcome.error !== undefined) warn(`${path}: refused, and what was there serves on:\n${outcome.error}`);
  }

  private decode(): RawUpdate | Finding[] {
    const { path, descriptors, receiver } = this.options;
    const type = descriptors.type(RESPONSE);
    try {
      if (path.endsWith('.pb'))
        return new SotwState(receiver.kind, descriptors).read(type.decode(readFileSync(path)) as Message);
      const source = new TextSource(path, readFileSync(path, 'utf8'));
      const decoder = new Decoder(descriptors, source, new Map());
      const message = decoder.decodeRoot(type);
      const findings = [...source.findings, ...decoder.findings];
      return hasErrors(findings) ? findings : new SotwState(receiver.kind, descriptors).read(message);
    } catch (error) {
      return [finding('WEFT1503', '', (error as Error).message, { value: path })];
    }
  }
}
