// podman as root, with a store of its own (vfs, in the cache folder): nothing of the machine's containers is touched.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from './netns.js';
import { REPOSITORY } from './repository.js';

const CACHE = process.env['WEFT_CACHE'] ?? join(homedir(), '.cache/weft');
const RELEASE = 'localhost/weft:0.1.0';
/** The release with what is built in this tree. */
export const IMAGE = 'localhost/weft:test';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** In the network namespace of this name, or in the machine's own. */
export function podman(args: readonly string[], { netns = '', timeoutMs = 60_000 } = {}): Ran {
  const [file, words, env] = commandLine(args, netns);
  return spawnSync(file, words, {
    cwd: REPOSITORY,
    env,
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 64 * 2 ** 20,
  });
}

/** What a program in a running container prints, while this process goes on. */
export function podmanExec(args: readonly string[], netns: string): Promise<string> {
  const [file, words, env] = commandLine(['exec', ...args], netns);
  return new Promise((resolve) => {
    execFile(file, words, { env, timeout: 20_000 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

function commandLine(args: readonly string[], netns: string): [string, string[], NodeJS.ProcessEnv] {
  const config = writeConfig();
  const store = ['--root', join(CACHE, 'containers'), '--runroot', '/run/weft-containers', '--storage-driver', 'vfs'];
  const command = ['podman', ...store, '--runtime', 'runc', ...args];
  // Not `ip netns exec`: that hides /sys/fs/cgroup.
  const [file, ...rest] = netns === '' ? command : ['nsenter', `--net=/run/netns/${netns}`, ...command];
  return [file, rest, { ...process.env, CONTAINERS_CONF: config }];
}

/** podman gives containers more files and processes than a root without CAP_SYS_RESOURCE may allow, unless it is told. */
function writeConfig(): string {
  mkdirSync(CACHE, { recursive: true });
  const path = join(CACHE, 'containers.conf');
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });
  const files = Math.min(Number(stdout) || 1024, 65536);
  const limits = `default_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]`;
  writeFileSync(path, `[containers]\n${limits}\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n`);
  return path;
}

/** Why containers cannot run here, or undefined. Makes the image of this tree on the way. */
export function missingForContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = ['podman', 'runc', 'catatonit', 'nsenter', 'ip', 'iptables'].filter((each) => !hasProgram(each));
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  return imageProblem();
}

function imageProblem(): string | undefined {
  if (podman(['image', 'exists', RELEASE]).status !== 0) {
    if (process.env['WEFT_BUILD_IMAGE'] !== '1')
      return `no image ${RELEASE}: WEFT_BUILD_IMAGE=1 builds it from deploy/Containerfile (minutes)`;
    const built = buildRelease();
    if (built.status !== 0)
      return `deploy/Containerfile cannot be built here: ${built.stderr.trim().split('\n').at(-1)}`;
  }
  const folder = join(CACHE, 'image');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'Containerfile');
  const parts = ['bin', 'dist', 'package.json', 'proto/generated'];
  writeFileSync(file, [`FROM ${RELEASE}`, ...parts.map((each) => `COPY ${each} /opt/weft/${each}`), ''].join('\n'));
  const ignore = join(folder, 'ignore');
  writeFileSync(ignore, ['*', ...parts.map((each) => `!${each}`), ''].join('\n'));
  const args = ['build', '--squash', '-q', '-f', file, '--ignorefile', ignore, '-t', IMAGE, '.'];
  const built = podman(args, { timeoutMs: 300_000 });
  podman(['image', 'prune', '-f']); // the one of the run before: vfs copies whole images
  return built.status === 0 ? undefined : `the image of this tree cannot be built: ${built.stderr}`;
}

/** WEFT_BASE_IMAGES: "NODE RUNTIME", where the ones that deploy/Containerfile names cannot be pulled. */
function buildRelease(): Ran {
  const [node, runtime] = (process.env['WEFT_BASE_IMAGES'] ?? '').split(' ');
  const bases = runtime ? ['--build-arg', `BUILD_IMAGE=${node}`, '--build-arg', `RUNTIME_IMAGE=${runtime}`] : [];
  const args = ['build', '--network', 'host', '-f', 'deploy/Containerfile', ...bases, '-t', RELEASE, '.'];
  return podman(args, { timeoutMs: 1_200_000 });
}
