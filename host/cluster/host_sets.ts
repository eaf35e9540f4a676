// Which hosts share which part of the load: priorities, health and panic. As Envoy's LoadBalancerBase, in whole percents.
import type { ResolvedEndpoint } from './endpoint.js';

export interface HostSetOptions {
  /** common_lb_config.healthy_panic_threshold, percent; 0 = never panic. */
  readonly panicThreshold: number;
  /** load_assignment.policy.overprovisioning_factor, percent. */
  readonly overprovisioningFactor: number;
  /** load_assignment.policy.weighted_priority_health: health is counted by weight. */
  readonly weightedPriorityHealth: boolean;
}

export interface HostSetModel {
  /** Percent of the picks; all sets of a cluster add up to 100. */
  readonly load: number;
  readonly panic: boolean;
  /** Indices into the endpoints. */
  readonly hosts: readonly number[];
}

interface Priority {
  all: number[];
  healthy: number[];
  degraded: number[];
  counted: number; // hosts that are not excluded (draining)
  availability: { healthy: number; degraded: number }; // 0 to 100
  panic: boolean;
  load: { healthy: number; degraded: number };
}

function priorityOf(endpoints: readonly ResolvedEndpoint[], level: number, options: HostSetOptions): Priority {
  const all = endpoints.flatMap((endpoint, i) => (endpoint.priority === level ? [i] : []));
  const of = (health: string) => all.filter((i) => endpoints[i].health === health);
  const counted = all.filter((i) => endpoints[i].health !== 'draining');
  const size = (hosts: number[]) =>
    options.weightedPriorityHealth ? hosts.reduce((sum, i) => sum + endpoints[i].weight, 0) : hosts.length;
  const available = (hosts: number[]) =>
    counted.length === 0
      ? 0
      : Math.min(100, Math.floor((options.overprovisioningFactor * size(hosts)) / size(counted)));
  const [healthy, degraded] = [of('healthy'), of('degraded')];
  return {
    all,
    healthy,
    degraded,
    counted: counted.length,
    availability: { healthy: available(healthy), degraded: available(degraded) },
    panic: false,
    load: { healthy: 0, degraded: 0 },
  };
}

function inPanic(priority: Priority, threshold: number): boolean {
  const usable = priority.healthy.length + priority.degraded.length;
  return (priority.counted === 0 ? 0 : (100 * usable) / priority.counted) < Math.min(100, threshold);
}

// Gives out what is left of the load, best priority first; returns the rest.
function distribute(priorities: Priority[], kind: 'healthy' | 'degraded', load: number, total: number): number {
  for (const priority of priorities) {
    priority.load[kind] = Math.min(load, Math.floor((priority.availability[kind] * 100) / total));
    load -= priority.load[kind];
  }
  return load;
}

function distributeByAvailability(priorities: Priority[], total: number): void {
  const afterHealthy = distribute(priorities, 'healthy', 100, total);
  const rest = distribute(priorities, 'degraded', afterHealthy, total);
  const healthy = priorities.find((p) => p.availability.healthy > 0);
  if (healthy) healthy.load.healthy += rest;
  else priorities.find((p) => p.availability.degraded > 0)!.load.degraded += rest;
}

// Every priority is in panic: by the number of hosts, whatever their health.
function distributeByCount(priorities: Priority[]): void {
  const hosts = priorities.reduce((sum, p) => sum + p.all.length, 0);
  let rest = 100;
  for (const priority of priorities) {
    priority.load = { healthy: Math.floor((100 * priority.all.length) / hosts), degraded: 0 };
    rest -= priority.load.healthy;
  }
  priorities.find((p) => p.all.length > 0)!.load.healthy += rest;
}

function setsOf(priority: Priority): HostSetModel[] {
  const { load, panic } = priority;
  if (panic) return [{ load: load.healthy + load.degraded, panic, hosts: priority.all }];
  return [
    { load: load.healthy, panic, hosts: priority.healthy },
    { load: load.degraded, panic, hosts: priority.degraded },
  ];
}

/** The host sets that get a part of the load, in the order of their shares; empty when no host may be picked. */
export function hostSets(endpoints: readonly ResolvedEndpoint[], options: HostSetOptions): HostSetModel[] {
  if (endpoints.length === 0) return [];
  const levels = endpoints.reduce((highest, endpoint) => Math.max(highest, endpoint.priority), 0) + 1;
  const priorities = Array.from({ length: levels }, (_, level) => priorityOf(endpoints, level, options));
  const total = priorities.reduce((sum, p) => sum + p.availability.healthy + p.availability.degraded, 0);
  if (total === 0 && options.panicThreshold === 0) return [];
  if (total > 0) distributeByAvailability(priorities, Math.min(100, total));
  if (total < 100) for (const priority of priorities) priority.panic = inPanic(priority, options.panicThreshold);
  if (priorities.every((priority) => priority.panic)) distributeByCount(priorities);
  return priorities.flatMap(setsOf).filter((set) => set.load > 0);
}
