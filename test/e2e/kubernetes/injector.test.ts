// The injector against a real kube-apiserver: installed by deploy/, as the service account that deploy/ makes.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { InjectorProcess } from '../../support/injector_process.js';
import { missingKubernetes, TestCluster, type Json } from '../../support/kubernetes.js';
import { manifests } from '../../support/manifests.js';
import { freePort } from '../../support/ports.js';
import { REPOSITORY } from '../../support/repository.js';

const missing = missingKubernetes();
if (missing !== undefined) console.log(`injector against a kube-apiserver: skipped, ${missing}`);

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sidecar-injector';
const SECRET = '/api/v1/namespaces/istio-system/secrets/sidecar-injector-ca';
const VALUES = join(REPOSITORY, 'deploy/base/values.yaml');

describe.skipIf(missing !== undefined)('with a kube-apiserver', () => {
  let cluster: TestCluster;
  let port: number;
  let replicas: InjectorProcess[] = [];

  const startReplica = (at?: number): Promise<InjectorProcess> =>
    InjectorProcess.start([`--kubeconfig=${cluster.injectorKubeconfig}`, `--values=${VALUES}`, '-l', 'debug'], at);

  beforeAll(async () => {
    cluster = await TestCluster.start();
    port = await freePort();
    for (const object of manifests('deploy/base')) await cluster.apply(reachable(object, port));
    // The second replica is reached by nobody here, but it keeps the same Secret and the same caBundle.
    replicas = await Promise.all([startReplica(port), startReplica()]);
    await cluster.createNamespace('asks', { 'istio-injection': 'enabled' });
    await cluster.createNamespace('refuses', { 'istio-injection': 'disabled' });
    await cluster.createNamespace('silent');
    await until(async () => (await bundles()).every((each) => each !== undefined));
  }, 120_000);

  afterAll(async () => {
    await Promise.all(replicas.map((each) => each.stop()));
    await cluster?.close();
  });

  async function bundles(): Promise<(string | undefined)[]> {
    const { webhooks } = await cluster.api.call({ method: 'GET', path: CONFIGURATION });
    return (webhooks as { clientConfig: { caBundle?: string } }[]).map(({ clientConfig }) => clientConfig.caBundle);
  }

  async function create(namespace: string, metadata: Json = {}, spec: Json = {}, query = '') {
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'web-', ...metadata },
      spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }] }], ...spec },
    };
    return cluster.request('POST', `/api/v1/namespaces/${namespace}/pods${query}`, body);
  }

  async function proxyImage(): Promise<unknown> {
    const { object } = await create('asks', {}, {}, '?dryRun=All');
    return (object.spec as { initContainers?: { image: string }[] }).initContainers?.[0].image;
  }

  test('deploy/ is accepted as it is, by strict validation on the server', async () => {
    for (const object of manifests('deploy/base')) await cluster.apply(object, '&dryRun=All');
  });

  test('the Pods of deploy/example are accepted, and get their sidecars', async () => {
    for (const object of manifests('deploy/example')) {
      await cluster.apply(object);
      if (object.kind === 'Namespace') await cluster.createNamespace('weft-example', { 'istio-injection': 'enabled' });
      if (object.kind !== 'Deployment') continue;
      const { template } = object.spec as { template: { metadata: Json; spec: Json } };
      const created = await create('weft-example', template.metadata, template.spec);
      expect([created.status, created.warnings]).toEqual([201, []]);
      expect(containerNames(created.object)).toHaveLength(3);
    }
  });

  test('kubectl makes the same objects of deploy/', ({ skip }) => {
    const built = spawnSync('kubectl', ['kustomize', join(REPOSITORY, 'deploy/base')], { encoding: 'utf8' });
    if (built.status !== 0) skip('no kubectl here');
    const theirs = parseAllDocuments(built.stdout).map((each) => each.toJS() as Json);
    expect(byKey(theirs)).toEqual(byKey(manifests('deploy/base')));
  });

  test('two replicas share one authority', async () => {
    const { data } = await cluster.api.call({ method: 'GET', path: SECRET });
    const trusted = (data as Record<string, string>)['ca.crt'];
    expect(await bundles()).toEqual([trusted, trusted]);
    const made = replicas.filter(({ log }) => log.includes('made an authority'));
    expect(made).toHaveLength(1);
  });

  test.each([
    ['asks', undefined, true],
    ['asks', 'true', true],
    ['asks', 'false', false],
    ['refuses', undefined, false],
    ['refuses', 'true', false],
    ['silent', undefined, false],
    ['silent', 'true', true],
    ['silent', 'false', false],
    ['istio-system', 'true', false],
  ])('in namespace %s a Pod with the label %s is injected: %s', async (namespace, label, injected) => {
    if (namespace === 'istio-system') await cluster.createNamespace(namespace, { 'istio-injection': 'disabled' });
    const labels = label === undefined ? {} : { 'sidecar.istio.io/inject': label };
    const { status, object } = await create(namespace, { labels });
    expect([status, object.message]).toEqual([201, undefined]);
    expect(containerNames(object)).toEqual(injected ? ['istio-init', 'istio-proxy', 'web'] : ['web']);
  });

  test('what the API server stores is the golden Pod', async () => {
    const { object } = await create('asks', { name: 'golden', labels: { app: 'golden' } });
    const stored = await cluster.api.call({ method: 'GET', path: '/api/v1/namespaces/asks/pods/golden' });
    expect(withoutChance(stored)).toEqual(withoutChance(object));
    await expect(`${JSON.stringify(withoutChance(stored), null, 2)}\n`).toMatchFileSnapshot(
      join(REPOSITORY, 'test/golden/injector/stored_pod.json'),
    );
  });

  test('a Pod that was injected already is stored unchanged when it is created again', async () => {
    const { object } = await create('asks', { name: 'twice' });
    const { uid: _1, resourceVersion: _2, creationTimestamp: _3, ...metadata } = object.metadata as Json;
    await cluster.request('DELETE', '/api/v1/namespaces/asks/pods/twice?gracePeriodSeconds=0');
    const again = { ...object, metadata, status: undefined };
    const second = await cluster.request('POST', '/api/v1/namespaces/asks/pods', again);
    expect(second.status).toBe(201);
    expect(withoutChance(second.object)).toEqual(withoutChance(object));
  });

  test('a bad annotation refuses the Pod with its name and value', async () => {
    const annotations = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '80,--to-ports 22' };
    const { status, object } = await create('asks', { annotations });
    expect(status).toBe(422);
    expect(object.message).toContain('admission webhook "sidecar-injector.example.com" denied the request');
    expect(object.message).toContain('traffic.sidecar.istio.io/excludeOutboundPorts');
    expect(object.message).toContain('--to-ports 22');
  });

  test('a Pod of the host network is left alone, and everybody is told why', async () => {
    const before = await replicas[0].metric('sidecar_injection_skip_total{reason="host_network"}');
    const { status, warnings, object } = await create('asks', { name: 'node-agent' }, { hostNetwork: true });
    expect(status).toBe(201);
    expect(containerNames(object)).toEqual(['web']);
    expect(warnings.join()).toContain('not injected: The Pod uses the network of its node');
    expect(await replicas[0].metric('sidecar_injection_skip_total{reason="host_network"}')).toBe(before + 1);

    const audited = await until(() => audit('node-agent'));
    expect(audited).toMatchObject({
      'sidecar-injector.example.com/decision': 'skipped',
      'sidecar-injector.example.com/reason': 'host_network',
    });
    const event = await until(() => eventAbout('asks', 'node-agent'));
    expect(event).toMatchObject({ type: 'Normal', reason: 'SidecarInjectionSkipped', count: 1 });
    expect(event?.message).toContain('network of its node');
  });

  function audit(name: string): Json | undefined {
    const found = cluster.auditEvents().find(({ stage, objectRef, verb }) => {
      const ref = objectRef as { name?: string };
      return stage === 'ResponseComplete' && verb === 'create' && ref.name === name;
    });
    return found?.annotations as Json | undefined;
  }

  async function eventAbout(namespace: string, name: string): Promise<Json | undefined> {
    const query = `fieldSelector=${encodeURIComponent(`involvedObject.name=${name}`)}`;
    const list = await cluster.api.call({ method: 'GET', path: `/api/v1/namespaces/${namespace}/events?${query}` });
    return (list.items as Json[])[0];
  }

  test('the Event of a Pod with a controller is told of the controller', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5f', uid: 'b1f8c0a4', controller: true };
    await create('asks', { ownerReferences: [owner] });
    const event = await until(() => eventAbout('asks', 'web-5f'));
    expect(event).toMatchObject({ reason: 'SidecarInjected', involvedObject: { kind: 'ReplicaSet', uid: 'b1f8c0a4' } });
  });

  test('a dry run is injected and leaves no Event', async () => {
    const { object } = await create('asks', { name: 'dry' }, {}, '?dryRun=All');
    expect(containerNames(object)).toContain('istio-proxy');
    await create('asks', { name: 'wet' });
    await until(() => eventAbout('asks', 'wet'));
    expect(await eventAbout('asks', 'dry')).toBeUndefined();
  });

  test('caBundle that somebody takes away is put back', async () => {
    const [before] = await bundles();
    const empty = [0, 1].map((i) => ({ op: 'remove', path: `/webhooks/${i}/clientConfig/caBundle` }));
    const contentType = 'application/json-patch+json';
    await cluster.api.call({ method: 'PATCH', path: CONFIGURATION, body: empty, contentType });
    await until(async () => (await bundles()).every((each) => each === before));
  });

  test('a deleted Secret makes a new authority, and no Pod is lost meanwhile', async () => {
    const [before] = await bundles();
    const answers: number[] = [];
    const done = new AbortController();
    const creating = (async () => {
      while (!done.signal.aborted) answers.push((await create('asks', {}, {}, '?dryRun=All')).status);
    })();
    await cluster.request('DELETE', SECRET);
    const after = await until(async () => {
      const [bundle] = await bundles();
      return bundle !== before ? bundle : undefined;
    });
    await until(() => replicas.every(({ log }) => log.split('serves with a certificate').length === 3), 20_000);
    await sleep(500);
    done.abort();
    await creating;
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter((status) => status !== 201)).toEqual([]);
    // The new one is first, the old one is still trusted.
    expect(decoded(after).endsWith(decoded(before))).toBe(true);
    const { data } = await cluster.api.call({ method: 'GET', path: SECRET });
    expect((data as Record<string, string>)['ca.crt']).toBe(after);
  });

  test('the injector outlives a restart of the API server', async () => {
    await cluster.stopServer();
    await sleep(1500);
    expect((await replicas[0].get('/readyz')).status).toBe(200);
    await cluster.startServer();
    const { object } = await until(async () => {
      const answer = await create('asks', { name: 'after-restart' });
      return answer.status === 201 ? answer : undefined;
    });
    expect(containerNames(object)).toContain('istio-proxy');
    const empty = [{ op: 'remove', path: '/webhooks/1/clientConfig/caBundle' }];
    await cluster.api.call({
      method: 'PATCH',
      path: CONFIGURATION,
      body: empty,
      contentType: 'application/json-patch+json',
    });
    await until(async () => (await bundles()).every((each) => each !== undefined), 20_000);
  }, 60_000);

  test('changed values are in use soon, and bad ones leave the last good', async () => {
    const values = join(cluster.folder, 'values.yaml');
    writeFileSync(values, 'image: one:1\n');
    const args = [`--kubeconfig=${cluster.injectorKubeconfig}`, `--values=${values}`];
    await replicas[0].stop();
    replicas[0] = await InjectorProcess.start(args, port);
    expect(await proxyImage()).toBe('one:1');
    writeFileSync(values, 'image: two:2\n');
    await until(async () => (await proxyImage()) === 'two:2');
    writeFileSync(values, 'image: [three]\n');
    await until(() => replicas[0].log.includes('the last good values stay'));
    expect(await proxyImage()).toBe('two:2');
    expect(await replicas[0].metric('sidecar_injection_values_reload_failure_total')).toBe(1);
  }, 60_000);

  // The last one: afterwards nobody answers.
  test('with the webhook down, failurePolicy Fail creates no Pod of these namespaces, and Ignore creates it bare', async () => {
    expect(await replicas[0].stop()).toBe(0);
    const failed = await create('asks');
    expect(failed.status).toBe(500);
    expect(failed.object.message).toContain('failed calling webhook "sidecar-injector.example.com"');
    expect((await create('silent')).status).toBe(201);
    expect((await create('asks', { labels: { 'sidecar.istio.io/inject': 'false' } })).status).toBe(201);

    const ignore = [0, 1].map((i) => ({ op: 'replace', path: `/webhooks/${i}/failurePolicy`, value: 'Ignore' }));
    const contentType = 'application/json-patch+json';
    await cluster.api.call({ method: 'PATCH', path: CONFIGURATION, body: ignore, contentType });
    const { object } = await until(async () => {
      const answer = await create('asks');
      return answer.status === 201 ? answer : undefined;
    });
    expect(containerNames(object)).toEqual(['web']);
  });
});

