// An injected Pod in containers: the image of deploy/Containerfile, run by podman. The init container sets the rules up, the application knows of nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_VALUES, inject, type Pod } from '../../../host/injector/inject.js';
import { Namespace } from '../../support/netns.js';
import { IMAGE, missingForContainers, podman, podmanExec } from '../../support/podman.js';

const missing = missingForContainers();
if (missing !== undefined) console.log(`the container: skipped, ${missing}`);

const [HOST, POD] = ['10.79.0.1', '10.79.0.2'];

type Container = Record<string, unknown> & { env?: Record<string, unknown>[]; args?: string[] };

const APPLICATION = `require('http').createServer((request, response) => response.end(JSON.stringify({
  from: request.socket.remoteAddress, id: request.headers['x-request-id'], uid: process.getuid(),
}))).listen(8080)`;

function pod(): Pod {
  const web = {
    name: 'web',
    image: IMAGE,
    command: ['node', '-e', APPLICATION],
    ports: [{ containerPort: 8080 }],
    securityContext: { runAsUser: 1000 },
    readinessProbe: { httpGet: { path: '/', port: 8080 } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `weft-test-${process.pid}`, namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [web] },
  };
}

/** What podman 4.3 does not know of a Pod that a kubelet does: long annotations, fields of the status, $(NAME) in arguments; it publishes ports. */
function forPodman(injected: Pod): Pod {
  const facts: Record<string, string> = {
    'metadata.namespace': 'default',
    'status.podIP': POD,
    'status.hostIP': HOST,
    'spec.serviceAccountName': 'default',
    'spec.nodeName': 'node',
  };
  const plain = (each: Container): Container => {
    const { ports: _, ...rest } = each;
    const env = each.env?.map((variable) => {
      const { fieldRef } = (variable.valueFrom ?? {}) as { fieldRef?: { fieldPath: string } };
      const value = fieldRef === undefined ? undefined : facts[fieldRef.fieldPath];
      return value === undefined ? variable : { name: variable.name, value };
    });
    const args = each.args?.map((word) => word.replace('$(POD_NAMESPACE)', 'default'));
    return { ...rest, ...(env && { env }), ...(args && { args }) };
  };
  const { containers, initContainers, ...spec } = injected.spec as Record<string, Container[]>;
  const { annotations: _, ...metadata } = injected.metadata as Record<string, unknown>;
  return {
    ...injected,
    metadata,
    spec: {
      ...spec,
      restartPolicy: 'Never',
      containers: containers.map(plain),
      initContainers: initContainers.map(plain),
    },
  } as unknown as Pod;
}

function ip(...args: string[]): void {
  spawnSync('ip', args);
}

function fetchText(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    get(url, { timeout: 3000 }, (response) => {
      let body = '';
      response.on('data', (data) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', (error) => resolve({ status: 0, body: error.message }));
  });
}

describe.skipIf(missing !== undefined)('with podman', () => {
  const original = pod();
  const name = String(original.metadata?.name);
  const outside = `weft${process.pid}`;
  let folder: string;
  let netns: Namespace;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-pod-'));
    netns = Namespace.create('pod') as Namespace;
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns.name);
    ip('addr', 'add', `${HOST}/24`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    netns.must('ip', 'addr', 'add', `${POD}/24`, 'dev', 'eth0');
    netns.must('ip', 'link', 'set', 'eth0', 'up');
    netns.must('ip', 'route', 'add', 'default', 'via', HOST);
    const volumes = { podInfo: false, token: false, certificates: false };
    const values = {
      ...DEFAULT_VALUES,
      image: IMAGE,
      imagePullPolicy: 'Never' as const,
      volumes,
      nativeSidecar: 'never' as const,
    };
    const injected = inject(original, { values });
    expect(injected.decision.outcome).toBe('injected');
    const file = join(folder, 'pod.json');
    writeFileSync(file, JSON.stringify(forPodman(injected.pod)));
    const played = podman(['kube', 'play', '--network', 'host', file], { netns: netns.name, timeoutMs: 240_000 });
    expect(played.status, played.stderr).toBe(0);
  }, 300_000);

  afterAll(() => {
    podman(['pod', 'rm', '-f', '-t', '2', name], { netns: netns.name });
    spawnSync('ip', ['link', 'del', outside]);
    netns.remove();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('the proxy becomes ready', async () => {
    await expect
      .poll(() => fetchText(`http://${POD}:15021/healthz/ready`), { timeout: 30_000 })
      .toMatchObject({ status: 200 });
  }, 40_000);

  test('the application is reached through its sidecar, by its own address and port', async () => {
    const { status, body } = await fetchText(`http://${POD}:8080/`);
    expect(status).toBe(200);
    // The proxy calls from its own address, and has given the request an id.
    expect(JSON.parse(body)).toMatchObject({
      from: '::ffff:127.0.0.6',
      uid: 1000,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('its probe is asked by the agent', async () => {
    expect((await fetchText(`http://${POD}:15020/app-health/web/readyz`)).status).toBe(200);
  });

  test('what the application calls goes out through its sidecar', async () => {
    const server = createServer((_, response) => response.end('from outside')).listen(0, HOST);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const script = `(async () => {
      const text = async (url) => (await fetch(url)).text();
      console.log(await text('http://${HOST}:${port}/'));
      console.log(await text('http://127.0.0.1:15000/stats?filter=PassthroughCluster.upstream_cx_total'));
      process.exit();
    })()`;
    const run = await podmanExec([`${name}-web`, 'node', '-e', script], netns.name);
    server.close();
    expect(run).toMatch(/^from outside\n.*cluster\.PassthroughCluster\.upstream_cx_total: [1-9]/s);
  });

  test('the proxy runs as 1337, without capabilities, on a root that it cannot write', () => {
    const { stdout } = podman(
      ['exec', `${name}-istio-proxy`, 'sh', '-c', 'id -u; id -g; grep CapEff /proc/1/status; touch /opt/x 2>&1'],
      {
        netns: netns.name,
      },
    );
    expect(stdout).toMatch(/^1337\n1337\nCapEff:\s0{16}\n.*Read-only file system/);
  });

  test.each([
    ['envoy', ['--version'], /^weft .* \(Envoy API /],
    ['istio-iptables', ['-n', '-b', '*', '-d', '15090'], /-A ISTIO_INBOUND -p tcp --dport 15090 -j RETURN/],
    ['weft', ['version'], /^weft /],
  ])('the image answers to the name %s', (program, args, expected) => {
    const run = podman(['exec', `${name}-web`, program, ...args], { netns: netns.name });
    expect(run.stdout, run.stderr).toMatch(expected);
  });
});
