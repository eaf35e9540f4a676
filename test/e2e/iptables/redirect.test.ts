// The rules do what they are for: connections of a Pod arrive at its proxy, with their original destination, and the proxy's own do not.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingForNamespaces } from '../../support/netns.js';
import { APPLICATION, connect, ELSEWHERE, listen, POD, PROXY, weft, world } from './pod.js';
import type { World } from './pod.js';

const missing = missingForNamespaces('iptables-nft-restore', 'iptables-legacy-restore', 'nft', 'setpriv', 'bash');
if (missing !== '') console.warn(`iptables: redirects not tried in network namespaces: ${missing}`);

const KINDS = {
  nft: ['--force-iptables-binary=nft'],
  legacy: ['--force-iptables-binary=legacy'],
  native: ['--native-nftables'],
};
const DEFAULT = '-p 15001 -z 15006 -u 1337 -i * -b * -d 15090,15021,15020 -o 9001 --dual-stack'.split(' ');
const FAMILIES = ['ipv4', 'ipv6'] as const;

const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

describe.skipIf(missing !== '').each(Object.keys(KINDS) as (keyof typeof KINDS)[])('REDIRECT by %s', (kind) => {
  let there: World;
  beforeAll(async () => {
    there = world();
    expect(weft(there.pod, [...DEFAULT, ...KINDS[kind]])).toMatchObject({ status: 0, stderr: '' });
    await listen(there.pod, PROXY, [15_001, 15_006]);
    await listen(there.pod, APPLICATION, [8080, 15_021]);
    await listen(there.elsewhere, APPLICATION, [9000, 9001]);
  });
  afterAll(() => there.remove());

  test.each(FAMILIES)('a connection into the Pod arrives at 15006 (%s)', (family) => {
    expect(connect(there.elsewhere, APPLICATION, POD[family], 8080)).toMatchObject({
      port: 15_006,
      original: at(POD[family], 8080),
    });
  });

  test.each(FAMILIES)('a connection of the application arrives at 15001 (%s)', (family) => {
    expect(connect(there.pod, APPLICATION, ELSEWHERE[family], 9000)).toMatchObject({
      port: 15_001,
      original: at(ELSEWHERE[family], 9000),
    });
  });

  test.each(FAMILIES)('one to an address where nobody is arrives there too (%s)', (family) => {
    const nobody = family === 'ipv4' ? '192.0.2.9' : '2001:db8::9';
    expect(connect(there.pod, APPLICATION, nobody, 80)).toMatchObject({ port: 15_001, original: at(nobody, 80) });
  });

  test.each(FAMILIES)('what the proxy sends is not captured again (%s)', (family) => {
    expect(connect(there.pod, PROXY, ELSEWHERE[family], 9000)).toMatchObject({ port: 9000 });
  });

  test.each(FAMILIES)('what the proxy sends to its own Pod enters as inbound (%s)', (family) => {
    expect(connect(there.pod, PROXY, POD[family], 8080)).toMatchObject({
      port: 15_006,
      original: at(POD[family], 8080),
    });
  });

  test.each(FAMILIES)('the application reaches itself by its own address without the proxy (%s)', (family) => {
    expect(connect(there.pod, APPLICATION, POD[family], 8080)).toMatchObject({ port: 8080 });
  });

  test.each(['127.0.0.1', '::1'])('containers of the Pod reach each other by %s', (loopback) => {
    expect(connect(there.pod, APPLICATION, loopback, 8080)).toMatchObject({ port: 8080 });
    expect(connect(there.pod, PROXY, loopback, 8080)).toMatchObject({ port: 8080 });
  });

  test.each(FAMILIES)('ports that are left out stay out, in and out (%s)', (family) => {
    expect(connect(there.elsewhere, APPLICATION, POD[family], 15_021)).toMatchObject({ port: 15_021 });
    expect(connect(there.pod, APPLICATION, ELSEWHERE[family], 9001)).toMatchObject({ port: 9001 });
  });

  test('the address that the proxy reaches the application from is there', () => {
    expect(there.pod.must('ip', '-6', 'addr', 'show', 'dev', 'lo')).toContain('::6/128');
  });
});

describe.skipIf(missing !== '').each(Object.keys(KINDS) as (keyof typeof KINDS)[])('TPROXY by %s', (kind) => {
  let there: World;
  beforeAll(async () => {
    there = world();
    const options = [...DEFAULT, '-m', 'TPROXY', ...KINDS[kind]];
    expect(weft(there.pod, options)).toMatchObject({ status: 0, stderr: '' });
    expect(weft(there.pod, options)).toMatchObject({ status: 0, stdout: 'the rules are in place already\n' });
    // As Istio runs it: user 0 for its transparent sockets, group 1337 for the rules.
    await listen(there.pod, { uid: 0, gid: 1337 }, [15_001, 15_006], '--transparent');
    await listen(there.pod, APPLICATION, [8080, 15_021]);
    await listen(there.elsewhere, APPLICATION, [9000]);
  });
  afterAll(() => there.remove());

  test.each(FAMILIES)('a connection into the Pod arrives with its addresses as they were (%s)', (family) => {
    const destination = at(POD[family], 8080);
    expect(connect(there.elsewhere, APPLICATION, POD[family], 8080)).toEqual({
      port: 15_006,
      local: destination,
      original: destination,
    });
  });

  test.each(FAMILIES)('a connection of the application arrives at 15001 (%s)', (family) => {
    expect(connect(there.pod, APPLICATION, ELSEWHERE[family], 9000)).toMatchObject({
      port: 15_001,
      original: at(ELSEWHERE[family], 9000),
    });
  });

  test.each(FAMILIES)('what is left out stays out (%s)', (family) => {
    expect(connect(there.elsewhere, APPLICATION, POD[family], 15_021)).toMatchObject({ port: 15_021 });
    expect(connect(there.pod, APPLICATION, POD[family], 8080)).toMatchObject({ port: 8080 });
  });

  test('without its listener nothing is let past the proxy', () => {
    const other = world();
    try {
      weft(other.pod, ['-b', '*', '-m', 'TPROXY', ...KINDS[kind]]);
      const answers = other.elsewhere.run('timeout', ['1', 'bash', '-c', `exec 3<>/dev/tcp/${POD.ipv4}/8080`]);
      expect(answers.status).not.toBe(0);
      other.pod.start(process.execPath, ['-e', 'require("net").createServer((s)=>s.end("past")).listen(8080)']);
      expect(connect(other.elsewhere, APPLICATION, POD.ipv4, 8080)).toBeUndefined();
    } finally {
      other.remove();
    }
  });
});
