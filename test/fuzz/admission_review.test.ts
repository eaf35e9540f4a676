// Reviews that nobody sane sends, and Pods that somebody might: each gets an answer, each patch applies, and a second injection
// changes nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch, type Operation } from 'rfc6902';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_VALUES } from '../../host/injector/inject.js';
import { NotAReview, parseReview, type AdmissionResponse } from '../../host/injector/webhook/admission_review.js';
import { podDecision } from '../../host/injector/webhook/pod_decision.js';
import { review, type Reviewed } from '../../host/injector/webhook/review.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { mutate, xorshift } from '../support/mutation.js';
import { REPOSITORY } from '../support/repository.js';
import { reviewOfPod, startWebhook } from '../support/webhook.js';

const RUNS = Number(process.env['WEFT_FUZZ_RUNS'] ?? 5000);
const GOLDEN = join(REPOSITORY, 'test/golden/inject');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const PODS = readdirSync(GOLDEN)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => [...readFileSync(join(GOLDEN, name), 'utf8').matchAll(/^```pod\n(.*?)^```/gms)])
  .map(([, text]) => parse(text) as Json)
  .filter((pod) => pod !== null && typeof pod === 'object' && 'spec' in pod);

const ANNOTATIONS = [
  'sidecar.istio.io/inject',
  'sidecar.istio.io/status',
  'sidecar.istio.io/proxyCPU',
  'sidecar.istio.io/userVolume',
  'sidecar.istio.io/nativeSidecar',
  'traffic.sidecar.istio.io/excludeOutboundPorts',
  'traffic.sidecar.istio.io/includeOutboundIPRanges',
  'status.sidecar.istio.io/port',
  'proxy.istio.io/config',
  'proxy.istio.io/overrides',
  'prometheus.io/port',
  'inject.istio.io/templates',
  'sidecar-injector.example.com/restore',
];
const KEYS = ['__proto__', 'constructor', 'toString', '', '/', '~', '~0', 'name', 'containers', ...ANNOTATIONS];
// prettier-ignore
const VALUES: Json[] = [
  null, true, false, 0, -1, 1.5, 2 ** 53, 'true', 'false', '', 'istio-proxy', 'istio-init', 'auto', '0', '15001', '*',
  '80,443', '10.0.0.0/8', '$(X)', '{{ .Values }}', '<%= 1 %>', '\n', '\0', '\ud800', '"', "'; rm", 'a: b', '[]', '{}',
  'x'.repeat(5000), '{"in":{"spec":{"drop":["containers"]}}}', '{"initContainers":["istio-proxy"]}', '1000000000m',
  [], {}, [[]], [null], [{ name: 'istio-proxy' }], { name: 'a', httpGet: { port: 'http' } },
];

/** One to three changes somewhere in a value, which is changed. */
function mutateTree(root: { [key: string]: Json }, next: (below: number) => number): void {
  for (let n = 1 + next(3); n > 0; n--) {
    let at: Json = root;
    for (let depth = next(7); depth >= 0; depth--) {
      if (at === null || typeof at !== 'object') break;
      const keys: string[] = Object.keys(at);
      const key = next(5) === 0 ? KEYS[next(KEYS.length)] : (keys[next(keys.length || 1)] ?? KEYS[next(KEYS.length)]);
      const holder = at as { [key: string]: Json };
      const inner: Json | undefined = Object.hasOwn(holder, key) ? holder[key] : undefined;
      if (depth > 0 && inner !== null && typeof inner === 'object') at = inner;
      else {
        change(holder, key, next);
        break;
      }
    }
  }
}

function change(holder: Json[] | { [key: string]: Json }, key: string, next: (below: number) => number): void {
  const value = structuredClone(VALUES[next(VALUES.length)]);
  if (Array.isArray(holder)) {
    if (next(2) === 0) holder.splice(next(holder.length + 1), next(2), value);
    else if (holder.length > 0) holder.push(structuredClone(holder[next(holder.length)]));
  } else if (next(6) === 0) delete holder[key];
  else Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

const decide = podDecision(
  () => DEFAULT_VALUES,
  () => 'v1.37.2',
);
const NOTHING = new Map<string, string>();

function answer(body: string, faults: unknown[]): Reviewed | undefined {
  try {
    return review(parseReview(body), NOTHING, decide, (error) => void faults.push(error));
  } catch (error) {
    if (error instanceof NotAReview) return undefined;
    throw error;
  }
}

function patched(pod: Json, { patch }: AdmissionResponse): Json {
  const holder = { pod: structuredClone(pod) };
  const operations = JSON.parse(Buffer.from(patch ?? '', 'base64').toString()) as Operation[];
  const moved = operations.map((each) => ({ ...each, path: `/pod${each.path}` }));
  expect(applyPatch(holder, moved).filter((error) => error !== null)).toEqual([]);
  return holder.pod;
}

test('there are Pods to begin with', () => {
  expect(PODS.length).toBeGreaterThan(60);
});

test('class 71: mutated Pods are injected, left alone or refused; a patch applies, and the second time there is none', () => {
  const next = xorshift(FUZZ_SEED);
  const count = { injected: 0, skipped: 0, refused: 0 };
  for (let run = 0; run < RUNS; run++) {
    const pod = structuredClone(PODS[next(PODS.length)]) as { [key: string]: Json };
    mutateTree(pod, next);
    const body = reviewOfPod(pod);
    const faults: unknown[] = [];
    const reviewed = answer(body, faults);
    const replay = `seed ${FUZZ_SEED}, run ${run}: ${body}`;
    expect(faults, replay).toEqual([]);
    const { response, decision } = reviewed as Reviewed;
    count[decision.kind]++;
    expect(response.allowed, replay).toBe(decision.kind !== 'refused');
    // A copy of a container with this name in it is made by rfc6902 without it: the API server drops such fields before.
    if (response.patch === undefined || body.includes('__proto__')) continue;
    const sent = (JSON.parse(body) as { request: { object: Json } }).request.object;
    const again = answer(reviewOfPod(patched(sent, response)), faults) as Reviewed;
    expect([again.response.allowed, again.response.patch], replay).toEqual([true, undefined]);
  }
  expect(count.injected).toBeGreaterThan(RUNS / 10);
  expect(count.refused).toBeGreaterThan(RUNS / 20);
}, 600_000);

test('class 71: mutated bytes of a review are answered by a review or by 400', async () => {
  const next = xorshift(FUZZ_SEED + 1);
  const corpus = PODS.map((pod) => Buffer.from(reviewOfPod(pod)));
  const faults: unknown[] = [];
  let reviews = 0;
  for (let run = 0; run < RUNS; run++) {
    if (answer(mutate(corpus, next).toString('utf8'), faults) !== undefined) reviews++;
  }
  expect(faults).toEqual([]);
  expect(reviews).toBeGreaterThan(0);

  const webhook = await startWebhook(decide);
  try {
    for (let run = 0; run < Math.min(RUNS, 300); run++) {
      const { status } = await webhook.post('/inject', mutate(corpus, next));
      expect([200, 400]).toContain(status);
    }
    expect(webhook.faults).toEqual([]);
  } finally {
    await webhook.close();
  }
}, 600_000);
