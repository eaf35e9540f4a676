// layered_runtime: the layers of the bootstrap, in their order, and the snapshot that they make.
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { envoy, google } from '../../proto/generated/api.js';
import { isDirectory, watchRenames } from '../config/directories.js';
import { finding, type Finding } from '../config/finding.js';
import { LOG_INFO, LOG_WARNING } from '../process/log_level.js';
import { RUNTIME } from '../xds/kinds.js';
import type { ConfigSources, Rejection, Sink, Subscription, Update } from '../xds/subscription.js';
import { readDirectory } from './disk_layer.js';
import { runtimeEntry, type RuntimeEntry } from './entry.js';
import { BadValue, structLayer, type Layer } from './layer.js';
import { Snapshot } from './snapshot.js';
import { valueOfText } from './value.js';

type LayeredRuntime = envoy.config.bootstrap.v3.LayeredRuntime;
type RuntimeLayer = envoy.config.bootstrap.v3.RuntimeLayer;
type DiskLayer = envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer;
type RuntimeResource = envoy.service.runtime.v3.Runtime;

export interface RuntimeOptions {
  readonly config: LayeredRuntime | null | undefined;
  /** For `append_service_cluster`. */
  readonly serviceCluster: string;
  readonly log: (level: number, message: string) => void;
}

/** runtime.*: the names of Envoy. */
export interface RuntimeCounters {
  load_success: number;
  load_error: number;
  override_dir_exists: number;
  override_dir_not_exists: number;
}

interface Source {
  readonly name: string;
  readonly isDisk?: boolean;
  /** Undefined: the layer is not there now. Throws where it cannot be read. */
  read(): Layer | undefined;
}

export class Runtime {
  readonly counters: RuntimeCounters = {
    load_success: 0,
    load_error: 0,
    override_dir_exists: 0,
    override_dir_not_exists: 0,
  };
  private current = new Snapshot([]);
  private readonly sources: readonly Source[];
  private readonly listeners: ((snapshot: Snapshot) => void)[] = [];
  private readonly before: (() => void)[] = [];
  private admin: Map<string, RuntimeEntry> | undefined;
  private readonly remote: RtdsLayer[] = [];
  private readonly links: string[] = [];
  private watches: { close(): void }[] = [];

  /** The layers must have passed `checkRuntime`. */
  constructor(private readonly options: RuntimeOptions) {
    this.sources = layersOf(options.config).map((layer) => this.source(layer));
    this.load();
  }

  get snapshot(): Snapshot {
    return this.current;
  }

  get hasOverrides(): boolean {
    return this.admin !== undefined && this.admin.size > 0;
  }

  /** Called with every new snapshot. */
  onChange(listener: (snapshot: Snapshot) => void): void {
    this.listeners.push(listener);
  }

  /** Called while the old snapshot still counts: for what was done under it. */
  onBeforeChange(listener: () => void): void {
    this.before.push(listener);
  }

  /** Watches what may change, and asks for what comes by RTDS. Resolves when that is there, or will not come in time. */
  async start(configSources: ConfigSources): Promise<void> {
    this.watches = this.links.map((link) => this.watch(link));
    this.load();
    const first = this.remote.map((layer) => layer.subscribe(configSources));
    await Promise.all(first);
    if (first.length > 0) this.options.log(LOG_INFO, 'RTDS has what it needs');
  }

  /** Sets keys of the admin layer; an empty value takes one away. Returns why nothing was changed. */
  modify(values: ReadonlyMap<string, string>): string | undefined {
    if (!this.admin) return 'No admin layer specified';
    const entries: [string, RuntimeEntry | undefined][] = [];
    for (const [key, text] of values) {
      const value = text === '' ? undefined : valueOfText(text);
      if (text !== '' && value === undefined) return `${key}: the value is no YAML`;
      entries.push([key, value && runtimeEntry(value, text)]);
    }
    for (const [key, entry] of entries) {
      if (entry) this.admin.set(key, entry);
      else this.admin.delete(key);
    }
    this.load();
    return undefined;
  }

  close(): void {
    for (const watch of this.watches) watch.close();
    this.watches = [];
    for (const layer of this.remote) layer.close();
  }

