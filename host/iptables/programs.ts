// The programs that change rules, run one after the other. No shell: arguments are constants, rules go in by standard input.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InterceptionError, NET_ADMIN_HINT } from './failure.js';
import type { Family } from './rule.js';

export interface ProgramResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where distributions keep them, though a container's PATH may not say so. */
const MORE_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/bin', '/bin'];
const TIME_LIMIT_MS = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/')), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function runProgram(path: string, args: readonly string[], input = ''): ProgramResult {
  const result = spawnSync(path, args, {
    input,
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
    maxBuffer: MAX_OUTPUT,
    env: programEnvironment(),
  });
  if (result.error === undefined) return { status: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
  // A program that ends before it has read everything has something to say about it.
  const said = typeof result.status === 'number' ? result.stderr : '';
  return { status: result.status || -1, stdout: '', stderr: said || result.error.message };
}

/** iptables-legacy wants to lock a file under /run, which a read-only root does not allow; any file that all agree on will do. */
function programEnvironment(): NodeJS.ProcessEnv {
  const { PATH, XTABLES_LOCKFILE } = process.env;
  const lock = XTABLES_LOCKFILE ?? (isWritable('/run') ? undefined : '/tmp/xtables.lock');
  return {
    PATH: PATH ?? MORE_FOLDERS.join(':'),
    LC_ALL: 'C',
    ...(lock === undefined ? {} : { XTABLES_LOCKFILE: lock }),
  };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export type BackendKind = 'legacy' | 'nft' | 'default';

export interface Backend {
  readonly kind: BackendKind;
  readonly save: Partial<Record<Family, string>>;
  readonly restore: Partial<Record<Family, string>>;
}

const PREFIX = { ipv4: 'iptables', ipv6: 'ip6tables' } as const;

/** The programs of a kind, or undefined where its IPv4 ones are not installed. */
export function backend(kind: BackendKind): Backend | undefined {
  const suffix = kind === 'default' ? '' : `-${kind}`;
  const find = (family: Family, verb: string): string | undefined => findProgram(`${PREFIX[family]}${suffix}-${verb}`);
  const pair = (verb: string): Partial<Record<Family, string>> => {
    const [ipv4, ipv6] = [find('ipv4', verb), find('ipv6', verb)];
    return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
  };
  const found = { kind, save: pair('save'), restore: pair('restore') };
  return found.save.ipv4 === undefined || found.restore.ipv4 === undefined ? undefined : found;
}

/** Whether this network namespace has tables of the legacy kind at all. Asking `iptables-legacy` itself would make some. */
export function hasLegacyTables(): boolean {
  return ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].some((path) => {
    try {
      return readFileSync(path, 'latin1').trim() !== '';
    } catch {
      return false;
    }
  });
}

/** The program's own words, with the line of the rules that it names. */
export function programFailure(program: string, stderr: string, input = ''): InterceptionError {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const text = stderr.trim().split('\n').join('; ');
  if (/permission denied|operation not permitted|must be root/i.test(text))
    return new InterceptionError(
      'WEFT1901',
      `${name} may not change the rules of this network namespace (${text}); ${NET_ADMIN_HINT}`,
    );
  const line = /line:? (\d+)/.exec(text)?.[1];
  const rule = line === undefined ? undefined : input.split('\n')[Number(line) - 1];
  return new InterceptionError(
    'WEFT1904',
    `${name} failed: ${text || 'it was ended'}`,
    rule === undefined ? [] : [`line ${line}: ${rule}`],
  );
}
