import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LookupFamily } from '../../../host/compile/cluster_discovery.js';
import { DnsResolver, type DnsResolverOptions } from '../../../host/cluster/dns_resolver.js';
import { HostsFile, parseHosts } from '../../../host/cluster/hosts_file.js';
import { parseResolvConf, searchNames } from '../../../host/cluster/resolv_conf.js';
import { DnsServer } from '../../support/dns_server.js';

let server: DnsServer;
const folder = mkdtempSync(join(tmpdir(), 'weft-dns-'));
const hostsPath = join(folder, 'hosts');

beforeAll(async () => {
  server = await DnsServer.start();
  writeFileSync(hostsPath, '127.0.0.9 filed.test\n::9 filed.test six.test\n');
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  Object.assign(server.zone, { ttl: 60, rcode: 0 });
  server.questions.length = 0;
  server.zone.names.clear();
  server.zone.names.set('both.test', ['10.0.0.1', '10.0.0.2', 'fd00::1']);
  server.zone.names.set('four.test', ['10.0.0.4']);
  server.zone.names.set('db.ns.svc.cluster.test', ['10.0.0.5']);
});

function resolver(options: DnsResolverOptions = {}): DnsResolver {
  return new DnsResolver({
    servers: [server.address],
    hosts: new HostsFile(hostsPath),
    search: { domains: ['ns.svc.cluster.test', 'svc.cluster.test'], ndots: 5 },
    timeout: 100,
    tries: 1,
    ...options,
  });
}

const addresses = async (name: string, family: LookupFamily = 'v4_only', options: DnsResolverOptions = {}) => {
  const resolution = await resolver(options).resolve(name, family);
  return 'error' in resolution ? resolution.error : resolution.addresses.join();
};

test.each<[LookupFamily, string, string]>([
  ['auto', 'both.test.', 'fd00::1'],
  ['auto', 'four.test.', '10.0.0.4'],
  ['v4_only', 'both.test.', '10.0.0.1,10.0.0.2'],
  ['v6_only', 'both.test.', 'fd00::1'],
  ['v6_only', 'four.test.', ''],
  ['v4_preferred', 'both.test.', '10.0.0.1,10.0.0.2'],
  ['all', 'both.test.', 'fd00::1,10.0.0.1,10.0.0.2'],
])('dns_lookup_family %s of %s gives %j', async (family, name, expected) => {
  expect(await addresses(name, family)).toBe(expected);
});

test('an address is its own answer and asks nobody', async () => {
  expect(await addresses('192.0.2.7')).toBe('192.0.2.7');
  expect(await addresses('fd00::7')).toBe('fd00::7');
  expect(server.questions).toEqual([]);
});

test('/etc/hosts goes before DNS, and is read again when it changes', async () => {
  const hosts = new HostsFile(hostsPath);
  expect(await addresses('FILED.test', 'v4_only', { hosts })).toBe('127.0.0.9');
  expect(await addresses('filed.test', 'auto', { hosts })).toBe('::9');
  expect(server.questions).toEqual([]);
  writeFileSync(hostsPath, '127.0.0.8 filed.test # changed\n');
  utimesSync(hostsPath, 1, 1);
  expect(await addresses('filed.test', 'v4_only', { hosts })).toBe('127.0.0.8');
});

test('names of the local host never leave it', async () => {
  expect(await addresses('localhost', 'auto')).toBe('::1');
  expect(await addresses('a.localhost', 'v4_only')).toBe('127.0.0.1');
  expect(server.questions).toEqual([]);
});

test('search domains and ndots make the names that are asked for', async () => {
  expect(await addresses('db')).toBe('10.0.0.5');
  expect(server.questions).toEqual(['A db.ns.svc.cluster.test']);
  server.questions.length = 0;
  expect(await addresses('four.test')).toBe('10.0.0.4');
  expect(server.questions).toEqual(['A four.test.ns.svc.cluster.test', 'A four.test.svc.cluster.test', 'A four.test']);
  server.questions.length = 0;
  expect(await addresses('four.test', 'v4_only', { useSearchDomains: false })).toBe('10.0.0.4');
  expect(server.questions).toEqual(['A four.test']);
});

test('a name with ndots dots is asked for as it is first; a trailing dot forbids the search', () => {
  const rules = { domains: ['a', 'b'], ndots: 2 };
  expect(searchNames('x.y.z', rules)).toEqual(['x.y.z', 'x.y.z.a', 'x.y.z.b']);
  expect(searchNames('x.y', rules)).toEqual(['x.y.a', 'x.y.b', 'x.y']);
  expect(searchNames('x.', rules)).toEqual(['x']);
});

test('a name that does not exist is an answer; a server that fails or keeps silent is not', async () => {
  expect(await resolver().resolve('nosuch.test.', 'auto')).toEqual({ addresses: [], ttl: undefined });
  server.zone.rcode = 2;
  expect(await addresses('four.test.')).toBe('ESERVFAIL');
  server.zone.rcode = 5;
  expect(await addresses('four.test.')).toBe('EREFUSED');
  server.zone.rcode = -1;
  expect(await addresses('four.test.')).toBe('ETIMEOUT');
});

test('the least TTL of the answers is told', async () => {
  server.zone.ttl = 7;
  expect(await resolver().resolve('both.test.', 'all')).toMatchObject({ ttl: 7 });
});

test('hostile lines of /etc/hosts do no harm', () => {
  const hosts = parseHosts('#\n\n300.1.1.1 a\n::g b\n10.0.0.1\n10.0.0.2\t__proto__ constructor\t\n10.0.0.3 x y#z\n');
  expect([...hosts.keys()]).toEqual(['__proto__', 'constructor', 'x', 'y']);
});

test.each([
  ['search a b\nsearch c d.', ['c', 'd'], 1],
  ['domain e\noptions rotate ndots:5 # x', ['e'], 5],
  ['options ndots:99', ['own'], 15],
  ['search . \n; search z', [], 1],
])('resolv.conf %j', (text, domains, ndots) => {
  expect(parseResolvConf(text, 'host.own')).toEqual({ domains, ndots });
});