  private source(layer: RuntimeLayer): Source {
    const { name, static_layer, disk_layer, admin_layer, rtds_layer } = layer;
    if (disk_layer) return this.disk(name, disk_layer);
    if (admin_layer) {
      const values = (this.admin ??= new Map<string, RuntimeEntry>());
      return { name, read: () => ({ name, values: new Map(values) }) };
    }
    if (rtds_layer) {
      const remote = new RtdsLayer(name, rtds_layer, () => this.load());
      this.remote.push(remote);
      return remote;
    }
    const fixed = structLayer(name, static_layer);
    if (fixed instanceof BadValue) throw new Error(`layer ${name}: ${fixed.key} has no value of the runtime`);
    return { name, read: () => fixed };
  }

  private disk(name: string, { symlink_root, subdirectory, append_service_cluster }: DiskLayer): Source {
    this.links.push(symlink_root);
    const own = append_service_cluster ? `/${this.options.serviceCluster}` : '';
    const path = `${symlink_root}/${subdirectory}${own}`;
    return {
      name,
      isDisk: true,
      read: () => (isDirectory(path) ? { name, values: readDirectory(path) } : undefined),
    };
  }

  private watch(link: string): { close(): void } {
    return watchRenames([dirname(link)], {
      renamed: () => {
        if (existsSync(link)) this.load(); // what is taken away stays as it was
      },
      file: basename(link),
      problem: (_, text) => this.options.log(LOG_WARNING, `${link} ${text}`),
    });
  }

  // As Envoy: a disk layer that cannot be read is left out of this snapshot.
  private load(): void {
    const layers: Layer[] = [];
    let disks = 0;
    let failed = 0;
    for (const source of this.sources) {
      try {
        const layer = source.read();
        if (layer) layers.push(layer);
        if (layer && source.isDisk) disks++;
      } catch (error) {
        failed++;
        this.options.log(LOG_WARNING, `layer ${source.name} is left out: ${(error as Error).message}`);
      }
    }
    this.counters[failed === 0 ? 'load_success' : 'load_error']++;
    this.counters[disks > 1 ? 'override_dir_exists' : 'override_dir_not_exists']++;
    for (const listener of this.before) listener();
    this.current = new Snapshot(layers);
    for (const listener of this.listeners) listener(this.current);
  }
}

/** A layer that the control plane sends. */
class RtdsLayer implements Source, Sink<RuntimeResource> {
  private values: Layer;
  private subscription: Subscription | undefined;
  private onFirst: () => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly config: envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer,
    private readonly changed: () => void,
  ) {
    this.values = { name, values: new Map() };
  }

  subscribe(sources: ConfigSources): Promise<void> {
    const first = new Promise<void>((resolve) => (this.onFirst = resolve));
    const { name, rtds_config } = this.config;
    this.subscription = sources.subscribe(RUNTIME, rtds_config!, new Set([name]), this);
    return first;
  }

  read(): Layer {
    return this.values;
  }

  update({ changed, removed }: Update<RuntimeResource>): Rejection[] {
    const rejections: Rejection[] = [];
    for (const { name, message } of changed) {
      if (name !== this.config.name) continue;
      const findings = this.take(message.layer);
      if (findings.length > 0) rejections.push({ name, findings });
    }
    if (removed.includes(this.config.name)) this.take(undefined);
    this.onFirst();
    return rejections;
  }

  timedOut(): void {
    this.onFirst();
  }

  close(): void {
    this.subscription?.close();
  }

  private take(struct: google.protobuf.Struct | null | undefined): readonly Finding[] {
    const layer = structLayer(this.name, struct);
    if (layer instanceof BadValue) return [badValue('layer', layer)];
    this.values = layer;
    this.changed();
    return [];
  }
}

/** As Envoy: where there is a `layered_runtime` without layers, there is an admin layer without a name. */
export function layersOf(config: LayeredRuntime | null | undefined): readonly RuntimeLayer[] {
  if (!config) return [];
  return config.layers.length > 0 ? config.layers : [{ name: '', admin_layer: {} } as RuntimeLayer];
}

export function badValue(path: string, { key }: BadValue): Finding {
  return finding('WEFT1410', path, `the runtime key ${key} has a list or nothing for its value`, {
    allowed: 'a number, a boolean, a text, or a map of these',
  });
}
