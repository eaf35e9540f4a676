// STRICT_DNS and LOGICAL_DNS: each name of the load assignment is resolved again and again, and what the cluster consists of is
// told whenever it may have changed. As Envoy: a name that does not exist has no endpoints (STRICT_DNS); a failed resolution
// leaves those of the last good one.
import type { DnsModel } from '../compile/cluster_discovery.js';
import type { EndpointModel } from '../compile/cluster_endpoints.js';
import type { NameResolver, Resolution } from './dns_resolver.js';
import { canonicalAddress, type ResolvedEndpoint } from './endpoint.js';

export interface DnsEvents {
  /**
   * A resolution begins, or has ended well or badly: update_attempt, update_success, update_failure. `isNews` is false where the
   * name failed in the same way the last time.
   */
  attempt(): void;
  success(): void;
  failure(name: string, error: string, isNews: boolean): void;
  /** The endpoints of the cluster as they are known now. */
  changed(endpoints: readonly ResolvedEndpoint[]): void;
}

/** A random number in [0, 1). */
export type Random = () => number;

/** The delay before the next resolution, in ms. `failures` in a row have gone before; 0 after a good one. */
export function nextDelay(dns: DnsModel, resolution: Resolution, failures: number, random: Random): number {
  if ('error' in resolution) {
    if (!dns.failureRefresh) return dns.refreshRate;
    const ceiling = Math.min(dns.failureRefresh.base * 2 ** (failures - 1), dns.failureRefresh.max);
    return Math.max(1, Math.floor(random() * ceiling)); // jittered exponential back-off
  }
  const ttl = dns.respectTtl && resolution.addresses.length > 0 ? (resolution.ttl ?? 0) * 1000 : 0;
  const delay = ttl > 0 ? Math.max(ttl, dns.minRefreshRate) : dns.refreshRate;
  return delay + Math.floor(random() * dns.jitter);
}

const MAX_TIMER_MS = 0x7fff_ffff;

// DNS servers turn their answers round; an order of our own would then change nothing but the tables.
function inOldOrder(old: readonly string[], fresh: readonly string[]): string[] {
  const kept = old.filter((address) => fresh.includes(address));
  return [...kept, ...fresh.filter((address) => !kept.includes(address))];
}

/** One name of the load assignment. */
class DnsTarget {
  addresses: readonly string[] = [];
  private failures = 0;
  private lastError: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly logical: boolean,
    private readonly dns: DnsModel,
    private readonly resolver: NameResolver,
    private readonly events: DnsEvents,
    private readonly random: Random,
    private readonly changed: () => void,
  ) {}

  async resolve(): Promise<void> {
    this.events.attempt();
    const resolution = await this.resolver.resolve(this.name, this.dns.lookupFamily);
    if (this.closed) return;
    this.take(resolution);
    const delay = nextDelay(this.dns, resolution, this.failures, this.random);
    this.timer = setTimeout(() => void this.resolve(), Math.min(delay, MAX_TIMER_MS)).unref();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private take(resolution: Resolution): void {
    if ('error' in resolution) {
      this.failures++;
      this.events.failure(this.name, resolution.error, resolution.error !== this.lastError);
      this.lastError = resolution.error;
      return;
    }
    this.failures = 0;
    this.lastError = undefined;
    this.events.success();
    const fresh = [...new Set(resolution.addresses)];
    // The one host of a LOGICAL_DNS cluster outlives an answer without addresses, as in Envoy.
    if (this.logical && fresh.length === 0) return;
    this.addresses = this.logical ? fresh.slice(0, 1) : inOldOrder(this.addresses, fresh);
    this.changed();
  }
}

export class DnsDiscovery {
  private readonly targets: (DnsTarget | undefined)[];
  /** Every name has been resolved, or could not be. */
  readonly ready: Promise<void>;

  constructor(
    private readonly endpoints: readonly EndpointModel[],
    logical: boolean,
    dns: DnsModel,
    resolver: NameResolver,
    events: DnsEvents,
    random: Random = Math.random,
  ) {
    this.targets = endpoints.map(({ target }) =>
      'name' in target
        ? new DnsTarget(target.name, logical, dns, resolver, events, random, () => events.changed(this.resolved()))
        : undefined,
    );
    this.ready = Promise.all(this.targets.map((target) => target?.resolve())).then(() => undefined);
  }

  /** The endpoints as far as their names are resolved. As in Envoy, an address counts once for each name that has it. */
  resolved(): ResolvedEndpoint[] {
    return this.endpoints.flatMap((endpoint, i) => this.resolveEndpoint(endpoint, this.targets[i]));
  }

  close(): void {
    for (const target of this.targets) target?.close();
  }

  private resolveEndpoint(endpoint: EndpointModel, target: DnsTarget | undefined): ResolvedEndpoint[] {
    const { target: configured, ...rest } = endpoint;
    if ('address' in configured) return [{ address: configured.address, ...rest }];
    const { port } = configured;
    return (target?.addresses ?? []).flatMap((text) => {
      const address = canonicalAddress(text, port);
      return address ? [{ address, ...rest }] : [];
    });
  }
}
