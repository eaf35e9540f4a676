// A cluster as the configuration describes it, in plain numbers: what an object is built from, again for each new set of
// endpoints. Times are milliseconds, sizes bytes; 0 means "none" unless said otherwise.
import type { SocketAddress } from '../io/address.js';
import type { SocketOption } from '../io/socket.js';
import type { HostSetOptions } from './host_sets.js';

export interface LoadBalancerModel {
  readonly policy: number; // LB_*
  readonly choiceCount: number; // least_request; 0 = look at all hosts
  readonly activeRequestBias: number;
  /** The runtime key of the bias. */
  readonly activeRequestBiasKey?: string;
}

export interface ThresholdModel {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
}

export interface KeepaliveModel {
  readonly probes: number; // 0 leaves the system's value, here and below
  readonly time: number; // s
  readonly interval: number; // s
}

/** BindConfig: what is done to a socket before it connects. */
export interface BindModel {
  readonly freebind: boolean;
  readonly options: readonly SocketOption[];
  /** source_address, then the extra one, which is of the other family. */
  readonly sources: readonly SocketAddress[];
}

/** Of an ORIGINAL_DST cluster. */
export interface OriginalDstModel {
  /** Lower-case name of the header that may say where to go; '' = none. */
  readonly header: string;
  /** upstream_port_override */
  readonly port: number | undefined;
  /** After so many ms without use an endpoint goes. */
  readonly cleanupInterval: number;
}

export interface ClusterModel extends HostSetOptions {
  readonly name: string;
  readonly loadBalancer: LoadBalancerModel;
  readonly thresholds: readonly [ThresholdModel, ThresholdModel]; // by priority: DEFAULT, HIGH
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  readonly maxRequestsPerConnection: number;
  readonly bufferLimit: number;
  readonly maxResponseHeaderBytes: number; // 0 = the default
  readonly maxResponseHeaders: number; // 0 = the default
  readonly trailers: boolean; // enable_trailers
  readonly keepalive: KeepaliveModel | undefined;
  readonly bind: BindModel | undefined;
  readonly proxyProtocol: number; // PROXY_*
  readonly originalDst: OriginalDstModel | undefined;
}
