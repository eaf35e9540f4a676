// Manifests as text: every kind that makes Pods, comments and the order of keys, and the way back.
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { DEFAULT_VALUES } from '../../../host/injector/inject.js';
import { injectText, uninjectText } from '../../../host/injector/offline.js';
import type { OfflineOptions } from '../../../host/injector/offline.js';
import { goldenCases } from '../../support/golden.js';

const options: OfflineOptions = { values: DEFAULT_VALUES, namespace: 'default' };

function injected(text: string, more: Partial<OfflineOptions> = {}): string {
  const { text: result, findings } = injectText(text, 'x.yaml', { ...options, ...more });
  expect(findings).toEqual([]);
  return result!;
}

function restored(text: string): string {
  const { text: result, findings } = uninjectText(text, 'x.yaml');
  expect(findings).toEqual([]);
  return result!;
}

const SPEC = `containers:
- name: web
  image: web:1
  ports:
  - containerPort: 8080
    name: http
  livenessProbe:
    httpGet:
      path: /
      port: http
`;

function indented(text: string, spaces: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(spaces));
}

function workload(kind: string, depth: 'template' | 'jobTemplate' = 'template', apiVersion = 'apps/v1'): string {
  const head = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: it\n  namespace: shop\nspec:\n`;
  const body = `template:\n  metadata:\n    labels:\n      app: it\n  spec:\n${indented(SPEC, 4)}`;
  return head + (depth === 'template' ? indented(body, 2) : `  jobTemplate:\n    spec:\n${indented(body, 6)}`);
}

const KINDS: [string, string][] = [
  ['Pod', `apiVersion: v1\nkind: Pod\nmetadata:\n  name: it\nspec:\n${indented(SPEC, 2)}`],
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'].map(
    (kind) => [kind, workload(kind)] as [string, string],
  ),
  ['CronJob', workload('CronJob', 'jobTemplate', 'batch/v1')],
];

describe.each(KINDS)('%s', (kind, text) => {
  test('is injected at its Pod template, named after its workload', () => {
    const result = injected(text);
    expect(result).toContain('- name: istio-proxy');
    expect(result).toContain('path: /app-health/web/livez');
    if (kind !== 'Pod') expect(result).toContain(`/namespaces/shop/${kind.toLowerCase()}s/it`);
  });

  test('comes back to the byte', () => {
    expect(restored(injected(text))).toBe(text);
    expect(restored(injected(text, { clusterVersion: '1.33' }))).toBe(text);
  });

  test('does not change when it is injected twice', () => {
    const once = injected(text);
    expect(injected(once)).toBe(once);
  });
});

const COMMENTED = `# the shop
apiVersion: apps/v1
kind: Deployment # a web server
metadata:
  name: web
spec:
  replicas: 2 # two

  template:
    metadata:
      labels:
        app: web # the name
    spec:
      # what runs
      containers:
        # the server
        - name: web
          image: web:1 # pinned
          env:
            - { name: MODE, value: "0644" }
            - { name: MASK, value: 'on' }
      # below
`;

test('comments, blank lines, quotes and the order of keys stay', () => {
  const result = injected(COMMENTED);
  for (const line of COMMENTED.split('\n')) expect(result.split('\n')).toContain(line);
  expect(restored(result)).toBe(COMMENTED);
});

test('documents that are not changed stay as they are, to the byte', () => {
  const other = '# one\nkind:   ConfigMap   # odd   spacing\ndata: {a:   b}\n';
  const stream = `${other}---\n${COMMENTED}---\n# last\n${other}...\n`;
  const result = injected(stream);
  expect(result.startsWith(`${other}---\n`)).toBe(true);
  expect(result.endsWith(`---\n# last\n${other}...\n`)).toBe(true);
  expect(restored(result)).toBe(stream);
});