/** There is no kube-proxy: the Service stands for localhost, and is called at the port of the process. */
function reachable(object: Json, port: number): Json {
  const { kind } = object;
  if (kind === 'Service') {
    const { selector: _, ...spec } = object.spec as Json;
    return { ...object, spec: { ...spec, type: 'ExternalName', externalName: 'localhost' } };
  }
  if (kind !== 'MutatingWebhookConfiguration') return object;
  return JSON.parse(JSON.stringify(object).replaceAll('"port":443', `"port":${port}`)) as Json;
}

function containerNames({ spec }: Json): string[] {
  const { initContainers = [], containers } = spec as Record<string, { name: string }[]>;
  return [...initContainers, ...containers].map(({ name }) => name);
}

function byKey(objects: readonly Json[]): Map<string, unknown> {
  return new Map(
    objects.map((each) => [`${each.kind} ${(each.metadata as { name: string }).name}`, withoutLabels(each)] as const),
  );
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

function withoutLabels(object: Json): Json {
  const { labels: _, ...metadata } = object.metadata as Json;
  return object.kind === 'ConfigMap' ? { ...object, metadata } : object;
}

/** What differs from run to run: times, ids, and the name of the token volume. */
function withoutChance(pod: Json): Json {
  const { uid: _1, resourceVersion: _2, creationTimestamp: _3, managedFields: _4, ...metadata } = pod.metadata as Json;
  const text = JSON.stringify({ ...pod, metadata }).replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-xxxxx');
  return JSON.parse(text) as Json;
}

async function until<T>(ask: () => T | Promise<T>, limitMs = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false && answer !== null) return answer;
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${ask.toString()}`);
    await sleep(100);
  }
}
