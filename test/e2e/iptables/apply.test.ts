// `weft iptables` for real, in network namespaces of its own: applied, applied again, replaced, cleaned.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { hasProgram, missingForNamespaces, Namespace } from '../../support/netns.js';
import type { Ran } from '../../support/netns.js';
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

describe.skipIf(missing !== '')('what cannot be done is said in one sentence, and nothing is half done', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-ipt-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function program(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  const NO_ADMIN = [
    ['a user without rights', ['--reuid=1337', '--regid=1337', '--clear-groups']],
    ['root without NET_ADMIN', ['--bounding-set=-net_admin', '--inh-caps=-net_admin']],
  ] as const;
  test.each(NO_ADMIN)('%s', (_who, flags) => {
    const namespace = pod();
    const ran = namespace.run('setpriv', [...flags, process.execPath, WEFT, 'iptables', ...DEFAULT]);
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error\[WEFT1901\]: .*NET_ADMIN.*nothing was changed\nSee `weft help WEFT1901`\.\n$/);
    expect(saved(namespace, 'nft')).toBe('');
  });

  test.skipIf(!hasProgram('setcap'))(
    'a user without rights may use programs that have them by capabilities of their files',
    () => {
      const namespace = pod();
      // `ip netns exec` has mounts of its own: a copy of the program with the capability, in the place of the one without.
      const script = `cp "$(readlink -f "$(command -v iptables-nft-save)")" ${folder}/capable &&
      setcap cap_net_admin,cap_net_raw+ep ${folder}/capable && chmod 755 ${folder} &&
      for f in iptables ip6tables; do for v in save restore; do ln -sf capable ${folder}/$f-nft-$v; done; done &&
      exec setpriv --reuid=1337 --regid=1337 --clear-groups "$@"`;
      const args = ['-c', script, 'sh', process.execPath, WEFT, 'iptables', ...DEFAULT];
      const ran = namespace.run('sh', args, { env: { PATH: `${folder}:${process.env.PATH}` } });
      for (const name of [
        'capable',
        'iptables-nft-save',
        'iptables-nft-restore',
        'ip6tables-nft-save',
        'ip6tables-nft-restore',
      ])
        rmSync(join(folder, name), { force: true });
      expect(ran).toMatchObject({ status: 0, stdout: '18 rules are in place, by iptables (nft)\n', stderr: '' });
    },
  );

  test.each([
    ['no iptables', DEFAULT, /^error\[WEFT1902\]: iptables-restore is not installed: .*nothing was changed\n/],
    ['no nft', ['--native-nftables'], /^error\[WEFT1902\]: nft is not installed, .*nothing was changed\n/],
    ['no legacy iptables', ['--force-iptables-binary=legacy'], /^error\[WEFT1902\]: iptables-legacy-restore is not/],
  ])('%s', (_what, args, sentence) => {
    const namespace = pod();
    // `ip netns exec` has mounts of its own.
    const script = `for d in /usr/sbin /sbin; do mount --bind ${folder} $d; done; exec "$@"`;
    const ran = namespace.run('sh', ['-c', script, 'sh', process.execPath, WEFT, 'iptables', ...args]);
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toMatch(sentence);
  });

  test('a family that fails takes the other one back', () => {
    const namespace = pod();
    program(
      'ip6tables-nft-restore',
      'case "$*" in *--test*) exec cat > /dev/null;; esac; echo "line 3 failed" >&2; exit 1',
    );
    namespace.must('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1');
    namespace.must('ip', 'addr', 'add', '10.9.0.7/24', 'dev', 'eth0');
    namespace.must('ip', '-6', 'addr', 'add', 'fd00:9::7/64', 'dev', 'eth0', 'nodad');
    for (const name of ['eth0', 'eth1']) namespace.must('ip', 'link', 'set', name, 'up');
    const before = namespace.must('nft', 'list', 'ruleset');
    const args = [WEFT, 'iptables', ...DEFAULT, '-m', 'TPROXY', '--dual-stack'];
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const ran = namespace.run(process.execPath, args, { env });
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toBe(
      'error[WEFT1904]: ip6tables-nft-restore failed: line 3 failed\n  line 3: -N ISTIO_TPROXY\nSee `weft help WEFT1904`.\n',
    );
    expect(namespace.must('nft', 'list', 'ruleset')).toBe(before);
    expect(namespace.must('ip', 'rule')).not.toContain('0x539');
    expect(namespace.must('ip', '-6', 'addr', 'show', 'dev', 'lo')).not.toContain('::6/128');
  });

  test.each([
    ['iptables-nft', 'iptables-nft-save', 'iptables (legacy)'],
    ['nft', 'nft', 'iptables (nft)'],
  ])('a kernel that does not know the tables of %s is no hindrance', (_kind, name, used) => {
    program(name, 'echo "Could not fetch rule set generation id: Invalid argument" >&2; exit 1');
    const namespace = pod();
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const ran = namespace.run(process.execPath, [WEFT, 'iptables', ...DEFAULT], { env });
    expect(ran).toMatchObject({ status: 0, stdout: `18 rules are in place, by ${used}\n`, stderr: '' });
    rmSync(join(folder, name));
  });

  test('a replacement that fails leaves everything dropped, and says so; the next run mends it', () => {
    const namespace = pod();
    const force = '--force-iptables-binary=nft';
    weft(namespace, ...DEFAULT, force);
    const real = namespace.must('sh', '-c', 'command -v iptables-nft-restore').trim();
    program(
      'iptables-nft-restore',
      `t=$(cat); case "$*$t" in *--test*|*GUARD*) echo "$t" | ${real} "$@"; exit $?;; esac; echo "Killed by a test" >&2; exit 1`,
    );
    const args = [WEFT, 'iptables', ...DEFAULT, force, '-x', '10.0.0.0/8', '--reconcile'];
    const ran = namespace.run(process.execPath, args, { env: { PATH: `${folder}:${process.env.PATH}` } });
    rmSync(join(folder, 'iptables-nft-restore'));
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('iptables-nft-restore failed: Killed by a test\n');
    expect(ran.stderr).toContain('  TCP and UDP stay dropped, so that nothing passes the proxy, until a run succeeds');
    expect(saved(namespace, 'nft')).toContain('-A OUTPUT -j ISTIO_GUARD');
    expect(weft(namespace, ...DEFAULT, force).stdout).toBe('the rules are in place already\n');
    expect(saved(namespace, 'nft')).not.toContain('GUARD');
  });

  test('a group that nobody has', () => {
    const env = { ISTIO_OUTBOUND_OWNER_GROUPS: 'nobody-has-this' };
    const ran = pod().run(process.execPath, [WEFT, 'iptables', ...DEFAULT], { env });
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('there is no group nobody-has-this in /etc/group here');
  });
});

