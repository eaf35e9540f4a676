// What a Pod's environment comes to, and how each bad value is refused.
import { describe, expect, test } from 'vitest';
import { readSidecarEnvironment, type SidecarEnvironment, type SidecarFlags } from '../../../host/agent/environment.js';
import { parseDuration } from '../../../host/agent/variable.js';
import type { Finding } from '../../../host/config/finding.js';

function read(
  env: Record<string, string>,
  flags: SidecarFlags = {},
): { sidecar: SidecarEnvironment; findings: Finding[] } {
  const findings: Finding[] = [];
  return { sidecar: readSidecarEnvironment({ INSTANCE_IP: '10.0.0.7', ...env }, flags, findings), findings };
}

const good = (env: Record<string, string>, flags: SidecarFlags = {}): SidecarEnvironment => {
  const { sidecar, findings } = read(env, flags);
  expect(findings).toEqual([]);
  return sidecar;
};

test('an empty environment has Istio’s defaults', () => {
  expect(good({})).toMatchObject({
    agent: { statusPort: 15020, readyPort: 15021, metricsPort: 15090, podAddress: '10.0.0.7', scrapeTargets: [] },
    drain: { terminationMs: 5000, minimumMs: 5000, waitForAll: false, idleMs: 45_000 },
    adminPort: 15000,
    concurrency: undefined,
    node: { id: 'sidecar~10.0.0.7~unknown.default~default.svc.cluster.local', cluster: 'istio-proxy.default' },
    ipv6: false,
    interception: 'REDIRECT',
    notices: [],
  });
});

describe('PROXY_CONFIG', () => {
  test('what acts', () => {
    const config = {
      concurrency: 3,
      terminationDrainDuration: '20s',
      drainDuration: '1m30s',
      statusPort: 15999,
      proxyAdminPort: 0,
      serviceCluster: 'shop',
      proxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: '30s' },
    };
    expect(good({ PROXY_CONFIG: JSON.stringify(config) })).toMatchObject({
      agent: { statusPort: 15999 },
      drain: { terminationMs: 20_000, minimumMs: 30_000, waitForAll: true, idleMs: 90_000 },
      adminPort: 0,
      concurrency: 3,
      node: { cluster: 'shop' },
    });
  });

  test('variables win over proxyMetadata, flags over both', () => {
    const env = {
      PROXY_CONFIG: JSON.stringify({ concurrency: 3, proxyMetadata: { MINIMUM_DRAIN_DURATION: '1s' } }),
      MINIMUM_DRAIN_DURATION: '2s',
      ISTIO_CPU_LIMIT: '4',
    };
    const sidecar = good(env, { concurrency: 1, serviceCluster: 'flag', domain: 'x.svc' });
    expect(sidecar).toMatchObject({ concurrency: 1, drain: { minimumMs: 2000 }, node: { cluster: 'flag' } });
    expect(sidecar.node.id).toMatch(/~x\.svc$/);
    expect(good({ ISTIO_CPU_LIMIT: '4' }).concurrency).toBe(4);
  });

  test('the minimum is within the whole, but where the last connection is waited for', () => {
    const PROXY_CONFIG = JSON.stringify({ terminationDrainDuration: '2s' });
    expect(good({ PROXY_CONFIG }).drain.minimumMs).toBe(2000);
    expect(good({ PROXY_CONFIG, EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true' }).drain.minimumMs).toBe(5000);
  });

  test('what has no effect is said once, what is the injector’s is not, what is mistyped is guessed', () => {
    const config = {
      holdApplicationUntilProxyStarts: true,
      tracing: {},
      terminationDrainDurations: '1s',
      __proto__x: 1,
    };
    expect(good({ PROXY_CONFIG: JSON.stringify(config) }).notices).toEqual([
      'PROXY_CONFIG.tracing has no effect in weft',
      'PROXY_CONFIG has no field "terminationDrainDurations" (did you mean terminationDrainDuration?)',
      'PROXY_CONFIG has no field "__proto__x"',
    ]);
  });
});

test('an IPv6 Pod', () => {
  expect(good({ INSTANCE_IP: 'fd00::7' })).toMatchObject({ ipv6: true, agent: { podAddress: 'fd00::7' } });
  expect(good({ ISTIO_DUAL_STACK: 'true' }).ipv6).toBe(true);
  const legacy = { REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION: 'true' };
  expect(good({ ...legacy, INSTANCE_IP: 'fd00::7' }).agent.podAddress).toBe('::1');
  expect(good(legacy).agent.podAddress).toBe('127.0.0.1');
});

test.each([
  ['INSTANCE_IP', 'web-0'],
  ['INSTANCE_IP', '10.0.0.7; rm -rf /'],
  ['ENVOY_STATUS_PORT', '70000'],
  ['ENVOY_PROMETHEUS_PORT', '-1'],
  ['POD_NAME', 'web~0'],
  ['POD_NAMESPACE', 'Shop'],
  ['ISTIO_CPU_LIMIT', '500m'],
  ['ISTIO_META_INTERCEPTION_MODE', 'redirect'],
  ['ISTIO_DUAL_STACK', 'yes'],
  ['EXIT_ON_ZERO_ACTIVE_CONNECTIONS', 'maybe'],
  ['MINIMUM_DRAIN_DURATION', '5'],
  ['MINIMUM_DRAIN_DURATION', '-5s'],
  ['TERMINATION_DRAIN_DURATION_SECONDS', '5s'],
  ['PROXY_CONFIG', '{'],
  ['PROXY_CONFIG', 'null'],
])('%s=%s is refused by its name, its value and what is allowed', (name, value) => {
  const { findings } = read({ [name]: value });
  expect(findings).toEqual([
    {
      code: 'WEFT1510',
      severity: 'error',
      path: name,
      message: `the environment variable ${name} has a bad value`,
      value: JSON.stringify(value),
      allowed: expect.any(String),
    },
  ]);
});

test.each([
  ['concurrency', -1],
  ['concurrency', '2'],
  ['statusPort', 65536],
  ['terminationDrainDuration', 5],
  ['terminationDrainDuration', 'soon'],
  ['drainDuration', '100000h'],
  ['serviceCluster', 'a\nb'],
  ['proxyMetadata', []],
])('PROXY_CONFIG.%s of %j is refused', (field, value) => {
  const { findings } = read({ PROXY_CONFIG: JSON.stringify({ [field]: value }) });
  expect(findings).toMatchObject([{ code: 'WEFT1510', path: `PROXY_CONFIG.${field}` }]);
});

test.each([
  ['5s', 5000],
  ['1h2m3s', 3_723_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['0', 0],
  ['0s', 0],
  ['', undefined],
  ['s', undefined],
  ['5 s', undefined],
  ['5d', undefined],
  ['1e3s', undefined],
])('the duration %j is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
