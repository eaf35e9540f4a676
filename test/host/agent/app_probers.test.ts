// ISTIO_KUBE_APP_PROBERS and ISTIO_PROMETHEUS_ANNOTATIONS: what is taken, and how the rest is refused.
import { describe, expect, test } from 'vitest';
import { readAppProbers, requestPath } from '../../../host/agent/app_probers.js';
import { readScrapeTargets } from '../../../host/agent/scrape_targets.js';
import type { Finding } from '../../../host/config/finding.js';

function probers(value: unknown): { all: ReturnType<typeof readAppProbers>; findings: Finding[] } {
  const findings: Finding[] = [];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { all: readAppProbers({ env: { ISTIO_KUBE_APP_PROBERS: text }, findings }), findings };
}

function targets(value: unknown): { all: ReturnType<typeof readScrapeTargets>; findings: Finding[] } {
  const findings: Finding[] = [];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { all: readScrapeTargets({ env: { ISTIO_PROMETHEUS_ANNOTATIONS: text }, findings }), findings };
}

describe('probes', () => {
  test("Istio's shapes are read", () => {
    const { all, findings } = probers({
      '/app-health/hello/livez': { httpGet: { port: 80 } },
      '/app-health/hello/readyz': {
        httpGet: { path: 'ready?full', port: 3333, scheme: 'HTTPS', httpHeaders: [{ name: 'Host', value: 'a.b' }] },
        timeoutSeconds: 7,
      },
      '/app-health/hello/startupz': { grpc: { port: 9000, service: 'shop.Cart' } },
      '/app-lifecycle/hello/poststartz': { tcpSocket: { port: 93 } },
    });
    expect(findings).toEqual([]);
    expect(Object.fromEntries(all)).toEqual({
      '/app-health/hello/livez': {
        action: { kind: 'http', scheme: 'http', path: '/', port: 80, host: undefined, headers: [] },
        timeoutMs: 1000,
      },
      '/app-health/hello/readyz': {
        action: {
          kind: 'http',
          scheme: 'https',
          path: '/ready?full',
          port: 3333,
          host: undefined,
          headers: [['Host', 'a.b']],
        },
        timeoutMs: 7000,
      },
      '/app-health/hello/startupz': { action: { kind: 'grpc', port: 9000, service: 'shop.Cart' }, timeoutMs: 1000 },
      '/app-lifecycle/hello/poststartz': { action: { kind: 'tcp', port: 93 }, timeoutMs: Infinity },
    });
  });

  const livez = '/app-health/a/livez';
  const refused: [string, unknown, RegExp][] = [
    ['no JSON', '{', /^ISTIO_KUBE_APP_PROBERS$/],
    ['a list', [], /^ISTIO_KUBE_APP_PROBERS$/],
    ['a path of ours', { '/quitquitquit': { tcpSocket: { port: 1 } } }, /^ISTIO_KUBE_APP_PROBERS$/],
    [
      'a path with a slash in the container',
      { '/app-health/a/b/livez': { tcpSocket: { port: 1 } } },
      /^ISTIO_KUBE_APP_PROBERS$/,
    ],
    [
      'a lifecycle word under health',
      { '/app-health/a/prestopz': { tcpSocket: { port: 1 } } },
      /^ISTIO_KUBE_APP_PROBERS$/,
    ],
    ['two kinds at once', { [livez]: { tcpSocket: { port: 1 }, httpGet: { port: 1 } } }, /livez"\]$/],
    ['no kind', { [livez]: { timeoutSeconds: 1 } }, /livez"\]$/],
    ['a named port', { [livez]: { httpGet: { port: 'http' } } }, /\.httpGet\.port$/],
    ['a port too large', { [livez]: { tcpSocket: { port: 65536 } } }, /\.tcpSocket\.port$/],
    ['a fraction of a port', { [livez]: { grpc: { port: 1.5 } } }, /\.grpc\.port$/],
    ['a timeout below zero', { [livez]: { tcpSocket: { port: 1 }, timeoutSeconds: -1 } }, /\.timeoutSeconds$/],
    ['a scheme that is none', { [livez]: { httpGet: { port: 1, scheme: 'ftp' } } }, /\.scheme$/],
    [
      'a header with a line break',
      { [livez]: { httpGet: { port: 1, httpHeaders: [{ name: 'a', value: 'b\r\nc: d' }] } } },
      /\.httpHeaders\[0\]$/,
    ],
    [
      'a header name with a colon',
      { [livez]: { httpGet: { port: 1, httpHeaders: [{ name: 'a:', value: '' }] } } },
      /\.httpHeaders\[0\]$/,
    ],
    ['a host with a slash', { [livez]: { httpGet: { port: 1, host: 'a/b' } } }, /\.host$/],
    ['a prototype', '{"__proto__": {"tcpSocket": {"port": 1}}}', /^ISTIO_KUBE_APP_PROBERS$/],
  ];
  test.each(refused)('%s is refused by name, value and what is allowed', (_claim, value, path) => {
    const { all, findings } = probers(value);
    expect(all.size).toBe(0);
    expect(findings).toHaveLength(1);
    expect(findings[0].path).toMatch(path);
    expect(findings[0]).toMatchObject({ code: 'WEFT1510', value: expect.any(String), allowed: expect.any(String) });
  });

  test.each([
    ['', '/'],
    ['ready', '/ready'],
    ['/a b', '/a%20b'],
    ['/a\r\nx: y', '/a%0D%0Ax:%20y'],
    ['/ä?q=1#top', '/%C3%A4?q=1'],
    ['/%zz', '/%zz'],
  ])('the path %j is asked for as %j', (path, expected) => {
    expect(requestPath(path)).toBe(expected);
  });
});

describe('metrics of the application', () => {
  const taken: [unknown, object[]][] = [
    [{ scrape: 'true', path: '/m', port: '8080' }, [{ port: 8080, path: '/m' }]],
    [{ scrape: 'true', path: '', port: '' }, [{ port: 80, path: '/metrics' }]],
    [{ scrape: 'false', path: '/m', port: '8080' }, []],
    [
      {
        scrape: 'true',
        targets: [
          { port: '1', path: '' },
          { port: '2', path: 'x' },
        ],
      },
      [
        { port: 1, path: '/metrics' },
        { port: 2, path: '/x' },
      ],
    ],
    ['', []],
  ];
  test.each(taken)('%j', (value, expected) => {
    expect(targets(value)).toEqual({ all: expected, findings: [] });
  });

  test.each([
    ['no JSON', 'scrape', 'ISTIO_PROMETHEUS_ANNOTATIONS'],
    ['a name', { port: 'http' }, 'ISTIO_PROMETHEUS_ANNOTATIONS.port'],
    ['the agent itself', { port: '15020' }, 'ISTIO_PROMETHEUS_ANNOTATIONS.port'],
    ['the agent itself, disguised', { port: '015020' }, 'ISTIO_PROMETHEUS_ANNOTATIONS.port'],
    [
      'one of ours among several',
      { targets: [{ port: '80' }, { port: '15090' }] },
      'ISTIO_PROMETHEUS_ANNOTATIONS.targets[1].port',
    ],
    ['another host', { port: '80@evil.example:80' }, 'ISTIO_PROMETHEUS_ANNOTATIONS.port'],
    ['targets that are no list', { targets: 'a' }, 'ISTIO_PROMETHEUS_ANNOTATIONS.targets'],
  ])('%s is refused', (_claim, value, path) => {
    const { findings } = targets(value);
    expect(findings).toMatchObject([{ code: 'WEFT1510', path }]);
  });
});
