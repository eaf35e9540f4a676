import { expect, test } from 'vitest';
import { MAX_WORKERS } from '../../../assembly/abi.js';
import { defaultConcurrency } from '../../../host/process/concurrency.js';

const machine = (files: Record<string, string>) => (path: string) => files[path];

test.each<[string, number, Record<string, string>, number]>([
  ['no cgroup: the cores', 8, {}, 8],
  ['cpu.max without a limit', 8, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, 8],
  ['two CPUs of eight', 8, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' }, 2],
  ['a part of a CPU counts whole', 8, { '/sys/fs/cgroup/cpu.max': '150000 100000\n' }, 2],
  ['a tenth of a CPU is one worker', 8, { '/sys/fs/cgroup/cpu.max': '10000 100000\n' }, 1],
  ['more quota than cores', 2, { '/sys/fs/cgroup/cpu.max': '800000 100000\n' }, 2],
  [
    'the tightest ancestor counts',
    8,
    {
      '/proc/self/cgroup': '1:name=x:/y\n0::/kube/pod/container\n',
      '/sys/fs/cgroup/kube/pod/container/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/kube/pod/cpu.max': '300000 100000\n',
      '/sys/fs/cgroup/kube/cpu.max': '600000 100000\n',
    },
    3,
  ],
  [
    'cgroup v1',
    8,
    { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' },
    4,
  ],
  ['cgroup v1 without a limit', 8, { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n' }, 8],
  ['never more than there are blocks for', 400, {}, MAX_WORKERS],
])('%s', (_, cores, files, expected) => {
  expect(defaultConcurrency(cores, machine(files))).toBe(expected);
});