describe.skipIf(missing !== '')('around the rules', () => {
  test('runs at the same time come one after the other', async () => {
    const namespace = pod();
    const [file, args] = namespace.command(process.execPath, [WEFT, 'iptables', ...DEFAULT]);
    const run = promisify(execFile);
    const ends = await Promise.all(Array.from({ length: 4 }, () => run(file, args)));
    expect(ends.map(({ stdout }) => stdout).sort()).toEqual([
      '18 rules are in place, by iptables (nft)\n',
      ...Array.from({ length: 3 }, () => 'the rules are in place already\n'),
    ]);
    expect(saved(namespace, 'nft').match(/^-A/gm)).toHaveLength(18);
  });

  test('--network-namespace works from outside, by name and by path', () => {
    const namespace = pod();
    const outside = pod();
    expect(weft(outside, ...DEFAULT, '--network-namespace', namespace.name).status).toBe(0);
    expect(saved(namespace, 'nft')).toContain('ISTIO_OUTPUT');
    expect(saved(outside, 'nft')).toBe('');
    const path = `/var/run/netns/${namespace.name}`;
    expect(weft(outside, ...DEFAULT, '--network-namespace', path).stdout).toBe('the rules are in place already\n');
    expect(weft(outside, '--cleanup-only', '--network-namespace', path).status).toBe(0);
    expect(saved(namespace, 'nft')).toBe('');
  });

  test.each(['no-such-namespace', '/dev/null', '/proc/self/ns/mnt'])('%s is no network namespace', (name) => {
    const ran = weft(pod(), ...DEFAULT, '--network-namespace', name);
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error\[WEFT1906\]: the network namespace \S+ cannot be entered/);
  });

  test('--skip-rule-apply and --dry-run change nothing', () => {
    const namespace = pod();
    expect(weft(namespace, ...DEFAULT, '--skip-rule-apply')).toMatchObject({ status: 0, stdout: '' });
    expect(weft(namespace, ...DEFAULT, '-n').stdout).toContain('-A PREROUTING -p tcp -j ISTIO_INBOUND');
    expect(saved(namespace, 'nft')).toBe('');
  });

  test('--force-apply writes rules anew that are right already', () => {
    const namespace = pod();
    weft(namespace, ...DEFAULT);
    const rules = saved(namespace, 'nft');
    expect(weft(namespace, ...DEFAULT, '--force-apply').stdout).toBe('18 rules are in place, by iptables (nft)\n');
    expect(saved(namespace, 'nft')).toBe(rules);
  });

  test.each([
    [
      'a rule is gone',
      ['-D', 'ISTIO_OUTPUT', '-j', 'ISTIO_REDIRECT'],
      'missing (ipv4, nat): -A ISTIO_OUTPUT -j ISTIO_RED',
    ],
    ['a rule is added', ['-A', 'ISTIO_INBOUND', '-p', 'tcp', '--dport', '7', '-j', 'RETURN'], 'unexpected (ipv4, nat)'],
    ['a rule is added in front', ['-I', 'ISTIO_OUTPUT', '-p', 'icmp', '-j', 'RETURN'], 'unexpected (ipv4, nat)'],
    [
      'the way in is gone',
      ['-D', 'PREROUTING', '-p', 'tcp', '-j', 'ISTIO_INBOUND'],
      'missing (ipv4, nat): -A PREROUTING',
    ],
    ['a chain is added', ['-N', 'ISTIO_OUTPUT_DNS'], 'unexpected (ipv4, nat): -N ISTIO_OUTPUT_DNS'],
  ])('a hand that changed the rules is noticed and mended: %s', (_what, change, sentence) => {
    const namespace = pod();
    weft(namespace, ...DEFAULT);
    const rules = saved(namespace, 'nft');
    namespace.must('iptables-nft', '-t', 'nat', ...change);
    const ran = weft(namespace, ...DEFAULT);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(sentence);
    expect(weft(namespace, ...DEFAULT, '--reconcile').status).toBe(0);
    expect(saved(namespace, 'nft')).toBe(rules);
  });

  test('order counts', () => {
    const namespace = pod();
    weft(namespace, ...DEFAULT);
    namespace.must('iptables-nft', '-t', 'nat', '-D', 'ISTIO_INBOUND', '-p', 'tcp', '-j', 'ISTIO_IN_REDIRECT');
    namespace.must('iptables-nft', '-t', 'nat', '-I', 'ISTIO_INBOUND', '-p', 'tcp', '-j', 'ISTIO_IN_REDIRECT');
    expect(weft(namespace, ...DEFAULT).stderr).toContain('out of order (ipv4, nat): -A ISTIO_INBOUND');
  });

  test('the rules of the other kind of tables are found and replaced', () => {
    const namespace = pod();
    weft(namespace, ...DEFAULT, '--native-nftables');
    const ran = weft(namespace, ...DEFAULT);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('unexpected: rules made by nft');
    expect(weft(namespace, ...DEFAULT, '--reconcile').status).toBe(0);
    expect(namespace.must('nft', 'list', 'tables')).not.toContain('istio');
  });

  test('another program that holds the lock of legacy iptables is waited for', async () => {
    const namespace = pod();
    const lock = join(mkdtempSync(join(tmpdir(), 'weft-ipt-')), 'lock');
    const holder = namespace.start('flock', [lock, 'sh', '-c', 'echo held; sleep 1']);
    await once(holder.stdout!, 'data');
    const args = [WEFT, 'iptables', ...DEFAULT, '--force-iptables-binary=legacy'];
    const ran = namespace.run(process.execPath, args, { env: { XTABLES_LOCKFILE: lock } });
    rmSync(dirname(lock), { recursive: true });
    expect(ran).toMatchObject({ status: 0, stdout: '18 rules are in place, by iptables (legacy)\n' });
    expect(ran.stderr).toBe('');
  });

  test('the legacy rules of an earlier run are found without being told', () => {
    const namespace = pod();
    weft(namespace, ...DEFAULT, '--force-iptables-binary=legacy');
    expect(weft(namespace, ...DEFAULT).stdout).toBe('the rules are in place already\n');
    expect(saved(namespace, 'nft')).toBe('');
  });

  test('called istio-iptables it is the same command', () => {
    const link = join(mkdtempSync(join(tmpdir(), 'weft-ipt-')), 'istio-iptables');
    symlinkSync(WEFT, link);
    const namespace = pod();
    const args = [...DEFAULT, '-x', '', '--log_output_level=default:info'];
    expect(namespace.run(process.execPath, [link, ...args]).stdout).toBe('18 rules are in place, by iptables (nft)\n');
    const named = namespace.run(process.execPath, [WEFT, 'istio-iptables', ...args]);
    expect(named.stdout).toBe('the rules are in place already\n');
    rmSync(dirname(link), { recursive: true });
  });

  test('--run-validation proves that the redirect works, and that it does not: 126', () => {
    const namespace = pod();
    namespace.must('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1');
    namespace.must('ip', 'addr', 'add', '10.9.0.7/24', 'dev', 'eth0');
    for (const name of ['eth0', 'eth1']) namespace.must('ip', 'link', 'set', name, 'up');
    const proof = ['--run-validation', '--probe-timeout', '500ms'];
    const asProxy = ['--reuid=1337', '--regid=1337', '--clear-groups', process.execPath, WEFT, 'iptables', ...DEFAULT];
    const failed = namespace.run('setpriv', [...asProxy, ...proof, '--skip-rule-apply']);
    expect(failed).toMatchObject({ status: 126, stdout: '' });
    expect(failed.stderr).toMatch(
      /^error\[WEFT1905\]: a connection to 10\.9\.0\.7:15002 was to arrive at port 15006, but/,
    );
    expect(weft(namespace, ...DEFAULT, ...proof)).toMatchObject({ status: 0, stderr: '' });
    const proven = namespace.run('setpriv', [...asProxy, ...proof, '--skip-rule-apply']);
    expect(proven.stdout).toBe('the redirect works: a connection to 10.9.0.7 arrived at port 15006\n');
  });

  test('trace --live follows the rules that are in place', () => {
    const namespace = pod();
    weft(namespace, ...DEFAULT, '-x', '10.0.0.0/8');
    const { stdout } = weft(namespace, 'trace', '--live', ...DEFAULT, '10.1.2.3:80');
    expect(stdout).toContain('nat ISTIO_OUTPUT: -d 10.0.0.0/8 -j RETURN\n');
    expect(stdout).toContain('=> goes to 10.1.2.3:80 itself, past the proxy\n');
    expect(weft(namespace, 'trace', ...DEFAULT, '10.1.2.3:80').stdout).toContain('=> redirected to port 15001');
  });
});
