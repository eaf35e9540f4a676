// No packet of a busy application passes the proxy while its rules are replaced, nor when that is killed half-way (row 26 of the
// reliability plan).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { missingForNamespaces } from '../../support/netns.js';
import type { Namespace } from '../../support/netns.js';
import { REPOSITORY } from '../../support/repository.js';
import { APPLICATION, ELSEWHERE, listen, PROXY, weft, WEFT, world } from './pod.js';
import type { World } from './pod.js';

const missing = missingForNamespaces('iptables-nft-restore', 'iptables-legacy-restore', 'nft', 'setpriv');
if (missing !== '') console.warn(`iptables: escapes not tried in network namespaces: ${missing}`);

const KINDS = {
  nft: ['--force-iptables-binary=nft'],
  legacy: ['--force-iptables-binary=legacy'],
  native: ['--native-nftables'],
};
type Kind = keyof typeof KINDS;

const FIRST = '-i * -b * -u 1337 --dual-stack'.split(' ');
const SECOND = '-i * -b * -u 1337 --dual-stack -x 198.51.100.0/24 -d 15021 -q 9000 --drop-invalid'.split(' ');
const PORT = 9000;

let there: World;
let folder: string;
beforeEach(() => {
  there = world();
  folder = mkdtempSync(join(tmpdir(), 'weft-ipt-'));
});
afterEach(() => {
  there.remove();
  rmSync(folder, { recursive: true });
});

/** Counts what arrives elsewhere, before anybody there could refuse it. */
function countPackets({ elsewhere }: World): () => number {
  elsewhere.must('nft', 'add table inet seen; add chain inet seen in { type filter hook prerouting priority -400 ; }');
  elsewhere.must('nft', `add rule inet seen in tcp dport ${PORT} counter`);
  return () => Number(/packets (\d+)/.exec(elsewhere.must('nft', 'list', 'table', 'inet', 'seen'))![1]);
}

/** Connections of the application, without end; gives how many it has tried. */
function busy({ pod }: World): () => number {
  const tried = [ELSEWHERE.ipv4, ELSEWHERE.ipv6].map((address) => {
    const { uid, gid } = APPLICATION;
    const generator = join(REPOSITORY, 'test/e2e/iptables/generator.mjs');
    const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const child = pod.start('setpriv', [...user, process.execPath, generator, address, String(PORT)]);
    let last = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      last = Number(chunk.toString().trim().split('\n').at(-1));
    });
    return () => last;
  });
  return () => tried.reduce((sum, each) => sum + each(), 0);
}

function rules(namespace: Namespace): string {
  const iptables = ['nft', 'legacy'].flatMap((kind) =>
    ['iptables', 'ip6tables'].map((family) => namespace.must(`${family}-${kind}-save`)),
  );
  const native = namespace
    .must('nft', '-s', 'list', 'tables', 'inet')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => namespace.must('nft', '-s', 'list', ...line.split(' ')));
  return [...iptables, ...native]
    .join('')
    .split('\n')
    .filter((line) => /^-|^:ISTIO|^\s|^table/.test(line))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n');
}

describe.skipIf(missing !== '')('while the application is busy', () => {
  test('packets are seen elsewhere where there are no rules', async () => {
    const seen = countPackets(there);
    const tried = busy(there);
    await expect.poll(tried, { timeout: 10_000 }).toBeGreaterThan(20);
    expect(seen()).toBeGreaterThan(20);
  });

  const changes: [Kind, Kind][] = [
    ['nft', 'nft'],
    ['legacy', 'legacy'],
    ['native', 'native'],
    ['nft', 'native'],
    ['native', 'legacy'],
    ['legacy', 'nft'],
  ];
  test.each(changes)('--reconcile from %s to %s lets no packet past the proxy', async (from, to) => {
    await listen(there.pod, PROXY, [15_001]);
    expect(weft(there.pod, [...FIRST, ...KINDS[from]]).status).toBe(0);
    const seen = countPackets(there);
    const tried = busy(there);
    await expect.poll(tried, { timeout: 10_000 }).toBeGreaterThan(20);
    const before = tried();
    for (const options of [
      [...SECOND, ...KINDS[to]],
      [...FIRST, ...KINDS[from]],
      [...SECOND, ...KINDS[to]],
    ]) {
      expect(weft(there.pod, [...options, '--reconcile'])).toMatchObject({ status: 0, stderr: '' });
    }
    await expect.poll(tried, { timeout: 10_000 }).toBeGreaterThan(before + 50);
    expect(seen()).toBe(0);
    expect(rules(there.pod)).not.toMatch(/guard/i);
  });
});

