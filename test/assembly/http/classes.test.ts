// The classes of failure of reliability.md that the connection manager decides, through configuration, parser and writer.
import { expect, test } from 'vitest';
import { CoreHeads } from '../../differential/heads/core.js';
import type { Group, Seen } from '../../differential/heads/group.js';

const heads = new CoreHeads();
const CLIENT = '203.0.113.7';

function ask(hcm: Group['hcm'], requests: readonly string[][], peer = CLIENT): Seen[] {
  const response = ['HTTP/1.1 200 OK', 'content-length: 0'];
  const cases = requests.map((request) => ({ name: '', request, response }));
  return heads.ask({ hcm, router: {}, route: {}, peer, cases });
}

function withHeaders(...headers: string[]): string[] {
  return ['GET / HTTP/1.1', 'host: a.example', ...headers];
}

function to(target: string): string[] {
  return [`GET ${target} HTTP/1.1`, 'host: a.example'];
}

function value(lines: readonly string[] | null, name: string): string | undefined {
  return lines?.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
}

// CVE-2024-45806 and its kind.
test('class 44: an external client cannot speak as an internal one', () => {
  const trusted =
    'x-envoy-internal x-envoy-external-address x-envoy-decorator-operation x-envoy-downstream-service-cluster ' +
    'x-envoy-downstream-service-node x-envoy-retry-on x-envoy-retry-grpc-on x-envoy-max-retries x-envoy-original-path ' +
    'x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-timeout-ms x-envoy-upstream-rq-per-try-timeout-ms x-envoy-ip-tags ' +
    'x-envoy-upstream-rq-timeout-alt-response x-envoy-expected-rq-timeout-ms x-envoy-force-trace x-envoy-original-url ' +
    'x-envoy-hedge-on-per-try-timeout x-envoy-retriable-status-codes x-envoy-retriable-header-names x-envoy-original-host ' +
    'x-forwarded-client-cert x-forwarded-proto x-request-id';
  for (const name of trusted.split(' ')) {
    for (const spoofed of [name, name.toUpperCase()]) {
      const [{ upstream }] = ask({ use_remote_address: true }, [withHeaders(`${spoofed}: spoof`, `${spoofed}: spoof`)]);
      expect(upstream?.join('\n'), name).not.toContain('spoof');
    }
  }
});

test('class 44: x-forwarded-for ends with the address of the peer, whatever stood there', () => {
  for (const said of ['127.0.0.1', '10.0.0.1, 10.0.0.2', ', ,', '::1', 'unknown']) {
    const [{ upstream }] = ask({ use_remote_address: true }, [withHeaders(`x-forwarded-for: ${said}`)]);
    expect(value(upstream, 'x-forwarded-for')).toBe(`${said},${CLIENT}`);
    expect(value(upstream, 'x-envoy-external-address')).toBe(CLIENT);
  }
});

// CVE-2026-39858
test('class 45: a name with an underscore is dropped or refused as configured', () => {
  const request = withHeaders('x_forwarded_proto: https', 'x-a_b: c', 'x-c: d_e');
  const action = (headers_with_underscores_action: string) =>
    ask({ common_http_protocol_options: { headers_with_underscores_action } }, [request])[0];
  expect(action('DROP_HEADER').upstream?.filter((line) => line.split(':')[0].includes('_'))).toEqual([]);
  expect(value(action('DROP_HEADER').upstream, 'x-c')).toBe('d_e');
  expect(action('REJECT_REQUEST').upstream).toBeNull();
  expect(action('ALLOW').upstream).toContain('x_forwarded_proto: https');
});

