// envoy.config.core.v3.ConfigSource -> a subscription: which stream, which variant, which file. One stream for each distinct
// source, and the one ADS stream of the bootstrap for whoever says `ads`.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import type { Finding } from '../config/finding.js';
import { durationMs } from '../config/message.js';
import type { UnsupportedFields } from '../config/validate.js';
import type { GrpcServices } from '../grpc/services.js';
import { API_TYPE, checkSource } from './check_source.js';
import { FetchTimers } from './fetch_timers.js';
import { ADS_DELTA, ADS_STREAM, type ResourceKind } from './kinds.js';
import { PathSource } from './path_source.js';
import { KindReceiver, type Receiver } from './receiver.js';
import { XdsStream } from './stream.js';
import type { ConfigSource, ConfigSources, Sink, Subscription } from './subscription.js';

type ApiConfigSource = envoy.config.core.v3.ApiConfigSource;
type Node = envoy.config.core.v3.Node;

export interface XdsOptions {
  /** Loaded where something is subscribed to. */
  readonly descriptors: () => Descriptors;
  readonly unsupportedFields: UnsupportedFields;
  readonly node: Node;
  readonly ads: ApiConfigSource | undefined;
  readonly services: GrpcServices;
  readonly log: (level: number, message: string) => void;
  readonly warn: (message: string) => void;
}

const INITIAL_FETCH_MS = 15_000;

/** Something that subscriptions of one kind, or of all, hang on. */
interface Channel {
  update(kind: ResourceKind, receiver: Receiver): void;
  remove(kind: ResourceKind, receiver: Receiver): void;
  readonly isUsed: boolean;
  close(): void;
}

export class XdsClient implements ConfigSources {
  /** Streams that have answered and not ended since. */
  connected = 0;
  private loaded: Descriptors | undefined;
  private readonly channels = new Map<string, Channel>();
  private readonly kindReceivers = new Map<string, KindReceiver>();

  constructor(private readonly options: XdsOptions) {}

  check(kind: ResourceKind, source: ConfigSource, path: string): readonly Finding[] {
    const { services, ads } = this.options;
    return checkSource.any(kind, source, { hasCluster: services.clusters.hasCluster, hasAds: ads !== undefined }, path);
  }

  subscribe<T>(
    kind: ResourceKind,
    source: ConfigSource,
    names: ReadonlySet<string> | undefined,
    sink: Sink<T>,
  ): Subscription {
    const [key, make] = this.place(kind, source);
    let channel = this.channels.get(key);
    if (!channel) this.channels.set(key, (channel = make()));
    const receiver: Receiver = { sink: sink as Sink<never>, names };
    const subscribed = channel;
    subscribed.update(kind, receiver);
    const patience = durationMs(source.initial_fetch_timeout, INITIAL_FETCH_MS);
    const timers = new FetchTimers(patience, (late) => this.late(key, kind, receiver, late));
    timers.watch(names);
    return {
      watch(now) {
        receiver.names = now;
        timers.watch(now);
        subscribed.update(kind, receiver);
      },
      close: () => {
        timers.close();
        subscribed.remove(kind, receiver);
        if (subscribed.isUsed) return;
        subscribed.close();
        this.channels.delete(key);
      },
    };
  }

  /** Every kind of every source that is or was subscribed to. */
  receivers(): Iterable<KindReceiver> {
    return this.kindReceivers.values();
  }

  close(): void {
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private late(key: string, kind: ResourceKind, receiver: Receiver, names: readonly string[] | undefined): void {
    const known = this.receiver(key, kind);
    const missing = names?.filter((name) => !known.has(name) && receiver.names?.has(name));
    if (names ? missing!.length === 0 : known.updatedAt !== 0) return;
    const what = missing ? `${missing.join(', ')} has not` : 'nothing has';
    this.options.warn(`${kind.service}: ${what} come in time`);
    known.timedOut(receiver, missing);
  }

  private get descriptors(): Descriptors {
    return (this.loaded ??= this.options.descriptors());
  }

  private receiver(key: string, kind: ResourceKind): KindReceiver {
    const id = `${kind.service} ${key}`;
    let receiver = this.kindReceivers.get(id);
    if (!receiver) {
      const { unsupportedFields, warn } = this.options;
      this.kindReceivers.set(id, (receiver = new KindReceiver(kind, this.descriptors, unsupportedFields, warn)));
    }
    return receiver;
  }

  private place(kind: ResourceKind, source: ConfigSource): [key: string, make: () => Channel] {
    if (source.ads) return ['ads', () => this.grpcStream('ads', this.options.ads!, kind, true)];
    const api = source.api_config_source;
    if (api) {
      const key = `${kind.service} ${JSON.stringify(api)}`;
      return [key, () => this.grpcStream(key, api, kind, false)];
    }
    const path = source.path_config_source?.path ?? source.path;
    const directory = source.path_config_source?.watched_directory?.path;
    const key = `${kind.service} ${path} ${directory ?? ''}`;
    return [key, () => this.pathSource(key, path, directory, kind)];
  }

  private grpcStream(key: string, api: ApiConfigSource, kind: ResourceKind, isAggregated: boolean): XdsStream {
    const { node, log } = this.options;
    const isDelta = api.api_type === API_TYPE.DELTA_GRPC || api.api_type === API_TYPE.AGGREGATED_DELTA_GRPC;
    const method = isAggregated ? (isDelta ? ADS_DELTA : ADS_STREAM) : isDelta ? kind.delta : kind.stream;
    let isConnected = false;
    return new XdsStream({
      transport: this.options.services.channel(api.grpc_services[0]),
      method,
      isDelta,
      descriptors: this.descriptors,
      node,
      nodeOnFirstMessageOnly: api.set_node_on_first_message_only,
      receiver: (each) => this.receiver(key, each),
      log,
      onConnected: (now) => {
        if (now !== isConnected) this.connected += now ? 1 : -1;
        isConnected = now;
      },
    });
  }

  private pathSource(key: string, path: string, directory: string | undefined, kind: ResourceKind): Channel {
    const { warn } = this.options;
    const { descriptors } = this;
    const source = new PathSource({ path, directory, descriptors, receiver: this.receiver(key, kind), warn });
    return {
      update: (_, receiver) => source.update(receiver),
      remove: (_, receiver) => source.remove(receiver),
      get isUsed() {
        return source.isUsed;
      },
      close: () => source.close(),
    };
  }
}
