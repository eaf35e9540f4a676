// The rules do what they are for: connections of a Pod arrive at its proxy, with their original destination, and the proxy's own do not.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingForNamespaces } from '../../support/netns.js';
import type { Namespace } from '../../support/netns.js';
import { APPLICATION, connect, ELSEWHERE, listen, POD, PROXY, weft, WEFT, world } from './pod.js';
import type { User, World } from './pod.js';

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

/** Sends a datagram to port 53 as that user, as a program that asks a resolver; what it is answered, '' for nothing. */
function ask({ pod }: World, { uid, gid }: User, address: string): string {
  const script = `
    const socket = require('dgram').createSocket(process.argv[1].includes(':') ? 'udp6' : 'udp4');
    socket.connect(53, process.argv[1], () => socket.send('?'));
    socket.on('message', (text) => { console.log(String(text)); process.exit(); });
    socket.on('error', () => process.exit());
    setTimeout(() => process.exit(), 1500);`;
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return pod.run('setpriv', [...user, process.execPath, '-e', script, address]).stdout.trim();
}

/** An agent listens on loopback, as Istio's: by that its answers have the address that redirected queries went to. */
async function resolver(
  namespace: Namespace,
  user: User,
  port: number,
  addresses: Record<'udp4' | 'udp6', string>,
  name: string,
): Promise<void> {
  const script = `
    for (const [type, address] of Object.entries(${JSON.stringify(addresses)})) {
      const socket = require('dgram').createSocket({ type, ipv6Only: type === 'udp6' });
      socket.on('message', (_, { port, address }) => socket.send('${name}', port, address));
      socket.bind(${port}, address, () => console.log('ready'));
    }`;
  const flags = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const child = namespace.start('setpriv', [...flags, process.execPath, '-e', script]);
  await once(child.stdout!, 'data');
}

describe.skipIf(missing !== '').each(Object.keys(KINDS) as (keyof typeof KINDS)[])('DNS by %s', (kind) => {
  let there: World;
  beforeAll(async () => {
    there = world();
    await resolver(there.pod, PROXY, 15_053, { udp4: '127.0.0.1', udp6: '::1' }, 'the agent');
    const everywhere = { udp4: '0.0.0.0', udp6: '::' };
    await resolver(there.elsewhere, { uid: 0, gid: 0 }, 53, everywhere, 'the resolver');
  });
  afterAll(() => there.remove());

  test('queries to the resolvers of resolv.conf go to the agent, its own to them', () => {
    const text = `nameserver ${ELSEWHERE.ipv4}\nnameserver ${ELSEWHERE.ipv6}\n`;
    // `ip netns exec` has mounts of its own.
    const script = 'f=$(mktemp) && printf "$1" > $f && mount --bind $f /etc/resolv.conf && rm $f; shift; exec "$@"';
    const command = [process.execPath, WEFT, 'iptables', ...DEFAULT, '--redirect-dns', ...KINDS[kind]];
    const ran = there.pod.run('sh', ['-c', script, 'sh', text, ...command]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    for (const address of [ELSEWHERE.ipv4, ELSEWHERE.ipv6]) {
      expect(ask(there, APPLICATION, address)).toBe('the agent');
      expect(ask(there, PROXY, address)).toBe('the resolver');
    }
    weft(there.pod, ['--cleanup-only']);
    expect(ask(there, APPLICATION, ELSEWHERE.ipv4)).toBe('the resolver');
  });

  test('--capture-all-dns takes those to everybody', () => {
    const options = [...DEFAULT, '--redirect-dns', '--capture-all-dns', ...KINDS[kind]];
    expect(weft(there.pod, options)).toMatchObject({ status: 0, stderr: '' });
    expect(ask(there, APPLICATION, '192.0.2.53')).toBe('the agent');
    expect(ask(there, APPLICATION, '2001:db8::53')).toBe('the agent');
    expect(ask(there, PROXY, ELSEWHERE.ipv4)).toBe('the resolver');
    weft(there.pod, ['--cleanup-only']);
  });
});
