// `weft iptables` for real, in network namespaces of its own: applied, applied again, replaced, cleaned.
import { afterEach, describe, expect, test } from 'vitest';
import { missingForNamespaces, Namespace } from '../../support/netns.js';
import type { Ran } from '../../support/netns.js';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/repository.js';

const missing = missingForNamespaces('iptables-nft-restore', 'iptables-legacy-restore', 'nft');
if (missing !== '') console.warn(`iptables: not tried in network namespaces: ${missing}`);

const WEFT = join(REPOSITORY, 'bin/weft');
const DEFAULT = '-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -b * -d 15090,15021,15020'.split(' ');

const namespaces: Namespace[] = [];
afterEach(() => {
  for (const each of namespaces.splice(0)) each.remove();
});

function pod(): Namespace {
  const namespace = Namespace.create('ipt');
  if (namespace === undefined) throw new Error('no network namespace could be made');
  namespaces.push(namespace);
  return namespace;
}

function weft(namespace: Namespace, ...args: string[]): Ran {
  return namespace.run(process.execPath, [WEFT, 'iptables', ...args]);
}

/** The rules, without counters, times and the headings of tables that hold nothing. */
function saved(namespace: Namespace, kind: string): string {
  const texts = ['iptables', 'ip6tables'].map((family) => namespace.must(`${family}-${kind}-save`));
  return texts
    .join('')
    .split('\n')
    .filter((line) => /^-A|^:ISTIO/.test(line))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n');
}

describe.skipIf(missing !== '').each(['nft', 'legacy'] as const)('iptables-%s', (kind) => {
  const force = `--force-iptables-binary=${kind}`;

  test('the default command gives 18 rules, and a second run changes nothing', () => {
    const namespace = pod();
    const first = weft(namespace, ...DEFAULT, force);
    expect(first).toMatchObject({ status: 0, stdout: `18 rules are in place, by iptables (${kind})\n`, stderr: '' });
    const rules = saved(namespace, kind);
    expect(rules.match(/^-A/gm)).toHaveLength(18);
    expect(weft(namespace, ...DEFAULT)).toMatchObject({ status: 0, stdout: 'the rules are in place already\n' });
    expect(saved(namespace, kind)).toBe(rules);
  });

  test('other options fail and say what differs; --reconcile replaces', () => {
    const namespace = pod();
    weft(namespace, ...DEFAULT, force);
    const rules = saved(namespace, kind);
    const other = weft(namespace, ...DEFAULT, '-x', '10.0.0.0/8');
    expect(other.status).toBe(1);
    expect(other.stderr).toContain('missing (ipv4, nat): -A ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN');
    expect(saved(namespace, kind)).toBe(rules);
    expect(weft(namespace, ...DEFAULT, '-x', '10.0.0.0/8', '--reconcile').status).toBe(0);
    expect(saved(namespace, kind)).toContain('-A ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN');
    expect(saved(namespace, kind)).not.toContain('GUARD');
  });

  test('--cleanup-only leaves no trace, and what others have made', () => {
    const namespace = pod();
    namespace.must(`iptables-${kind}`, '-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '9', '-j', 'ACCEPT');
    const before = saved(namespace, kind);
    expect(weft(namespace, ...DEFAULT, force).status).toBe(0);
    expect(weft(namespace, '--cleanup-only')).toMatchObject({ status: 0, stdout: 'all rules are removed\n' });
    expect(saved(namespace, kind)).toBe(before);
    expect(weft(namespace, '--cleanup-only').stdout).toBe('there were no rules to remove\n');
  });
});
