// caBundle in a webhook configuration that others write, too.
import { afterEach, expect, test } from 'vitest';
import { CaBundleKeeper, corrections } from '../../../../host/injector/certificates/ca_bundle.js';
import { ApiError } from '../../../../host/injector/kubernetes/api.js';
import type { JsonObject } from '../../../../host/injector/webhook/json.js';
import { FakeKubernetes } from '../../../support/fake_kubernetes.js';

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sidecar-injector';
const TARGET = {
  configuration: 'sidecar-injector',
  service: { namespace: 'istio-system', name: 'sidecar-injector-service' },
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const service = (name: string, caBundle?: string): JsonObject => ({
  name: `${name}.example.com`,
  clientConfig: { service: { namespace: 'istio-system', name }, ...(caBundle !== undefined && { caBundle }) },
});
const configuration = (...webhooks: JsonObject[]): JsonObject => ({ metadata: { name: 'sidecar-injector' }, webhooks });

let end = new AbortController();
let notices: string[] = [];
afterEach(() => {
  end.abort();
  end = new AbortController();
  notices = [];
});

function startKeeper(api: FakeKubernetes): CaBundleKeeper {
  const keeper = new CaBundleKeeper(api, TARGET, {
    onPatched: () => {},
    onNotice: (level, message) => void notices.push(`${level}: ${message}`),
  });
  void keeper.run(end.signal);
  return keeper;
}

function bundlesOf(api: FakeKubernetes): unknown[] {
  const { webhooks } = api.objects.get(PATH) as { webhooks: { clientConfig: JsonObject }[] };
  return webhooks.map(({ clientConfig }) => clientConfig.caBundle);
}

test('only entries that call the injector are written, and those that are right are not', () => {
  const found = corrections(
    configuration(
      service('another', 'x'),
      service('sidecar-injector-service', base64('ca')),
      service('sidecar-injector-service'),
      { name: 'url.example.com', clientConfig: { url: 'https://10.0.0.1:15017/inject/cluster/east' } },
      { name: 'other.example.com', clientConfig: { url: 'https://10.0.0.1/injected' } },
      { name: 'nothing.example.com' },
    ),
    TARGET,
    'ca',
  );
  expect(found).toEqual([
    { op: 'test', path: '/webhooks/2/name', value: 'sidecar-injector-service.example.com' },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: base64('ca') },
    { op: 'test', path: '/webhooks/3/name', value: 'url.example.com' },
    { op: 'add', path: '/webhooks/3/clientConfig/caBundle', value: base64('ca') },
  ]);
});

test('a bundle is put in its place, put back when it is taken away, and followed by the next one', async () => {
  const api = new FakeKubernetes();
  api.put(PATH, configuration(service('sidecar-injector-service')));
  const keeper = startKeeper(api);
  await keeper.keep('one');
  expect(bundlesOf(api)).toEqual([base64('one')]);
  api.put(PATH, configuration(service('sidecar-injector-service', '')));
  await expect.poll(() => bundlesOf(api)).toEqual([base64('one')]);
  await keeper.keep('two');
  expect(bundlesOf(api)).toEqual([base64('two')]);
  await keeper.keep('two');
});

test('a configuration that is not there yet is written when it comes', async () => {
  const api = new FakeKubernetes();
  const placed = startKeeper(api).keep('one');
  await expect.poll(() => notices.length).toBeGreaterThan(0);
  expect(notices[0]).toMatch(/^warning: there is no MutatingWebhookConfiguration sidecar-injector; next try in 1 s/);
  api.put(PATH, configuration(service('sidecar-injector-service')));
  await placed;
});

test('an entry that moves between reading and writing is not written by its old number', async () => {
  const api = new FakeKubernetes();
  api.put(PATH, configuration(service('sidecar-injector-service')));
  api.before = ({ method }) => {
    if (method !== 'PATCH') return;
    api.before = () => {};
    api.put(PATH, configuration(service('another', 'theirs'), service('sidecar-injector-service')));
  };
  await startKeeper(api).keep('one');
  expect(bundlesOf(api)).toEqual(['theirs', base64('one')]);
});

test('the API being away is told, and tried again', async () => {
  const api = new FakeKubernetes();
  api.put(PATH, configuration(service('sidecar-injector-service')));
  api.failure = new ApiError(0, 'connection refused');
  const placed = startKeeper(api).keep('one');
  await expect.poll(() => notices.length).toBeGreaterThan(0);
  api.failure = undefined;
  await placed;
  expect(notices[0]).toContain('caBundle of sidecar-injector may be wrong');
});

test('somebody who takes the bundle away at once, again and again, is not answered in a busy loop', async () => {
  const api = new FakeKubernetes();
  api.put(PATH, configuration(service('sidecar-injector-service')));
  const keeper = startKeeper(api);
  await keeper.keep('one');
  let patches = 0;
  api.before = ({ method }) => {
    if (method !== 'PATCH') return;
    patches++;
    setTimeout(() => api.put(PATH, configuration(service('sidecar-injector-service'))), 1);
  };
  api.put(PATH, configuration(service('sidecar-injector-service')));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(patches).toBeGreaterThan(1);
  expect(patches).toBeLessThan(8);
  expect(notices.at(-1)).toContain('somebody else writes it, too');
});
