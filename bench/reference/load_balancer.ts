// The load balancers in plain JavaScript: what one would write without WebAssembly. The benchmarks compare the core with it, and the
// differential tests take it for the oracle; the proxy never imports it.
import { LB_LEAST_REQUEST, LB_RANDOM, LB_ROUND_ROBIN } from '../../assembly/abi.js';
import type { ResolvedEndpoint } from '../../host/cluster/endpoint.js';
import { hostSets } from '../../host/cluster/host_sets.js';
import type { ClusterModel } from '../../host/cluster/model.js';
import { edfSchedule, weightsAreEqual } from '../../host/cluster/schedule.js';

export interface Random {
  /** 0 to n - 1; n is at most 2^32. */
  below(n: number): number;
  /** [0, 1). */
  fraction(): number;
}

export const MATH_RANDOM: Random = {
  below: (n) => Math.floor(Math.random() * n),
  fraction: Math.random,
};

interface Host {
  readonly index: number;
  readonly weight: number;
  /** Active requests, kept by whoever sends them. */
  active: number;
  deadline: number;
  queue: HostSet | undefined;
}

interface HostSet {
  readonly load: number; // running sum
  readonly hosts: readonly Host[];
  readonly isWeighted: boolean;
  readonly schedule: readonly Host[];
  readonly totalWeight: number;
  time: number;
}

const GOLDEN = 0x9e3779b9;

export class LoadBalancer {
  /** By index of the endpoint. */
  readonly hosts: readonly Host[];
  private readonly sets: readonly HostSet[];
  private cursor: number | undefined;

  constructor(
    private readonly model: ClusterModel,
    endpoints: readonly ResolvedEndpoint[],
    private readonly random: Random = MATH_RANDOM,
  ) {
    this.hosts = endpoints.map(({ weight }, index) => ({ index, weight, active: 0, deadline: 0, queue: undefined }));
    let load = 0;
    this.sets = hostSets(endpoints, model).map((set) => {
      load += set.load;
      return makeSet(
        load,
        set.hosts.map((i) => this.hosts[i]),
      );
    });
  }

  /** The index of the endpoint that the next request goes to; -1 when none may be picked. */
  pick(): number {
    const set = this.chooseSet();
    return set === undefined ? -1 : this.pickFrom(set).index;
  }

  private chooseSet(): HostSet | undefined {
    if (this.sets.length < 2) return this.sets[0];
    const share = this.random.below(100) + 1;
    return this.sets.find((set) => set.load >= share);
  }

  private pickFrom(set: HostSet): Host {
    switch (this.model.loadBalancer.policy) {
      case LB_ROUND_ROBIN:
        return this.pickInTurn(set);
      case LB_LEAST_REQUEST:
        return this.pickLeast(set);
      case LB_RANDOM:
        return this.pickRandom(set);
      default:
        throw new Error(`no policy ${this.model.loadBalancer.policy}`);
    }
  }

  private pickInTurn(set: HostSet): Host {
    this.cursor ??= this.random.below(2 ** 32);
    const turn = this.cursor;
    this.cursor = (turn + 1) >>> 0;
    if (set.schedule.length > 0) return set.schedule[turn % set.schedule.length];
    const target = Number((BigInt(Math.imul(turn, GOLDEN) >>> 0) * BigInt(set.totalWeight)) >> 32n);
    let sum = 0;
    return set.hosts.find((host) => (sum += host.weight) > target)!;
  }

  private pickRandom(set: HostSet): Host {
    return set.hosts[this.random.below(set.hosts.length)];
  }

  private pickLeast(set: HostSet): Host {
    if (set.isWeighted) return this.pickEarliest(set);
    const { choiceCount } = this.model.loadBalancer;
    if (choiceCount === 0) return this.pickOfAll(set);
    let best = this.pickRandom(set);
    for (let i = 1; i < choiceCount; i++) {
      const host = this.pickRandom(set);
      if (host.active < best.active) best = host;
    }
    return best;
  }

  private pickOfAll(set: HostSet): Host {
    let best = set.hosts[0];
    let tied = 0;
    for (const host of set.hosts) {
      if (host.active > best.active) continue;
      tied = host.active < best.active ? 1 : tied + 1;
      if (tied === 1 || this.random.below(tied) === 0) best = host;
    }
    return best;
  }

  private pickEarliest(set: HostSet): Host {
    for (const host of set.hosts) {
      if (host.queue === set && host.deadline >= set.time) continue;
      host.queue = set;
      host.deadline = set.time + this.random.fraction() / host.weight;
    }
    const best = set.hosts.reduce((a, b) => (b.deadline < a.deadline ? b : a));
    set.time = best.deadline;
    best.deadline += (best.active + 1) ** this.model.loadBalancer.activeRequestBias / best.weight;
    return best;
  }
}

function makeSet(load: number, hosts: readonly Host[]): HostSet {
  const weights = hosts.map((host) => host.weight);
  const isWeighted = !weightsAreEqual(weights);
  const schedule = isWeighted ? edfSchedule(weights).map((i) => hosts[i]) : hosts;
  return { load, hosts, isWeighted, schedule, totalWeight: weights.reduce((a, b) => a + b, 0), time: 0 };
}
