// Asks by one unary call of a gRPC service.
import type { GrpcService, GrpcServices } from '../grpc/services.js';
import type { Asker } from './askers.js';

export interface GrpcAskerOptions {
  readonly service: GrpcService;
  /** "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit" */
  readonly method: string;
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
}

export function grpcAsker(services: GrpcServices, { service, method, timeoutMs }: GrpcAskerOptions): Asker {
  return {
    ask: (bytes, signal) =>
      services.channel(service).call(method, bytes, { timeoutMs: timeoutMs || undefined, signal }),
  };
}
