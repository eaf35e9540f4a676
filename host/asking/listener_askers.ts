// What filters of listeners ask for: checked when the configuration is read, made into askers when it is to be served.
import type { Finding } from '../config/finding.js';
import type { AskerSpec } from '../filter/asker_spec.js';
import { checkService } from '../grpc/check_service.js';
import type { GrpcServices } from '../grpc/services.js';
import type { Askers } from './askers.js';
import { grpcAsker } from './grpc_asker.js';

export interface ListenerAskers {
  /** Why nobody can be asked, ever. */
  check(spec: AskerSpec): readonly Finding[];
  add(spec: AskerSpec): number;
  remove(asker: number): void;
}

/** Asks nobody: for a configuration that is only looked at. */
export const CHECKED_ONLY: ListenerAskers = { check, add: () => 0, remove: () => undefined };

export function listenerAskers(askers: Askers, services: GrpcServices): ListenerAskers {
  return { check, add: (spec) => askers.add(grpcAsker(services, spec)), remove: (number) => askers.remove(number) };
}

// As in Envoy, a cluster may come later, or never: then the service is not there.
function check(spec: AskerSpec): readonly Finding[] {
  return checkService(spec.service, () => true, spec.path);
}
