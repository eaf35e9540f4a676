// What the kernel knows of a process, from /proc.
import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux architecture

export interface CpuSeconds {
  user: number;
  kernel: number;
}

/** CPU time of all threads of `pids` so far (utime and stime, proc(5)). */
export function cpuSeconds(pids: number[]): CpuSeconds {
  const total = { user: 0, kernel: 0 };
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    total.user += Number(fields[11]) / TICKS_PER_SECOND;
    total.kernel += Number(fields[12]) / TICKS_PER_SECOND;
  }
  return total;
}

/** Resident set of `pids` in bytes. */
export function residentBytes(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    return sum + Number(kilobytes) * 1024;
  }, 0);
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** `pid` and the processes it started. */
export function withChildren(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' '),
  );
  return [pid, ...children.filter((text) => text !== '').flatMap((text) => withChildren(Number(text)))];
}