test('a List is injected item by item', () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n${KINDS.map(([, text]) => indented(text, 2).replace('  ', '- ')).join('')}`;
  const result = injected(list);
  expect(result.match(/name: istio-proxy/g)).toHaveLength(KINDS.length);
  expect(restored(result)).toBe(list);
});

test('JSON stays JSON', () => {
  const json = `${JSON.stringify(parse(KINDS[0][1]), null, 2)}\n`;
  const result = injected(json);
  expect(JSON.parse(result)).toMatchObject({ kind: 'Pod' });
  expect(restored(result)).toBe(json);
});

test('an anchor that others refer to does not carry the sidecar to them', () => {
  const text = `kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    readinessProbe: &p\n      tcpSocket: {port: 1}\n    livenessProbe: *p\n---\nkind: ConfigMap\ndata: {a: b}\n`;
  const [pod] = parseAllDocuments(injected(text));
  const { containers } = (pod as unknown as { toJS(): { spec: { containers: Record<string, unknown>[] } } }).toJS()
    .spec;
  expect(containers[0].readinessProbe).toEqual({ httpGet: { port: 15020, path: '/app-health/a/readyz' } });
  expect(containers[0].livenessProbe).toEqual({ httpGet: { port: 15020, path: '/app-health/a/livez' } });
});

test('merge keys are read as Kubernetes reads them', () => {
  const text = `kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - &base\n    name: a\n    image: a:1\n    livenessProbe: {tcpSocket: {port: 1}}\n  - <<: *base\n    name: b\n`;
  const { spec } = parse(injected(text)) as {
    spec: { containers: { name: string; image: string; livenessProbe: unknown }[] };
  };
  expect(spec.containers[1]).toMatchObject({
    name: 'b',
    image: 'a:1',
    livenessProbe: { httpGet: { path: '/app-health/b/livez' } },
  });
});

function shopLabelled(label: string): string {
  return `kind: Namespace\nmetadata:\n  name: shop\n  labels: {istio-injection: ${label}}\n---\n`;
}

function outcome(text: string): string | undefined {
  return injectText(text, 'x', options).reports[0]?.outcome;
}

test('the labels of a Namespace in the same stream decide', () => {
  expect(outcome(shopLabelled('enabled') + workload('Job'))).toBe('injected');
  expect(outcome(shopLabelled('disabled') + workload('Job'))).toBe('skipped');
  expect(outcome(`kind: Namespace\nmetadata: {name: shop}\n---\n${workload('Job')}`)).toBe('skipped');
});

test('labels given for the namespace count for what names no other', () => {
  const labels = { namespaceLabels: { 'istio-injection': 'disabled' } };
  expect(injectText(KINDS[0][1], 'x', { ...options, ...labels }).reports[0].outcome).toBe('skipped');
  expect(injectText(workload('Job'), 'x', { ...options, ...labels }).reports[0].outcome).toBe('injected');
});

function where(text: string): string[] {
  return injectText(text, 'x.yaml', options).findings.map(
    ({ code, path, position }) => `${code} ${position?.line}:${position?.column} ${path}`,
  );
}

describe('what is wrong is shown where it stands', () => {
  test('a bad annotation of a template', () => {
    const text = workload('Deployment').replace(
      'labels:\n        app: it',
      'annotations:\n        sidecar.istio.io/logLevel: loud',
    );
    expect(where(text)).toEqual(['WEFT1801 10:36 spec.template.metadata.annotations["sidecar.istio.io/logLevel"]']);
  });

  test('a port clash', () => {
    expect(where(KINDS[0][1].replace('8080', '15001'))).toEqual([
      'WEFT1802 10:7 spec.containers[name=web].ports[containerPort=15001]',
    ]);
  });

  test('a wrong kind of value, in the second item of a List', () => {
    const list = `kind: List\nitems:\n- kind: ConfigMap\n- kind: Pod\n  spec:\n    containers: 7\n`;
    expect(where(list)).toEqual(['WEFT1803 6:17 items[1].spec.containers']);
  });

  test('no text comes of it, of no document', () => {
    expect(injectText(`${COMMENTED}---\nkind: Pod\nspec: 7\n`, 'x', options)).toMatchObject({
      text: undefined,
      isUnreadable: false,
    });
  });
});

test.each([
  ['no YAML', 'a: ['],
  ['a key twice', 'kind: Pod\nkind: Pod\n'],
  [
    'a bomb of aliases',
    `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`,
  ],
  ...['[', '{', '- ', '? ', 'a: '].map(
    (shape) => [`nesting of ${shape} without end`, shape.repeat(50_000)] as [string, string],
  ),
])('%s is unreadable, never a crash', (_name, text) => {
  expect(injectText(text, 'x', options)).toMatchObject({ isUnreadable: true, text: undefined });
});

test('nothing to do leaves the text as it is', () => {
  for (const text of ['', '# only a comment\n', 'kind: ConfigMap\n', '---\n', '7\n', 'kind: Service\nspec: {}\n']) {
    expect(injected(text)).toBe(text);
  }
});

test('a sidecar of another injector is not taken out by guessing', () => {
  const text = goldenCases(new URL('../../golden/inject/', import.meta.url))
    .find(({ file }) => file === 'skip_already_injected.md')!
    .blocks.get('pod')!;
  expect(uninjectText(text, 'x').findings.map(({ code }) => code)).toEqual(['WEFT1806']);
});
