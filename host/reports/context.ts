// What every report needs of the proxy.
import type { envoy } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';
import type { GrpcService } from '../grpc/services.js';
import type { Transport } from '../xds/transport.js';

export interface ReportContext {
  /** Loaded where something is reported. */
  readonly descriptors: () => Descriptors;
  /** The channel to a service (host/grpc/services.ts). */
  readonly channel: (service: GrpcService) => Transport;
  readonly node: envoy.config.core.v3.Node;
  readonly log: (level: number, message: string) => void;
}