// CVE-2024-45410
test('class 46: Connection cannot strip what this proxy says about the client', () => {
  for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'X-Forwarded-For']) {
    const [{ upstream, answer }] = ask({ use_remote_address: true }, [withHeaders(`connection: close, ${name}`)]);
    expect(upstream).toBeNull();
    expect(answer[0]).toBe('HTTP/1.1 400 Bad Request');
  }
  for (const name of ['x-request-id', 'x-envoy-external-address', 'x-envoy-internal']) {
    const [{ upstream }] = ask({ use_remote_address: true }, [withHeaders(`connection: ${name}`)]);
    expect(value(upstream, 'x-request-id')).toBe('<uuid>');
    expect(value(upstream, 'x-envoy-external-address')).toBe(CLIENT);
  }
});

// CVE-2023-35944
test('class 47: the scheme is read in any case, and a client cannot claim encryption at the edge', () => {
  const [http, upper, https, mixed] = ask(
    { use_remote_address: true },
    ['http://b.example/x', 'HTTP://b.example/x', 'https://b.example/x', 'HtTpS://b.example/x'].map(to),
  );
  for (const { upstream } of [http, upper]) expect(value(upstream, 'x-forwarded-proto')).toBe('http');
  for (const { upstream, answer } of [https, mixed]) {
    expect(upstream).toBeNull();
    expect(answer[0]).toBe('HTTP/1.1 403 Forbidden');
  }
});

// CVE-2021-39155
test('class 41: ports and the trailing dot are stripped from Host as configured', () => {
  const hosts = ['a.example', 'a.example:80', 'a.example.', 'a.example.:8080', 'a.example:443'];
  const requests = hosts.map((host) => ['GET / HTTP/1.1', `host: ${host}`]);
  const seen = ask({ strip_any_host_port: true, strip_trailing_host_dot: true }, requests);
  for (const { upstream } of seen) expect(value(upstream, 'host')).toBe('a.example');
});

const PATH_OPTIONS = [
  {},
  { normalize_path: true, merge_slashes: true },
  { normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT' },
  { path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' },
];

test('class 21: no encoded control character of a path is written plain', () => {
  const escapes = Array.from({ length: 256 }, (_, i) => `%${i.toString(16).padStart(2, '0')}`);
  const paths = escapes.flatMap((escape) => [`/a${escape}b`, `/a/..${escape}/b`, `/%2f${escape}`, `/a?${escape}`]);
  for (const hcm of PATH_OPTIONS) {
    for (const { upstream, answer } of ask(
      hcm,
      paths.map((path) => [`GET ${path} HTTP/1.1`, 'host: a.example']),
    )) {
      for (const line of [...(upstream ?? []), ...answer]) expect(line).toMatch(/^[\x20-\x7e]*$/);
      expect(upstream?.[0] ?? 'GET / HTTP/1.1').toMatch(/^GET \/[\x21-\x7e]* HTTP\/1\.1$/);
    }
  }
});

// CVE-2019-9901, CVE-2021-29492
test('classes 38 and 39: what a normalized path comes to is normal', () => {
  const pieces = ['/', '/', '.', '..', '%2e', '%2E', '%2f', '%5C', '\\', 'a', 'b', '%', '%%', '41', '%41', '%25', '?'];
  const [, normal] = PATH_OPTIONS;
  let seed = 7;
  const next = (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const paths = Array.from({ length: 5000 }, () => {
    return `/${Array.from({ length: 1 + next(9) }, () => pieces[next(pieces.length)]).join('')}`;
  });
  const once = ask(normal, paths.map(to)).flatMap(({ upstream }) => (upstream ? [upstream[0].split(' ')[1]] : []));
  const twice = ask(normal, once.map(to)).map(({ upstream }) => upstream?.[0].split(' ')[1]);
  expect(once.length).toBeGreaterThan(4000);
  for (const [i, path] of once.entries()) {
    const proper = path.split('?')[0];
    expect(proper, paths[i]).not.toMatch(/\/\.{1,2}(?:\/|$)|\\|%2e|%41|^[^/]/i);
    if (proper !== '//') expect(proper).not.toContain('//');
    expect(twice[i]?.split('?')[0], path).toBe(proper);
  }
});
