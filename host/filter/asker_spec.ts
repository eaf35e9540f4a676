// Whom a filter wants to ask, as its configuration says: plain data, of which control makes an asker (host/asking/).
import type { envoy } from '../../proto/generated/api.js';

export interface GrpcAskerSpec {
  readonly kind: 'grpc';
  readonly service: envoy.config.core.v3.GrpcService;
  /** JSON path of `service`, for findings. */
  readonly path: string;
  /** "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit" */
  readonly method: string;
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
}

export type AskerSpec = GrpcAskerSpec;
