// Make before break: in which order kinds are sent, and what goes last.
import {
  CLUSTER,
  CLUSTER_LOAD_ASSIGNMENT,
  EXTENSION_CONFIG,
  KINDS,
  LISTENER,
  ROUTE_CONFIGURATION,
  RUNTIME,
  SCOPED_ROUTE,
  SECRET,
  VIRTUAL_HOST,
  type ResourceKind,
} from '../xds/kinds.js';
import { Snapshot } from './snapshot.js';

/** What others refer to comes before them. */
export const SERVING_ORDER: readonly ResourceKind[] = [
  RUNTIME,
  SECRET,
  CLUSTER,
  CLUSTER_LOAD_ASSIGNMENT,
  EXTENSION_CONFIG,
  LISTENER,
  SCOPED_ROUTE,
  ROUTE_CONFIGURATION,
  VIRTUAL_HOST,
];

/** What a listener that is on its way out may still need. */
const LEAVES_LAST: ReadonlySet<ResourceKind> = new Set(KINDS.filter((kind) => kind.service !== 'LDS'));

/**
 * The way from one configuration to the next: first everything that is new, with what goes still there (`bridge`), and once every
 * client has that, without it. Undefined where nothing goes.
 */
export function bridge(before: Snapshot, after: Snapshot): Snapshot | undefined {
  const leaving = before.all().filter(({ kind, name }) => LEAVES_LAST.has(kind) && !after.of(kind).resources.has(name));
  return leaving.length === 0 ? undefined : new Snapshot([...after.all(), ...leaving]);
}
