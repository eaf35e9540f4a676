// What the injector writes, run as the kubelet would: the init container's arguments as root, the proxy's arguments and environment as
// user 1337, probes and scrapes from the node, the hook at the end. Two network namespaces: the Pod and its node.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { Pod } from '../../../host/injector/inject.js';
import { findContainer, findProxy } from '../../../host/injector/pod.js';
import type { Container, Handler } from '../../../host/injector/pod.js';
import { missingForNamespaces, Namespace } from '../../support/netns.js';
import type { Ran } from '../../support/netns.js';
import { REPOSITORY } from '../../support/repository.js';

const missing = missingForNamespaces('setpriv', 'curl', 'iptables-restore');
if (missing !== '') console.log(`An injected Pod is not run: ${missing}`);

const WEFT = join(REPOSITORY, 'bin/weft');
const APP = join(REPOSITORY, 'test/e2e/injector/app.mjs');
const POD_IP = '10.9.4.7';
const NODE_IP = '10.9.4.1';

const podOf = (mode: string): Pod => ({
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    annotations: {
      'sidecar.istio.io/interceptionMode': mode,
      'prometheus.io/port': '8080',
      'proxy.istio.io/config':
        'concurrency: 1\nterminationDrainDuration: 1s\nproxyMetadata: {MINIMUM_DRAIN_DURATION: 0s}\n',
    },
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'web:1',
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/alive', port: 'http' } },
        livenessProbe: { httpGet: { path: '/dead', port: 8080 } },
        startupProbe: { tcpSocket: { port: 'http' } },
        lifecycle: { preStop: { tcpSocket: { port: 9 } } },
      },
    ],
  },
});

/** What the kubelet fills in. */
const FIELDS: Record<string, string> = {
  'metadata.name': 'web-1',
  'metadata.namespace': 'shop',
  'status.podIP': POD_IP,
  'status.hostIP': NODE_IP,
  'spec.serviceAccountName': 'default',
  'spec.nodeName': 'node-1',
};

function environmentOf({ env }: Container): Record<string, string> {
  const filled: [string, string][] = (env ?? []).map(({ name, value, valueFrom }) => {
    const path = (valueFrom as { fieldRef?: { fieldPath: string } } | undefined)?.fieldRef?.fieldPath;
    return [name, value?.replaceAll('$$', '$') ?? (path === undefined ? '2' : FIELDS[path])];
  });
  return Object.fromEntries(filled);
}

function user({ securityContext }: Container, program: string, args: readonly string[]): [string, string[]] {
  const { runAsUser, runAsGroup, capabilities } = securityContext!;
  const added = (capabilities as { add?: string[] }).add ?? [];
  const rights = [
    `--bounding-set=${['-all', ...added.map((name) => `+${name.toLowerCase()}`)].join(',')}`,
    '--no-new-privs',
  ];
  return ['setpriv', [`--reuid=${runAsUser}`, `--regid=${runAsGroup}`, '--clear-groups', ...rights, program, ...args]];
}

function argumentsOf({ args }: Container): string[] {
  return args!.map((arg) => arg.replace('$(POD_NAMESPACE)', 'shop'));
}

describe.skipIf(missing !== '').each(['REDIRECT', 'TPROXY'])('an injected Pod, run as it was written, %s', (mode) => {
  const injected = inject(podOf(mode), { values: DEFAULT_VALUES, clusterVersion: '1.34' }).pod;
  const web = injected.spec!.containers![0];
  const proxy = findProxy(injected.spec)!;
  const init = findContainer(injected.spec!.initContainers, 'istio-init')!;
  let inside: Namespace;
  let node: Namespace;
  let sidecar: ChildProcess;

  /** As the kubelet probes: status and body. */
  function probe(handler: Handler | null | undefined): { status: string; body: string } {
    const { port, path } = handler!.httpGet!;
    const { stdout } = node.run('curl', ['-s', '-m', '5', '-w', '\n%{http_code}', `http://${POD_IP}:${port}${path}`]);
    const [status, ...body] = stdout.split('\n').toReversed();
    return { status, body: body.toReversed().join('\n') };
  }

  function runInit(): Ran {
    return inside.run(...user(init, process.execPath, [WEFT, ...argumentsOf(init)]));
  }

  async function startSidecar(): Promise<void> {
    const variables = Object.entries(environmentOf(proxy)).map(([name, value]) => `${name}=${value}`);
    const [program, args] = user(proxy, process.execPath, [WEFT, ...argumentsOf(proxy)]);
    sidecar = inside.start('env', [...variables, program, ...args]);
    sidecar.stdout!.resume();
    for (let i = 0; i < 100 && probe(proxy.readinessProbe).status !== '200'; i++) await sleep(200);
  }

  beforeAll(async () => {
    inside = Namespace.create('pod')!;
    node = Namespace.create('node')!;
    Namespace.join([inside, 'eth0', [`${POD_IP}/24`]], [node, 'eth0', [`${NODE_IP}/24`]]);
    inside.must('ip', 'route', 'add', 'default', 'via', NODE_IP);
    expect(runInit()).toMatchObject({ status: 0 });
    const app = inside.start('setpriv', ['--reuid=1000', '--regid=1000', '--clear-groups', process.execPath, APP]);
    await once(app.stdout!, 'data');
    await startSidecar();
  }, 60_000);
  afterAll(() => [inside, node].forEach((each) => each?.remove()));

  test('the init container may run again: the second time nothing changes', () => {
    const rules = inside.must('iptables-save', '-t', 'nat');
    expect(runInit()).toMatchObject({ status: 0 });
    expect(inside.must('iptables-save', '-t', 'nat').replace(/^#.*$/gm, '')).toBe(rules.replace(/^#.*$/gm, ''));
  });

  test('its proxy becomes ready, with no more rights than it was given', () => {
    expect(probe(proxy.readinessProbe).status).toBe('200');
    expect(probe(proxy.startupProbe).status).toBe('200');
  });

  test('the probes of the application are answered by the application', () => {
    expect(probe(web.readinessProbe)).toMatchObject({ status: '200' });
    expect(probe(web.startupProbe).status).toBe('200');
    expect(probe(web.livenessProbe).status).not.toBe('200');
    expect(probe(web.lifecycle!.preStop).status).not.toBe('200');
  });

  test('a scrape by the Pod’s annotations finds the metrics of both', () => {
    const { annotations } = injected.metadata!;
    const { body, status } = probe({
      httpGet: { port: annotations!['prometheus.io/port'], path: annotations!['prometheus.io/path'] },
    });
    expect(status).toBe('200');
    expect(body).toContain('app_orders 7');
    expect(body).toMatch(/^envoy_/m);
  });

  test('a call from outside reaches the application through the proxy', () => {
    const { body } = probe({ httpGet: { port: 8080, path: '/hello' } });
    expect(JSON.parse(body)).toMatchObject({
      url: '/hello',
      host: `${POD_IP}:8080`,
      // TPROXY: the sidecar's original_src shows it who calls.
      from: mode === 'TPROXY' ? NODE_IP : '127.0.0.6',
    });
  });

  test('the hook before its end drains, and it ends', async () => {
    const { command } = (proxy.lifecycle!.preStop as { exec: { command: string[] } }).exec;
    expect(command[0]).toBe('weft');
    const hook = inside.run(...user(proxy, process.execPath, [WEFT, ...command.slice(1)]));
    expect(hook).toMatchObject({ status: 0 });
    const ended = once(sidecar, 'exit');
    // Each program on the way has become the next one: it is the proxy's own number.
    sidecar.kill('SIGTERM');
    await ended;
  });
});