/** Programs that stand still instead of making the nth call, so that their caller can be killed there. */
function stoppingPrograms(): string {
  const names = ['iptables', 'ip6tables'].flatMap((family) =>
    ['nft', 'legacy'].flatMap((kind) => ['save', 'restore'].map((verb) => `${family}-${kind}-${verb}`)),
  );
  for (const name of [...names, 'nft']) {
    const path = join(folder, name);
    const stop = `[ "$(wc -l < ${folder}/calls)" -eq "$(cat ${folder}/stop)" ] && { echo $$ > ${folder}/pid; exec sleep 60; }`;
    const real = `PATH=/usr/sbin:/sbin:/usr/bin:/bin exec ${name} "$@"`;
    writeFileSync(path, `#!/bin/sh\necho x >> ${folder}/calls\n${stop}\n${real}\n`);
    chmodSync(path, 0o755);
  }
  return folder;
}

/** Runs the command and kills it at its nth program; false where it has ended before. */
async function killAt(call: number, args: readonly string[]): Promise<boolean> {
  rmSync(join(folder, 'calls'), { force: true });
  rmSync(join(folder, 'pid'), { force: true });
  writeFileSync(join(folder, 'stop'), String(call));
  const [program, words] = there.pod.command(process.execPath, [WEFT, 'iptables', ...args]);
  const child = spawn(program, words, {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  while (child.exitCode === null && !existsSync(join(folder, 'pid'))) await sleep(5);
  if (child.exitCode !== null) return false;
  child.kill('SIGKILL');
  await ended;
  await sleep(20);
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  return true;
}

describe.skipIf(missing !== '').each(Object.keys(KINDS) as Kind[])(
  'killed at each program that it runs (%s)',
  (kind) => {
    test('a first run is completed by the second', { timeout: 240_000 }, async () => {
      stoppingPrograms();
      const options = [...FIRST, '-m', 'TPROXY', '--redirect-dns', '--capture-all-dns', ...KINDS[kind]];
      expect(weft(there.pod, options).status).toBe(0);
      const wanted = rules(there.pod);
      weft(there.pod, ['--cleanup-only']);
      let call = 1;
      for (; await killAt(call, options); call++) {
        expect(weft(there.pod, options), `killed at call ${call}`).toMatchObject({ status: 0, stderr: '' });
        expect(rules(there.pod)).toBe(wanted);
        expect(there.pod.must('ip', 'rule').match(/0x539/g)).toHaveLength(1);
        weft(there.pod, ['--cleanup-only']);
      }
      expect(call).toBeGreaterThan(3);
    });

    test(
      'a replacement is completed by the second, and no packet passes at any time',
      { timeout: 240_000 },
      async () => {
        stoppingPrograms();
        await listen(there.pod, PROXY, [15_001]);
        const first = [...FIRST, ...KINDS[kind], '--reconcile'];
        const second = [...SECOND, ...KINDS[kind], '--reconcile'];
        expect(weft(there.pod, second).status).toBe(0);
        const wanted = rules(there.pod);
        expect(weft(there.pod, first).status).toBe(0);
        const seen = countPackets(there);
        const tried = busy(there);
        await expect.poll(tried, { timeout: 10_000 }).toBeGreaterThan(20);
        let call = 1;
        for (; await killAt(call, second); call++) {
          expect(weft(there.pod, second), `killed at call ${call}`).toMatchObject({ status: 0, stderr: '' });
          expect(rules(there.pod)).toBe(wanted);
          weft(there.pod, first);
        }
        expect(call).toBeGreaterThan(3);
        expect(seen()).toBe(0);
      },
    );

    test('a clean-up is completed by the second', { timeout: 240_000 }, async () => {
      stoppingPrograms();
      const before = rules(there.pod);
      const options = [...FIRST, '-m', 'TPROXY', ...KINDS[kind]];
      weft(there.pod, options);
      let call = 1;
      for (; await killAt(call, ['--cleanup-only']); call++) {
        expect(weft(there.pod, ['--cleanup-only'])).toMatchObject({ status: 0, stderr: '' });
        expect(rules(there.pod)).toBe(before);
        expect(there.pod.must('ip', 'rule')).not.toContain('0x539');
        weft(there.pod, options);
      }
      expect(call).toBeGreaterThan(3);
    });
  },
);
