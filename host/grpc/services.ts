// envoy.config.core.v3.GrpcService -> a channel: through a cluster of the bootstrap (envoy_grpc), or straight to an address (google_grpc).
// One channel for each distinct service, whoever asks: xDS, access logs, load reports, rate limits, authorization.
import type { envoy } from '../../proto/generated/api.js';
import { GrpcChannel, type GrpcTarget } from './channel.js';

export type GrpcService = envoy.config.core.v3.GrpcService;

export interface ServiceClusters {
  /** Clusters that a service may stand behind: those of the bootstrap. */
  readonly hasCluster: (name: string) => boolean;
  /** "ipv4:10.0.0.1:15010" of a cluster's endpoints (cluster_target.ts); undefined: it has none now. */
  readonly targetOf: (name: string) => string | undefined;
}

export class GrpcServices {
  private readonly channels = new Map<string, GrpcChannel>();

  constructor(readonly clusters: ServiceClusters) {}

  /** Shared with everybody who names the same service; never closed by them. Connects with the first call. */
  channel(service: GrpcService): GrpcChannel {
    const key = JSON.stringify(service);
    let channel = this.channels.get(key);
    if (!channel) this.channels.set(key, (channel = new GrpcChannel(this.targetFor(service))));
    return channel;
  }

  close(): void {
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private targetFor(service: GrpcService): GrpcTarget {
    const metadata = service.initial_metadata.map(({ key, value }) => [key, value] as const);
    const { envoy_grpc: own, google_grpc: google } = service;
    if (own) {
      return {
        target: () => this.clusters.targetOf(own.cluster_name),
        name: own.cluster_name,
        credentials: (grpc) => grpc.credentials.createInsecure(),
        metadata,
        authority: own.authority || own.cluster_name,
      };
    }
    return {
      target: () => google!.target_uri,
      name: google!.target_uri,
      credentials: (grpc) => grpc.credentials.createInsecure(),
      metadata,
      authority: undefined,
    };
  }
}
