// One pick of an endpoint: the core and the pure-JavaScript path, over the same compiled model.
import { LB_LEAST_REQUEST, LB_RANDOM, LB_ROUND_ROBIN } from '../../assembly/abi.js';
import type { ResolvedEndpoint } from '../../host/cluster/endpoint.js';
import type { ClusterModel } from '../../host/cluster/model.js';
import { clusterModel, endpoint, picker, publishCluster, seedRandom } from '../../test/support/cluster.js';
import { testCore } from '../../test/support/core.js';
import { LoadBalancer } from '../reference/load_balancer.js';
import type { Contender, MicroCase } from './contender.js';

const PRIME = 7919; // picks after which every host of a case has had its share

interface Policy {
  policy: number;
  choiceCount?: number;
}

/** Runs `pick`, and now and then compares what each host got with its share. */
function checked(pick: () => number, weights: readonly number[], slack: number): () => void {
  const total = weights.reduce((a, b) => a + b, 0);
  let counts = new Uint32Array(weights.length);
  let picks = 0;
  return () => {
    counts[pick()]++;
    if (++picks < PRIME) return;
    weights.forEach((weight, host) => {
      const share = (PRIME * weight) / total;
      if (Math.abs(counts[host] - share) > slack * share + 8) {
        throw new Error(`host ${host} was picked ${counts[host]} times instead of about ${Math.round(share)}`);
      }
    });
    counts = new Uint32Array(weights.length);
    picks = 0;
  };
}

function contenders(
  endpoints: readonly ResolvedEndpoint[],
  model: Partial<ClusterModel>,
  shares: number[],
  slack: number,
): Contender[] {
  return [
    {
      name: 'core (WASM)',
      setup: () => {
        const core = testCore();
        seedRandom(core, 1n);
        return checked(picker(core, publishCluster(core.control, endpoints, model)), shares, slack);
      },
    },
    {
      name: 'pure JavaScript',
      setup: () => {
        const balancer = new LoadBalancer(clusterModel(model), endpoints);
        return checked(() => balancer.pick(), shares, slack);
      },
    },
  ];
}

function pickCase(name: string, { policy, choiceCount = 2 }: Policy, weights: number[]): MicroCase {
  const endpoints = weights.map((weight, i) => endpoint(i, { weight }));
  const loadBalancer = { policy, choiceCount, activeRequestBias: 1 };
  const shares = policy === LB_RANDOM ? weights.map(() => 1) : weights;
  const isRandom = policy === LB_RANDOM || (policy === LB_LEAST_REQUEST && new Set(weights).size === 1);
  return {
    name: `pick by ${name}, ${weights.length} hosts`,
    contenders: contenders(endpoints, { loadBalancer }, shares, isRandom ? 0.5 : 0),
  };
}

const equal = (hosts: number) => Array<number>(hosts).fill(1);
const rising = (hosts: number) => Array.from({ length: hosts }, (_, i) => i + 1);
const uneven = (hosts: number) => Array.from({ length: hosts }, (_, i) => 10_007 + 31 * i);

export const LOAD_BALANCER_CASES: readonly MicroCase[] = [
  pickCase('round robin', { policy: LB_ROUND_ROBIN }, equal(10)),
  pickCase('weighted round robin', { policy: LB_ROUND_ROBIN }, rising(10)),
  pickCase('weighted round robin with uneven weights', { policy: LB_ROUND_ROBIN }, uneven(100)),
  pickCase('least request', { policy: LB_LEAST_REQUEST }, equal(10)),
  pickCase('least request with a full scan', { policy: LB_LEAST_REQUEST, choiceCount: 0 }, equal(10)),
  pickCase('weighted least request', { policy: LB_LEAST_REQUEST }, rising(10)),
  pickCase('random', { policy: LB_RANDOM }, equal(10)),
];
