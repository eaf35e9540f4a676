// The runtime on the control side: the layers of the bootstrap, and who is told when what they say changes.
import type { RuntimeView } from '../admin/context.js';
import type { Bootstrap } from '../config/bootstrap.js';
import type { Core } from '../core/load.js';
import { RuntimeKeys } from '../runtime/keys.js';
import { Runtime, type RuntimeOptions } from '../runtime/runtime.js';
import { NOTHING, type Snapshot } from '../runtime/snapshot.js';
import type { StatsRegistry } from '../stats/registry.js';
import type { ConfigSources } from '../xds/subscription.js';

export class RuntimeControl {
  /** Of whatever workers read. */
  readonly keys: RuntimeKeys;
  private runtime: Runtime | undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(
    core: Core,
    private readonly log: RuntimeOptions['log'],
    /** Called while the old snapshot still counts. */
    private readonly beforeChange: () => void,
  ) {
    this.keys = new RuntimeKeys(core);
  }

  get snapshot(): Snapshot {
    return this.runtime?.snapshot ?? NOTHING;
  }

  /** Reads what is there without asking anybody. The layers must have passed `checkRuntime`. */
  load(bootstrap: Bootstrap): void {
    const { keys, log } = this;
    this.runtime = createRuntime(bootstrap, log);
    keys.apply(this.runtime.snapshot);
    this.runtime.onBeforeChange(this.beforeChange);
    this.runtime.onChange((snapshot) => {
      keys.apply(snapshot);
      for (const listener of this.listeners) listener();
    });
  }

  /** Called when workers read what is new. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when RTDS has sent its layers, or will not in time. */
  async start(sources: ConfigSources): Promise<void> {
    await this.runtime?.start(sources);
  }

  /** What the admin listener sees of it. */
  get view(): RuntimeView {
    return {
      layers: () => this.snapshot.layers,
      modify: (values) => this.runtime?.modify(values),
    };
  }

  /** Under Envoy's names. No feature here is deprecated. */
  defineStats({ control }: StatsRegistry): void {
    const counter = (name: string, read: () => number): void => control.define(`runtime.${name}`, 'counter', read);
    const gauge = (name: string, read: () => number): void => control.define(`runtime.${name}`, 'gauge', read);
    for (const name of ['load_success', 'load_error', 'override_dir_exists', 'override_dir_not_exists'] as const)
      counter(name, () => this.runtime?.counters[name] ?? 0);
    counter('deprecated_feature_use', () => 0);
    gauge('deprecated_feature_seen_since_process_start', () => 0);
    gauge('admin_overrides_active', () => Number(this.runtime?.hasOverrides ?? false));
    gauge('num_keys', () => this.snapshot.size);
    gauge('num_layers', () => this.snapshot.layers.length);
  }

  close(): void {
    this.runtime?.close();
  }
}

/** The layers of the bootstrap, which must have passed `checkRuntime`. */
export function createRuntime(bootstrap: Bootstrap, log: RuntimeOptions['log'] = () => undefined): Runtime {
  const serviceCluster = bootstrap.node?.cluster ?? '';
  return new Runtime({ config: bootstrap.layered_runtime, serviceCluster, log });
}
