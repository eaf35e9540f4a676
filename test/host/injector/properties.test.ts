// What holds for every Pod. Failures shrink to a small Pod, which then becomes a golden case.
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import type { Operation } from 'rfc6902';
import { describe, expect, test } from 'vitest';
import { ANNOTATIONS } from '../../../host/injector/annotations.js';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { InjectContext, Pod } from '../../../host/injector/inject.js';
import { restore } from '../../../host/injector/restore.js';
import { jsonPatch } from '../../../host/injector/webhook/json_patch.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';
import { pods } from '../../support/pods.js';

const classic: InjectContext = { values: DEFAULT_VALUES };
const native: InjectContext = { values: DEFAULT_VALUES, clusterVersion: '1.33' };
const contexts = fc.constantFrom(classic, native);
const runs = { seed: FUZZ_SEED, numRuns: 500 };
const OURS = ['istio-proxy', 'istio-init', 'istio-validation'];

function text(value: unknown): string {
  return JSON.stringify(value);
}

describe('for every Pod', () => {
  test('injection says nothing different twice and changes nothing that it was given', () => {
    fc.assert(
      fc.property(pods, contexts, (pod, context) => {
        const before = text(pod);
        const once = inject(pod, context);
        expect(text(inject(pod, context))).toBe(text(once));
        expect(text(pod)).toBe(before);
      }),
      runs,
    );
  });

  test('injecting twice changes nothing', () => {
    fc.assert(
      fc.property(pods, contexts, (pod, context) => {
        const once = inject(pod, context).pod;
        expect(text(inject(once, context).pod)).toBe(text(once));
      }),
      runs,
    );
  });

  test('injecting with other values is injecting the original with them', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const moved = inject(inject(pod, classic).pod, native);
        if (moved.decision.outcome === 'injected') expect(text(moved.pod)).toBe(text(inject(pod, native).pod));
      }),
      runs,
    );
  });

  test('taking the sidecar out gives back the Pod, to the order of its keys', () => {
    fc.assert(
      fc.property(pods, contexts, (pod, context) => {
        expect(text(restore(inject(pod, context).pod).pod)).toBe(text(pod));
      }),
      runs,
    );
  });

  test('what others have added since stays when the sidecar is taken out', () => {
    fc.assert(
      fc.property(pods, contexts, (pod, context) => {
        const { pod: injected, decision } = inject(pod, context);
        fc.pre(decision.outcome === 'injected');
        const changed = structuredClone(injected);
        (changed.metadata!.labels as Record<string, string>)['added'] = 'later';
        changed.spec!.volumes = [...changed.spec!.volumes!, { name: 'later', emptyDir: {} }];
        const back = restore(changed).pod;
        expect(back.metadata!.labels!['added']).toBe('later');
        expect(back.spec!.volumes!.filter(({ name }) => name !== 'later')).toEqual(pod.spec!.volumes ?? []);
      }),
      runs,
    );
  });

  test('the JSON Patch turns the one into the other', () => {
    fc.assert(
      fc.property(pods, contexts, (pod, context) => {
        // rfc6902's own applyPatch refuses these names as a precaution; patches never touch them.
        fc.pre(!/"(__proto__|constructor|prototype)"/.test(text(pod)));
        const { pod: injected } = inject(pod, context);
        const applied = structuredClone(pod);
        expect(applyPatch(applied, jsonPatch(pod, injected) as Operation[]).filter((error) => error !== null)).toEqual(
          [],
        );
        expect(applied).toEqual(injected);
      }),
      runs,
    );
  });
});

function applicationOf(pod: Pod, list: 'containers' | 'initContainers'): unknown {
  return (pod.spec![list] ?? []).filter(({ name }) => !OURS.includes(name)).map(({ name, image }) => [name, image]);
}

describe('for every injected Pod', () => {
  const injectedPods = fc.tuple(pods, contexts).map(([pod, context]) => ({ pod, injected: inject(pod, context) }));

  test('no container of the sidecar is privileged, and the proxy never runs as root but for TPROXY', () => {
    fc.assert(
      fc.property(injectedPods, ({ pod, injected: { pod: result, decision } }) => {
        fc.pre(decision.outcome === 'injected' && !/istio-(proxy|init)/.test(text(pod)));
        const all = [...(result.spec!.containers ?? []), ...(result.spec!.initContainers ?? [])];
        const sidecar = all.filter(({ name }) => OURS.includes(name));
        expect(sidecar.length).toBeGreaterThan(0);
        for (const { name, securityContext } of sidecar) {
          expect(securityContext).toMatchObject({ privileged: false, allowPrivilegeEscalation: false });
          expect((securityContext as { capabilities: { drop: string[] } }).capabilities.drop).toEqual(['ALL']);
          if (name === 'istio-proxy')
            expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, runAsGroup: 1337 });
        }
        const isTproxy = pod.metadata?.annotations?.[ANNOTATIONS.interceptionMode.name] === 'TPROXY';
        const proxy = all.find(({ name }) => name === 'istio-proxy')!;
        expect(proxy.securityContext!.runAsUser).toBe(isTproxy ? 0 : 1337);
      }),
      runs,
    );
  });

  test('names of containers, volumes and variables of the sidecar stand once', () => {
    fc.assert(
      fc.property(injectedPods, ({ injected: { pod: result, decision } }) => {
        fc.pre(decision.outcome === 'injected');
        const spec = result.spec!;
        const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name);
        const ours = containers.filter((name) => OURS.includes(name));
        expect(new Set(ours).size).toBe(ours.length);
        const volumes = spec.volumes!.map(({ name }) => name);
        expect(new Set(volumes).size).toBe(volumes.length);
      }),
      runs,
    );
  });

  test('the application keeps its containers, their images and their order', () => {
    fc.assert(
      fc.property(injectedPods, ({ pod, injected }) => {
        expect(applicationOf(injected.pod, 'containers')).toEqual(applicationOf(pod, 'containers'));
        expect(applicationOf(injected.pod, 'initContainers')).toEqual(applicationOf(pod, 'initContainers'));
      }),
      runs,
    );
  });
});
