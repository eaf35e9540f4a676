import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DnsModel } from '../../../host/compile/cluster_discovery.js';
import type { EndpointModel } from '../../../host/compile/cluster_endpoints.js';
import { DnsDiscovery, nextDelay } from '../../../host/cluster/dns_discovery.js';
import type { NameResolver, Resolution } from '../../../host/cluster/dns_resolver.js';
import { formatAddress } from '../../../host/io/address.js';

const dns: DnsModel = {
  lookupFamily: 'auto',
  refreshRate: 5000,
  failureRefresh: undefined,
  minRefreshRate: 1000,
  jitter: 0,
  respectTtl: false,
  servers: [],
  useSearchDomains: true,
  timeout: undefined,
  tries: undefined,
};
const named = (name: string): EndpointModel => ({
  target: { name, port: 80 },
  hostname: name,
  weight: 1,
  health: 'healthy',
  priority: 0,
});

/** Answers with what was last put in; addresses with a space between them, or an error beginning with `!`. */
class ScriptedResolver implements NameResolver {
  answers = new Map<string, string>();
  resolve(name: string): Promise<Resolution> {
    const answer = this.answers.get(name) ?? '';
    if (answer.startsWith('!')) return Promise.resolve({ error: answer });
    return Promise.resolve({ addresses: answer.split(' ').filter(Boolean), ttl: 30 });
  }
  cancel(): void {}
}

let discovery: DnsDiscovery | undefined;
beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  discovery?.close();
  vi.useRealTimers();
});

function discover(names: string[], answers: Record<string, string>, logical = false) {
  const resolver = new ScriptedResolver();
  const log: string[] = [];
  const set = (name: string, answer: string) => resolver.answers.set(name, answer);
  for (const [name, answer] of Object.entries(answers)) set(name, answer);
  discovery = new DnsDiscovery(names.map(named), logical, dns, resolver, {
    attempt: () => log.push('attempt'),
    success: () => log.push('success'),
    failure: (name, error, isNews) => log.push(`failure ${name} ${error}${isNews ? '' : ' again'}`),
    changed: (endpoints) => log.push(endpoints.map((e) => formatAddress(e.address)).join(' ') || 'none'),
  });
  return { log, set, refresh: () => vi.advanceTimersByTimeAsync(dns.refreshRate) };
}

test('a failed resolution keeps the endpoints of the last good one; a name that is gone has none', async () => {
  const { log, set, refresh } = discover(['a'], { a: '10.0.0.1 10.0.0.2' });
  await refresh();
  log.length = 0;
  set('a', '!ESERVFAIL');
  await refresh();
  expect(log).toEqual(['attempt', 'failure a !ESERVFAIL']);
  expect(discovery!.resolved()).toHaveLength(2);
  await refresh();
  expect(log.slice(2)).toEqual(['attempt', 'failure a !ESERVFAIL again']);
  log.length = 0;
  set('a', '');
  await refresh();
  expect(log).toEqual(['attempt', 'success', 'none']);
});

test('STRICT_DNS takes every address once for each name, and keeps the order it knows', async () => {
  const { log, set, refresh } = discover(['a', 'b'], { a: '10.0.0.1 10.0.0.2 10.0.0.1', b: '10.0.0.2 10.0.0.3' });
  await refresh();
  expect(log.at(-1)).toBe('10.0.0.1:80 10.0.0.2:80 10.0.0.2:80 10.0.0.3:80');
  set('a', '10.0.0.9 10.0.0.2 10.0.0.1');
  await refresh();
  expect(log.at(-1)).toBe('10.0.0.1:80 10.0.0.2:80 10.0.0.9:80 10.0.0.2:80 10.0.0.3:80');
});

test('LOGICAL_DNS takes the first address, and keeps it when there is none', async () => {
  const { log, set, refresh } = discover(['a'], { a: '10.0.0.1 10.0.0.2' }, true);
  await refresh();
  expect(log.at(-1)).toBe('10.0.0.1:80');
  set('a', '10.0.0.2 10.0.0.1');
  await refresh();
  expect(log.at(-1)).toBe('10.0.0.2:80');
  set('a', '');
  await refresh();
  expect(discovery!.resolved()).toHaveLength(1);
});

test('addresses that are no addresses are left out', async () => {
  const { log, refresh } = discover(['a'], { a: '10.0.0.1 nonsense ::ffff:1.2.3.4' });
  await refresh();
  expect(log.at(-1)).toBe('10.0.0.1:80 [::ffff:1.2.3.4]:80');
});

test('a closed discovery asks and says nothing more', async () => {
  const { log, refresh } = discover(['a'], { a: '10.0.0.1' });
  await refresh();
  discovery!.close();
  log.length = 0;
  await refresh();
  expect(log).toEqual([]);
});

test.each<[string, Partial<DnsModel>, Resolution, number, number, number]>([
  ['the refresh rate', {}, { addresses: ['10.0.0.1'], ttl: 30 }, 0, 0.5, 5000],
  ['the TTL where it is respected', { respectTtl: true }, { addresses: ['10.0.0.1'], ttl: 30 }, 0, 0.5, 30_000],
  ['not the TTL of nothing', { respectTtl: true }, { addresses: [], ttl: undefined }, 0, 0.5, 5000],
  ['not a TTL of 0', { respectTtl: true }, { addresses: ['10.0.0.1'], ttl: 0 }, 0, 0.5, 5000],
  [
    'not less than dns_min_refresh_rate',
    { respectTtl: true, minRefreshRate: 9000 },
    { addresses: ['10.0.0.1'], ttl: 1 },
    0,
    0.5,
    9000,
  ],
  ['jitter on top', { jitter: 1000 }, { addresses: ['10.0.0.1'], ttl: 30 }, 0, 0.5, 5500],
  ['the refresh rate after a failure', {}, { error: 'x' }, 3, 0.5, 5000],
  ['a back-off after a failure', { failureRefresh: { base: 100, max: 1000 } }, { error: 'x' }, 1, 0.5, 50],
  ['a growing back-off', { failureRefresh: { base: 100, max: 1000 } }, { error: 'x' }, 3, 0.5, 200],
  ['a bounded back-off', { failureRefresh: { base: 100, max: 1000 } }, { error: 'x' }, 2000, 0.999, 999],
  ['at least a millisecond', { failureRefresh: { base: 100, max: 1000 } }, { error: 'x' }, 1, 0, 1],
])('the next resolution waits for %s', (_, changes, resolution, failures, random, expected) => {
  expect(nextDelay({ ...dns, ...changes }, resolution, failures, () => random)).toBe(expected);
});
