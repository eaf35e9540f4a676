// What Kubernetes itself says of injected Pods: decoded strictly (a field that core/v1 does not have is an error), with the API
// server's defaults, through the validation of a Pod that is created. Pods that it takes without a sidecar it takes with one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { Pod } from '../../../host/injector/inject.js';
import { equalJson } from '../../../host/injector/pod.js';
import type { Container } from '../../../host/injector/pod.js';
import { strategicMerge } from '../../../host/injector/strategic_merge.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';
import { goldenCases } from '../../support/golden.js';
import { judgePods, kubernetesOracle, mergePods } from '../../support/kubernetes_pod.js';
import { pods } from '../../support/pods.js';

const oracle = kubernetesOracle();
const program = 'program' in oracle ? oracle.program : '';
if ('missing' in oracle) console.log(`Pods are not judged by Kubernetes: ${oracle.missing}`);

const golden = goldenCases(new URL('../../golden/inject/', import.meta.url)).filter(({ blocks }) =>
  blocks.has('injected'),
);

test.skipIf(program === '')('Kubernetes takes every injected Pod of the golden cases', () => {
  const answers = judgePods(
    program,
    golden.map(({ blocks }) => parse(blocks.get('injected')!)),
  );
  expect(answers.length).toBe(golden.length);
  expect(answers.map((errors, i) => [golden[i].file, errors]).filter(([, errors]) => errors.length > 0)).toEqual([]);
});

test.skipIf(program === '')('Kubernetes would have noticed: a field too much, a value too wrong', () => {
  const pod = parse(golden[0].blocks.get('injected')!) as Pod;
  const withField = { ...pod, spec: { ...pod.spec, sidecars: [] } };
  const withValue = { ...pod, spec: { ...pod.spec, dnsPolicy: 'Sometimes' } };
  const [field, value] = judgePods(program, [withField, withValue]);
  expect(field.join()).toContain('unknown field "spec.sidecars"');
  expect(value.join()).toContain('dnsPolicy');
});

/** Most Pods at random are wrong in some way that has nothing to do with the sidecar. */
function tamed(pod: Pod): Pod {
  const volumes = pod.spec!.volumes ?? [];
  const tame = (container: Container, isInit: boolean): Container => {
    const { readinessProbe, livenessProbe, startupProbe, lifecycle, restartPolicy, ...rest } = container;
    const goesOn = !isInit || restartPolicy === 'Always';
    return {
      ...rest,
      image: 'app:1',
      volumeMounts: (container.volumeMounts ?? []).filter(({ name }) => volumes.some((each) => each.name === name)),
      ports: (container.ports ?? []).map((port, i) => ({ ...port, name: `port-${i}` })),
      ...(goesOn ? { readinessProbe, livenessProbe, startupProbe, lifecycle } : {}),
      ...(isInit && goesOn ? { restartPolicy } : {}),
    };
  };
  const containers = (pod.spec!.containers ?? []).map((each) => tame(each, false));
  return {
    metadata: { ...pod.metadata, name: 'a', namespace: 'shop', labels: { app: 'a' } },
    spec: {
      ...pod.spec,
      containers: containers.length === 0 ? [{ name: 'app', image: 'app:1' }] : containers,
      initContainers: (pod.spec!.initContainers ?? []).map((each) => tame(each, true)),
    },
  };
}

test.skipIf(program === '')('a Pod that Kubernetes takes is still taken when it is injected', () => {
  const samples = fc.sample(pods, { seed: FUZZ_SEED, numRuns: 2000 }).map(tamed);
  const before = judgePods(program, samples);
  const injections = samples
    .filter((_, i) => before[i].length === 0)
    .flatMap((pod) => [
      inject(pod, { values: DEFAULT_VALUES }),
      inject(pod, { values: DEFAULT_VALUES, clusterVersion: '1.33' }),
    ]);
  const injected = injections.filter(({ decision }) => decision.outcome === 'injected').map(({ pod }) => pod);
  expect(injected.length).toBeGreaterThan(500);
  const after = judgePods(program, injected);
  const examples = new Map(
    after.flatMap((errors, i) => errors.map((error) => [error, JSON.stringify(injected[i].spec)])),
  );
  expect([...examples].slice(0, 5)).toEqual([]);
});

/** Two handlers of a probe are both kept by Kubernetes, and then refused by it; here the later one takes the place. */
function withoutHandlers(pod: Pod): Pod {
  const text = JSON.stringify(pod, (name, value: unknown) => (/Probe$|^lifecycle$/.test(name) ? undefined : value));
  return JSON.parse(text) as Pod;
}

/** Kubernetes reads null as absent, and leaves some of them. It puts new items of a list first; here they come last. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(comparable).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(
    fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, comparable(item)]),
  );
}

test.skipIf(program === '')('templates and overrides are laid over Pods as Kubernetes merges them', () => {
  const samples = fc.sample(fc.tuple(pods, pods), { seed: FUZZ_SEED, numRuns: 1500 });
  const pairs = samples.map(([base, patch]) => ({ base: withoutHandlers(base), patch: withoutHandlers(patch) }));
  const wanted = mergePods(program, pairs);
  const different = pairs
    .map(({ base, patch }, i) => ({ base, patch, merged: strategicMerge(base, patch), wanted: wanted[i] }))
    .filter(({ merged, wanted: expected }) => !equalJson(comparable(merged), comparable(expected)));
  expect(different.slice(0, 3).map(({ merged, wanted }) => [JSON.stringify(merged), JSON.stringify(wanted)])).toEqual(
    [],
  );
});
