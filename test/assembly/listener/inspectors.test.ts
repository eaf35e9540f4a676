// Listener filters over golden bytes with Envoy's verdicts (test/golden/listener; WEFT_RECORD=1 of the differential run writes them): each
// fed whole, cut at every byte, and with other bytes behind the end of what has come.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listenerFilter, ListenerWorld, type Verdict } from '../../support/listener_world.js';
import { REPOSITORY } from '../../support/repository.js';

interface Golden {
  name: string;
  bytes: string; // base64
  chain: string | null;
  serverName?: string;
  remote?: string;
  local?: string;
}

const LONG = 3000; // bytes from which a case is cut at some places only

function golden(file: string): Golden[] {
  return JSON.parse(readFileSync(join(REPOSITORY, `test/golden/listener/${file}.json`), 'utf8')) as Golden[];
}

function every(length: number): number[] {
  const step = length > LONG ? 997 : 1;
  return Array.from({ length: Math.ceil((length - 1) / step) }, (_, i) => 1 + i * step);
}

function expected({ chain, serverName, remote, local }: Golden): Partial<Golden> {
  // Envoy's log writes what can be no host name in another way.
  const name = serverName?.startsWith('invalid:') ? undefined : serverName;
  return { chain, ...(name ? { serverName: name } : {}), ...(remote ? { remote } : {}), ...(local ? { local } : {}) };
}

function told({ chain, serverName, remote, local }: Verdict, { serverName: golden }: Golden): Partial<Golden> {
  const name = golden?.startsWith('invalid:') ? undefined : serverName;
  return { chain, ...(name ? { serverName: name } : {}), ...(remote ? { remote } : {}), ...(local ? { local } : {}) };
}

describe.each([
  ['class 58: tls_inspector', 'tls_inspector', ['tls_inspector']],
  ['http_inspector', 'http_inspector', ['http_inspector']],
  ['class 63: proxy_protocol', 'proxy_protocol', ['proxy_protocol', 'http_inspector']],
])('%s', (_, file, filters) => {
  const world = new ListenerWorld(filters.map((name) => listenerFilter(name)));
  const cases = golden(file);

  test.each(cases)('$name', (each) => {
    const bytes = Buffer.from(each.bytes, 'base64');
    const whole = world.feed(bytes);
    expect(told(whole, each)).toEqual(expected(each));
    expect(world.feed(bytes, every(bytes.length))).toEqual({ ...whole, consumed: expect.any(Number) as number });
    world.poison = 0x0a;
    expect(world.feed(bytes, [1, bytes.length >> 1])).toEqual(whole);
    world.poison = 0x23;
    expect(world.leftovers()).toBe(0);
  });
});

test('the bytes of a ClientHello and of a request stay in the kernel, those of a PROXY header do not', () => {
  const world = new ListenerWorld(['proxy_protocol', 'http_inspector'].map((name) => listenerFilter(name)));
  const header = 'PROXY TCP4 10.1.2.3 10.9.9.9 1234 80\r\n';
  expect(world.feed(Buffer.from(`${header}GET / HTTP/1.1\r\n`)).consumed).toBe(header.length);
});

function disabledFor(start: number, end: number): ListenerWorld {
  const filter_disabled = { destination_port_range: { start, end } };
  return new ListenerWorld([
    listenerFilter('http_inspector', {}, { filter_disabled }),
    listenerFilter('tls_inspector'),
  ]);
}

test('a listener filter that is disabled for a port is left out there', () => {
  const request = Buffer.from('GET / HTTP/1.1\r\n');
  expect(disabledFor(10000, 10001).feed(request).chain).toBe('raw');
  expect(disabledFor(10001, 10002).feed(request).chain).toBe('http/1.1');
});
