// What `trace` says of a connection is what the kernel does with it: option sets at random, connections at random.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../host/cli/iptables_arguments.js';
import { checkOptions, completeOptions } from '../../../host/iptables/options.js';
import { ruleSet } from '../../../host/iptables/rules.js';
import { simulate } from '../../../host/iptables/simulate.js';
import { missingForNamespaces } from '../../support/netns.js';
import { APPLICATION, connect, ELSEWHERE, listen, POD, PROXY, weft, world } from './pod.js';

const missing = missingForNamespaces('iptables-nft-restore', 'nft', 'setpriv', 'bash');
if (missing !== '') console.warn(`iptables: forecasts not tried in network namespaces: ${missing}`);

const PORTS = [8080, 9000, 15_021];
const SETS = 8;

const list = <T>(...values: T[]): fc.Arbitrary<T[]> => fc.subarray(values);
const options = fc
  .record({
    b: fc.oneof(fc.constant('*'), list(...PORTS).map(String)),
    d: list(...PORTS).map(String),
    i: fc.oneof(fc.constant('*'), list('10.9.0.0/24', 'fd00:9::/64', '127.0.0.2/32', '10.9.0.7/32').map(String)),
    x: list('10.9.0.1/32', 'fd00:9::1/128').map(String),
    q: list(...PORTS).map(String),
    o: list(...PORTS).map(String),
    c: list('eth0', 'tun+').map(String),
    k: list('eth0', 'tap0').map(String),
    u: fc.constantFrom('1337', '1337,1338'),
    g: fc.constantFrom('1337', '1339'),
  })
  .map((given) => Object.entries(given).flatMap(([flag, value]) => [`-${flag}`, value]));

const kinds = fc.constantFrom(
  ['--force-iptables-binary=nft'],
  ['--force-iptables-binary=legacy'],
  ['--native-nftables'],
);

describe.skipIf(missing !== '')('the kernel does what trace says', () => {
  test('for every connection of every set', { timeout: 240_000 }, async () => {
    const there = world();
    try {
      await listen(there.pod, PROXY, [15_001, 15_006]);
      await listen(there.pod, APPLICATION, PORTS);
      await listen(there.elsewhere, APPLICATION, PORTS);
      const seen = new Set<string>();
      for (const [words, kind] of fc.sample(fc.tuple(options, kinds), SETS)) {
        const line = [...words, '--dual-stack', ...kind];
        expect(weft(there.pod, line), line.join(' ')).toMatchObject({ status: 0, stderr: '' });
        const checked = checkOptions(parseArguments(line).given, {});
        if (!('given' in checked)) throw new Error(JSON.stringify(checked));
        const machine = {
          userId: () => undefined,
          hasIpv4: true,
          hasIpv6: true,
          resolvers: () => ({ ipv4: [], ipv6: [] }),
        };
        const { rules } = ruleSet(completeOptions(checked.given, machine));
        for (const [from, user, destination, port] of connections()) {
          const isInbound = from === 'elsewhere';
          const isOwn = [POD.ipv4, POD.ipv6, '127.0.0.1', '127.0.0.2', '::1'].includes(destination);
          const { fate } = simulate(rules[destination.includes(':') ? 'ipv6' : 'ipv4'], {
            direction: isInbound ? 'inbound' : 'outbound',
            protocol: 'tcp',
            source: '',
            destination,
            port,
            interface: isOwn && !isInbound ? 'lo' : 'eth0',
            uid: String(user.uid),
            gid: String(user.gid),
          });
          const arrival = connect(isInbound ? there.elsewhere : there.pod, user, destination, port);
          const forecast = fate.kind === 'redirect' ? fate.port : port;
          seen.add(`${from} ${forecast}`);
          expect(arrival?.port, `${line.join(' ')}: ${from}, ${user.uid}, ${destination} ${port}`).toBe(forecast);
        }
        weft(there.pod, ['--cleanup-only']);
      }
      expect(seen.size).toBeGreaterThan(4);
    } finally {
      there.remove();
    }
  });
});

type Row = ['pod' | 'elsewhere', typeof PROXY, string, number];

function connections(): Row[] {
  const users = [APPLICATION, PROXY, { uid: 1000, gid: 1339 }, { uid: 1338, gid: 1000 }];
  const out = users.flatMap((user, i) =>
    [...Object.values(ELSEWHERE), ...Object.values(POD), '127.0.0.1', '127.0.0.2', '::1'].map((address, j): Row => [
      'pod',
      user,
      address,
      PORTS[(i + j) % PORTS.length],
    ]),
  );
  const inbound = Object.values(POD).flatMap((address) =>
    PORTS.map((port): Row => ['elsewhere', APPLICATION, address, port]),
  );
  return [...out, ...inbound];
}
