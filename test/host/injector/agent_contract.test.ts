// What the injector tells the agent, read by the agent: variables, arguments, ports.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSidecarEnvironment } from '../../../host/agent/environment.js';
import type { SidecarEnvironment } from '../../../host/agent/environment.js';
import { reservedFor } from '../../../host/agent/reserved_ports.js';
import { pilotFlags, sidecarValues } from '../../../host/cli/agent_commands.js';
import type { Finding } from '../../../host/config/finding.js';
import { AGENT_LOG_LEVELS, Refusal } from '../../../host/injector/grammar.js';
import { DEFAULT_VALUES, inject } from '../../../host/injector/inject.js';
import type { Pod } from '../../../host/injector/inject.js';
import { findProxy } from '../../../host/injector/pod.js';
import { reservedPort } from '../../../host/injector/reserved_ports.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';
import { pods } from '../../support/pods.js';

/** As the kubelet gives it: references to fields filled in, `$$` a dollar sign. */
function environmentOf(pod: Pod): Record<string, string> {
  const filled = new Map([
    ['POD_NAME', 'web-1'],
    ['POD_NAMESPACE', 'shop'],
    ['INSTANCE_IP', '10.0.0.7'],
    ['ISTIO_CPU_LIMIT', '2'],
  ]);
  const env = findProxy(pod.spec)?.env ?? [];
  return Object.fromEntries(
    env.map(({ name, value }) => [name, value?.replaceAll('$$', '$') ?? filled.get(name) ?? '']),
  );
}

function agentOf(pod: Pod): SidecarEnvironment {
  const findings: Finding[] = [];
  const environment = readSidecarEnvironment(environmentOf(pod), {}, findings);
  expect(findings).toEqual([]);
  return environment;
}

function podWith(annotations: Record<string, string>, container: object = {}): Pod {
  return {
    metadata: { name: 'a', annotations },
    spec: { containers: [{ name: 'web', image: 'web:1', ...container }] },
  };
}

function injected(pod: Pod): Pod {
  const { pod: result, decision } = inject(pod, { values: DEFAULT_VALUES });
  expect(decision.outcome).toBe('injected');
  return result;
}

describe('the agent finds', () => {
  test('every probe under the path that the kubelet now asks', () => {
    const probes = {
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: {
        httpGet: { path: '/a b', port: 'http', scheme: 'HTTPS', httpHeaders: [{ name: 'x', value: '$(POD_NAME)' }] },
      },
      livenessProbe: { tcpSocket: { port: 1 }, timeoutSeconds: 9 },
      startupProbe: { grpc: { port: 2, service: 's' } },
      lifecycle: { preStop: { httpGet: { port: 3 } } },
    };
    const pod = injected(podWith({}, probes));
    const { probers } = agentOf(pod).agent;
    const [web] = pod.spec!.containers!;
    const asked = [web.readinessProbe, web.livenessProbe, web.startupProbe, web.lifecycle!.preStop].map(
      (each) => each!.httpGet!.path!,
    );
    expect([...probers.keys()].toSorted()).toEqual(asked.toSorted());
    expect(probers.get('/app-health/web/readyz')?.action).toMatchObject({
      kind: 'http',
      scheme: 'https',
      port: 8080,
      headers: [['x', '$(POD_NAME)']],
    });
    expect(probers.get('/app-health/web/livez')).toEqual({ action: { kind: 'tcp', port: 1 }, timeoutMs: 9000 });
    expect(probers.get('/app-health/web/startupz')?.action).toEqual({ kind: 'grpc', port: 2, service: 's' });
  });

  test('no field of the ProxyConfig unknown that the injector takes', () => {
    const pod = injected(podWith({ 'proxy.istio.io/config': 'connectionSettings: {}' }));
    expect(agentOf(pod).notices).toEqual(['PROXY_CONFIG.connectionSettings has no effect in weft']);
  });

  test('where the application has its metrics', () => {
    const one = injected(podWith({ 'prometheus.io/port': '9090', 'prometheus.io/path': '/m' }));
    expect(agentOf(one).agent.scrapeTargets).toEqual([{ port: 9090, path: '/m' }]);
    const two = injected(podWith({ 'prometheus.istio.io/scrape-targets': '1:/a,2:/b' }));
    expect(agentOf(two).agent.scrapeTargets).toEqual([
      { port: 1, path: '/a' },
      { port: 2, path: '/b' },
    ]);
  });

  test('the port that the kubelet asks it at, whoever has set it', () => {
    const port = 'status.sidecar.istio.io/port';
    const config = 'proxy.istio.io/config';
    expect(agentOf(injected(podWith({}))).agent.statusPort).toBe(15020);
    expect(agentOf(injected(podWith({ [port]: '16020' }))).agent.statusPort).toBe(16020);
    expect(agentOf(injected(podWith({ [config]: 'statusPort: 16021' }))).agent.statusPort).toBe(16021);
    expect(agentOf(injected(podWith({ [port]: '15020', [config]: 'statusPort: 16021' }))).agent.statusPort).toBe(15020);
  });

  test('how long it drains, how many threads it has, how it is intercepted', () => {
    const annotations = {
      'proxy.istio.io/config': 'terminationDrainDuration: 7s\nconcurrency: 3\n',
      'sidecar.istio.io/interceptionMode': 'TPROXY',
    };
    expect(agentOf(injected(podWith(annotations)))).toMatchObject({
      concurrency: 3,
      interception: 'TPROXY',
      drain: { terminationMs: 7000 },
    });
  });
});

test('every injected Pod has an environment that the agent takes', () => {
  fc.assert(
    fc.property(pods, (pod) => {
      const { pod: result, decision } = inject(pod, { values: DEFAULT_VALUES, clusterVersion: '1.33' });
      if (decision.outcome === 'injected') agentOf(result);
    }),
    { seed: FUZZ_SEED, numRuns: 500 },
  );
});

test('weft proxy sidecar takes the arguments', () => {
  const { args } = injected(podWith({ 'sidecar.istio.io/agentLogLevel': 'default:fatal,xds:none' })).spec!
    .containers![1];
  expect(args!.slice(0, 3)).toEqual(['proxy', 'sidecar', '--domain']);
  const values = Object.fromEntries(args!.slice(4).map((arg) => arg.slice(2).split('=')));
  expect(sidecarValues(values)).toMatchObject({ logLevel: 'warning', componentLogLevel: 'misc:error' });
  expect(pilotFlags({ ...values, domain: 'shop.svc.cluster.local' })).toMatchObject({ agentLogLevel: 'critical' });
});

test.each(['none', 'error', 'warn', 'info', 'debug', 'fatal'])(
  'an agent log level %s that is accepted here is accepted there',
  (level) => {
    expect(AGENT_LOG_LEVELS.parse(level)).not.toBeInstanceOf(Refusal);
    expect(pilotFlags({ log_output_level: level }).agentLogLevel).toBeDefined();
  },
);

test('both keep the same ports for the sidecar', () => {
  const all = Array.from({ length: 65535 }, (_, i) => i + 1);
  expect(all.filter((port) => reservedFor(port) !== undefined)).toEqual(
    all.filter((port) => reservedPort(port, 0) !== undefined),
  );
});
