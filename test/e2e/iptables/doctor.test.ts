// `weft doctor` in a Pod of its own: before the rules, with them, and when something is wrong with them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { missingForNamespaces } from '../../support/netns.js';
import { APPLICATION, listen, PROXY, weft, WEFT, world } from './pod.js';
import type { World } from './pod.js';

const missing = missingForNamespaces('iptables-nft-restore', 'nft', 'setpriv');
if (missing !== '') console.warn(`doctor: not tried in network namespaces: ${missing}`);

const OPTIONS = ['-i', '*', '-b', '*', '-u', '1337'];
let there: World;
beforeEach(() => {
  there = world();
});
afterEach(() => there.remove());

interface Check {
  name: string;
  status: string;
  says: string;
}

function doctor(...args: string[]): { status: number | null; of: (name: string) => Check | undefined } {
  const { status, stdout } = there.pod.run(process.execPath, [WEFT, 'doctor', '-o', 'json', ...args]);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { status, of: (name) => checks.find((each) => each.name === name) };
}

describe.skipIf(missing !== '')('weft doctor', () => {
  test('rules: none, as the options say, others', () => {
    expect(doctor().of('rules')).toMatchObject({ status: 'warning', says: 'none are in place' });
    expect(doctor(...OPTIONS)).toMatchObject({ status: 1 });
    weft(there.pod, OPTIONS);
    expect(doctor().of('rules')).toMatchObject({ status: 'ok', says: 'in place, by iptables (nft)' });
    expect(doctor(...OPTIONS)).toMatchObject({ status: 0 });
    expect(doctor(...OPTIONS).of('rules')).toMatchObject({ says: 'as the options say, by iptables (nft)' });
    const other = doctor(...OPTIONS, '-x', '10.0.0.0/8');
    expect(other.status).toBe(1);
    expect(other.of('rules')).toMatchObject({ says: 'missing: -A ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN' });
  });

  test('rules that were made twice, and a guard that was left', () => {
    weft(there.pod, OPTIONS);
    there.pod.must('nft', 'add table inet istio-proxy-nat');
    expect(doctor().of('rules')).toMatchObject({ status: 'failed', says: 'made twice, by iptables (nft) and nft' });
    there.pod.must('nft', 'add table inet istio-proxy-guard');
    expect(doctor().of('rules')).toMatchObject({ status: 'failed', says: 'everything is dropped' });
  });

  test('ports: the proxy’s own, and those that somebody else has', async () => {
    await listen(there.pod, PROXY, [15_001, 15_006, 15_020]);
    expect(doctor().of('port 15001')).toBeUndefined();
    await listen(there.pod, APPLICATION, [15_021]);
    const found = doctor();
    expect(found.status).toBe(1);
    expect(found.of('port 15021')).toMatchObject({ says: "taken by user 1000, which is not the proxy's" });
    expect(doctor('--pre').of('port 15006')).toMatchObject({ status: 'failed', says: 'taken by user 1337' });
  });

  test('--pre says what is missing, and the container’s termination message has it', () => {
    const flags = ['--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    const script = 'f=$(mktemp); touch /dev/termination-log; mount --bind $f /dev/termination-log; "$@"; cat $f; rm $f';
    const command = ['-c', script, 'sh', 'setpriv', ...flags, process.execPath, WEFT, 'doctor', '--pre'];
    // A file in a /dev of this namespace's own.
    const { stdout } = there.pod.run('sh', [
      '-c',
      'mount -t tmpfs none /mnt && cp -a /dev/null /dev/zero /dev/urandom /mnt && mount --bind /mnt /dev && exec sh "$@"',
      'sh',
      ...command,
    ]);
    expect(stdout).toMatch(/^failed +rights +no NET_ADMIN\n +→ it needs the capability NET_ADMIN/m);
    expect(stdout).toMatch(/\n1 problem, \d warnings?\nrights: no NET_ADMIN; it needs the capability NET_ADMIN/);
  });

  test('wrong options are refused as by weft iptables', () => {
    const { status, stderr } = there.pod.run(process.execPath, [WEFT, 'doctor', '-p', '0']);
    expect(status).toBe(2);
    expect(stderr).toContain('--envoy-port does not take "0"');
  });
});
