// Asks by one unary call of a gRPC service.
import type { GrpcAskerSpec } from '../filter/asker_spec.js';
import type { GrpcServices } from '../grpc/services.js';
import type { Asker } from './askers.js';

export function grpcAsker(services: GrpcServices, { service, method, timeoutMs }: GrpcAskerSpec): Asker {
  return {
    ask: (bytes, signal) =>
      services.channel(service).call(method, bytes, { timeoutMs: timeoutMs || undefined, signal }),
  };
}
