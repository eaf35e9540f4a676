// How many workers: what the cgroup's CPU quota allows, else the cores this process may run on.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { MAX_WORKERS } from '../../assembly/abi.js';

type ReadFile = (path: string) => string | undefined;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

// cgroup v2: `cpu.max` is "QUOTA PERIOD" or "max PERIOD"; every ancestor's holds too, and inside a container the
// path of /proc/self/cgroup may not exist while the root of the mount is the container's own group.
function quotaV2(read: ReadFile): number {
  const path = /^0::(.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  let cpus = Infinity;
  for (let group = path; ; group = dirname(group)) {
    const [quota, period] = (read(`/sys/fs/cgroup${group === '/' ? '' : group}/cpu.max`) ?? 'max').split(/\s+/);
    if (quota !== 'max' && Number(period) > 0) cpus = Math.min(cpus, Number(quota) / Number(period));
    if (group === '/' || group === '.') return cpus;
  }
}

function quotaV1(read: ReadFile): number {
  const quota = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? -1);
  const period = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? 0);
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

/** Workers for this machine: the CPU quota rounded up, at most the cores and at most MAX_WORKERS. */
export function defaultConcurrency(cores = availableParallelism(), read: ReadFile = readText): number {
  const quota = Math.ceil(Math.min(quotaV2(read), quotaV1(read)));
  return Math.max(1, Math.min(quota, cores, MAX_WORKERS));
}
